using System.Globalization;
using System.Text.Json;
using Dure.Kernel;

namespace Dure.Historian.Mqtt;

/// <summary>Reads times as senders write them: ISO 8601, or a count since 1970 in s, ms, us or ns, told apart by its size.</summary>
internal static class UnixTime
{
    // Up to the year 5138 in seconds, and from 1973 on in milliseconds; each further step is another factor of 1000.
    private const double MostSeconds = 1e11, MostMilliseconds = 1e14, MostMicroseconds = 1e17;

    // What a count must reach to be taken for a time where the field's name alone does not say so: 1973 in seconds.
    private const double LeastPlausible = 1e8;

    public static bool TryRead(JsonElement element, bool isMilliseconds, out long micros)
    {
        micros = 0;
        if (element.ValueKind == JsonValueKind.Number)
            return element.TryGetDouble(out var number) && double.IsFinite(number) && TryOf(element, number, isMilliseconds, out micros);
        return element.ValueKind == JsonValueKind.String && TryParse(element.GetString(), out micros);
    }

    public static bool IsPlausible(JsonElement element) => element.ValueKind == JsonValueKind.Number
        ? element.TryGetDouble(out var number) && number >= LeastPlausible
        : element.ValueKind == JsonValueKind.String && TryParse(element.GetString(), out _);

    private static bool TryParse(string? text, out long micros)
    {
        micros = 0;
        if (text is null or { Length: < 8 or > 40 })
            return false;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var time))
            return false;
        micros = Micros.Of(time);
        return true;
    }

    private static bool TryOf(JsonElement element, double number, bool isMilliseconds, out long micros)
    {
        var factor = isMilliseconds ? 1e3 : Math.Abs(number) switch { < MostSeconds => 1e6, < MostMilliseconds => 1e3, < MostMicroseconds => 1, _ => 1e-3 };
        micros = 0;
        if (Math.Abs(number * factor) >= long.MaxValue / 2.0)
            return false;
        // Whole numbers are kept exactly; a double has too few digits for nanoseconds.
        micros = element.TryGetInt64(out var whole)
            ? factor < 1 ? whole / 1000 : whole * (long)factor
            : (long)Math.Round(number * factor);
        return true;
    }
}
