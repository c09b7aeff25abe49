using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dure.Optimize.Gaussian;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Surrogates;

/// <summary>
/// Mean and variance of a Gaussian process of variance 1 and mean 0 by its trials: the mean is the correlations with the trials times weights, the
/// variance 1 less the squares of what the factor leaves of them. For many points eight at once; for one with slopes.
/// </summary>
/// <param name="scales">By what each trial's correlation is multiplied before the factor is solved; null: by 1.</param>
internal sealed class KernelPosterior(BlendedKernel kernel, TrialTable trials, Cholesky factor, double[] weights, double[]? scales = null)
{
    private const double LeastVariance = 1e-12;

    public Cholesky Factor => factor;

    public double[] Weights => weights;

    public void Predict(TrialTable points, Span<double> means, Span<double> variances)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(means.Length, points.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(variances.Length, points.Count);
        var eight = new Vector512<double>[points.Coding.Columns];
        var correlations = new Vector512<double>[trials.Count];
        Span<double> lanes = stackalloc double[2 * Correlations.Lanes];
        for (var first = 0; first < points.Count; first += Correlations.Lanes)
        {
            var filled = Math.Min(Correlations.Lanes, points.Count - first);
            for (var column = 0; column < eight.Length; column++)
                eight[column] = points.Eights(column)[first / Correlations.Lanes];
            var (mean, explained) = Explained(eight, correlations);
            mean.CopyTo(lanes);
            Vector512.Max(Vector512<double>.One - explained, Vector512.Create(LeastVariance)).CopyTo(lanes[Correlations.Lanes..]);
            lanes[..filled].CopyTo(means[first..]);
            lanes.Slice(Correlations.Lanes, filled).CopyTo(variances[first..]);
        }
    }

    private (Vector512<double> Mean, Vector512<double> Explained) Explained(ReadOnlySpan<Vector512<double>> eight, Span<Vector512<double>> correlations)
    {
        Vector512<double> mean = Vector512<double>.Zero, explained = mean;
        for (var i = 0; i < correlations.Length; i++)
        {
            var rest = kernel.At(eight, trials, i);
            mean += rest * weights[i];
            if (scales is not null)
                rest *= scales[i];
            var row = factor.Row(i);
            for (var j = 0; j < i; j++)
                rest = Vector512.FusedMultiplyAdd(Vector512.Create(-row[j]), correlations[j], rest);
            correlations[i] = rest / row[i];
            explained += correlations[i] * correlations[i];
        }
        return (mean, explained);
    }

    public Belief At(ReadOnlySpan<double> point, Span<double> meanSlopes, Span<double> varianceSlopes)
    {
        var eights = Correlations.Padded(trials.Count) / Correlations.Lanes;
        var pool = ArrayPool<Vector512<double>>.Shared.Rent(eights * (2 + point.Length));
        var correlations = pool.AsSpan(0, eights);
        var slopes = pool.AsSpan(2 * eights, eights * point.Length);
        kernel.At(point, trials, correlations, slopes);
        var one = MemoryMarshal.Cast<Vector512<double>, double>(correlations)[..trials.Count];
        var solved = MemoryMarshal.Cast<Vector512<double>, double>(pool.AsSpan(eights, eights))[..trials.Count];
        var mean = Vectors.Dot(one, weights);
        Scaled(one, solved);
        factor.SolveLower(solved);
        var variance = Math.Max(LeastVariance, 1 - Vectors.Dot(solved, solved));
        factor.SolveUpper(solved);
        Scaled(solved, solved);
        for (var column = 0; column < point.Length; column++)
        {
            var slope = MemoryMarshal.Cast<Vector512<double>, double>(slopes.Slice(column * eights, eights))[..trials.Count];
            meanSlopes[column] = Vectors.Dot(slope, weights);
            varianceSlopes[column] = -2 * Vectors.Dot(slope, solved);
        }
        ArrayPool<Vector512<double>>.Shared.Return(pool);
        return new Belief(mean, variance);
    }

    private void Scaled(ReadOnlySpan<double> from, Span<double> to)
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = from[i] * (scales?[i] ?? 1);
    }
}
