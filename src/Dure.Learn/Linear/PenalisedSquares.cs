using Dure.Optimize.Numerics;

namespace Dure.Learn.Linear;

/// <summary>
/// Least squares with a penalty on the weights: half the mean squared error plus penalty times (share |w| + (1 - share) w² / 2), the elastic net of
/// Zou and Hastie (2005). Without a share of |w| the equations are solved; with one, weight after weight by coordinate descent on covariances
/// (Friedman, Hastie and Tibshirani 2010, sec. 2.2).
/// </summary>
internal sealed class PenalisedSquares
{
    private const int MostSweeps = 10_000;
    private const double Tolerance = 1e-9;

    private readonly double[] means, covariances, withLabel;
    private readonly double labelMean, l1Share;
    private readonly double[] weights;
    private readonly int threads;

    public PenalisedSquares(WeightedMoments moments, double l1Share, int threads)
    {
        (means, labelMean, covariances, withLabel) = moments.Centred();
        (this.l1Share, this.threads, weights) = (l1Share, threads, new double[means.Length]);
    }

    /// <summary>The least penalty at which a lasso keeps no weight.</summary>
    public double Largest => withLabel.Length == 0 ? 1 : Math.Max(1e-12, withLabel.Max(Math.Abs));

    /// <summary>The best weights at a penalty; begins where the last one ended.</summary>
    public (double[] Weights, double Intercept) At(double penalty, CancellationToken cancel)
    {
        if (weights.Length > 0 && l1Share > 0)
            Descend(penalty, cancel);
        else if (weights.Length > 0)
            Solve(penalty, cancel);
        return ((double[])weights.Clone(), labelMean - Vectors.Dot(weights, means));
    }

    private void Solve(double penalty, CancellationToken cancel)
    {
        // Where columns follow from each other a penalty of 0 has no answer; the least that has one stands for it.
        for (var least = Math.Max(penalty, 1e-12); ; least *= 10)
        {
            var matrix = (double[])covariances.Clone();
            for (var i = 0; i < weights.Length; i++)
                matrix[i * weights.Length + i] += least;
            if (Cholesky.TryOf(matrix, weights.Length, threads, cancel) is not { } factored)
                continue;
            withLabel.CopyTo(weights, 0);
            factored.Solve(weights);
            return;
        }
    }

    private void Descend(double penalty, CancellationToken cancel)
    {
        var slopes = (double[])withLabel.Clone();
        for (var i = 0; i < weights.Length; i++)
            if (weights[i] != 0)
                Vectors.Add(slopes, -weights[i], covariances.AsSpan(i * weights.Length, weights.Length));
        for (var (sweep, isWhole) = (0, true); sweep < MostSweeps; sweep++)
        {
            cancel.ThrowIfCancellationRequested();
            var moved = Sweep(penalty, slopes, isWhole);
            if (moved <= Tolerance && isWhole)
                return;
            // Between whole sweeps only weights that are not 0 move; a whole one ends it when nothing else wants to.
            isWhole = moved <= Tolerance;
        }
    }

    private double Sweep(double penalty, double[] slopes, bool isWhole)
    {
        var moved = 0.0;
        for (var i = 0; i < weights.Length; i++)
        {
            var before = weights[i];
            var own = covariances[i * weights.Length + i];
            if ((before == 0 && !isWhole) || own <= 1e-12)
                continue;
            var wanted = slopes[i] + own * before;
            weights[i] = Math.CopySign(Math.Max(0, Math.Abs(wanted) - penalty * l1Share), wanted) / (own + penalty * (1 - l1Share));
            if (weights[i] == before)
                continue;
            Vectors.Add(slopes, before - weights[i], covariances.AsSpan(i * weights.Length, weights.Length));
            moved = Math.Max(moved, own * (weights[i] - before) * (weights[i] - before));
        }
        return moved;
    }
}
