using System.Globalization;
using System.Text;

namespace Dure.Effects;

/// <summary>The effect on one metric.</summary>
/// <param name="Treated">Mean of the blocks with treatment, in the metric's unit.</param>
/// <param name="Untreated">Mean of the blocks without.</param>
/// <param name="Change">Treated against untreated, in per cent.</param>
/// <param name="Unadjusted">The same without the covariates.</param>
/// <param name="IsAdjusted">Whether covariates were used.</param>
public sealed record SwitchbackEffect(SwitchbackMetric Metric, Interval Treated, Interval Untreated, Interval Change, Interval Unadjusted, bool IsAdjusted);

/// <summary>A block of the experiment and the first metric's figure in it.</summary>
public sealed record SwitchbackBlock(DateTimeOffset From, DateTimeOffset To, bool IsTreated, double Value);

/// <summary>What a switchback came to.</summary>
public sealed class SwitchbackResult
{
    private readonly BlockSums[] blocks;
    private readonly BlockSums[] history;

    internal SwitchbackResult(SwitchbackStudy study, DateTimeOffset start, IReadOnlyList<SwitchbackEffect> effects, Interval carryOver, BlockSums[] blocks, BlockSums[] history)
    {
        (Study, Start, Effects, CarryOver, this.blocks, this.history) = (study, start, effects, carryOver, blocks, history);
        Blocks = [.. blocks.Select(block => new SwitchbackBlock(block.Range.Start, block.Range.End, block.IsTreated, block.Value(0)))];
    }

    public SwitchbackStudy Study { get; }

    public DateTimeOffset Start { get; }

    public IReadOnlyList<SwitchbackEffect> Effects { get; }

    /// <summary>Effect in the earlier half of the blocks less that in the later, in per cent, at 99 % where there are pairs enough.</summary>
    public Interval CarryOver { get; }

    /// <summary>True: something of the block before was still there after the wash-out; the effect's interval cannot be relied upon.</summary>
    public bool IsCarriedOver => CarryOver.Excludes(0);

    public IReadOnlyList<SwitchbackBlock> Blocks { get; }

    public int HistoryBlocks => history.Length;

    public long Rows => blocks.Sum(block => (long)block.Rows);

    /// <summary>Of all rows the share that fell into the wash-out.</summary>
    public double WashedOutShare => Share(blocks.Sum(block => (long)block.WashedOut));

    /// <summary>Of all rows the share in which an instrument was silent.</summary>
    public double SilentShare => Share(blocks.Sum(block => (long)block.Silent));

    public SwitchbackEffect Effect(string metric) => Effects.First(effect => string.Equals(effect.Metric.Name, metric, StringComparison.Ordinal));

    /// <summary>The blocks as CSV of fixed form: all that the intervals were computed from.</summary>
    public byte[] Table()
    {
        var text = new StringBuilder("from,to,phase,rows,washed_out,silent");
        foreach (var metric in Study.Metrics)
            text.Append(',').Append(metric.Name).Append(',').Append(metric.Name).Append(" earlier half,").Append(metric.Name).Append(" later half");
        foreach (var covariate in Study.Covariates)
            text.Append(',').Append(covariate).Append(" earlier half,").Append(covariate).Append(" later half");
        text.Append('\n');
        foreach (var block in history)
            Append(text, block, "before");
        foreach (var block in blocks)
            Append(text, block, block.IsTreated ? "treated" : "untreated");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Append(StringBuilder text, BlockSums block, string phase)
    {
        text.Append(CultureInfo.InvariantCulture, $"{block.Range.Start:yyyy-MM-dd'T'HH:mm:ss'Z'},{block.Range.End:yyyy-MM-dd'T'HH:mm:ss'Z'},{phase},{block.Rows},{block.WashedOut},{block.Silent}");
        for (var m = 0; m < Study.Metrics.Count; m++)
            text.Append(CultureInfo.InvariantCulture, $",{block.Value(m):R},{block.Half(m, 0):R},{block.Half(m, 1):R}");
        for (var j = 0; j < Study.Covariates.Count; j++)
            text.Append(CultureInfo.InvariantCulture, $",{block.HalfCovariate(j, 0):R},{block.HalfCovariate(j, 1):R}");
        text.Append('\n');
    }

    private double Share(long part) => (double)part / blocks.Sum(block => (long)block.Rows + block.WashedOut + block.Silent);
}
