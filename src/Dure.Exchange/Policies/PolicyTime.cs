using System.Globalization;

namespace Dure.Exchange.Policies;

/// <summary>
/// Instants and spans as policies write them, in ticks of 100 ns since year 1 (UTC). They are 128 bits wide: no offset, day count or duration
/// that is read here can overflow.
/// </summary>
internal static class PolicyTime
{
    private const int MaxDigits = 9;

    /// <summary>
    /// An <c>xsd:dateTime</c> with an offset, the seconds of which may be missing (as the specification's own examples have it). Without an
    /// offset it would be an instant that depends on the reader, so that is none.
    /// </summary>
    public static Int128? Instant(string? text)
    {
        if (text is null || text.Length is < 17 or > 40 || !Matches(text, "dddd-dd-ddTdd:dd"))
            return null;
        var at = 16;
        var second = 0;
        Int128 fraction = 0;
        if (text[at] == ':')
        {
            if (text.Length < at + 4 || !char.IsAsciiDigit(text[at + 1]) || !char.IsAsciiDigit(text[at + 2]))
                return null;
            second = Number(text, at + 1, 2);
            at += 3;
            if (text[at] == '.')
            {
                var digits = 0;
                while (at + 1 + digits < text.Length && char.IsAsciiDigit(text[at + 1 + digits]))
                    digits++;
                if (digits is 0 or > MaxDigits || at + 1 + digits >= text.Length)
                    return null;
                // Finer than a tick is cut off.
                fraction = Number(text, at + 1, Math.Min(digits, 7)) * (long)Math.Pow(10, 7 - Math.Min(digits, 7));
                at += 1 + digits;
            }
        }
        if (OffsetMinutes(text.AsSpan(at)) is not { } offset)
            return null;
        var (year, month, day, hour, minute) = (Number(text, 0, 4), Number(text, 5, 2), Number(text, 8, 2), Number(text, 11, 2), Number(text, 14, 2));
        var isMidnightAfter = hour == 24 && minute == 0 && second == 0 && fraction == 0;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 && !isMidnightAfter || minute > 59 || second > 59)
            return null;
        return new DateTime(year, month, day).Ticks + hour * TimeSpan.TicksPerHour + (minute - offset) * TimeSpan.TicksPerMinute + second * TimeSpan.TicksPerSecond + fraction;
    }

    /// <summary>An instant with the offset it was written with, if it is written whole and lies within the calendar.</summary>
    public static DateTimeOffset? Read(string? text)
    {
        if (Instant(text) is not { } ticks || OffsetMinutes(text![^1] == 'Z' ? "Z" : text.AsSpan()[^6..]) is not { } offset)
            return null;
        var local = ticks + (Int128)offset * TimeSpan.TicksPerMinute;
        return ticks < 0 || ticks > DateTime.MaxValue.Ticks || local < 0 || local > DateTime.MaxValue.Ticks ? null : new DateTimeOffset((long)local, TimeSpan.FromMinutes(offset));
    }

    /// <summary>An instant as policies write it.</summary>
    public static string Written(DateTimeOffset instant) =>
        instant.ToString(instant.Offset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'" : "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture);

    /// <summary>The days in <c>contractAgreement+15d</c>, when it is exactly that.</summary>
    public static int? DaysAfterAgreement(string? text) =>
        text is not null && text.EndsWith('d') && IsAfterAgreement(text) && SpanAfterAgreement(text) is { } span && span / TimeSpan.TicksPerDay is var days && days > 0 && days <= int.MaxValue ? (int)days : null;

    /// <summary>An instant counted from the agreement: <c>contractAgreement+15d</c>, in s, m, h or d (EDC).</summary>
    public static Int128? AfterAgreement(string text, DateTimeOffset agreedAt) => IsAfterAgreement(text) && SpanAfterAgreement(text) is { } span ? agreedAt.UtcTicks + span : null;

    public static bool IsAfterAgreement(string text) => text.StartsWith("contractAgreement", StringComparison.Ordinal) || text.StartsWith("contractagreement", StringComparison.Ordinal);

    private static Int128? SpanAfterAgreement(string text)
    {
        var rest = text.AsSpan("contractAgreement".Length);
        if (rest.Length < 3 || rest[0] != '+')
            return null;
        var isNegative = rest[1] == '-';
        var digits = rest[(isNegative ? 2 : 1)..^1];
        var unit = rest[^1] switch { 's' => TimeSpan.TicksPerSecond, 'm' => TimeSpan.TicksPerMinute, 'h' => TimeSpan.TicksPerHour, 'd' => TimeSpan.TicksPerDay, _ => 0 };
        if (unit == 0 || digits.Length is 0 or > 18 || digits.ContainsAnyExceptInRange('0', '9'))
            return null;
        var span = (Int128)long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) * unit;
        return isNegative ? -span : span;
    }

    /// <summary>The end of so many days (UTC), the first of which is the agreement's own (Catena-X).</summary>
    public static Int128? EndOfDays(PolicyValue days, DateTimeOffset agreedAt) =>
        PolicyLiteral.NumberOf(days) is { } number ? agreedAt.UtcDateTime.Date.Ticks + (Int128)number * TimeSpan.TicksPerDay : null;

    /// <summary>The instant an ISO 8601 duration after another; years and months by the calendar, the rest by the clock.</summary>
    public static Int128? After(DateTimeOffset start, string? duration)
    {
        if (duration is null || duration.Length is < 3 or > 64 || duration[0] != 'P')
            return null;
        long months = 0;
        Int128 ticks = 0;
        var (isTime, last) = (false, -1);
        for (var at = 1; at < duration.Length;)
        {
            if (duration[at] == 'T' && !isTime)
            {
                (isTime, at) = (true, at + 1);
                if (at == duration.Length)
                    return null;
                continue;
            }
            var digits = 0;
            while (at + digits < duration.Length && char.IsAsciiDigit(duration[at + digits]))
                digits++;
            if (digits is 0 or > MaxDigits || at + digits == duration.Length)
                return null;
            var value = (long)Number(duration, at, digits);
            at += digits;
            var rank = (isTime ? "hms" : "ymwd").IndexOf(char.ToLowerInvariant(duration[at]), StringComparison.Ordinal) + (isTime ? 4 : 0);
            // Each part once and from large to small; letters are upper case in the standard.
            if (!char.IsAsciiLetterUpper(duration[at]) || rank <= last || rank < (isTime ? 4 : 0))
                return null;
            (last, at) = (rank, at + 1);
            months += rank switch { 0 => 12 * value, 1 => value, _ => 0 };
            ticks += (Int128)value * rank switch
            {
                2 => 7 * TimeSpan.TicksPerDay,
                3 => TimeSpan.TicksPerDay,
                4 => TimeSpan.TicksPerHour,
                5 => TimeSpan.TicksPerMinute,
                6 => TimeSpan.TicksPerSecond,
                _ => 0,
            };
        }
        return Months(start.UtcDateTime, months) is { } moved ? moved + ticks : null;
    }

    // Beyond the calendar a month is taken as 28 days, which only ever ends a span too early; that is after year 9999.
    private static Int128? Months(DateTime start, long months) =>
        months <= 12 * (9998 - start.Year) ? start.AddMonths((int)months).Ticks : start.Ticks + (Int128)months * 28 * TimeSpan.TicksPerDay;

    private static int? OffsetMinutes(ReadOnlySpan<char> text)
    {
        if (text is "Z")
            return 0;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':' || !Matches(text[1..], "dd:dd"))
            return null;
        var (hours, minutes) = (Number(text, 1, 2), Number(text, 4, 2));
        return hours > 14 || minutes > 59 || hours == 14 && minutes > 0 ? null : (text[0] == '-' ? -1 : 1) * (60 * hours + minutes);
    }

    private static bool Matches(ReadOnlySpan<char> text, ReadOnlySpan<char> shape)
    {
        for (var i = 0; i < shape.Length; i++)
            if (shape[i] == 'd' ? !char.IsAsciiDigit(text[i]) : text[i] != shape[i])
                return false;
        return true;
    }

    private static int Number(ReadOnlySpan<char> text, int at, int length) => int.Parse(text.Slice(at, length), NumberStyles.None, CultureInfo.InvariantCulture);
}
