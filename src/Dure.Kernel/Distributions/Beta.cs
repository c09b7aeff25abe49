namespace Dure.Kernel.Distributions;

/// <summary>The beta distribution, on which those of rates, of Student's t and of Fisher's F rest.</summary>
public static class Beta
{
    // Halving [0, 1] so often leaves less than the spacing of doubles near 1.
    private const int Halvings = 60;
    private const int MostTerms = 10_000;
    private const double Tiny = 1e-300;
    private const double Tolerance = 1e-15;

    /// <summary>The regularised incomplete beta function I_x(a, b), a and b above 0, by its continued fraction: the probability that a beta variable stays below x. DLMF 8.17.22; Lentz (1976).</summary>
    public static double Regularised(double a, double b, double x)
    {
        if (x is <= 0 or >= 1)
            return x <= 0 ? 0 : 1;
        // The fraction converges fast on the left of the mean; the other side is its mirror.
        if (x > (a + 1) / (a + b + 2))
            return 1 - Regularised(b, a, 1 - x);
        var front = Math.Exp(a * Math.Log(x) + b * Math.Log(1 - x) - LogBeta(a, b)) / a;
        double f = 1, c = 1, d = 0;
        for (var m = 0; m < MostTerms; m++)
        {
            var k = m / 2;
            var term = m == 0 ? 1
                : m % 2 == 0 ? k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k))
                : -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
            d = 1 / NotZero(1 + term * d);
            c = NotZero(1 + term / c);
            f *= c * d;
            if (Math.Abs(1 - c * d) < Tolerance)
                break;
        }
        return front * (f - 1);
    }

    /// <summary>Where a beta variable stays below with probability p, by bisection.</summary>
    public static double Quantile(double a, double b, double p)
    {
        var (low, high) = (0.0, 1.0);
        for (var i = 0; i < Halvings; i++)
        {
            var middle = 0.5 * (low + high);
            (low, high) = Regularised(a, b, middle) < p ? (middle, high) : (low, middle);
        }
        return 0.5 * (low + high);
    }

    private static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;

    private static double LogBeta(double a, double b) => LogGamma(a) + LogGamma(b) - LogGamma(a + b);

    /// <summary>ln Gamma for positive arguments by Stirling's series after shifting above 10. DLMF 5.11.1, 5.5.1.</summary>
    private static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 10; x++)
            shift -= Math.Log(x);
        var i = 1 / (x * x);
        var series = (1.0 / 12 - i * (1.0 / 360 - i * (1.0 / 1260 - i * (1.0 / 1680 - i * (1.0 / 1188 - i * (691.0 / 360360)))))) / x;
        return shift + (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + series;
    }
}
