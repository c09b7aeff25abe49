using Dure.Kernel.Distributions;

namespace Dure.Effects;

/// <summary>The exact interval of a rate: never below its stated coverage, so wider than Wilson's. Clopper and Pearson (1934).</summary>
public static class ClopperPearson
{
    public static Interval Interval(long successes, long trials, double level = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, Math.Max(successes, 1));
        Wilson.ThrowIfNotALevel(level);
        double x = successes, n = trials, tail = 0.5 - level / 2;
        var low = successes == 0 ? 0 : Beta.Quantile(x, n - x + 1, tail);
        var high = successes == trials ? 1 : Beta.Quantile(x + 1, n - x, 1 - tail);
        return new(x / n, low, high, level);
    }
}
