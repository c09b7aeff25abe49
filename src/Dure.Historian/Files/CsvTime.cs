using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Dure.Kernel;

namespace Dure.Historian.Files;

/// <summary>
/// Reads times as files write them: whole microseconds since 1970, or a date with the year first, with or without a time of day and an
/// offset. The list is closed: what 03/04/2026 means, or a time without a date, only the writer knows.
/// </summary>
internal static class CsvTime
{
    /// <summary>What can be written instead.</summary>
    public const string Mend = "Write ISO 8601 (2020-03-09T10:14:33Z), 'yyyy-MM-dd HH:mm:ss' (taken as UTC) or whole microseconds.";

    private const int DateLength = 10;

    /// <summary>Longer fractions than ticks are cut: microseconds are kept.</summary>
    private const int LongestClock = 16;
    private const long BehindTheCalendar = 253_402_300_800_000_000; // the year 10000

    public static bool TryRead(string cell, out long micros, [NotNullWhen(false)] out string? why)
    {
        var text = cell.AsSpan().Trim();
        why = null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out micros))
        {
            if (micros >= BehindTheCalendar)
                why = $"'{TableColumns.Shown(cell)}' has too many digits for microseconds since 1970.";
        }
        else if (!TryDate(text, out micros))
            why = $"'{TableColumns.Shown(cell)}' is not a time.";
        else if (micros is < 0 or >= BehindTheCalendar)
            why = $"The time '{TableColumns.Shown(cell)}' lies before 1970 or after 9999.";
        return why is null;
    }

    private static bool TryDate(ReadOnlySpan<char> text, out long micros)
    {
        micros = 0;
        if (text.Length < DateLength || !DateOnly.TryParseExact(text[..DateLength], text[4] == '/' ? "yyyy/MM/dd" : "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return false;
        var (clock, offset) = (TimeOnly.MinValue, TimeSpan.Zero);
        if (text.Length > DateLength && (text[DateLength] is not (' ' or 'T' or 't') || !TryClock(text[(DateLength + 1)..], out clock, out offset)))
            return false;
        micros = (date.ToDateTime(clock).Ticks - offset.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        return true;
    }

    private static bool TryClock(ReadOnlySpan<char> text, out TimeOnly clock, out TimeSpan offset)
    {
        (clock, offset) = (default, TimeSpan.Zero);
        var end = text.IndexOfAny("Zz+-");
        if (end >= 0 && !TryOffset(text[end..], out offset))
            return false;
        var written = (end < 0 ? text : text[..end]).TrimEnd(' ');
        if (written.Length > LongestClock)
        {
            if (written[LongestClock..].ContainsAnyExceptInRange('0', '9'))
                return false;
            written = written[..LongestClock];
        }
        var form = written.Length switch { 5 => "HH:mm", 8 => "HH:mm:ss", > 9 => "HH:mm:ss.FFFFFFF", _ => "" };
        return form.Length > 0 && TimeOnly.TryParseExact(written, form, CultureInfo.InvariantCulture, DateTimeStyles.None, out clock);
    }

    /// <summary>Z, +hh, +hhmm or +hh:mm.</summary>
    private static bool TryOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text is "Z" or "z")
            return true;
        var form = text.Length switch { 3 => "hh", 5 => "hhmm", 6 => @"hh\:mm", _ => "" };
        if (text[0] is not ('+' or '-') || form.Length == 0 || !TimeSpan.TryParseExact(text[1..], form, CultureInfo.InvariantCulture, out offset))
            return false;
        offset = text[0] == '-' ? -offset : offset;
        return true;
    }
}
