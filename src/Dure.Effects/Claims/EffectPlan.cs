using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Effects;

/// <summary>What will be compared and how, written down before the outcome is read. Its digest in the journal is the pre-registration.</summary>
public sealed record EffectPlan
{
    public required string Title { get; init; }

    /// <summary>The one metric the verdict is about; the others are reported beside it.</summary>
    public string Metric { get; init; } = "false-alarms-per-hour";

    /// <summary>The effect claimed in the metric's unit, with its sign (treated less baseline); 0 claims no more than an improvement.</summary>
    public double Claimed { get; init; }

    /// <summary>What belongs to the comparison: machines, signals, rows.</summary>
    public required string Boundary { get; init; }

    /// <summary>How the data came about, such as <c>retrospective, recorded test bed</c>.</summary>
    public required string Design { get; init; }

    /// <summary>What is done without the treatment.</summary>
    public string Baseline { get; init; } = "static limits at mean ± 3 sigma of the commissioning rows, per signal";

    /// <summary>Whether the outcome of the data could be known when the plan was made, as with a public recording. Then no verdict is a confirmation.</summary>
    public bool OutcomeKnownBefore { get; init; }

    /// <summary>How it is compared.</summary>
    public IEffectStudy Study { get; init; } = new AlarmStudy();

    public JsonObject ToJson()
    {
        var plan = new JsonObject
        {
            ["title"] = Title,
            ["metric"] = Metric,
            ["claimed"] = Claimed,
            ["boundary"] = Boundary,
            ["design"] = Design,
            ["baseline"] = Baseline,
            ["outcomeKnownBefore"] = OutcomeKnownBefore,
        };
        Study.Describe(plan);
        return plan;
    }

    /// <summary>A plan as the journal holds it.</summary>
    internal static EffectPlan FromJson(JsonObject plan) => new()
    {
        Title = (string)plan["title"]!, // written by ToJson above, under the journal's signature
        Metric = (string)plan["metric"]!,
        Claimed = (double)plan["claimed"]!,
        Boundary = (string)plan["boundary"]!,
        Design = (string)plan["design"]!,
        Baseline = (string)plan["baseline"]!,
        OutcomeKnownBefore = plan["outcomeKnownBefore"] is not { } known || (bool)known, // a plan that does not say so was written before it was asked
        Study = (IEffectStudy?)SwitchbackStudy.From(plan) ?? AlarmStudy.From(plan),
    };

    public ContentHash Digest() => CanonicalJson.Hash(ToJson());
}

/// <summary>A plan and the journal entry that fixes when it was made.</summary>
public sealed record RegisteredPlan(EffectPlan Plan, JournalEntry Entry);
