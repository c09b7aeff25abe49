namespace Dure.Learn;

/// <summary>Watches one stream of numbers, such as a model's errors or one signal, for a lasting change. Keeps bounded memory. For one thread.</summary>
public abstract class DriftDetector
{
    /// <summary>Numbers seen, without those that were missing.</summary>
    public long Seen { get; private set; }

    /// <summary>Values that were not finite; they say nothing and change nothing.</summary>
    public long Missing { get; private set; }

    /// <summary>Takes the next value: true when a change shows. The detector then begins anew from what came after the change.</summary>
    public bool Add(double value)
    {
        if (!double.IsFinite(value))
        {
            Missing++;
            return false;
        }
        Seen++;
        return Take(value);
    }

    private protected abstract bool Take(double value);
}

/// <summary>Page's sum of deviations from the running mean, in both directions or one. Page (1954); Mouss et al. (2004).</summary>
/// <param name="tolerance">Deviations smaller than this, in the stream's unit, are let pass.</param>
/// <param name="threshold">Sum of deviations that counts as a change, in the stream's unit.</param>
/// <param name="fewest">Values before a change can show, so that the mean has settled.</param>
public sealed class PageHinkley(double tolerance = 0.005, double threshold = 50, int fewest = 30) : DriftDetector
{
    private double mean, up, lowest, down, highest;
    private long count;

    private protected override bool Take(double value)
    {
        count++;
        mean += (value - mean) / count;
        up += value - mean - tolerance;
        down += value - mean + tolerance;
        (lowest, highest) = (Math.Min(lowest, up), Math.Max(highest, down));
        if (count < fewest || Math.Max(up - lowest, highest - down) <= threshold)
            return false;
        (mean, up, lowest, down, highest, count) = (0, 0, 0, 0, 0, 0);
        return true;
    }
}

/// <summary>The newest values against those before them by the test of Kolmogorov and Smirnov. Raab, Heusinger and Schleif (2020); all older
/// values of the window are compared instead of a random draw, so that the answer repeats.</summary>
/// <remarks>The test is made at each value, so its level is not a rate of false alarms: at the default about one in a thousand values of
/// independent noise is called a change.</remarks>
public sealed class KolmogorovSmirnovWindow : DriftDetector
{
    private const int LongestWindow = 100_000;

    private readonly double[] window, older, newer;
    private readonly double limit;
    private int count;

    /// <param name="length">Values in the window.</param>
    /// <param name="recent">How many of them, the newest, are compared with the rest.</param>
    /// <param name="level">Level of one test.</param>
    public KolmogorovSmirnovWindow(int length = 100, int recent = 30, double level = 0.005)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(recent, 5);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2 * recent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LongestWindow);
        if (level is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(level), level, "A level lies between 0 and 1.");
        (window, older, newer) = (new double[length], new double[length - recent], new double[recent]);
        // Smirnov (1948): two samples of n and m differ at the level when D > sqrt(-ln(level / 2) (n + m) / (2 n m)).
        limit = Math.Sqrt(-Math.Log(level / 2) * length / (2.0 * older.Length * newer.Length));
    }

    private protected override bool Take(double value)
    {
        if (count == window.Length)
            window.AsSpan(1).CopyTo(window);
        else
            count++;
        window[count - 1] = value;
        if (count < window.Length || Distance() <= limit)
            return false;
        window.AsSpan(older.Length).CopyTo(window);
        count = newer.Length;
        return true;
    }

    private double Distance()
    {
        window.AsSpan(0, older.Length).CopyTo(older);
        window.AsSpan(older.Length).CopyTo(newer);
        Array.Sort(older);
        Array.Sort(newer);
        var (largest, i, j) = (0.0, 0, 0);
        while (i < older.Length && j < newer.Length)
        {
            var value = Math.Min(older[i], newer[j]);
            while (i < older.Length && older[i] == value)
                i++;
            while (j < newer.Length && newer[j] == value)
                j++;
            largest = Math.Max(largest, Math.Abs((double)i / older.Length - (double)j / newer.Length));
        }
        return largest;
    }
}
