using Dure.Optimize.Numerics;

namespace Dure.Optimize.Gaussian;

/// <summary>
/// What lengths, deviation and noise make of some values: less the logarithm of the marginal likelihood (Rasmussen and Williams 2006, eq. 5.8 and
/// 5.9), with weak normal priors on the logarithms of the parameters, so that a column that says nothing, or few rows, do not send one to the ends.
/// </summary>
/// <param name="precisions">By how much each value's noise is smaller than the common one, squared; null: all alike.</param>
internal sealed class Likelihood(Covariance kind, PointSet points, double[] values, double[]? precisions, int threads, CancellationToken cancel)
{
    /// <summary>The least noise's square: below it matrices lose their last digits.</summary>
    public const double LeastNoise = 1e-8;

    private const double LengthSpread = 1.5, DeviationSpread = 1.5, NoiseSpread = 2;

    private static readonly double UsualNoise = Math.Log(0.1);

    /// <summary>Logarithms of lengths, deviation and noise before anything is known; points and values have spread 1.</summary>
    public static double[] Usual(int width) => [.. Enumerable.Repeat(0.5 + Math.Log(width) / 2, width), 0, UsualNoise];

    public double Of(ReadOnlySpan<double> at, Span<double> slope)
    {
        var (count, width) = (points.Count, points.Width);
        var lengths = new double[width];
        for (var i = 0; i < width; i++)
            lengths[i] = Math.Exp(at[i]);
        var (signal, noise) = (Math.Exp(2 * at[width]), Math.Exp(2 * at[width + 1]) + LeastNoise);
        var kernel = new CovarianceKernel(kind, lengths);
        // The matrix is of correlations: noise counts in units of the signal.
        var distances = new double[count * count];
        var matrix = new double[count * count];
        Each(i =>
        {
            var point = new double[width];
            points.CopyPoint(i, point);
            kernel.Distances(point, points, distances.AsSpan(i * count, count));
            for (var j = 0; j < i; j++)
                matrix[i * count + j] = kernel.At(distances[i * count + j]);
            matrix[i * count + i] = 1 + noise / signal / Precision(i);
        });
        if (!(noise / signal < 1e12) || Cholesky.TryOf(matrix, count, threads, cancel) is not { } factor)
            return double.NaN;
        var solved = (double[])values.Clone();
        factor.Solve(solved);
        var fit = Vectors.Dot(values, solved) / signal;
        var loss = (fit + factor.LogDeterminant + count * Math.Log(2 * Math.PI * signal)) / 2;
        Slope(factor, kernel, distances, solved, lengths, (signal, noise), at, slope);
        return loss + Prior(at, slope);
    }

    /// <summary>Half the trace of (K⁻¹ - K⁻¹y y'K⁻¹) times what the matrix changes by, for each parameter.</summary>
    private void Slope(Cholesky factor, CovarianceKernel kernel, double[] distances, double[] solved, double[] lengths, (double Signal, double Noise) variance, ReadOnlySpan<double> at, Span<double> slope)
    {
        var (count, width) = (points.Count, points.Width);
        var inverse = factor.Inverse(threads, cancel);
        var traces = new double[count];
        var sums = new double[count];
        // Each row of the inverse becomes its share of the slope by squared distance.
        Each(i =>
        {
            var row = inverse.AsSpan(i * count, count);
            traces[i] = row[i] - solved[i] * solved[i] / variance.Signal;
            for (var j = 0; j < count; j++)
                row[j] = (row[j] - solved[i] * solved[j] / variance.Signal) * kernel.SlopeAt(distances[i * count + j]);
            foreach (var entry in row)
                sums[i] += entry;
        });
        for (var column = 0; column < width; column++)
        {
            var (places, along) = (points.Column(column).ToArray(), new double[count]);
            Each(i => along[i] = sums[i] * places[i] - Vectors.Dot(inverse.AsSpan(i * count, count), places));
            slope[column] = Vectors.Dot(along, places) / (lengths[column] * lengths[column]);
        }
        var (trace, fit) = (0.0, 0.0);
        for (var i = 0; i < count; i++)
            (trace, fit) = (trace + traces[i] / Precision(i), fit + solved[i] * values[i]);
        var ofNoise = trace / variance.Signal;
        slope[width + 1] = ofNoise * Math.Exp(2 * at[width + 1]);
        // All of the matrix grows with the signal but the noise: the trace of K⁻¹K is the count, and y'K⁻¹y the fit.
        slope[width] = count - fit / variance.Signal - ofNoise * variance.Noise;
    }

    private double Precision(int i) => precisions is null ? 1 : precisions[i];

    private static double Prior(ReadOnlySpan<double> at, Span<double> slope)
    {
        var (usual, sum) = (Usual(at.Length - 2), 0.0);
        for (var i = 0; i < at.Length; i++)
        {
            var spread = i < at.Length - 2 ? LengthSpread : i == at.Length - 2 ? DeviationSpread : NoiseSpread;
            var away = (at[i] - usual[i]) / spread;
            sum += away * away / 2;
            slope[i] += away / spread;
        }
        return sum;
    }

    private void Each(Action<int> work)
    {
        var stripes = (points.Count + CovarianceKernel.Stripe - 1) / CovarianceKernel.Stripe;
        Tasks.For(stripes, stripe =>
        {
            for (var i = stripe * CovarianceKernel.Stripe; i < Math.Min(points.Count, (stripe + 1) * CovarianceKernel.Stripe); i++)
                work(i);
        }, threads, cancel);
    }
}
