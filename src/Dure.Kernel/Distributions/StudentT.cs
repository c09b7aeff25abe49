namespace Dure.Kernel.Distributions;

/// <summary>Student's t distribution; degrees of freedom need not be whole.</summary>
public static class StudentT
{
    /// <summary>The probability of staying below <paramref name="t"/>. DLMF 8.17; Student (1908).</summary>
    public static double Cdf(double t, double freedom)
    {
        var tail = TwoSided(t, freedom) / 2;
        return t > 0 ? 1 - tail : tail;
    }

    /// <summary>The probability of lying at least as far from 0 as <paramref name="t"/>, on either side: the p value of a test.</summary>
    public static double TwoSided(double t, double freedom)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(freedom);
        return double.IsNaN(t) ? double.NaN : Beta.Regularised(freedom / 2, 0.5, freedom / (freedom + t * t));
    }

    /// <summary>The value that is stayed below with probability <paramref name="p"/>, 0 &lt; p &lt; 1; by bisection, relative error about 1e-14.</summary>
    public static double Quantile(double p, double freedom)
    {
        if (!(p > 0 && p < 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "A probability strictly between 0 and 1 is needed.");
        if (p == 0.5)
            return 0;
        var tails = 2 * Math.Min(p, 1 - p);
        var high = 1.0;
        while (TwoSided(high, freedom) > tails)
            high *= 2;
        var low = high == 1 ? 0 : high / 2;
        for (var i = 0; i < 100 && low < high; i++)
        {
            var middle = (low + high) / 2;
            if (middle <= low || middle >= high)
                break;
            (low, high) = TwoSided(middle, freedom) > tails ? (middle, high) : (low, middle);
        }
        return p < 0.5 ? -high : high;
    }
}
