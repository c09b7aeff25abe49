using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;

namespace Dure.Learn;

/// <summary>How many values a control chart lets pass on average before it alarms (ARL), for independent standard normal values, by a Markov chain
/// over the chart's statistic: Brook and Evans (1972) for CUSUM, Lucas and Saccucci (1990) for EWMA.</summary>
public static class RunLength
{
    // With so many states the published tables are met to half a percent and better.
    private const int States = 101;

    private const double LongestRun = 1e7;

    /// <summary>ARL of a two-sided CUSUM chart.</summary>
    /// <param name="allowance">k, in standard deviations: half the shift to be found.</param>
    /// <param name="limit">h, in standard deviations.</param>
    /// <param name="shift">Lasting shift of the mean, in standard deviations.</param>
    public static double OfCusum(double allowance, double limit, double shift = 0)
    {
        var up = OneSided(allowance, limit, shift);
        var down = shift == 0 ? up : OneSided(allowance, limit, -shift);
        // Van Dobben de Bruyn (1968): the two sides never alarm together.
        return 1 / (1 / up + 1 / down);
    }

    /// <summary>ARL of a two-sided EWMA chart whose limits are those of its settled variance.</summary>
    /// <param name="weight">Weight of the newest value.</param>
    /// <param name="width">L: limits in standard deviations of the smoothed value.</param>
    /// <param name="shift">Lasting shift of the mean, in standard deviations.</param>
    public static double OfEwma(double weight, double width, double shift = 0)
    {
        var half = width * Math.Sqrt(weight / (2 - weight));
        var step = 2 * half / States;
        return Solve((from, to) =>
        {
            var (centre, lower) = ((1 - weight) * (-half + (from + 0.5) * step), -half + to * step);
            return Normal.CDF(shift, 1, (lower + step - centre) / weight) - Normal.CDF(shift, 1, (lower - centre) / weight);
        }, States / 2);
    }

    /// <summary>The limit h at which a CUSUM chart alarms once in so many healthy values.</summary>
    public static double CusumLimit(double allowance, double healthyRun) => Search(limit => OfCusum(allowance, limit), healthyRun, 20 / Math.Max(allowance, 0.1));

    /// <summary>The width L at which an EWMA chart alarms once in so many healthy values.</summary>
    public static double EwmaWidth(double weight, double healthyRun) => Search(width => OfEwma(weight, width), healthyRun, 8);

    private static double OneSided(double allowance, double limit, double shift)
    {
        var step = 2 * limit / (2 * States - 1);
        return Solve((from, to) =>
        {
            var upper = (to - from + 0.5) * step + allowance;
            return Normal.CDF(shift, 1, upper) - (to == 0 ? 0 : Normal.CDF(shift, 1, upper - step));
        }, 0);
    }

    // The mean time to absorption mu solves (I - R) mu = 1.
    private static double Solve(Func<int, int, double> chance, int start)
    {
        var stay = Matrix<double>.Build.Dense(States, States, (from, to) => (from == to ? 1 : 0) - chance(from, to));
        return stay.Solve(Vector<double>.Build.Dense(States, 1))[start];
    }

    private static double Search(Func<double, double> run, double wanted, double highest)
    {
        if (wanted is not (>= 2 and <= LongestRun))
            throw new ArgumentOutOfRangeException(nameof(wanted), wanted, $"A run length lies between 2 and {LongestRun:0}.");
        var (low, high) = (0.01, highest);
        for (var i = 0; i < 30; i++)
            if (0.5 * (low + high) is var middle && run(middle) is > 0 and var length && length < wanted)
                low = middle;
            else
                high = middle;
        return high;
    }
}
