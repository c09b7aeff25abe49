using Dure.Kernel.Distributions;
using Dure.Optimize.Gaussian;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Surrogates;

/// <summary>
/// Where trials succeed at all, learnt from those that did and those that failed (the gel did not set, the melt would not flow): a hidden score that is
/// above 0 where they do, by a Gaussian process under a probit, with Laplace's approximation (Rasmussen and Williams 2006, algorithms 3.1 and 3.2).
/// A fault of a device is no failure of the trial and does not belong here.
/// </summary>
public sealed class SuccessModel : ISurrogate
{
    private const int MostSteps = 50;

    /// <summary>The score's deviation, and what is believed without any trial: that three in four succeed.</summary>
    private const double Deviation = 1.5, Middle = 1.2;

    private static readonly double[] Reaches = [0.15, 0.3, 0.6, 1.2];

    private readonly TrialTable trials;
    private readonly bool[] succeeded;
    private readonly double reach;
    private readonly KernelPosterior posterior;

    private SuccessModel(TrialTable trials, bool[] succeeded, double reach, KernelPosterior posterior) =>
        (this.trials, this.succeeded, this.reach, this.posterior) = (trials, succeeded, reach, posterior);

    public int Trials => trials.Count;

    public double Noise => 0;

    public bool HasSlopes => true;

    /// <summary>Fits a model; the length over which success changes is the one under which the trials are most probable.</summary>
    public static SuccessModel Fit(TrialTable trials, IReadOnlyList<bool> succeeded)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(succeeded.Count, trials.Count);
        ArgumentOutOfRangeException.ThrowIfZero(trials.Count);
        bool[] labels = [.. succeeded];
        return Reaches.Select(reach => Laplace(trials, labels, reach)).MaxBy(fit => fit.Evidence).Model;
    }

    /// <summary>The probability that a trial at a point succeeds.</summary>
    public double ChanceAt(ReadOnlySpan<double> point)
    {
        var belief = At(point, new double[point.Length], new double[point.Length]);
        return Normal.Cdf(belief.Mean / Math.Sqrt(1 + belief.Variance));
    }

    public void Predict(TrialTable points, Span<double> means, Span<double> variances)
    {
        posterior.Predict(points, means, variances);
        for (var i = 0; i < points.Count; i++)
            (means[i], variances[i]) = (Middle + Deviation * means[i], Deviation * Deviation * variances[i]);
    }

    public Belief At(ReadOnlySpan<double> point, Span<double> meanSlopes, Span<double> varianceSlopes)
    {
        var belief = posterior.At(point, meanSlopes, varianceSlopes);
        for (var column = 0; column < point.Length; column++)
            (meanSlopes[column], varianceSlopes[column]) = (Deviation * meanSlopes[column], Deviation * Deviation * varianceSlopes[column]);
        return new Belief(Middle + Deviation * belief.Mean, Deviation * Deviation * belief.Variance);
    }

    /// <param name="value">Above 0: it is believed to succeed.</param>
    public ISurrogate With(ReadOnlySpan<double> point, double value)
    {
        var more = trials.Rows([.. Enumerable.Range(0, trials.Count)]);
        more.Add(point);
        return Laplace(more, [.. succeeded, value > 0], reach).Model;
    }

    private static (SuccessModel Model, double Evidence) Laplace(TrialTable trials, bool[] succeeded, double reach)
    {
        var (count, factors) = (trials.Count, trials.Coding.Factors);
        var kernel = new BlendedKernel(Covariance.Matern52, trials.Coding, new SurrogateParameters([.. Enumerable.Repeat(reach * Math.Sqrt(factors), factors)], 0, 0, 0.3));
        var covariance = new double[count * count];
        for (var i = 0; i < count; i++)
            for (var j = 0; j <= i; j++)
                covariance[i * count + j] = covariance[j * count + i] = Deviation * Deviation * kernel.At(trials, i, trials, j);
        // f = K a, the score less its middle; Newton's steps until it settles.
        var (score, weights, slope, root) = (new double[count], new double[count], new double[count], new double[count]);
        var evidence = double.NegativeInfinity;
        Cholesky factor = null!; // the loop runs at least once
        for (var step = 0; step < MostSteps; step++)
        {
            var likelihood = Probit(succeeded, score, slope, root);
            var now = likelihood - Vectors.Dot(weights, score) / 2;
            factor = Scaled(covariance, root, count);
            if (step > 0 && Math.Abs(now - evidence) < 1e-9)
                break;
            evidence = now;
            Newton(covariance, factor, root, slope, score, weights);
        }
        var scales = Array.ConvertAll(root, each => each * Deviation); // of correlations: the matrix was of covariances
        var model = new SuccessModel(trials, succeeded, reach, new KernelPosterior(kernel, trials, factor, Array.ConvertAll(weights, weight => weight * Deviation), scales));
        return (model, evidence - factor.LogDeterminant / 2);
    }

    /// <summary>log Φ(± score), its slopes, and the roots of its curvatures.</summary>
    private static double Probit(bool[] succeeded, double[] score, double[] slope, double[] root)
    {
        var sum = 0.0;
        for (var i = 0; i < score.Length; i++)
        {
            var sign = succeeded[i] ? 1 : -1;
            var z = sign * (score[i] + Middle);
            var log = Normal.LogCdf(z);
            var steep = Math.Exp(-z * z / 2 - Normal.LogRootTwoPi - log);
            sum += log;
            slope[i] = sign * steep;
            root[i] = Math.Sqrt(Math.Max(1e-12, steep * (steep + z)));
        }
        return sum;
    }

    private static Cholesky Scaled(double[] covariance, double[] root, int count)
    {
        var matrix = new double[count * count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < i; j++)
                matrix[i * count + j] = root[i] * covariance[i * count + j] * root[j];
            matrix[i * count + i] = 1 + root[i] * root[i] * covariance[i * count + i];
        }
        return Cholesky.TryOf(matrix, count, 1) ?? throw new ArithmeticException("The points' correlations are no numbers.");
    }

    /// <summary>a = b - √W B⁻¹ √W K b with b = W f + slope, then f = K a.</summary>
    private static void Newton(double[] covariance, Cholesky factor, double[] root, double[] slope, double[] score, double[] weights)
    {
        var count = score.Length;
        var (target, solved) = (new double[count], new double[count]);
        for (var i = 0; i < count; i++)
            target[i] = root[i] * root[i] * score[i] + slope[i];
        for (var i = 0; i < count; i++)
            solved[i] = root[i] * Vectors.Dot(covariance.AsSpan(i * count, count), target);
        factor.Solve(solved);
        for (var i = 0; i < count; i++)
            weights[i] = target[i] - root[i] * solved[i];
        for (var i = 0; i < count; i++)
            score[i] = Vectors.Dot(covariance.AsSpan(i * count, count), weights);
    }
}
