namespace Dure.Optimize.Bayesian;

/// <summary>How much a trial at a point promises.</summary>
public static class Acquisition
{
    private static readonly double LogRootTwoPi = Math.Log(2 * Math.PI) / 2;

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

    /// <summary>log(φ(z) + z Φ(z)).</summary>
    private static double LogImprovement(double z)
    {
        if (z > -1)
            return Math.Log(Density(z) + z * Below(z));
        var log = -z * z / 2 - LogRootTwoPi;
        if (z < -1e6)
            return log - 2 * Math.Log(-z);
        // 1 + z Φ(z) / φ(z), by the continued fraction of Mills' ratio (Laplace): no digits are lost to the difference.
        return log + Math.Log(Deficit(-z));
    }

    /// <summary>1 - x R(x), with R Mills' ratio (1 - Φ(x)) / φ(x) = 1 / (x + 1 / (x + 2 / (x + 3 / ...))); so it is t / (x + t), t the fraction's rest.</summary>
    private static double Deficit(double x)
    {
        var rest = 0.0;
        for (var k = x < 3 ? 400 : 60; k >= 1; k--)
            rest = k / (x + rest);
        return rest / (x + rest);
    }

    private static double Density(double z) => Math.Exp(-z * z / 2 - LogRootTwoPi);

    /// <summary>The normal distribution: by its series in the middle, by Mills' ratio outside (Abramowitz and Stegun 1964, 26.2.10 and 26.2.14).</summary>
    private static double Below(double z)
    {
        if (Math.Abs(z) > 3)
        {
            var rest = 0.0;
            for (var k = 60; k >= 1; k--)
                rest = k / (Math.Abs(z) + rest);
            var tail = Density(z) / (Math.Abs(z) + rest);
            return z > 0 ? 1 - tail : tail;
        }
        var (term, sum) = (z, z);
        for (var k = 1; k < 100; k++)
            sum += term *= z * z / (2 * k + 1);
        return 0.5 + Density(z) * sum;
    }
}
