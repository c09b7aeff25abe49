using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Effects;

/// <summary>What an effect is computed from.</summary>
/// <param name="Treatment">What was done in the treated part: name and content hash of a model, or an operating point.</param>
/// <param name="Variables">The signals used.</param>
/// <param name="DataDigests">Hashes of the data, such as a dataset version or ingested batches.</param>
/// <param name="SoftwareDigest">Hash of the software that computed it; null when it was not recorded.</param>
/// <param name="RestsOn">Journal entries the claim rests on.</param>
public abstract record StudyEvidence(
    string Treatment, IReadOnlyList<string> Variables, IReadOnlyList<ContentHash> DataDigests, ContentHash? SoftwareDigest, IReadOnlyList<JournalEntry> RestsOn)
{
    /// <summary>What is kept beside the claim and named by its entry.</summary>
    public IReadOnlyList<ClaimAttachment> Attachments { get; init; } = [];

    /// <summary>The entry from which on the outcome could be read; a plan after it is none. Below 0: unknown.</summary>
    internal abstract long OutcomeReadFrom { get; }

    /// <summary>Does the plan's study.</summary>
    /// <exception cref="ProblemException">The study is not for this evidence.</exception>
    internal abstract StudyFindings Judge(EffectPlan plan);

    private protected static ProblemException OtherStudy(EffectPlan plan) => new("urn:dure:effects:other-study", "The plan's study is of another kind than the evidence.", $"plan '{plan.Title}'", "Plan an alarm study for alarms, a switchback for blocks.");
}

/// <summary>A document kept beside a claim.</summary>
public sealed record ClaimAttachment(string Role, string Name, byte[] Bytes);

/// <summary>What a study found, in the form that every claim has.</summary>
/// <param name="Doubt">Why the figures cannot be relied upon; null: nothing was seen.</param>
/// <param name="TableRole">What <paramref name="Table"/> is called in the claim's entry.</param>
/// <param name="Table">What the figures were computed from, as CSV.</param>
internal sealed record StudyFindings(IReadOnlyList<MetricComparison> Metrics, Period Period, IReadOnlyList<string> StaticFactors, IReadOnlyList<string> Events, long Rows, int Units,
    string? Doubt, string TableRole, byte[] Table, IReadOnlyList<SwitchbackBlock>? Blocks);
