using Dure.Optimize.Gaussian;

namespace Dure.Optimize.Surrogates;

/// <summary>How a forest is grown.</summary>
public sealed record ForestOptions
{
    public int Trees { get; init; } = 100;

    /// <summary>Trials below which a leaf is not split any more.</summary>
    public int LeastSplit { get; init; } = 3;

    public int Seed { get; init; } = 1;
}

/// <summary>
/// A forest of randomised trees (Geurts, Ernst and Wehenkel 2006), each grown on trials drawn with replacement: for categories of many options and many
/// trials, where a Gaussian process tells options apart slowly. The variance is that of the trees' answers and within their leaves together (Hutter et al.
/// 2014, eq. 1). Immutable; may be asked by many threads at once. The same trials, options and seed make the same forest.
/// </summary>
public sealed class ForestSurrogate : ISurrogate
{
    /// <summary>Of the values' variance, what a belief is never surer than.</summary>
    private const double LeastVariance = 1e-4;

    private readonly TrialTable trials;
    private readonly double[] values;
    private readonly ForestOptions options;
    private readonly RandomTree[] trees;
    private readonly int[][] drawn;
    private readonly double floor;

    private ForestSurrogate(TrialTable trials, double[] values, ForestOptions options)
    {
        (this.trials, this.values, this.options) = (trials, values, options);
        var random = new Random(options.Seed);
        (trees, drawn) = (new RandomTree[options.Trees], new int[options.Trees][]);
        for (var tree = 0; tree < trees.Length; tree++)
        {
            var rows = drawn[tree] = new int[values.Length];
            for (var i = 0; i < rows.Length; i++)
                rows[i] = random.Next(values.Length);
            trees[tree] = RandomTree.Grown(trials, values, [.. rows], options.LeastSplit, random);
        }
        var mean = values.Average();
        floor = Math.Max(1e-300, LeastVariance * values.Sum(value => (value - mean) * (value - mean)) / values.Length);
        Noise = Math.Sqrt(MeanSquaredMiss());
    }

    public int Trials => trials.Count;

    /// <summary>By how much the trees that did not see a trial miss it: the noise, and what the forest does not know.</summary>
    public double Noise { get; }

    public bool HasSlopes => false;

    /// <param name="values">One for each row, finite.</param>
    public static ForestSurrogate Fit(TrialTable trials, ReadOnlySpan<double> values, ForestOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, trials.Count);
        foreach (var value in values)
            if (!double.IsFinite(value))
                throw new ArgumentException("A value is no number; leave failed trials out.", nameof(values));
        return new ForestSurrogate(trials, values.ToArray(), options ?? new ForestOptions());
    }

    public void Predict(TrialTable points, Span<double> means, Span<double> variances)
    {
        var point = new double[points.Coding.Columns];
        for (var row = 0; row < points.Count; row++)
        {
            points.CopyRow(row, point);
            (means[row], variances[row]) = At(point) is var belief ? (belief.Mean, belief.Variance) : default;
        }
    }

    public Belief At(ReadOnlySpan<double> point, Span<double> meanSlopes, Span<double> varianceSlopes)
    {
        meanSlopes[..point.Length].Clear();
        varianceSlopes[..point.Length].Clear();
        return At(point);
    }

    /// <summary>The forest regrown with one more trial, from the same seed.</summary>
    public ISurrogate With(ReadOnlySpan<double> point, double value)
    {
        var more = trials.Rows([.. Enumerable.Range(0, trials.Count)]);
        more.Add(point);
        return new ForestSurrogate(more, [.. values, value], options);
    }

    /// <summary>What the trees that did not see a trial say of it, noise included; NaN where all saw it.</summary>
    public Belief[] OutOfBag()
    {
        var (count, sum, square, within) = (new int[values.Length], new double[values.Length], new double[values.Length], new double[values.Length]);
        var point = new double[trials.Coding.Columns];
        for (var tree = 0; tree < trees.Length; tree++)
        {
            var seen = drawn[tree].ToHashSet();
            for (var row = 0; row < values.Length; row++)
            {
                if (seen.Contains(row))
                    continue;
                trials.CopyRow(row, point);
                var leaf = trees[tree].At(point);
                (count[row], sum[row], square[row], within[row]) = (count[row] + 1, sum[row] + leaf.Mean, square[row] + leaf.Mean * leaf.Mean, within[row] + leaf.Variance);
            }
        }
        var left = new Belief[values.Length];
        for (var row = 0; row < left.Length; row++)
        {
            var mean = sum[row] / count[row];
            left[row] = new Belief(mean, Math.Max(floor, (square[row] + within[row]) / count[row] - mean * mean));
        }
        return left;
    }

    private Belief At(ReadOnlySpan<double> point)
    {
        var (sum, square, within) = (0.0, 0.0, 0.0);
        foreach (var tree in trees)
        {
            var leaf = tree.At(point);
            (sum, square, within) = (sum + leaf.Mean, square + leaf.Mean * leaf.Mean, within + leaf.Variance);
        }
        var mean = sum / trees.Length;
        return new Belief(mean, Math.Max(floor, (square + within) / trees.Length - mean * mean));
    }

    private double MeanSquaredMiss()
    {
        var (sum, counted) = (0.0, 0);
        var left = OutOfBag();
        for (var row = 0; row < left.Length; row++)
        {
            if (double.IsNaN(left[row].Mean))
                continue;
            var miss = values[row] - left[row].Mean;
            (sum, counted) = (sum + miss * miss, counted + 1);
        }
        return counted == 0 ? floor : Math.Max(floor, sum / counted);
    }
}
