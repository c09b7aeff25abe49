using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure package</c>: packs a model version for devices and fetches it.</summary>
internal static class PackageCommand
{
    public static Command Build(SharedOptions shared)
    {
        var version = new Argument<string>("model-version");
        var output = new Option<FileInfo?>("--output") { Description = "Where to write the .durepkg file" };
        var command = new Command("package", "Pack a model with its preprocessing, limits, self-test and signature.\n\nExample:\n  dure package VERSION --output pumps.durepkg") { version, output };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var package = await node.Post("api/v1/packages", new JsonObject { ["model"] = parsed.GetValue(version) }, cancel);
            if (parsed.GetValue(output) is { } file)
                await node.Download($"api/v1/packages/{package.Text("hash")}", file.FullName, cancel);
            return shared.Print(parsed, package, () => Console.WriteLine($"{package.Text("hash")}  {package["bytes"]} bytes, {package["machines"]} machine(s)"));
        });
        return command;
    }
}
