using System.Globalization;

namespace Dure.Datasets;

/// <summary>
/// SQL that reads times as plants write them, NULL where there is none: dates of the years 1000 to 2999 with '-', '/' or '.', with or without a time of day, AM and PM in
/// English and Korean, an offset at the end. Times without one are UTC.
/// </summary>
/// <remarks>
/// Texts are brought into the form of ISO 8601 and cast. DuckDB's strptime is never called on them: up to 1.5 it compares a format's literal signs
/// behind the end of a text, which ends the process when the text lies at the end of a page.
/// </remarks>
internal static class TimeSql
{
    private const string Noon = "AM|PM|오전|오후";
    private const string HasOffset = "[0-9]:[0-9]{2}([:.][0-9.]+)? ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$";

    public static string YearFirst(string cell) => Of(cell, "^([12][0-9]{3})[./-] ?([0-9]{1,2})[./-] ?([0-9]{1,2})[.]?", "\\1-\\2-\\3");

    public static string DayFirst(string cell) => Of(cell, "^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([12][0-9]{3})", "\\3-\\2-\\1");

    public static string MonthFirst(string cell) => Of(cell, "^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([12][0-9]{3})", "\\3-\\1-\\2");

    /// <summary>A number whose digits are a date: 20260131, or 20260131235959.</summary>
    public static string Digits(string number)
    {
        var digits = $"TRY_CAST(({number}) AS BIGINT)::VARCHAR";
        var dated = $"regexp_replace({digits}, '^([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})', '\\1-\\2-\\3 ')";
        return OfCalendar($"TRY_CAST(trim(regexp_replace({dated}, ' ([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})$', ' \\1:\\2:\\3')) AS TIMESTAMP)");
    }

    /// <summary>A number of seconds, or parts of one, since 1970.</summary>
    public static string Since1970(string number, long micros) =>
        OfCalendar(string.Create(CultureInfo.InvariantCulture, $"make_timestamp(TRY_CAST(({number}) * {micros} AS BIGINT))"));

    /// <summary>A time of the years 1 to 9999; infinity and what lies outside is none.</summary>
    public static string OfCalendar(string time) => $"CASE WHEN ({time}) BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59' THEN ({time}) END";

    /// <summary>Whether a text begins as a date does: cheap, for columns that hold none.</summary>
    public static string LooksLikeTime(string cell) => $"regexp_matches({cell}, '^([12][0-9]{{3}}[./-] ?[0-9]{{1,2}}[./-]|[0-9]{{1,2}}[./-][0-9]{{1,2}}[./-][12][0-9]{{3}})')";

    private static string Of(string cell, string date, string iso)
    {
        var upper = $"upper({cell})";
        var text = $"regexp_replace(trim(regexp_replace({upper}, ' *({Noon}) *', ' ')), '{date}', '{iso}')";
        // A cast to TIMESTAMP drops an offset; one that is written counts.
        var time = $"CASE WHEN regexp_matches({upper}, '{HasOffset}') THEN make_timestamp(epoch_us(TRY_CAST(regexp_replace({text}, ' ?([+-][0-9]{{2}}):?([0-9]{{2}})$', '\\1:\\2') AS TIMESTAMPTZ))) ELSE TRY_CAST({text} AS TIMESTAMP) END";
        var half = $"to_hours(CASE WHEN regexp_matches({upper}, '{Hours("0?[1-9]|1[01]", "PM|오후")}') THEN 12 WHEN regexp_matches({upper}, '{Hours("12", "AM|오전")}') THEN -12 ELSE 0 END)";
        return $"CASE WHEN {LooksLikeTime(cell)} THEN ({time}) + {half} END";
    }

    /// <summary>An hour before or after the word for its half of the day.</summary>
    private static string Hours(string hour, string half) => $"({half}) *({hour}):|[ T]({hour}):[0-9:.]* *({half})";
}
