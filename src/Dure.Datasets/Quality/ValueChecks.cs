namespace Dure.Datasets;

/// <summary>Checks of what was measured: pure functions over values in order of time. NaN and infinity are skipped where not counted.</summary>
public static class ValueChecks
{
    /// <summary>Samples on either side of the one judged.</summary>
    public const int HampelHalfWindow = 10;

    /// <summary>Hampel (1974): farther than so many scaled median deviations is an outlier.</summary>
    public const double HampelLimit = 3;

    /// <summary>Makes the median absolute deviation of a normal distribution its standard deviation.</summary>
    private const double MadScale = 1.4826;

    /// <summary>Makes the mean absolute deviation of a normal distribution its standard deviation: sqrt(pi/2).</summary>
    private const double MeanScale = 1.2533;

    /// <summary>
    /// The longest run of one value, and how long one would expect it to be: with a chance p of change per step outside that run,
    /// the longest run of n steps is about ln(n)/-ln(1-p) (Erdős and Rényi 1970).
    /// </summary>
    public static (int Length, int Start, double Expected) LongestFlat(ReadOnlySpan<double> values)
    {
        var (best, bestStart, start, changes) = (0, 0, 0, 0);
        for (var i = 1; i <= values.Length; i++)
        {
            if (i < values.Length && values[i].Equals(values[i - 1]))
                continue;
            if (i < values.Length)
                changes++;
            if (!double.IsNaN(values[start]) && i - start > best)
                (best, bestStart) = (i - start, start);
            start = i;
        }
        var steps = values.Length - best;
        var change = steps <= 0 ? 0 : Math.Min(1, changes / (double)steps);
        var expected = change switch
        {
            0 => 1,
            >= 1 => 1,
            _ => Math.Max(1, Math.Log(Math.Max(2, values.Length)) / -Math.Log(1 - change)),
        };
        return (best, bestStart, expected);
    }

    /// <summary>
    /// Samples farther from the median of their window than 3 x 1.4826 x MAD (Hampel's identifier, rolling), the worst of them,
    /// and how many scaled deviations it is away. Where more than half of a window is one value the MAD is 0, and the mean
    /// deviation stands in; a sensor's resolution is the least deviation that counts, so that the last digit's flicker is no spike.
    /// </summary>
    public static (int Count, int WorstAt, double Worst) Spikes(ReadOnlySpan<double> values)
    {
        const int Width = 2 * HampelHalfWindow + 1;
        Span<double> window = stackalloc double[Width];
        Span<double> deviations = stackalloc double[Width];
        var resolution = Resolution(values);
        var (count, worstAt, worst) = (0, 0, 0.0);
        for (var i = HampelHalfWindow; i + HampelHalfWindow < values.Length; i++)
        {
            if (!double.IsFinite(values[i]))
                continue;
            var n = 0;
            foreach (var value in values.Slice(i - HampelHalfWindow, Width))
                if (double.IsFinite(value))
                    window[n++] = value;
            var median = Median(window[..n]);
            var sum = 0.0;
            for (var k = 0; k < n; k++)
                sum += deviations[k] = Math.Abs(window[k] - median);
            var distance = Math.Abs(values[i] - median);
            var scale = MadScale * Median(deviations[..n]);
            if (scale == 0 && n > 1)
                scale = MeanScale * (sum - distance) / (n - 1);
            scale = Math.Max(scale, resolution);
            if (distance <= HampelLimit * scale)
                continue;
            count++;
            var severity = scale == 0 ? double.MaxValue : distance / scale;
            if (severity > worst)
                (worst, worstAt) = (severity, i);
        }
        return (count, worstAt, worst);
    }

    /// <summary>
    /// The usual smallest step between neighbours, the lower decile of those that differ; 0 where fewer than one in twenty differs, since then
    /// nothing is known of it.
    /// </summary>
    public static double Resolution(ReadOnlySpan<double> values)
    {
        var steps = new List<double>();
        for (var i = 1; i < values.Length; i++)
            if (Math.Abs(values[i] - values[i - 1]) is > 0 and < double.PositiveInfinity and var step)
                steps.Add(step);
        if (steps.Count == 0 || 20 * steps.Count < values.Length)
            return 0;
        steps.Sort();
        return steps[steps.Count / 10];
    }

    /// <summary>Values outside the declared range; the limits themselves are inside.</summary>
    public static int OutOfRange(ReadOnlySpan<double> values, double? low, double? high)
    {
        var count = 0;
        foreach (var value in values)
            if (value < low || value > high)
                count++;
        return count;
    }

    /// <summary>NaN and infinities.</summary>
    public static int NotFinite(ReadOnlySpan<double> values)
    {
        var count = 0;
        foreach (var value in values)
            if (!double.IsFinite(value))
                count++;
        return count;
    }

    /// <summary>The median of the finite values; NaN when there is none. Works on a copy.</summary>
    public static double MedianOf(ReadOnlySpan<double> values)
    {
        var finite = new List<double>(values.Length);
        foreach (var value in values)
            if (double.IsFinite(value))
                finite.Add(value);
        return finite.Count == 0 ? double.NaN : Median(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(finite));
    }

    /// <summary>The median absolute deviation from the median of the finite values; NaN when there is none.</summary>
    public static double SpreadOf(ReadOnlySpan<double> values)
    {
        var median = MedianOf(values);
        return MedianOf(Array.ConvertAll(values.ToArray(), value => Math.Abs(value - median)));
    }

    /// <summary>Sorts in place.</summary>
    private static double Median(Span<double> values)
    {
        values.Sort();
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }
}
