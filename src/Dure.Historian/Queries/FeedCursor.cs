using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Dure.Historian.Queries;

/// <summary>
/// How far somebody is who follows what comes in. The order of the journal is the order of what came: all batches entered before
/// <paramref name="Entry"/> have been handed over. Those from there up to <paramref name="Until"/> are being read from the series, signal by
/// signal, and that is at <paramref name="Time"/> of <paramref name="Series"/>.
/// </summary>
/// <param name="Entry">A place in the journal; -1 with <paramref name="Until"/>: all that there is, whenever it came.</param>
/// <param name="Until">Where what is being read from the series ends in the journal; 0 when nothing is.</param>
/// <param name="Series">The signal's number.</param>
/// <param name="Time">µs since 1970 from which it is read.</param>
public readonly record struct FeedCursor(long Entry, long Until = 0, int Series = 0, long Time = 0)
{
    private const int MaxLength = 80;

    /// <summary>Everything that was there when the journal had so many entries, and then what comes.</summary>
    public static FeedCursor FromTheBeginning(long entries) => new(-1, entries);

    /// <summary>Whether a stretch of batches is being read from the series.</summary>
    public bool IsReading => Until > 0;

    public static bool TryParse([NotNullWhen(true)] string? text, out FeedCursor cursor)
    {
        cursor = default;
        if (text is null || text.Length > MaxLength)
            return false;
        var parts = text.Split('.');
        if (parts.Length is not (1 or 4) || !long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var entry))
            return false;
        if (parts.Length == 1)
        {
            cursor = new FeedCursor(entry);
            return entry >= 0;
        }
        if (!long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var until) || !int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var series)
            || !long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var time))
            return false;
        cursor = new FeedCursor(entry, until, series, time);
        return entry >= -1 && until > Math.Max(entry, 0);
    }

    public override string ToString() => IsReading ? string.Create(CultureInfo.InvariantCulture, $"{Entry}.{Until}.{Series}.{Time}") : Entry.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Some samples of one signal, ascending, no time twice.</summary>
public readonly record struct FeedRows(SignalDefinition Signal, ReadOnlyMemory<long> TimesMicros, ReadOnlyMemory<double> Values, ReadOnlyMemory<Kernel.Quality> Qualities);

/// <summary>A piece of what came in.</summary>
/// <param name="Rows">In the order they came: a later sample of the same time replaces an earlier one.</param>
/// <param name="Next">Where to go on.</param>
/// <param name="HasMore">Whether there is more already.</param>
public sealed record FeedPage(IReadOnlyList<FeedRows> Rows, FeedCursor Next, bool HasMore);
