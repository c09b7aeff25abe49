using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure shells</c>: the machines' shells, taken along and brought in.</summary>
internal static class ShellsCommand
{
    public static Command Build(SharedOptions shared) => new("shells", "The machines' Asset Administration Shells: list, export as AASX, import.") { List(shared), Export(shared), Import(shared) };

    private static Command List(SharedOptions shared)
    {
        var command = new Command("list", "List the machines and the ids of their shells.\n\nExample:\n  dure shells list");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var assets = await node.Get("api/v1/assets", cancel);
            return shared.Print(parsed, assets, () =>
            {
                foreach (var asset in assets["assets"]!.AsArray())
                    Console.WriteLine($"{asset.Text("asset"),-40} {asset.Text("shell")}");
            });
        });
        return command;
    }

    private static Command Export(SharedOptions shared)
    {
        var asset = new Argument<string>("machine") { Description = "Path of the machine, as plant/area/machine" };
        var file = new Option<FileInfo>("--out") { Description = "The .aasx file to write", Required = true };
        var command = new Command("export", "Write a machine's shell with all its submodels to a package (AASX).\n\nExample:\n  dure shells export plant/pump1 --out pump1.aasx") { asset, file };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var target = parsed.GetValue(file)!;
            await node.Download($"api/v1/assets/aasx?asset={Uri.EscapeDataString(parsed.GetValue(asset)!)}", target.FullName, cancel);
            target.Refresh();
            return shared.Print(parsed, new JsonObject { ["file"] = target.FullName, ["bytes"] = target.Length }, () => Console.WriteLine($"{target.FullName}: {target.Length:N0} bytes."));
        });
        return command;
    }

    private static Command Import(SharedOptions shared)
    {
        var file = new Argument<FileInfo>("file") { Description = "A package (.aasx) or an environment (.json, .xml)" };
        var replace = new Option<bool>("--replace") { Description = "Put its content in place of what is here under the same ids" };
        var command = new Command("import", "Take a package in as a whole, with its files, or not at all.\n\nExample:\n  dure shells import press.aasx") { file, replace };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            await using var content = parsed.GetValue(file)!.OpenRead();
            var outcome = await node.Post($"api/v1/shells/import?replace={(parsed.GetValue(replace) ? "true" : "false")}", new StreamContent(content), cancel);
            return shared.Print(parsed, outcome, () => Console.WriteLine($"{outcome["added"]!.AsArray().Count} new, {outcome["replaced"]!.AsArray().Count} replaced, {outcome["unchanged"]} as they were, {outcome["files"]} file(s)."));
        });
        return command;
    }
}
