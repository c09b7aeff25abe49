using System.Globalization;
using System.Text.RegularExpressions;

namespace Dure.Exchange.Policies;

/// <summary>Days as people name them, and the instants at which they begin and end where they are meant.</summary>
internal sealed class PolicyDates(DateOnly today, TimeZoneInfo zone)
{
    private const string Month = "(?<month>(?i:jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?))";
    private const string Iso = "(?<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})";

    public const string English = "(" + Iso + "|(?<day>[0-9]{1,2})(?i:st|nd|rd|th)?( of)? " + Month + "(,? (?<year>[0-9]{4}))?|" + Month
        + " (?<day>[0-9]{1,2})(?i:st|nd|rd|th)?(,? (?<year>[0-9]{4}))?|(?<today>(?i:today))|(?<tomorrow>(?i:tomorrow))|(?<yearend>(?i:(the )?end of the year|(the )?end of (?<year>[0-9]{4}))))";

    public const string Korean = "(" + Iso + "|((?<year>[0-9]{4})년 ?)?(?<month>[0-9]{1,2})월 ?(?<day>[0-9]{1,2})일|(?<today>오늘)|(?<tomorrow>내일)|(?<yearend>올해 ?말|금년 ?말|(?<year>[0-9]{4})년 ?말))";

    private static readonly string[] months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    /// <summary>The instant with which the day named begins.</summary>
    public DateTimeOffset StartOf(Match phrase) => Midnight(Day(phrase));

    /// <summary>The first instant after the day named: the whole day belongs to what is allowed.</summary>
    public DateTimeOffset EndOf(Match phrase)
    {
        var day = Day(phrase);
        if (day < today)
            throw PolicyTermsParser.Refuse("That day is over.", phrase.Value, "Name a day from today on.");
        return Midnight(day.AddDays(1));
    }

    private DateOnly Day(Match phrase)
    {
        if (phrase.Groups["today"].Success)
            return today;
        if (phrase.Groups["tomorrow"].Success)
            return today.AddDays(1);
        var year = phrase.Groups["year"] is { Success: true } written ? Number(written) : (int?)null;
        if (phrase.Groups["yearend"].Success)
            return Day(year ?? today.Year, 12, 31) ?? throw NoSuchDay(phrase);
        if (phrase.Groups["iso"] is { Success: true, Value: var iso })
            return Day(Number(iso[..4]), Number(iso[5..7]), Number(iso[8..])) ?? throw NoSuchDay(phrase);
        var month = phrase.Groups["month"].Value is var name && char.IsAsciiDigit(name[0]) ? Number(name) : Array.IndexOf(months, name[..3].ToLowerInvariant()) + 1;
        var day = Number(phrase.Groups["day"]);
        if (year is { } stated)
            return Day(stated, month, day) ?? throw NoSuchDay(phrase);
        // The next such day; a 29 February is at most eight years away.
        return Enumerable.Range(today.Year, 9).Select(next => Day(next, month, day)).FirstOrDefault(next => next >= today) ?? throw NoSuchDay(phrase);
    }

    /// <summary>The first instant of a day; where the clocks skip midnight or strike it twice, the earliest that is on that day.</summary>
    private DateTimeOffset Midnight(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local))
            local = local.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }

    private static DateOnly? Day(int year, int month, int day) =>
        year is >= 2000 and <= 9000 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) ? new DateOnly(year, month, day) : null;

    private static int Number(Group group) => Number(group.Value);

    private static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    private static Dure.Kernel.ProblemException NoSuchDay(Match phrase) => PolicyTermsParser.Refuse("There is no such day.", phrase.Value, "Name a day of the calendar, such as 2026-12-31.");
}
