using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure sql</c>: one read-only question over dataset versions and series.</summary>
internal static class SqlCommand
{
    public static Command Build(SharedOptions shared)
    {
        var text = new Argument<string>("select");
        var command = new Command("sql", "Ask dataset versions and series in SQL; reading only, with limits on time and memory.\n\nExample:\n  dure sql \"SELECT asset, count(*) FROM dataset_skab GROUP BY asset\"") { text };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var answer = await node.Post("api/v1/sql", new JsonObject { ["sql"] = parsed.GetValue(text) }, cancel);
            return shared.Print(parsed, answer, () =>
            {
                Console.WriteLine(string.Join('\t', answer["columns"]!.AsArray().Select(column => column!.GetValue<string>())));
                foreach (var row in answer["rows"]!.AsArray())
                    Console.WriteLine(string.Join('\t', row!.AsArray().Select(cell => cell?.ToString() ?? "")));
            });
        });
        return command;
    }
}
