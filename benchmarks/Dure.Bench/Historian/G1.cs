namespace Dure.Bench.Historian;

/// <summary>
/// The public generator G1: 1,000 series, one point a second, a slow wave with a random walk on it, three decimals. Anyone can make the
/// same points, so that ratios can be checked elsewhere; <see cref="Check"/> proves that these are they.
/// </summary>
internal static class G1
{
    public const int AllSeries = 1000;
    public const int AllPoints = 100_000;
    public const long FirstSecond = 1_750_000_000;
    public const long SecondMicros = 1_000_000;
    public const long FirstMicros = FirstSecond * SecondMicros;

    private const ulong Seed = 0x9E3779B97F4A7C15;
    private const double Sum = 5019224524.1;
    private const double SumOfMinuteMeans = 83720547.83;
    private const long MinuteGroups = 1_668_000;
    private const int SeriesOfMax = 500;
    private const double MaxOfSeries = 64.948;

    /// <summary>The first points of a series.</summary>
    public static void Fill(int series, Span<double> values)
    {
        FillExact(series, values);
        foreach (ref var value in values)
            value = Math.Round(value, 3);
    }

    /// <summary>The same before rounding: a value that uses all 52 bits.</summary>
    public static void FillExact(int series, Span<double> values)
    {
        var random = unchecked(Seed * (ulong)(series + 1));
        var walk = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            random = Next(random);
            walk += ((random & 0xffff) / 65536.0 - 0.5) * 0.1;
            values[i] = 50 + 10 * Math.Sin(0.001 * i + series) + walk;
        }
    }

    /// <summary>The same as a 32-bit instrument gives it, widened.</summary>
    public static void FillFloat(int series, Span<double> values)
    {
        FillExact(series, values);
        foreach (ref var value in values)
            value = (float)value;
    }

    public static void FillTimes(Span<long> micros)
    {
        for (var i = 0; i < micros.Length; i++)
            micros[i] = FirstMicros + i * SecondMicros;
    }

    /// <summary>Times moved by up to 2 s either way in whole milliseconds, then put in order; equal ones are moved 1 ms apart.</summary>
    public static void FillJitteredTimes(int series, Span<long> micros)
    {
        var random = unchecked(Seed * (ulong)(series + AllSeries));
        for (var i = 0; i < micros.Length; i++)
        {
            random = Next(random);
            micros[i] = FirstMicros + i * SecondMicros + ((long)(random >> 11) % 4001 - 2000) * 1000;
        }
        micros.Sort();
        for (var i = 1; i < micros.Length; i++)
            micros[i] = Math.Max(micros[i], micros[i - 1] + 1000);
    }

    /// <summary>Questions for the point at or before a time: always the same ones, spread over series and time.</summary>
    public static (int[] Series, long[] Micros) Events(int count, int series, int points)
    {
        var (which, when) = (new int[count], new long[count]);
        var random = Seed;
        for (var i = 0; i < count; i++)
        {
            random = Next(random);
            which[i] = (int)((random >> 20) % (ulong)series);
            random = Next(random);
            when[i] = FirstMicros + (long)((random >> 8) % ((ulong)points * (ulong)SecondMicros));
        }
        return (which, when);
    }

    /// <summary>Asserts the published facts of the full set before anything is measured on it.</summary>
    public static void Check()
    {
        var sums = new double[AllSeries];
        var means = new double[AllSeries];
        var groups = new long[AllSeries];
        var max = 0.0;
        Parallel.For(0, AllSeries, () => new double[AllPoints], (series, _, values) =>
        {
            Fill(series, values);
            (sums[series], means[series], groups[series]) = (values.Sum(), Minutes(values, out var count), count);
            if (series == SeriesOfMax)
                max = values.Max();
            return values;
        }, _ => { });
        Assert("sum", sums.Sum(), Sum, 0.05);
        Assert("mean", sums.Sum() / AllSeries / AllPoints, Sum / AllSeries / AllPoints, 1e-6);
        Assert("sum of minute means", means.Sum(), SumOfMinuteMeans, 0.01);
        Assert("one-minute groups", groups.Sum(), MinuteGroups, 0);
        Assert($"max of series {SeriesOfMax}", max, MaxOfSeries, 1e-9);
    }

    /// <summary>The sum of the means of each minute of the clock over the first series: what every engine's resampling must come to.</summary>
    public static double Minutes(int series, int points)
    {
        var sums = new double[series];
        Parallel.For(0, series, () => new double[points], (number, _, values) =>
        {
            Fill(number, values);
            sums[number] = Minutes(values, out long _);
            return values;
        }, _ => { });
        return sums.Sum();
    }

    /// <summary>The same of one series' values, with the number of minutes.</summary>
    public static double Minutes(ReadOnlySpan<double> values, out long groups)
    {
        const int FirstInMinute = (int)(FirstSecond % 60);
        var total = 0.0;
        groups = 0;
        for (int start = 0, end = 60 - FirstInMinute; start < values.Length; start = end, end += 60)
        {
            end = Math.Min(end, values.Length);
            var sum = 0.0;
            foreach (var value in values[start..end])
                sum += value;
            total += sum / (end - start);
            groups++;
        }
        return total;
    }

    private static ulong Next(ulong random)
    {
        random ^= random << 13;
        random ^= random >> 7;
        return random ^ (random << 17);
    }

    private static void Assert(string what, double got, double expected, double tolerance)
    {
        if (!(Math.Abs(got - expected) <= tolerance))
            throw new InvalidOperationException($"The generator is not G1: its {what} is {got:R}, not {expected:R}.");
    }
}
