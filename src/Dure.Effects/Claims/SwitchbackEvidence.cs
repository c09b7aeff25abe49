using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Effects;

/// <summary>A switchback as it was measured.</summary>
/// <param name="Start">When the first block began.</param>
/// <param name="History">A stretch before, without treatment; null: none.</param>
/// <param name="FirstOutcome">The journal entry of the first data of the first block; a plan registered after it counts for nothing.</param>
public sealed record SwitchbackEvidence(SwitchbackRecord Record, DateTimeOffset Start, TimeRange? History, JournalEntry FirstOutcome, string Treatment, IReadOnlyList<string> Variables,
    IReadOnlyList<ContentHash> DataDigests, ContentHash? SoftwareDigest, IReadOnlyList<JournalEntry> RestsOn) : StudyEvidence(Treatment, Variables, DataDigests, SoftwareDigest, RestsOn)
{
    /// <summary>What else happened and needs to be known.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    internal override long OutcomeReadFrom => FirstOutcome.Index;

    internal override StudyFindings Judge(EffectPlan plan)
    {
        var study = plan.Study as SwitchbackStudy ?? throw OtherStudy(plan);
        var result = study.Evaluate(Record, Start, History);
        return new([.. result.Effects.Select(Comparison)], new(Start, Start + study.Design.Length),
            ["the same plant, instruments and feed in both kinds of blocks", "which block of a pair is treated was decided by chance before the first"], [.. Told(result), .. Events], result.Rows, study.Design.Pairs,
            result.IsCarriedOver ? $"Blocks differ between their halves ({Words(result.CarryOver)}): something of the block before was left after the wash-out." : null, "block-table", result.Table(), result.Blocks);
    }

    private static MetricComparison Comparison(SwitchbackEffect effect) => new(effect.Metric.Name, effect.Metric.Meaning, effect.Metric.Unit, effect.Treated, effect.Untreated, effect.Change, effect.Metric.HigherIsBetter,
        $"Change: mean over pairs of blocks of the difference of logarithms, interval by inverting the randomisation test (Hartigan 1969){(effect.IsAdjusted ? $", adjusted by slopes from before the experiment; without them {Words(effect.Unadjusted)}" : "")}. With and without: Student's t over blocks, a description.")
    { DifferenceUnit = "%" };

    private static IEnumerable<string> Told(SwitchbackResult result)
    {
        yield return $"{result.Study.Design.Pairs} pairs of blocks of {result.Study.Design.BlockLength.TotalHours:0.##} h; {result.WashedOutShare:P1} of the rows were left out as wash-out, {result.SilentShare:P1} because an instrument was silent";
        yield return $"carry-over: effect in the earlier half of the blocks less that in the later {Words(result.CarryOver)} at {result.CarryOver.Level:P0}: {(result.IsCarriedOver ? "visible" : "none seen")}";
        if (result.HistoryBlocks > 0)
            yield return $"{result.HistoryBlocks} blocks from before the experiment gave the slopes on {(result.Study.Covariates.Count == 0 ? "no covariate" : string.Join(", ", result.Study.Covariates))}";
    }

    private static string Words(Interval percent) => FormattableString.Invariant($"{percent.Estimate:0.00} % ({percent.Low:0.00} to {percent.High:0.00})");
}
