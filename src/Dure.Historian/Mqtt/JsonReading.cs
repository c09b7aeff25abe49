using System.Globalization;
using System.Text.Json;
using Dure.Kernel;

namespace Dure.Historian.Mqtt;

/// <summary>A value and how good it is, as JSON writers put them.</summary>
internal static class JsonReading
{
    private const int LongestNumber = 64;

    /// <summary>The number in an element: numbers, booleans as 0 and 1, numbers written as text; null is no value of bad quality.</summary>
    /// <returns>False for texts, objects and lists.</returns>
    public static bool TryValue(JsonElement element, out double value, out Quality quality)
    {
        (value, quality) = (double.NaN, Quality.Good);
        switch (element.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                value = element.ValueKind == JsonValueKind.True ? 1 : 0;
                return true;
            case JsonValueKind.Number:
                element.TryGetDouble(out value);
                break;
            case JsonValueKind.String when element.GetString() is { Length: > 0 and <= LongestNumber } text:
                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
                    return false;
                break;
            case JsonValueKind.Null:
                break;
            default:
                return false;
        }
        if (!double.IsFinite(value))
            (value, quality) = (double.NaN, Quality.Bad);
        return true;
    }

    /// <summary>An OPC UA status code: its two highest bits are the severity (Part 4, 7.39). Also as <c>{"Code":…}</c>, or by its symbol.</summary>
    public static Quality Status(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => element.TryGetUInt32(out var code) ? OfCode(code) : Quality.Bad,
        JsonValueKind.Object when element.TryGetProperty("Code", out var code) => Status(code),
        JsonValueKind.Object when element.TryGetProperty("Symbol", out var symbol) => Status(symbol),
        JsonValueKind.Object or JsonValueKind.Null => Quality.Good,
        JsonValueKind.True => Quality.Good,
        JsonValueKind.String => OfWord(element.GetString() ?? ""),
        _ => Quality.Bad,
    };

    /// <summary>The field <c>quality</c>: a word, a flag, an OPC UA status code, or below 256 an OPC quality with 192 for good and 64 for uncertain.</summary>
    public static Quality OfField(JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetUInt32(out var code) && code < 256 ? OfOpcQuality((int)code) : Status(element);

    /// <summary>The two highest bits of an OPC quality byte.</summary>
    public static Quality OfOpcQuality(int code) => (code & 0xC0) switch { 0xC0 => Quality.Good, 0x40 => Quality.Uncertain, _ => Quality.Bad };

    public static Quality OfCode(uint code) => (code >> 30) switch { 0 => Quality.Good, 1 => Quality.Uncertain, _ => Quality.Bad };

    private static Quality OfWord(string word)
    {
        if (word.StartsWith("good", StringComparison.OrdinalIgnoreCase) || word.Equals("ok", StringComparison.OrdinalIgnoreCase))
            return Quality.Good;
        return word.StartsWith("uncertain", StringComparison.OrdinalIgnoreCase) ? Quality.Uncertain : Quality.Bad;
    }
}
