namespace Dure.Web.Parts;

/// <summary>Where the ticks of a chart's axis stand.</summary>
/// <param name="From">The first tick, at or before the least value.</param>
/// <param name="To">The last tick.</param>
internal readonly record struct ChartAxis(double From, double To, IReadOnlyList<double> Ticks)
{
    /// <summary>An axis with about five parts that holds a range; of an empty range one of length one.</summary>
    public static ChartAxis Of(double from, double to)
    {
        if (to <= from)
            to = from + 1;
        var step = StepOf(to - from);
        (from, to) = (Math.Floor(from / step) * step, Math.Ceiling(to / step) * step);
        return new(from, to, [.. Enumerable.Range(0, (int)Math.Round((to - from) / step) + 1).Select(i => Math.Round(from + i * step, 10))]);
    }

    /// <summary>0 at the first tick, 1 at the last.</summary>
    public double At(double value) => (value - From) / (To - From);

    /// <summary>A step of 1, 2 or 5 times a power of ten that parts the range into about five.</summary>
    private static double StepOf(double range)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(range / 5)));
        var lead = range / 5 / power;
        return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
    }
}
