using Dure.Kernel;

namespace Dure.Node.Http;

/// <summary>Times in queries: whole microseconds since 1970.</summary>
internal static class QueryRange
{
    /// <exception cref="ProblemException">A value is no time, or the range ends before it begins.</exception>
    public static TimeRange Of(long? from, long? to)
    {
        var (start, end) = (TimeOf(from) ?? DateTimeOffset.MinValue, TimeOf(to) ?? DateTimeOffset.MaxValue);
        return start <= end ? new TimeRange(start, end)
            : throw new ProblemException("urn:dure:historian:bad-range", "The range ends before it begins.", "query 'from', 'to'", "Give microseconds since 1970, from before to.");
    }

    public static DateTimeOffset? TimeOf(long? micros) => micros is not { } known ? null
        : known is >= 0 and < 253_402_300_800_000_000 ? Micros.Time(known)
        : throw new ProblemException("urn:dure:historian:bad-range", $"{known} is no time.", "query 'from', 'to'", "Give microseconds since 1970.");
}
