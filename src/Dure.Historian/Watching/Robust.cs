using System.Runtime.Intrinsics;

namespace Dure.Historian.Watching;

/// <summary>Order statistics of a few values; the spans are sorted in place.</summary>
internal static class Robust
{
    /// <summary>What makes the median absolute deviation of normal noise its standard deviation.</summary>
    public const double PerDeviation = 1.4826;

    /// <summary>Share of a divisor by which a multiple of it may be off: decimals are not exact, and each round of Euclid adds to it.</summary>
    private const double RestTolerance = 1e-5;

    public static double MedianOf(Span<double> values)
    {
        values.Sort();
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    public static (double Median, double Deviation) MedianAndDeviation(Span<double> values)
    {
        var median = MedianOf(values);
        for (var i = 0; i < values.Length; i++)
            values[i] = Math.Abs(values[i] - median);
        return (median, MedianOf(values));
    }

    public static double Lowest(Vector256<double> lanes) => Math.Min(Math.Min(lanes[0], lanes[1]), Math.Min(lanes[2], lanes[3]));

    public static double Highest(Vector256<double> lanes) => Math.Max(Math.Max(lanes[0], lanes[1]), Math.Max(lanes[2], lanes[3]));

    /// <summary>Euclid's greatest common divisor of two steps of decimal or binary fractions; 0 when it is smaller than the least.</summary>
    public static double CommonStep(double common, double step, double least)
    {
        var (large, small) = (Math.Max(common, step), Math.Min(common, step));
        for (var round = 0; round < 64; round++)
        {
            var rest = Math.Abs(large - Math.Round(large / small) * small);
            if (rest <= RestTolerance * small)
                return round == 0 && small == common ? common : Math.Max(common, step) / Math.Round(Math.Max(common, step) / small); // from the larger step, so that errors do not add up
            if (rest <= least)
                return 0;
            (large, small) = (small, rest);
        }
        return 0;
    }
}
