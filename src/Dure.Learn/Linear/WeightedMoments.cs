using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Optimize.Numerics;

namespace Dure.Learn.Linear;

/// <summary>
/// Sums of products of all pairs of a row's numbers, its label and 1: all that squared error asks of the rows, so that weights are found, and
/// judged on other rows, without reading them again.
/// </summary>
internal sealed class WeightedMoments
{
    private const int RowsAtOnce = 1024;
    private const int Stripe = 16;

    private readonly double[] sums;

    private WeightedMoments(double[] sums, int width) => (this.sums, Width) = (sums, width);

    /// <summary>Numbers of a row.</summary>
    public int Width { get; }

    public double Weight => Of(Width + 1, Width + 1);

    private int Side => Width + 2;

    /// <param name="label">What is taken from each label, and what the rest is divided by.</param>
    public static WeightedMoments Of(TableEncoding encoding, TableRows rows, Range range, (double Mean, double Scale) label, int threads, CancellationToken cancel)
    {
        var side = encoding.Width + 2;
        var made = new WeightedMoments(new double[side * side], encoding.Width);
        var (first, count) = range.GetOffsetAndLength(rows.Count);
        var (block, weighted) = (new double[RowsAtOnce * side], new double[RowsAtOnce * side]);
        for (var start = first; start < first + count; start += RowsAtOnce)
        {
            var (from, some) = (start, Math.Min(RowsAtOnce, first + count - start));
            encoding.Encode(rows.Features, from, some, block, side);
            for (var i = 0; i < some; i++)
            {
                block[i * side + side - 2] = (rows.Target.Labels[from + i] - label.Mean) / label.Scale;
                block[i * side + side - 1] = 1;
                var weight = rows.Target.Weights?[from + i] ?? 1;
                for (var j = 0; j < side; j++)
                    weighted[i * side + j] = weight * block[i * side + j];
            }
            // Each number of the sums is added up by one thread, row after row.
            InParallel.For((side + Stripe - 1) / Stripe, stripe => made.Add(block, weighted, some, stripe * Stripe, Math.Min(side, (stripe + 1) * Stripe)), cancel, threads);
        }
        return made;
    }

    private void Add(double[] block, double[] weighted, int rows, int first, int end)
    {
        for (var row = 0; row < rows; row++)
        {
            var numbers = block.AsSpan(row * Side, Side);
            for (var i = first; i < end; i++)
                if (weighted[row * Side + i] is var factor and not 0)
                    Vectors.Add(sums.AsSpan(i * Side + i, Side - i), factor, numbers[i..]);
        }
    }

    /// <summary>What remains when some rows are taken out.</summary>
    public WeightedMoments Without(WeightedMoments some)
    {
        var rest = (double[])sums.Clone();
        Vectors.Add(rest, -1, some.sums);
        return new WeightedMoments(rest, Width);
    }

    public static WeightedMoments Sum(IReadOnlyList<WeightedMoments> parts)
    {
        var all = new double[parts[0].sums.Length];
        foreach (var part in parts)
            Vectors.Add(all, 1, part.sums);
        return new WeightedMoments(all, parts[0].Width);
    }

    /// <summary>Means of the numbers and of the label; their covariances, row by row, and those with the label.</summary>
    public (double[] Means, double LabelMean, double[] Covariances, double[] WithLabel) Centred()
    {
        var means = new double[Width];
        for (var i = 0; i < Width; i++)
            means[i] = Of(i, Width + 1) / Weight;
        var labelMean = Of(Width, Width + 1) / Weight;
        var (covariances, withLabel) = (new double[Width * Width], new double[Width]);
        for (var i = 0; i < Width; i++)
        {
            withLabel[i] = Of(i, Width) / Weight - means[i] * labelMean;
            for (var j = i; j < Width; j++)
                covariances[i * Width + j] = covariances[j * Width + i] = Of(i, j) / Weight - means[i] * means[j];
        }
        return (means, labelMean, covariances, withLabel);
    }

    /// <summary>The sum of squared errors, by weight, that weights make on these rows.</summary>
    public double SquaredError(double[] weights, double intercept)
    {
        var error = Of(Width, Width) - 2 * intercept * Of(Width, Width + 1) + intercept * intercept * Weight;
        for (var i = 0; i < Width; i++)
        {
            if (weights[i] == 0)
                continue;
            var along = 2 * (intercept * Of(i, Width + 1) - Of(i, Width)) + weights[i] * Of(i, i);
            along += 2 * Vectors.Dot(sums.AsSpan(i * Side + i + 1, Width - i - 1), weights.AsSpan(i + 1));
            error += weights[i] * along;
        }
        return Math.Max(0, error);
    }

    private double Of(int i, int j) => sums[Math.Min(i, j) * Side + Math.Max(i, j)];
}
