using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure signals quality</c>: how good the signals are, and what is wrong with one.</summary>
internal static class SignalQualityCommand
{
    public static Command Build(SharedOptions shared)
    {
        var signal = new Argument<string?>("signal") { Description = "Path of one signal; all signals when left out", Arity = ArgumentArity.ZeroOrOne };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Judge the stored samples from this time on, instead of what was seen live" };
        var to = new Option<DateTimeOffset?>("--to") { Description = "… until this time" };
        var command = new Command("quality",
            "Scores of completeness, consistency, timeliness and validity, and what was found: gaps, flat lines, spikes, wrong clocks and units.\n\n"
            + "Examples:\n  dure signals quality\n  dure signals quality plant/pump1/Pressure") { signal, from, to };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var path = parsed.GetValue(signal);
            var answer = await node.Get("api/v1/signals/quality" + Query(path, parsed.GetValue(from), parsed.GetValue(to)), cancel);
            return shared.Print(parsed, answer, () =>
            {
                if (path is null)
                    PrintAll(answer);
                else
                    PrintOne(answer);
            });
        });
        return command;
    }

    private static string Query(string? path, DateTimeOffset? from, DateTimeOffset? to) => path is null ? ""
        : $"?signal={Uri.EscapeDataString(path)}{(from is { } first ? $"&from={Micros.Of(first)}" : "")}{(to is { } last ? $"&to={Micros.Of(last)}" : "")}";

    private static void PrintAll(JsonNode answer)
    {
        foreach (var signal in answer["signals"]!.AsArray())
            Console.WriteLine($"{Score(signal!["score"]),7} {signal.Text("signal"),-60} {(signal["worst"] is { } worst ? worst.Text("evidence") : "nothing found")}");
        if (answer["signals"]!.AsArray().Count == 0)
            Console.WriteLine("No signal has been watched yet: watching begins with the first samples that come in.");
    }

    private static void PrintOne(JsonNode answer)
    {
        Console.WriteLine($"{answer.Text("signal")}: score {Score(answer["score"])} over {answer["samples"]} samples");
        foreach (var part in new[] { "completeness", "consistency", "timeliness", "validity" })
            Console.WriteLine($"  {part,-13} {Score(answer[part])}");
        foreach (var found in answer["findings"]!.AsArray())
        {
            Console.WriteLine($"\n{found.Text("kind")}  {Time(found!["from"])} to {Time(found["to"])}");
            Console.WriteLine($"  {found.Text("evidence")}\n  Cause: {found.Text("cause")}\n  Mend:  {found.Text("mend")}");
        }
    }

    private static string Score(JsonNode? score) => (100 * score!.GetValue<double>()).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Time(JsonNode? micros) => Micros.Time(micros!.GetValue<long>()).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
