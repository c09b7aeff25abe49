using Dure.Kernel.Distributions;

namespace Dure.Effects;

/// <summary>Intervals of a rate counted from independent trials.</summary>
public static class Wilson
{
    /// <summary>The score interval without continuity correction. Wilson (1927); Newcombe (1998a), method 3.
    /// No trials give the whole of [0, 1] and an estimate of NaN: nothing was seen.</summary>
    public static Interval Interval(long successes, long trials, double level = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, successes);
        ThrowIfNotALevel(level);
        if (trials == 0)
            return new(double.NaN, 0, 1, level);
        double n = trials, p = successes / n, z = Normal.Quantile(0.5 + level / 2), z2 = z * z;
        var centre = (p + z2 / (2 * n)) / (1 + z2 / n);
        var half = z / (1 + z2 / n) * Math.Sqrt(p * (1 - p) / n + z2 / (4 * n * n));
        var low = successes == 0 ? 0 : Math.Clamp(centre - half, 0, p);
        var high = successes == trials ? 1 : Math.Clamp(centre + half, p, 1);
        return new(p, low, high, level);
    }

    /// <summary>The difference of two independent rates, first minus second, from their score intervals. Newcombe (1998b), method 10.</summary>
    public static Interval Difference(Interval first, Interval second)
    {
        var estimate = first.Estimate - second.Estimate;
        var below = Math.Sqrt(Square(first.Estimate - first.Low) + Square(second.High - second.Estimate));
        var above = Math.Sqrt(Square(first.High - first.Estimate) + Square(second.Estimate - second.Low));
        return new(estimate, estimate - below, estimate + above, first.Level);
    }

    internal static void ThrowIfNotALevel(double level)
    {
        if (!(level > 0 && level < 1))
            throw new ArgumentOutOfRangeException(nameof(level), level, "A confidence level lies between 0 and 1, such as 0.95.");
    }

    private static double Square(double value) => value * value;
}
