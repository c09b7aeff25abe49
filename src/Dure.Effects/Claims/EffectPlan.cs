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

    public AlarmStudy Study { get; init; } = new();

    public JsonObject ToJson() => new()
    {
        ["title"] = Title,
        ["metric"] = Metric,
        ["claimed"] = Claimed,
        ["boundary"] = Boundary,
        ["design"] = Design,
        ["baseline"] = Baseline,
        ["outcomeKnownBefore"] = OutcomeKnownBefore,
        ["level"] = Study.Level,
        ["resamples"] = Study.Resamples,
        ["seed"] = Study.Seed,
    };

    public ContentHash Digest() => CanonicalJson.Hash(ToJson());
}

/// <summary>A plan and the journal entry that fixes when it was made.</summary>
public sealed record RegisteredPlan(EffectPlan Plan, JournalEntry Entry);

/// <summary>What an effect is computed from.</summary>
/// <param name="Machines">Held-out rows of every machine, with truth and the alarms of both ways.</param>
/// <param name="Treatment">What raised the treated alarms: name and content hash of a model or package.</param>
/// <param name="Variables">The signals watched.</param>
/// <param name="DataDigests">Hashes of the data the alarms were computed from, such as the dataset version.</param>
/// <param name="SoftwareDigest">Hash of the software that computed them; null when it was not recorded.</param>
/// <param name="RestsOn">Journal entries the claim rests on.</param>
public sealed record EffectEvidence(
    IReadOnlyList<MachineAlarms> Machines,
    string Treatment,
    IReadOnlyList<string> Variables,
    IReadOnlyList<ContentHash> DataDigests,
    ContentHash? SoftwareDigest,
    IReadOnlyList<JournalEntry> RestsOn);
