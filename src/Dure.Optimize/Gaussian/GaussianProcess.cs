using Dure.Optimize.Numerics;

namespace Dure.Optimize.Gaussian;

/// <summary>How a Gaussian process is fitted.</summary>
public sealed record GaussianOptions
{
    public Covariance Covariance { get; init; } = Covariance.Matern52;

    /// <summary>Starts of the search for lengths, deviation and noise.</summary>
    public int Starts { get; init; } = 3;

    /// <summary>Rows at most that the search looks at; drawn where there are more.</summary>
    public int LikelihoodRows { get; init; } = 500;

    /// <summary>Up to so many rows all are kept and the answer is exact; the work grows with their cube.</summary>
    public int ExactRows { get; init; } = 1500;

    /// <summary>Points that stand for all rows where there are more.</summary>
    public int InducingPoints { get; init; } = 300;

    public int Seed { get; init; }

    /// <summary>Threads at most; 0: one for each core. The answer does not hang on it.</summary>
    public int Threads { get; init; }
}

/// <summary>What a process says of a point.</summary>
/// <param name="Mean">The most probable value.</param>
/// <param name="Variance">How far the value itself may be, squared; what is measured there has the noise's besides.</param>
public readonly record struct Belief(double Mean, double Variance);

/// <summary>All that a fitted process consists of: what a file holds. Values are offset + scale times what the kernel speaks of.</summary>
/// <param name="Lengths">For each column the length over which values change.</param>
/// <param name="Deviation">The values' deviation, in units of the scale.</param>
/// <param name="Noise">The noise's deviation, in units of the scale.</param>
/// <param name="Centres">The points that correlations are taken with, row by row.</param>
/// <param name="Weights">What each correlation counts for the mean, in units of the scale.</param>
/// <param name="Precisions">Of all rows as centres by how much each one's noise is smaller than the common one, squared; null: all alike.</param>
/// <param name="Correction">What correlations explain of the variance, as a symmetric matrix; null where it follows from the centres: they are all rows.</param>
public sealed record GaussianState(Covariance Covariance, double[] Lengths, double Deviation, double Noise, double Offset, double Scale, double[] Centres, double[] Weights, double[]? Precisions, double[]? Correction);

/// <summary>
/// A Gaussian process with a constant mean (Rasmussen and Williams 2006, ch. 2 and 5): exact on few rows, on many by inducing points (Titsias 2009).
/// Columns should have a spread of about 1. Immutable; may be asked by many threads at once.
/// </summary>
public sealed class GaussianProcess
{
    private const int MostSteps = 60;
    private const int MostJudged = 4000;

    private readonly PointSet centres;
    private readonly CovarianceKernel kernel;
    private readonly Lazy<double[]> correction;

    /// <summary>A process that was fitted before.</summary>
    public GaussianProcess(GaussianState state)
    {
        var width = state.Lengths.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(state.Centres.Length, state.Weights.Length * width);
        ArgumentOutOfRangeException.ThrowIfNotEqual(state.Correction?.Length ?? 0, state.Correction is null ? 0 : state.Weights.Length * state.Weights.Length);
        (State, centres, kernel) = (state, new PointSet(state.Centres, width), new CovarianceKernel(state.Covariance, state.Lengths));
        correction = new(() => state.Correction ?? Exact());
    }

    public GaussianState State { get; }

    /// <summary>The noise's deviation, in the unit of the values.</summary>
    public double Noise => State.Noise * State.Scale;

    /// <summary>Fits a process.</summary>
    /// <param name="points">Row by row, finite.</param>
    /// <param name="values">One for each row, finite.</param>
    /// <param name="precisions">What each row counts, with mean 1: its noise's square is the common one's over this; empty: all alike.</param>
    /// <exception cref="ArithmeticException">The points or values are no numbers.</exception>
    public static GaussianProcess Fit(ReadOnlySpan<double> points, int width, ReadOnlySpan<double> values, GaussianOptions options, ReadOnlySpan<double> precisions = default, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(points.Length, checked(values.Length * width));
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        var known = precisions.IsEmpty ? null : precisions.ToArray();
        var (offset, scale) = Scale(values, known);
        var scaled = new double[values.Length];
        for (var i = 0; i < scaled.Length; i++)
            scaled[i] = (values[i] - offset) / scale;
        var random = new Random(options.Seed);
        var found = Search(points, width, scaled, known, options, random, cancel);
        var lengths = Array.ConvertAll(found[..width], Math.Exp);
        var (deviation, noise) = (Math.Exp(found[width]), Math.Sqrt(Math.Exp(2 * found[width + 1]) + Likelihood.LeastNoise));
        if (values.Length > options.ExactRows)
        {
            lengths = SparsePosterior.Lengthen(options, lengths, (deviation, noise), Some(points, width, scaled, known, Shuffled(values.Length, random), MostJudged), cancel);
            return new GaussianProcess(SparsePosterior.Of(options, new CovarianceKernel(options.Covariance, lengths), points, scaled, known, random, cancel)
                .ToState(options.Covariance, lengths, deviation, noise, offset, scale));
        }
        var all = new PointSet(points, width);
        var factor = Factor(new CovarianceKernel(options.Covariance, lengths), all, known, ref noise, deviation, options.Threads, cancel);
        factor.Solve(scaled);
        return new GaussianProcess(new GaussianState(options.Covariance, lengths, deviation, noise, offset, scale, points.ToArray(), scaled, known, null));
    }

    /// <summary>The mean at a point.</summary>
    public double Mean(ReadOnlySpan<double> point)
    {
        var correlations = new double[centres.Count];
        kernel.Correlate(point, centres, correlations);
        return State.Offset + State.Scale * Vectors.Dot(correlations, State.Weights);
    }

    /// <summary>Mean and variance at a point. The first call may take a while, for it inverts a matrix.</summary>
    public Belief At(ReadOnlySpan<double> point)
    {
        var correlations = new double[centres.Count];
        kernel.Correlate(point, centres, correlations);
        var explained = 0.0;
        for (var i = 0; i < correlations.Length; i++)
            explained += correlations[i] * Vectors.Dot(correction.Value.AsSpan(i * correlations.Length, correlations.Length), correlations);
        var deviation = State.Deviation * State.Scale;
        return new Belief(State.Offset + State.Scale * Vectors.Dot(correlations, State.Weights), deviation * deviation * Math.Max(1e-12, 1 - explained));
    }

    /// <summary>
    /// What the process would say of each of its rows had it not seen that one, lengths as they are; the noise is part of the variance. Rasmussen and
    /// Williams (2006), eq. 5.12. Only of an exact process.
    /// </summary>
    /// <param name="values">The values it was fitted to, in their order.</param>
    public Belief[] LeaveOneOut(ReadOnlySpan<double> values)
    {
        if (State.Correction is not null)
            throw new InvalidOperationException("A process on inducing points does not hold its rows.");
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, centres.Count);
        var left = new Belief[centres.Count];
        for (var i = 0; i < left.Length; i++)
        {
            var own = correction.Value[i * left.Length + i];
            left[i] = new Belief(values[i] - State.Scale * State.Weights[i] / own, State.Scale * State.Scale * State.Deviation * State.Deviation / own);
        }
        return left;
    }

    private double[] Exact()
    {
        var noise = State.Noise;
        return Factor(kernel, centres, State.Precisions, ref noise, State.Deviation, 1, default).Inverse(1);
    }

    /// <summary>Correlations and noise as factors; where points lie so close that they cannot be told apart the noise is raised.</summary>
    private static Cholesky Factor(CovarianceKernel kernel, PointSet points, double[]? precisions, ref double noise, double deviation, int threads, CancellationToken cancel)
    {
        for (var tries = 0; ; tries++)
        {
            var ratio = noise * noise / (deviation * deviation);
            if (Cholesky.TryOf(kernel.Matrix(points, i => ratio / (precisions?[i] ?? 1), threads, cancel), points.Count, threads, cancel) is { } factor)
                return factor;
            if (tries > 40)
                throw new ArithmeticException("The points' correlations are no numbers.");
            noise *= 2;
        }
    }

    /// <summary>The parameters under which the values are most probable, by several starts on few rows, the best of them refined on more.</summary>
    private static double[] Search(ReadOnlySpan<double> points, int width, double[] values, double[]? precisions, GaussianOptions options, Random random, CancellationToken cancel)
    {
        var order = Shuffled(values.Length, random);
        var (few, many) = (Some(points, width, values, precisions, order, Math.Min(200, options.LikelihoodRows)), Some(points, width, values, precisions, order, options.LikelihoodRows));
        var usual = Likelihood.Usual(width);
        Minimum? best = null;
        for (var start = 0; start < options.Starts; start++)
        {
            var from = start == 0 ? usual : [.. usual.Select(at => at + 2 * (random.NextDouble() - 0.5))];
            var found = Lbfgs.Minimize(new Likelihood(options.Covariance, new PointSet(few.Points, width), few.Values, few.Precisions, options.Threads, cancel).Of, from, null, MostSteps, 1e-4, cancel);
            if (double.IsFinite(found.Value) && (best is null || found.Value < best.Value))
                best = found;
        }
        if (best is null || many.Values.Length == few.Values.Length)
            return best?.At ?? usual;
        var refined = Lbfgs.Minimize(new Likelihood(options.Covariance, new PointSet(many.Points, width), many.Values, many.Precisions, options.Threads, cancel).Of, best.At, null, MostSteps / 3, 1e-4, cancel);
        return double.IsFinite(refined.Value) ? refined.At : best.At;
    }

    private static int[] Shuffled(int count, Random random)
    {
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order);
        return order;
    }

    /// <summary>The first rows of an order.</summary>
    private static (double[] Points, double[] Values, double[]? Precisions) Some(ReadOnlySpan<double> points, int width, double[] values, double[]? precisions, int[] order, int most)
    {
        var rows = order[..Math.Min(most, order.Length)];
        var drawn = new double[rows.Length * width];
        for (var i = 0; i < rows.Length; i++)
            points.Slice(rows[i] * width, width).CopyTo(drawn.AsSpan(i * width));
        return (drawn, Array.ConvertAll(rows, row => values[row]), precisions is null ? null : Array.ConvertAll(rows, row => precisions[row]));
    }

    private static (double Offset, double Scale) Scale(ReadOnlySpan<double> values, double[]? precisions)
    {
        var (weight, sum, squares) = (0.0, 0.0, 0.0);
        for (var i = 0; i < values.Length; i++)
            (weight, sum) = (weight + (precisions?[i] ?? 1), sum + (precisions?[i] ?? 1) * values[i]);
        var mean = sum / weight;
        for (var i = 0; i < values.Length; i++)
            squares += (precisions?[i] ?? 1) * (values[i] - mean) * (values[i] - mean);
        var scale = Math.Sqrt(squares / weight);
        return (mean, scale > 1e-12 * Math.Max(1e-300, Math.Abs(mean)) ? scale : 1);
    }
}
