using System.CommandLine;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure signals</c>: list them, or make one known with its unit.</summary>
internal static class SignalsCommand
{
    public static Command Build(SharedOptions shared) => new("signals", "List signals or make new ones known.") { List(shared), Add(shared), SignalQualityCommand.Build(shared) };

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
}
