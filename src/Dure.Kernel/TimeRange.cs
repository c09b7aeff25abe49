namespace Dure.Kernel;

/// <summary>A half-open span of time: the start belongs to it, the end does not.</summary>
public readonly record struct TimeRange
{
    public TimeRange(DateTimeOffset start, DateTimeOffset end)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        (Start, End) = (start, end);
    }

    /// <summary>Everything that can be stored.</summary>
    public static TimeRange All { get; } = new(DateTimeOffset.MinValue, DateTimeOffset.MaxValue);

    public DateTimeOffset Start { get; }
    public DateTimeOffset End { get; }
    public TimeSpan Length => End - Start;

    public bool Contains(DateTimeOffset at) => Start <= at && at < End;
}
