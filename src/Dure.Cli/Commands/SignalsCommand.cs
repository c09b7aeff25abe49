using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli.Commands;

/// <summary><c>dure signals</c>: list them, or make one known with its unit.</summary>
internal static class SignalsCommand
{
    public static Command Build(SharedOptions shared) => new("signals", "List signals or make new ones known.") { List(shared), Add(shared), Export(shared), SignalQualityCommand.Build(shared) };

    private static Command List(SharedOptions shared)
    {
        var command = new Command("list", "List signals with unit and newest sample.\n\nExample:\n  dure signals list");
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var signals = await node.Get("api/v1/signals", cancel);
            return shared.Print(parsed, signals, () =>
            {
                foreach (var signal in signals["signals"]!.AsArray())
                    Console.WriteLine($"{signal.Text("id"),-60} {signal.Text("unit"),-8} {signal!["samples"],12} samples");
            });
        });
        return command;
    }

    private static Command Add(SharedOptions shared)
    {
        var id = new Argument<string>("signal") { Description = "Path, as plant/area/machine/signal" };
        var unit = new Option<string>("--unit") { Description = "Unit in UCUM: bar, Cel, A, V, L/min, [g], 1 …", Required = true };
        var description = new Option<string>("--description") { Description = "What is measured, where", DefaultValueFactory = _ => "" };
        var low = new Option<double?>("--low") { Description = "Lower end of the engineering range, in the unit" };
        var high = new Option<double?>("--high") { Description = "Upper end of the engineering range, in the unit" };
        var label = new Option<bool>("--label") { Description = "The signal says what people know of the machine's state" };
        var command = new Command("add", "Make a signal known, so that samples of it are taken.\n\nExample:\n  dure signals add plant/pump1/Pressure --unit bar --low 0 --high 10") { id, unit, description, low, high, label };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var definition = new JsonObject
            {
                ["id"] = parsed.GetValue(id),
                ["unit"] = parsed.GetValue(unit),
                ["description"] = parsed.GetValue(description),
                ["low"] = parsed.GetValue(low),
                ["high"] = parsed.GetValue(high),
                ["role"] = parsed.GetValue(label) ? "Label" : "Measurement",
            };
            var answer = await node.Post("api/v1/signals", new JsonObject { ["signals"] = new JsonArray(definition) }, cancel);
            return shared.Print(parsed, answer, () => Console.WriteLine($"{parsed.GetValue(id)} is known."));
        });
        return command;
    }

    private static Command Export(SharedOptions shared)
    {
        var id = new Argument<string>("signal") { Description = "Path of the signal" };
        var file = new Option<FileInfo>("--out") { Description = "The CSV file to write", Required = true };
        var from = new Option<DateTimeOffset?>("--from") { Description = "From this time on, for example 2026-11-01T00:00:00Z" };
        var to = new Option<DateTimeOffset?>("--to") { Description = "Before this time" };
        var command = new Command("export", "Write all samples of a signal to a CSV file, streamed.\n\nExample:\n  dure signals export plant/pump1/Pressure --out pressure.csv") { id, file, from, to };
        command.SetAction(async (parsed, cancel) =>
        {
            using var node = shared.Connect(parsed);
            var question = $"api/v1/signals/export?signal={Uri.EscapeDataString(parsed.GetValue(id)!)}";
            if (parsed.GetValue(from) is { } start)
                question += $"&from={Micros.Of(start)}";
            if (parsed.GetValue(to) is { } end)
                question += $"&to={Micros.Of(end)}";
            var target = parsed.GetValue(file)!;
            await node.Download(question, target.FullName, cancel);
            target.Refresh();
            return shared.Print(parsed, new JsonObject { ["file"] = target.FullName, ["bytes"] = target.Length }, () => Console.WriteLine($"{target.FullName}: {target.Length:N0} bytes."));
        });
        return command;
    }
}
