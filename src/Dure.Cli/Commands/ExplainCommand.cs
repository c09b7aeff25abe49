using System.CommandLine;

namespace Dure.Cli.Commands;

/// <summary><c>dure explain</c>: why an alarm was raised, or what a claim rests on.</summary>
internal static class ExplainCommand
{
    public static Command Build(SharedOptions shared)
    {
        var subject = new Argument<string>("subject") { Description = "A machine (skab/valve1/0), whose newest or --at alarm is explained, or a claim's id" };
        var at = new Option<DateTimeOffset?>("--at") { Description = "The alarm's time; default: the machine's first alarm" };
        var command = new Command("explain", "Say which signals raised an alarm and by how much, or what a claim rests on.\n\nExamples:\n  dure explain skab/valve1/0\n  dure explain CLAIM") { subject, at };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var query = $"api/v1/explain?subject={Uri.EscapeDataString(parsed.GetValue(subject)!)}"
                + (parsed.GetValue(at) is { } time ? $"&at={Uri.EscapeDataString(time.ToString("O"))}" : "");
            var answer = await node.Get(query, cancel);
            return shared.Print(parsed, answer, () =>
            {
                foreach (var line in answer["lines"]!.AsArray())
                    Console.WriteLine(line!.GetValue<string>());
            });
        });
        return command;
    }
}
