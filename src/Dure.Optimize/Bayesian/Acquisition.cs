using Dure.Kernel.Distributions;

namespace Dure.Optimize.Bayesian;

/// <summary>How much a trial at a point promises.</summary>
public static class Acquisition
{
    /// <summary>
    /// The logarithm of the expected improvement on the least value so far (Jones, Schonlau and Welch 1998), computed so that it stays a number where
    /// the improvement itself is too small for one (Ament et al. 2023, eq. 9).
    /// </summary>
    /// <param name="mean">What is expected of the trial.</param>
    /// <param name="deviation">How far it may be off; above 0.</param>
    /// <param name="best">The least value so far.</param>
    public static double LogExpectedImprovement(double mean, double deviation, double best)
    {
        var z = (best - mean) / deviation;
        return Math.Log(deviation) + LogImprovement(z);
    }

    /// <summary>The same with its slopes by mean and deviation.</summary>
    internal static double LogExpectedImprovement(double mean, double deviation, double best, out double byMean, out double byDeviation)
    {
        var z = (best - mean) / deviation;
        var log = LogImprovement(z);
        (byMean, byDeviation) = (-Math.Exp(Normal.LogCdf(z) - log) / deviation, Math.Exp(-z * z / 2 - Normal.LogRootTwoPi - log) / deviation);
        return Math.Log(deviation) + log;
    }

    /// <summary>log(φ(z) + z Φ(z)).</summary>
    internal static double LogImprovement(double z)
    {
        if (z > -1)
            return Math.Log(Normal.Density(z) + z * Normal.Cdf(z));
        var log = -z * z / 2 - Normal.LogRootTwoPi;
        return log + (z < -1e6 ? -2 * Math.Log(-z) : Math.Log(Deficit(-z)));
    }

    /// <summary>
    /// 1 - x R(x), with R Mills' ratio: near 1 as it stands, further out by the continued fraction R = 1 / (x + 1 / (x + 2 / (x + 3 / ...))) (Laplace), of
    /// which it is t / (x + t), t the fraction's rest: so no digits are lost to the difference.
    /// </summary>
    private static double Deficit(double x)
    {
        if (x < 5)
            return 1 - x * Normal.MillsRatio(x);
        var rest = 0.0;
        for (var k = 60; k >= 1; k--)
            rest = k / (x + rest);
        return rest / (x + rest);
    }
}
