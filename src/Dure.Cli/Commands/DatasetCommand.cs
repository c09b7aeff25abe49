using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure dataset</c>: cut or import versions, read their cards, take them out.</summary>
internal static class DatasetCommand
{
    public static Command Build(SharedOptions shared) => new("dataset", "Cut or import dataset versions and take them out.") { List(shared), Cut(shared), DatasetImportCommand.Build(shared), Card(shared), Export(shared) };

    private static Command List(SharedOptions shared)
    {
        var command = new Command("list", "List dataset versions.\n\nExample:\n  dure dataset list");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Get("api/v1/datasets", cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var version in answer["datasets"]!.AsArray())
                    Console.WriteLine($"{version.Text("version")}  {version.Text("name"),-24} {version!["rows"],10} rows  {version.Text("title")}");
            });
        });
        return command;
    }

    private static Command Cut(SharedOptions shared)
    {
        var name = new Argument<string>("name") { Description = "Short name, as it is to stand in file names" };
        var assets = new Option<string[]>("--asset") { Description = "A machine; repeat for more", Required = true, AllowMultipleArgumentsPerToken = true };
        var signals = new Option<string[]>("--signal") { Description = "A signal's name; default: all measurements that the first machine has", AllowMultipleArgumentsPerToken = true };
        var label = new Option<string?>("--label") { Description = "Name of the label signal" };
        var rows = new Option<int>("--commissioning-rows") { Description = "Rows at each machine's start that train; the rest is held out", DefaultValueFactory = _ => 400 };
        var licence = new Option<string>("--licence") { Description = "Licence of the data", DefaultValueFactory = _ => "not stated" };
        var command = new Command("cut", "Cut a version: the same data and words always give the same version.\n\nExample:\n  dure dataset cut pumps --asset plant/pump1 --asset plant/pump2 --label fault") { name, assets, signals, label, rows, licence };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject
            {
                ["name"] = parsed.GetValue(name),
                ["title"] = parsed.GetValue(name),
                ["licence"] = parsed.GetValue(licence),
                ["assets"] = new JsonArray([.. parsed.GetValue(assets)!.Select(asset => JsonValue.Create(asset))]),
                ["signals"] = parsed.GetValue(signals) is { Length: > 0 } named ? new JsonArray([.. named.Select(signal => JsonValue.Create(signal))]) : null,
                ["label"] = parsed.GetValue(label),
                ["commissioningRows"] = parsed.GetValue(rows),
            };
            var result = await node.Run("api/v1/datasets", request, ProgressLine.For(parsed.GetValue(shared.Json)), cancel);
            return shared.Print(parsed, result, () => Console.WriteLine($"{result.Text("version")}  {result["rows"]} rows of {result["assets"]} machine(s), quality {result.Number("quality"):0.000}"));
        });
        return command;
    }

    private static Command Card(SharedOptions shared)
    {
        var version = new Argument<string>("version");
        var command = new Command("card", "Print a version's data card.\n\nExample:\n  dure dataset card VERSION") { version };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            Console.WriteLine(await node.GetText($"api/v1/datasets/{parsed.GetValue(version)}/card.md", cancel));
            return 0;
        });
        return command;
    }

    private static Command Export(SharedOptions shared)
    {
        var version = new Argument<string>("version");
        var file = new Argument<FileInfo>("file") { Description = "Where to write; .parquet, .csv, or .zip for images" };
        var command = new Command("export", "Take a version out as Parquet or CSV, or its images as a zip file.\n\nExample:\n  dure dataset export VERSION pumps.parquet") { version, file };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var to = parsed.GetValue(file)!;
            var form = to.Extension.ToUpperInvariant() switch { ".CSV" => "csv", ".ZIP" => "images.zip", _ => "parquet" };
            await node.Download($"api/v1/datasets/{parsed.GetValue(version)}/{form}", to.FullName, cancel);
            return shared.Print(parsed, new JsonObject { ["file"] = to.FullName, ["bytes"] = new FileInfo(to.FullName).Length }, () => Console.WriteLine(to.FullName));
        });
        return command;
    }
}
