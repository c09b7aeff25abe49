using Dure.Optimize.Numerics;

namespace Dure.Optimize.Gaussian;

/// <summary>
/// Inducing points that stand for many rows (Titsias 2009). Deviation and noise are those that make his bound on the likelihood largest; the rows
/// are read once, in a fixed number of lanes whose sums are added in order.
/// </summary>
internal sealed class SparsePosterior
{
    private const int Lanes = 8;
    private const int RowsAtOnce = 64;
    private const int MostCandidates = 20_000;
    private const double Jitter = 1e-6;

    private readonly PointSet inducing;
    private readonly double[] centres;
    private readonly Cholesky own;
    private readonly double[] products, withValues;
    private readonly double[]? precisions;
    private readonly double squares, total, logarithms;
    private readonly int rows, threads;
    private readonly CancellationToken cancel;

    private SparsePosterior(GaussianOptions options, CovarianceKernel kernel, ReadOnlySpan<double> points, double[] values, double[]? precisions, Random random, CancellationToken cancel)
    {
        (rows, threads, this.cancel, this.precisions) = (values.Length, options.Threads, cancel, precisions);
        squares = values.Select((value, i) => Precision(i) * value * value).Sum();
        total = values.Select((_, i) => Precision(i)).Sum();
        logarithms = values.Select((_, i) => Math.Log(Precision(i))).Sum();
        var width = points.Length / rows;
        centres = Choose(kernel, points, width, options.InducingPoints, random);
        inducing = new PointSet(centres, width);
        own = Cholesky.TryOf(kernel.Matrix(inducing, _ => Jitter, threads, cancel), inducing.Count, threads, cancel)
            ?? throw new ArithmeticException("The inducing points' correlations are no numbers.");
        (products, withValues) = (new double[inducing.Count * inducing.Count], new double[inducing.Count]);
        Sum(kernel, points.ToArray(), values);
    }

    public static SparsePosterior Of(GaussianOptions options, CovarianceKernel kernel, ReadOnlySpan<double> points, double[] values, double[]? precisions, Random random, CancellationToken cancel) =>
        new(options, kernel, points, values, precisions, random, cancel);

    /// <summary>
    /// Lengths that were found on few rows, all made longer by a factor as far as that makes the bound of some thousand rows larger: points that stand
    /// for many must reach further than rows that stand for themselves.
    /// </summary>
    public static double[] Lengthen(GaussianOptions options, double[] lengths, (double Deviation, double Noise) start, (double[] Points, double[] Values, double[]? Precisions) some, CancellationToken cancel)
    {
        var (best, leastBound) = (lengths, double.PositiveInfinity);
        for (var factor = 1.0; factor < 40; factor *= 1.6)
        {
            var longer = Array.ConvertAll(lengths, length => length * factor);
            var posterior = Of(options, new CovarianceKernel(options.Covariance, longer), some.Points, some.Values, some.Precisions, new Random(options.Seed), cancel);
            var bound = posterior.Scales(start.Deviation, start.Noise).Value;
            if (!(bound < leastBound))
                break;
            (best, leastBound) = (longer, bound);
        }
        return best;
    }

    /// <summary>Logarithms of deviation and noise under which less the bound is least.</summary>
    private Minimum Scales(double deviation, double noise) => Lbfgs.Minimize(BoundAndSlope, [Math.Log(deviation), Math.Log(noise)], null, 30, 1e-4, cancel);

    public GaussianState ToState(Covariance kind, double[] lengths, double deviation, double noise, double offset, double scale)
    {
        var found = Scales(deviation, noise).At;
        (deviation, noise) = (Math.Exp(found[0]), Math.Exp(found[1]));
        var ratio = deviation * deviation / (noise * noise);
        var factor = Inner(ratio) ?? throw new ArithmeticException("The sums over the rows are no numbers.");
        var weights = (double[])withValues.Clone();
        factor.Solve(weights);
        own.SolveUpper(weights);
        for (var i = 0; i < weights.Length; i++)
            weights[i] *= ratio;
        return new GaussianState(kind, lengths, deviation, noise, offset, scale, centres, weights, null, Correction(factor));
    }

    /// <summary>L⁻ᵀ (I - B⁻¹) L⁻¹, column by column: what the inducing points know less what they are unsure of.</summary>
    private double[] Correction(Cholesky factor)
    {
        var count = inducing.Count;
        var correction = new double[count * count];
        Tasks.For(count, column =>
        {
            var (unit, rest) = (new double[count], new double[count]);
            unit[column] = 1;
            own.SolveLower(unit);
            unit.CopyTo(rest, 0);
            factor.Solve(rest);
            Vectors.Add(unit, -1, rest);
            own.SolveUpper(unit);
            unit.CopyTo(correction, column * count);
        }, threads, cancel);
        return correction;
    }

    /// <summary>Less Titsias' bound, and its slope by differences: an evaluation costs little once the sums are there.</summary>
    private double BoundAndSlope(ReadOnlySpan<double> at, Span<double> slope)
    {
        const double step = 1e-4;
        for (var i = 0; i < 2; i++)
        {
            var (up, down) = (at.ToArray(), at.ToArray());
            (up[i], down[i]) = (up[i] + step, down[i] - step);
            slope[i] = (Bound(up) - Bound(down)) / (2 * step);
        }
        return Bound(at.ToArray());
    }

    /// <summary>Titsias (2009), eq. 9, with B = I + ratio V V' where V are the rows' correlations solved against those of the inducing points.</summary>
    private double Bound(double[] at)
    {
        var (signal, noise) = (Math.Exp(2 * at[0]), Math.Exp(2 * at[1]));
        if (!(noise > Likelihood.LeastNoise / 2) || Inner(signal / noise) is not { } factor)
            return double.NaN;
        var solved = (double[])withValues.Clone();
        factor.SolveLower(solved);
        var trace = 0.0;
        for (var i = 0; i < inducing.Count; i++)
            trace += products[i * inducing.Count + i];
        var fit = squares / noise - signal / noise / noise * Vectors.Dot(solved, solved);
        return (rows * Math.Log(2 * Math.PI * noise) - logarithms + factor.LogDeterminant + fit + signal / noise * (total - trace)) / 2;
    }

    private double Precision(int row) => precisions is null ? 1 : precisions[row];

    private Cholesky? Inner(double ratio)
    {
        var count = inducing.Count;
        var inner = new double[count * count];
        Vectors.Add(inner, ratio, products);
        for (var i = 0; i < count; i++)
            inner[i * count + i] += 1;
        return Cholesky.TryOf(inner, count, threads, cancel);
    }

    private void Sum(CovarianceKernel kernel, double[] points, double[] values)
    {
        var (count, width) = (inducing.Count, inducing.Width);
        var lanes = new (double[] Products, double[] WithValues)[Lanes];
        Tasks.For(Lanes, lane =>
        {
            lanes[lane] = (new double[count * count], new double[count]);
            var solved = new double[RowsAtOnce * count];
            var (first, end) = ((int)((long)rows * lane / Lanes), (int)((long)rows * (lane + 1) / Lanes));
            for (var start = first; start < end; start += RowsAtOnce)
            {
                cancel.ThrowIfCancellationRequested();
                var some = Math.Min(RowsAtOnce, end - start);
                for (var i = 0; i < some; i++)
                {
                    var row = solved.AsSpan(i * count, count);
                    kernel.Correlate(points.AsSpan((start + i) * width, width), inducing, row);
                    own.SolveLower(row);
                    Vectors.Add(lanes[lane].WithValues, Precision(start + i) * values[start + i], row);
                }
                // Row of the products by row, each with all rows at hand, so that it stays in the cache.
                for (var j = 0; j < count; j++)
                    for (var i = 0; i < some; i++)
                        Vectors.Add(lanes[lane].Products.AsSpan(j * count, j + 1), Precision(start + i) * solved[i * count + j], solved.AsSpan(i * count, j + 1));
            }
        }, threads, cancel);
        foreach (var lane in lanes)
        {
            Vectors.Add(products, 1, lane.Products);
            Vectors.Add(withValues, 1, lane.WithValues);
        }
    }

    /// <summary>Points far from each other: each next one is drawn with a chance in proportion to its squared distance to the nearest so far (Arthur and Vassilvitskii 2007).</summary>
    private double[] Choose(CovarianceKernel kernel, ReadOnlySpan<double> points, int width, int most, Random random)
    {
        var picked = Enumerable.Range(0, rows).ToArray();
        random.Shuffle(picked);
        var candidates = new double[Math.Min(rows, MostCandidates) * width];
        for (var i = 0; i < candidates.Length / width; i++)
            points.Slice(picked[i] * width, width).CopyTo(candidates.AsSpan(i * width));
        var set = new PointSet(candidates, width);
        var (nearest, distances, chosen, point) = (new double[set.Count], new double[set.Count], new List<double>(), new double[width]);
        Array.Fill(nearest, double.PositiveInfinity);
        for (var next = 0; chosen.Count < most * width; next = Draw(nearest, random))
        {
            cancel.ThrowIfCancellationRequested();
            if (next < 0)
                break; // all that are left were chosen already
            set.CopyPoint(next, point);
            chosen.AddRange(point);
            kernel.Distances(point, set, distances);
            for (var i = 0; i < nearest.Length; i++)
                nearest[i] = Math.Min(nearest[i], distances[i]);
        }
        return [.. chosen];
    }

    private static int Draw(double[] weights, Random random)
    {
        var (left, total) = (0.0, weights.Sum());
        if (!(total > 0))
            return -1;
        left = random.NextDouble() * total;
        for (var i = 0; i < weights.Length; i++)
            if (weights[i] > 0 && (left -= weights[i]) <= 0)
                return i;
        return Array.FindLastIndex(weights, weight => weight > 0);
    }
}
