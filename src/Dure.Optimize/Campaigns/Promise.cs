using Dure.Kernel.Distributions;
using Dure.Optimize.Bayesian;
using Dure.Optimize.Numerics;
using Dure.Optimize.Pareto;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>An outcome that a suggestion is judged by.</summary>
/// <param name="Surrogate">What is believed of it.</param>
/// <param name="Sign">1 where more of it is better, -1 where less is.</param>
internal readonly record struct Wanted(ISurrogate Surrogate, int Sign);

/// <summary>An outcome that must stay below a bound: Sign * value ≤ Sign * Bound.</summary>
internal readonly record struct Limited(ISurrogate Surrogate, int Sign, double Bound);

/// <summary>
/// The logarithm of what a trial promises: expected improvement, or expected hypervolume where several outcomes are wanted, times the probability that
/// all limits hold (Gardner et al. 2014, in logarithms as Ament et al. 2023) and that the trial succeeds at all. For one thread at a time.
/// </summary>
internal sealed class Promise
{
    /// <summary>The power of the chance of success: a trial that fails costs what any costs, and often the sample and the cleaning besides.</summary>
    private const int Caution = 2;

    private readonly Wanted[] wanted;
    private readonly Limited[] limits;
    private readonly ISurrogate? success;
    private readonly ExpectedHypervolume? volume;
    private readonly double best;
    private readonly double[] means, deviations, byMean, byDeviation;

    /// <param name="best">The best value so far of the only outcome wanted, signed; minus infinity where no trial holds the limits: then only these count.</param>
    /// <param name="volume">Where several are wanted.</param>
    /// <param name="success">What is believed of a hidden score that is above 0 where a trial succeeds; null: all do.</param>
    public Promise(IReadOnlyList<Wanted> wanted, IReadOnlyList<Limited> limits, ISurrogate? success, double best, ExpectedHypervolume? volume)
    {
        (this.wanted, this.limits, this.success, this.best, this.volume) = ([.. wanted], [.. limits], success, best, volume);
        (means, deviations, byMean, byDeviation) = (new double[wanted.Count], new double[wanted.Count], new double[wanted.Count], new double[wanted.Count]);
        HasSlopes = wanted.All(each => each.Surrogate.HasSlopes) && limits.All(each => each.Surrogate.HasSlopes) && success is not { HasSlopes: false };
    }

    public bool HasSlopes { get; }

    private bool IsSeekingLimits => volume is null && double.IsNegativeInfinity(best);

    /// <summary>For each point of a table.</summary>
    public void At(TrialTable points, Span<double> logs)
    {
        var (mean, variance) = (new double[points.Count], new double[points.Count]);
        logs[..points.Count].Clear();
        foreach (var limit in limits)
        {
            limit.Surrogate.Predict(points, mean, variance);
            for (var i = 0; i < mean.Length; i++)
                logs[i] += Normal.LogCdf(limit.Sign * (limit.Bound - mean[i]) / Math.Sqrt(variance[i]));
        }
        if (success is not null)
        {
            success.Predict(points, mean, variance);
            for (var i = 0; i < mean.Length; i++)
                logs[i] += Caution * Normal.LogCdf(mean[i] / Math.Sqrt(1 + variance[i]));
        }
        if (!IsSeekingLimits)
            Gains(points, logs);
    }

    private void Gains(TrialTable points, Span<double> logs)
    {
        var beliefs = Array.ConvertAll(wanted, _ => (Mean: new double[points.Count], Variance: new double[points.Count]));
        for (var k = 0; k < wanted.Length; k++)
            wanted[k].Surrogate.Predict(points, beliefs[k].Mean, beliefs[k].Variance);
        for (var i = 0; i < points.Count; i++)
        {
            for (var k = 0; k < wanted.Length; k++)
                (means[k], deviations[k]) = (wanted[k].Sign * beliefs[k].Mean[i], Math.Sqrt(beliefs[k].Variance[i]));
            logs[i] += volume is null ? Acquisition.LogExpectedImprovement(-means[0], deviations[0], -best) : volume.Log(means, deviations, byMean, byDeviation);
        }
    }

    /// <summary>At one point, and how it changes with each entry.</summary>
    public double At(ReadOnlySpan<double> point, Span<double> slope)
    {
        Span<double> meanSlopes = stackalloc double[point.Length * wanted.Length], varianceSlopes = stackalloc double[point.Length * wanted.Length];
        slope.Clear();
        var log = 0.0;
        foreach (var limit in limits)
        {
            var belief = limit.Surrogate.At(point, meanSlopes, varianceSlopes);
            var deviation = Math.Sqrt(belief.Variance);
            var z = limit.Sign * (limit.Bound - belief.Mean) / deviation;
            log += Chance(z, -limit.Sign / deviation, -z / (2 * belief.Variance), meanSlopes, varianceSlopes, slope);
        }
        if (success is not null)
        {
            var belief = success.At(point, meanSlopes, varianceSlopes);
            var spread = Math.Sqrt(1 + belief.Variance);
            var (z, byMean, byVariance) = (belief.Mean / spread, 1 / spread, -belief.Mean / (2 * spread * spread * spread));
            for (var i = 0; i < Caution; i++)
                log += Chance(z, byMean, byVariance, meanSlopes, varianceSlopes, slope);
        }
        return IsSeekingLimits ? log : log + Gain(point, meanSlopes, varianceSlopes, slope);
    }

    private double Gain(ReadOnlySpan<double> point, Span<double> meanSlopes, Span<double> varianceSlopes, Span<double> slope)
    {
        for (var k = 0; k < wanted.Length; k++)
        {
            var belief = wanted[k].Surrogate.At(point, meanSlopes.Slice(k * point.Length, point.Length), varianceSlopes.Slice(k * point.Length, point.Length));
            (means[k], deviations[k]) = (wanted[k].Sign * belief.Mean, Math.Sqrt(belief.Variance));
        }
        double log;
        if (volume is null)
        {
            log = Acquisition.LogExpectedImprovement(-means[0], deviations[0], -best, out var less, out byDeviation[0]);
            byMean[0] = -less;
        }
        else
            log = volume.Log(means, deviations, byMean, byDeviation);
        for (var k = 0; k < wanted.Length; k++)
            for (var i = 0; i < point.Length; i++)
                slope[i] += wanted[k].Sign * byMean[k] * meanSlopes[k * point.Length + i] + byDeviation[k] / (2 * deviations[k]) * varianceSlopes[k * point.Length + i];
        return log;
    }

    /// <summary>log Φ(z), and its slope by way of mean and variance.</summary>
    private static double Chance(double z, double byMean, double byVariance, ReadOnlySpan<double> meanSlopes, ReadOnlySpan<double> varianceSlopes, Span<double> slope)
    {
        var log = Normal.LogCdf(z);
        var steep = Math.Exp(-z * z / 2 - Normal.LogRootTwoPi - log);
        for (var i = 0; i < slope.Length; i++)
            slope[i] += steep * (byMean * meanSlopes[i] + byVariance * varianceSlopes[i]);
        return log;
    }
}
