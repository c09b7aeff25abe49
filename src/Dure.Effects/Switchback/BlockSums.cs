using Dure.Kernel;

namespace Dure.Effects;

/// <summary>What a block's rows add up to, wash-out left out, in two halves: when a block begins to differ from itself, something of the block before is still there.</summary>
internal sealed class BlockSums
{
    private readonly double[,] numerators;
    private readonly double[,] denominators;
    private readonly double[,] covariates;
    private readonly int[] rows = new int[2];

    private BlockSums(TimeRange range, bool isTreated, int metrics, int covariates)
    {
        (Range, IsTreated) = (range, isTreated);
        (numerators, denominators, this.covariates) = (new double[metrics, 2], new double[metrics, 2], new double[covariates, 2]);
    }

    public TimeRange Range { get; }

    public bool IsTreated { get; }

    /// <summary>Rows counted; rows of the wash-out; rows with an instrument silent.</summary>
    public int Rows => rows[0] + rows[1];

    public int WashedOut { get; private set; }

    public int Silent { get; private set; }

    /// <summary>Mean of a covariate over the counted rows.</summary>
    public double Covariate(int covariate) => (covariates[covariate, 0] + covariates[covariate, 1]) / Rows;

    /// <summary>Mean of a covariate over the earlier (0) or later (1) half of them.</summary>
    public double HalfCovariate(int covariate, int half) => covariates[covariate, half] / rows[half];

    /// <summary>The metric over the whole block.</summary>
    public double Value(int metric) => (numerators[metric, 0] + numerators[metric, 1]) / (denominators[metric, 0] + denominators[metric, 1]);

    /// <summary>The metric over the earlier (0) or later (1) half of what is counted.</summary>
    public double Half(int metric, int half) => numerators[metric, half] / denominators[metric, half];

    /// <summary>Adds up blocks of the design's form from a time on.</summary>
    /// <param name="treated">For each block whether it was treated; its length says how many blocks there are.</param>
    /// <exception cref="ProblemException">A block with a half without whole rows, or with a figure that is not above 0.</exception>
    public static BlockSums[] Of(SwitchbackStudy study, SwitchbackRecord record, DateTimeOffset start, ReadOnlySpan<bool> treated)
    {
        var (columns, blocks) = (new Columns(study, record), new BlockSums[treated.Length]);
        for (var i = 0; i < blocks.Length; i++)
        {
            var from = start + i * study.Design.BlockLength;
            blocks[i] = new(new(from, from + study.Design.BlockLength), treated[i], study.Metrics.Count, study.Covariates.Count);
            blocks[i].Add(columns, Micros.Of(from + study.Design.WashOut));
            blocks[i].Check(study);
        }
        return blocks;
    }

    private void Add(Columns columns, long countedFrom)
    {
        var (from, to) = (columns.RowAt(Micros.Of(Range.Start)), columns.RowAt(Micros.Of(Range.End)));
        var middle = countedFrom + (Micros.Of(Range.End) - countedFrom) / 2;
        for (var row = from; row < to; row++)
        {
            var at = columns.Times[row];
            if (at < countedFrom)
                WashedOut++;
            else if (!columns.IsWhole(row))
                Silent++;
            else
                Count(columns, row, at < middle ? 0 : 1);
        }
    }

    private void Count(Columns columns, int row, int half)
    {
        rows[half]++;
        for (var m = 0; m < columns.Numerators.Length; m++)
        {
            numerators[m, half] += columns.Scales[m] * columns.Numerators[m][row];
            denominators[m, half] += columns.Denominators[m] is { } denominator ? denominator[row] : 1;
        }
        for (var j = 0; j < columns.Covariates.Length; j++)
            covariates[j, half] += columns.Covariates[j][row];
    }

    private void Check(SwitchbackStudy study)
    {
        for (var m = 0; m < study.Metrics.Count; m++)
            for (var half = 0; half < 2; half++)
                if (!(Half(m, half) > 0 && double.IsFinite(Half(m, half))))
                    throw new ProblemException("urn:dure:effects:empty-block", $"Half of the block from {Range.Start:yyyy-MM-dd HH:mm} has no '{study.Metrics[m].Name}' above 0: {Rows} whole rows, {Silent} with an instrument silent.", "switchback record",
                        "Give the rows of every block; an effect in per cent needs figures above 0.");
    }

    private sealed class Columns(SwitchbackStudy study, SwitchbackRecord record)
    {
        public long[] Times { get; } = record.TimesMicros;
        public double[][] Numerators { get; } = [.. study.Metrics.Select(metric => record.Column(metric.Numerator))];
        public double[]?[] Denominators { get; } = [.. study.Metrics.Select(metric => metric.Denominator is { } name ? record.Column(name) : null)];
        public double[] Scales { get; } = [.. study.Metrics.Select(metric => metric.Scale)];
        public double[][] Covariates { get; } = [.. study.Covariates.Select(record.Column)];

        public int RowAt(long micros) => Array.BinarySearch(Times, micros) is var found && found >= 0 ? found : ~found;

        public bool IsWhole(int row)
        {
            for (var m = 0; m < Numerators.Length; m++)
                if (!double.IsFinite(Numerators[m][row]) || Denominators[m] is { } denominator && !double.IsFinite(denominator[row]))
                    return false;
            foreach (var covariate in Covariates)
                if (!double.IsFinite(covariate[row]))
                    return false;
            return true;
        }
    }
}
