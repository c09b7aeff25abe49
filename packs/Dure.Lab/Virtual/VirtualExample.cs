using System.Globalization;
using System.Text.Json.Nodes;

namespace Dure.Lab.Virtual;

/// <summary>A campaign to look at: a coupling whose yield is to be raised, made by four instruments of the virtual laboratory. Nothing in it is real.</summary>
public static class VirtualExample
{
    /// <summary>How many times faster than a real laboratory it works: a trial takes seconds.</summary>
    public const double Pace = 600;

    /// <summary>The plan, explained in comments.</summary>
    public const string Plan = """
        {
          "version": 1,
          "name": "Virtual coupling",
          "objective": "Raise the yield of the coupling and keep the impurity at 8 % or less (a virtual laboratory: nothing is real)",
          // What may be turned: numbers with unit and range, "log" where ratios count more than differences, options without an order.
          "factors": [
            { "name": "temperature", "unit": "Cel", "low": 30, "high": 120 },
            { "name": "time", "unit": "min", "low": 2, "high": 60, "log": true },
            { "name": "catalyst", "unit": "%", "low": 0.2, "high": 5, "log": true },
            { "name": "solvent", "options": ["toluene", "ethanol", "dioxane"] }
          ],
          "constraints": [
            { "name": "no boiling ethanol", "forbidden": { "solvent": ["ethanol"], "temperature": { "above": 75 } } }
          ],
          // What is measured, what is wanted of it, and what must hold.
          "outcomes": [
            { "name": "yield", "unit": "%", "aim": "more" },
            { "name": "impurity", "unit": "%", "atMost": 8 }
          ],
          // How a trial is made: each step by an instrument, with the sample's barcode through all of them.
          "protocol": [
            { "step": "prepare", "instrument": "doser", "action": "prepare", "seconds": 1, "sample": "barcode", "scanned": "barcode",
              "set": { "solvent": { "factor": "solvent" }, "equivalents": 1.3, "catalyst": { "factor": "catalyst" } } },
            { "step": "react", "instruments": ["reactor-1", "reactor-2"], "action": "react", "seconds": 4, "sample": "barcode",
              "set": { "temperature": { "factor": "temperature" }, "time": { "factor": "time" } } },
            { "step": "analyse", "instrument": "analyser", "action": "analyse", "seconds": 1, "sample": "barcode", "scanned": "barcode",
              "measure": { "yield": "yield", "impurity": "impurity" } }
          ],
          // Trials at most, how many at once, and the seed of what is left to chance. "askForEachTrial": true waits for a person before each.
          "budget": 24,
          "parallel": 2,
          "seed": 5
        }
        """;

    /// <summary>The cards of its instruments.</summary>
    /// <param name="allowedBy">Who answers for the limits.</param>
    public static IReadOnlyList<JsonObject> Cards(string allowedBy, double pace = Pace)
    {
        const string solvent = "\"solvent\": { \"oneOf\": [\"toluene\", \"ethanol\", \"dioxane\"] }, \"equivalents\": { \"low\": 0.5, \"high\": 3 }, \"catalyst\": { \"low\": 0.1, \"high\": 10, \"unit\": \"%\" }, ";
        const string heat = "\"temperature\": { \"low\": 20, \"high\": 120, \"unit\": \"Cel\" }, \"time\": { \"low\": 1, \"high\": 120, \"unit\": \"min\" }, ";
        return
        [
            Card("doser", VirtualLab.Doser, "prepare", solvent, allowedBy, pace),
            Card("reactor-1", VirtualLab.Reactor, "react", heat, allowedBy, pace),
            Card("reactor-2", VirtualLab.Reactor, "react", heat, allowedBy, pace),
            Card("analyser", VirtualLab.Analyser, "analyse", "", allowedBy, pace),
        ];
    }

    private static JsonObject Card(string name, string model, string action, string limits, string allowedBy, double pace)
    {
        var card = JsonNode.Parse(string.Create(CultureInfo.InvariantCulture, $$"""{ "name": "{{name}}", "driver": "virtual", "model": "{{model}}", "pace": {{pace}}, "actions": { "{{action}}": { "values": { {{limits}} "barcode": { "label": true } } } } }"""))!.AsObject();
        card["allowedBy"] = allowedBy;
        return card;
    }
}
