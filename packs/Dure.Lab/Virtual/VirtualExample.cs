using System.Text.Json.Nodes;

namespace Dure.Lab.Virtual;

/// <summary>A campaign on the virtual laboratory to look at: its instruments and its plan. Demonstration, pages and tests share it; nothing in it is real.</summary>
public static class VirtualExample
{
    /// <summary>How many times faster than the real thing the example's instruments work: an experiment of three quarters of an hour takes about a second and a half.</summary>
    public const double Pace = 1_800;

    /// <summary>Who answers for the limits of the example's instruments.</summary>
    public const string AllowedBy = "nobody: nothing is real";

    private const double SecondsPerMinute = 60;

    /// <summary>The instruments' cards: a doser, two reactors, an analyser.</summary>
    /// <param name="pace">How many times faster than the real thing, up to a million.</param>
    public static IReadOnlyList<JsonObject> Cards(double pace = Pace) =>
    [
        Card("doser", VirtualLab.Doser, "prepare", pace, new JsonObject
        {
            ["solvent"] = new JsonObject { ["oneOf"] = new JsonArray("toluene", "ethanol", "dioxane", "water") },
            ["equivalents"] = Range(0.8, 3, ""), ["catalyst"] = Range(0.1, 10, "%"),
        }),
        Card("reactor-1", VirtualLab.Reactor, "react", pace, Reactor()),
        Card("reactor-2", VirtualLab.Reactor, "react", pace, Reactor()),
        Card("analyser", VirtualLab.Analyser, "analyse", pace, []),
    ];

    /// <summary>The plan: five factors, a yield to raise, an impurity to hold, three steps.</summary>
    /// <param name="budget">Trials at most.</param>
    public static JsonObject Plan(int budget = 24, double pace = Pace) => new()
    {
        ["version"] = CampaignText.Version,
        ["name"] = "virtual coupling",
        ["objective"] = "Raise the yield of a coupling and keep its impurity at 8 % or less. The laboratory is virtual: nothing is real.",
        ["factors"] = new JsonArray(
            new JsonObject { ["name"] = "temperature", ["unit"] = "Cel", ["low"] = 30, ["high"] = 120 },
            new JsonObject { ["name"] = "time", ["unit"] = "min", ["low"] = 2, ["high"] = 60, ["log"] = true },
            new JsonObject { ["name"] = "solvent", ["options"] = new JsonArray("toluene", "ethanol", "dioxane", "water") },
            new JsonObject { ["name"] = "equivalents", ["low"] = 1, ["high"] = 2.5 },
            new JsonObject { ["name"] = "catalyst", ["unit"] = "%", ["low"] = 0.5, ["high"] = 5, ["log"] = true }),
        ["constraints"] = new JsonArray(
            new JsonObject { ["name"] = "no boiling ethanol", ["forbidden"] = new JsonObject { ["solvent"] = new JsonArray("ethanol"), ["temperature"] = new JsonObject { ["above"] = 75 } } },
            new JsonObject { ["name"] = "no boiling water", ["forbidden"] = new JsonObject { ["solvent"] = new JsonArray("water"), ["temperature"] = new JsonObject { ["above"] = 95 } } }),
        ["outcomes"] = new JsonArray(
            new JsonObject { ["name"] = "yield", ["unit"] = "%", ["aim"] = "more" },
            new JsonObject { ["name"] = "impurity", ["unit"] = "%", ["atMost"] = 8 }),
        ["budget"] = budget,
        ["seed"] = 1,
        ["parallel"] = 2,
        ["protocol"] = new JsonArray(
            Step("prepare", ["doser"], "prepare", 3, pace, new JsonObject { ["solvent"] = OfFactor("solvent"), ["equivalents"] = OfFactor("equivalents"), ["catalyst"] = OfFactor("catalyst") }, []),
            Step("react", ["reactor-1", "reactor-2"], "react", 30, pace, new JsonObject { ["temperature"] = OfFactor("temperature"), ["time"] = OfFactor("time") }, []),
            Step("analyse", ["analyser"], "analyse", 6, pace, [], new JsonObject { ["yield"] = "yield", ["impurity"] = "impurity" })),
    };

    private static JsonObject Card(string name, string model, string action, double pace, JsonObject values)
    {
        values["barcode"] = new JsonObject { ["label"] = true };
        return new JsonObject
        {
            ["name"] = name, ["driver"] = "virtual", ["model"] = model, ["pace"] = pace, ["allowedBy"] = AllowedBy,
            ["actions"] = new JsonObject { [action] = new JsonObject { ["values"] = values } },
        };
    }

    private static JsonObject Reactor() => new() { ["temperature"] = Range(20, 120, "Cel"), ["time"] = Range(1, 120, "min") };

    private static JsonObject Range(double low, double high, string unit) => new() { ["low"] = low, ["high"] = high, ["unit"] = unit };

    private static JsonObject OfFactor(string name) => new() { ["factor"] = name };

    private static JsonObject Step(string name, string[] instruments, string action, double minutes, double pace, JsonObject set, JsonObject measure) => new()
    {
        ["step"] = name,
        ["instruments"] = new JsonArray([.. instruments.Select(one => JsonValue.Create(one))]),
        ["action"] = action,
        ["seconds"] = minutes * SecondsPerMinute / pace,
        ["sample"] = "barcode",
        ["scanned"] = "barcode",
        ["set"] = set,
        ["measure"] = measure,
    };
}
