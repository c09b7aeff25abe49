using Dure.Devices;
using Dure.Kernel;

namespace Dure.Tests.Devices;

/// <summary>A valid description and request; a test changes the one thing it is about.</summary>
internal static class MadeInstrument
{
    public static InstrumentDescription Reactor { get; } = new(new InstrumentIdentity("Made", "Reactor", "1", "1.0"),
    [
        new ActionDescription("react", "React", "", [
            new FieldDescription("temperature", FieldKind.Number, "Cel", 20, 90),
            new FieldDescription("cycles", FieldKind.Integer, "1", 1, 5),
            new FieldDescription("solvent", FieldKind.Text) { Choices = ["water", "ethanol"] },
        ], [new FieldDescription("yield", FieldKind.Number, "%", 0, 100)]),
    ]);

    public static ActionRequest Request(string key = "k1", double temperature = 60, string unit = "Cel", double cycles = 2, string solvent = "water") => new(key, "react", new Dictionary<string, ActionValue>
    {
        ["temperature"] = new ActionValue.Number(temperature, unit),
        ["cycles"] = new ActionValue.Number(cycles, "1"),
        ["solvent"] = new ActionValue.Text(solvent),
    });
}
