namespace Dure.Datasets;

/// <summary>Checks of when samples were taken: pure functions over stamps in microseconds.</summary>
public static class TimeChecks
{
    /// <summary>A step longer than so many nominal periods is a gap.</summary>
    public const double GapPeriods = 3;

    private const long Hour = 3_600_000_000;
    private const int MaxClockHours = 14;

    /// <summary>The usual distance of two samples: the median of all forward steps, in microseconds; 0 with fewer than two samples.</summary>
    public static double NominalPeriod(ReadOnlySpan<long> times)
    {
        var steps = new List<long>(Math.Max(0, times.Length - 1));
        for (var i = 1; i < times.Length; i++)
            if (times[i] > times[i - 1])
                steps.Add(times[i] - times[i - 1]);
        if (steps.Count == 0)
            return 0;
        steps.Sort();
        return (steps[(steps.Count - 1) / 2] + steps[steps.Count / 2]) / 2.0;
    }

    /// <summary>Steps longer than three nominal periods; <c>Lost</c> is the time in them beyond one period, <c>Longest</c> starts at <c>LongestAt</c>.</summary>
    public static (int Count, double Lost, double Covered, long Longest, long LongestAt) Gaps(ReadOnlySpan<long> times, double nominal)
    {
        var (count, lost, longest, longestAt) = (0, 0.0, 0L, 0L);
        for (var i = 1; i < times.Length; i++)
        {
            var step = times[i] - times[i - 1];
            if (step <= GapPeriods * nominal)
                continue;
            count++;
            lost += step - nominal;
            if (step > longest)
                (longest, longestAt) = (step, times[i - 1]);
        }
        var span = times.Length < 2 ? 0 : times[^1] - times[0];
        return (count, lost, span <= 0 ? 1 : 1 - lost / span, longest, longestAt);
    }

    /// <summary>Samples whose stamp is that of the sample before, in order of arrival.</summary>
    public static int Duplicates(ReadOnlySpan<long> times)
    {
        var count = 0;
        for (var i = 1; i < times.Length; i++)
            if (times[i] == times[i - 1])
                count++;
        return count;
    }

    /// <summary>Places where time goes back, in order of arrival, and the first of them.</summary>
    public static (int Count, long FirstAt) Backward(ReadOnlySpan<long> times)
    {
        var (count, first) = (0, 0L);
        for (var i = 1; i < times.Length; i++)
            if (times[i] < times[i - 1] && count++ == 0)
                first = times[i];
        return (count, first);
    }

    /// <summary>
    /// Steps by a whole number of hours (to within a period, at most 14), forward or back: what setting the clock or changing
    /// the zone leaves behind. Only told where samples are dense enough for such a step to be no accident.
    /// </summary>
    public static (int Count, int Hours, long FirstAt) ClockJumps(ReadOnlySpan<long> times, double nominal)
    {
        var (count, hours, first) = (0, 0, 0L);
        if (nominal is <= 0 or > Hour / 60)
            return (0, 0, 0);
        for (var i = 1; i < times.Length; i++)
        {
            var moved = times[i] - times[i - 1] - nominal;
            var whole = (int)Math.Round(moved / Hour);
            if (whole == 0 || Math.Abs(whole) > MaxClockHours || Math.Abs(moved - (double)whole * Hour) > nominal)
                continue;
            if (count++ == 0)
                (hours, first) = (whole, times[i - 1]);
        }
        return (count, hours, first);
    }
}
