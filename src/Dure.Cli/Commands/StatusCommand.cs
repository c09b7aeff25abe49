using System.CommandLine;

namespace Dure.Cli.Commands;

/// <summary><c>dure status</c>: the chain's counts and the runs under way.</summary>
internal static class StatusCommand
{
    public static Command Build(SharedOptions shared)
    {
        var command = new Command("status", "Show what the node holds and which runs are under way.\n\nExample:\n  dure status --json");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var counts = await node.Get("api/v1/overview", cancel);
            return shared.Print(parsed, counts, () =>
            {
                foreach (var (name, value) in counts.AsObject())
                    Console.WriteLine($"{name,-12} {value}");
            });
        });
        return command;
    }
}
