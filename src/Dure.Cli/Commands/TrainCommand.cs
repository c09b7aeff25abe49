using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure train</c>: trains all detectors on a dataset version and registers the chosen one.</summary>
internal static class TrainCommand
{
    public static Command Build(SharedOptions shared)
    {
        var version = new Argument<string>("dataset-version");
        var name = new Option<string>("--name") { Description = "Name of the model", DefaultValueFactory = _ => "anomaly" };
        var reference = new Option<string[]>("--reference") { Description = "Machines whose recordings are known to be fault-free; they set the limits", AllowMultipleArgumentsPerToken = true };
        var command = new Command("train", "Train detectors of several kinds, choose one without looking at a test label, register it.\n\nExample:\n  dure train VERSION --name pumps") { version, name, reference };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var request = new JsonObject
            {
                ["dataset"] = parsed.GetValue(version),
                ["name"] = parsed.GetValue(name),
                ["reference"] = new JsonArray([.. (parsed.GetValue(reference) ?? []).Select(asset => JsonValue.Create(asset))]),
            };
            var result = await node.Run("api/v1/training-runs", request, ProgressLine.For(parsed.GetValue(shared.Json)), cancel);
            return shared.Print(parsed, result, () => Leaderboard.Print(result));
        });
        return command;
    }
}
