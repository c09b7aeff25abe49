using System.Globalization;

namespace Dure.Web;

/// <summary>How numbers and times are written on pages: the same everywhere, and short enough to be read.</summary>
public static class Figures
{
    private const string NoValue = "–";

    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A measured value with about four significant digits, or as many as a large one needs; a power of ten only far from one.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
            return NoValue;
        var size = Math.Abs(value);
        var sign = value < 0 ? "−" : ""; // the true minus sign: a hyphen breaks at line ends
        return sign + size switch
        {
            0 => "0",
            < 1e-6 or >= 1e9 => size.ToString("0.###E0", CultureInfo.InvariantCulture),
            < 1e-3 => size.ToString("0.#######", CultureInfo.InvariantCulture),
            < 1 => size.ToString("0.####", CultureInfo.InvariantCulture),
            < 10 => size.ToString("0.###", CultureInfo.InvariantCulture),
            < 1000 => size.ToString("0.##", CultureInfo.InvariantCulture),
            _ => size.ToString("#,0.#", CultureInfo.InvariantCulture),
        };
    }

    public static string Number(double? value) => value is { } known ? Number(known) : NoValue;

    /// <summary>A share of 0 to 1 as per cent.</summary>
    public static string Percent(double share) => double.IsFinite(share) ? (share * 100).ToString("0.#", CultureInfo.InvariantCulture) + " %" : NoValue;

    public static string Bytes(long bytes) => bytes switch
    {
        < 1024 => $"{bytes} B",
        < 1024 * 1024 => (bytes / 1024.0).ToString("0.#", CultureInfo.InvariantCulture) + " KiB",
        < 1024L * 1024 * 1024 => (bytes / 1048576.0).ToString("0.#", CultureInfo.InvariantCulture) + " MiB",
        _ => (bytes / 1073741824.0).ToString("0.##", CultureInfo.InvariantCulture) + " GiB",
    };

    public static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Machine(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 120 } => span.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s",
        { TotalMinutes: < 120 } => span.TotalMinutes.ToString("0.#", CultureInfo.InvariantCulture) + " min",
        { TotalHours: < 48 } => span.TotalHours.ToString("0.#", CultureInfo.InvariantCulture) + " h",
        _ => span.TotalDays.ToString("#,0.#", CultureInfo.InvariantCulture) + " d",
    };

    /// <summary>A coordinate for SVG.</summary>
    public static string Svg(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
