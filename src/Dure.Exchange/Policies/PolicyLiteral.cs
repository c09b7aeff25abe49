using System.Globalization;
using System.Text.Json;

namespace Dure.Exchange.Policies;

/// <summary>The values that right operands stand for. What is not plainly one of them is none: the reading is never generous.</summary>
internal static class PolicyLiteral
{
    private const string Xsd = "http://www.w3.org/2001/XMLSchema#";

    private static readonly string[] types = ["string", "dateTime", "dateTimeStamp", "duration", "dayTimeDuration", "integer", "int", "long", "nonNegativeInteger", "positiveInteger"];

    /// <summary>
    /// The text of a value: a string, or the JSON-LD forms of one that tools write for it, <c>{"@value": "…", "@type": "xsd:…"}</c> and
    /// <c>{"@id": "…"}</c>. Null for anything else.
    /// </summary>
    public static string? TextOf(PolicyValue value) => value switch
    {
        PolicyValue.Text text => text.Value,
        PolicyValue.Json json when json.Canonical.StartsWith('{') => OfObject(json.Canonical),
        _ => null,
    };

    /// <summary>The texts of a list, or of one value standing for a list of one; null when any is not text.</summary>
    public static string[]? TextsOf(PolicyValue value)
    {
        string?[] texts = value is PolicyValue.List list ? [.. list.Items.Select(TextOf)] : [TextOf(value)];
        return texts.All(text => !string.IsNullOrWhiteSpace(text)) ? [.. texts.OfType<string>()] : null;
    }

    /// <summary>A whole number that is not negative, in plain ASCII digits; up to 18, so that no sum with it can overflow.</summary>
    public static long? NumberOf(PolicyValue value) => TextOf(value) is { Length: > 0 and <= 18 } text && text.All(char.IsAsciiDigit)
        ? long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
        : null;

    private static string? OfObject(string json)
    {
        using var document = JsonDocument.Parse(json);
        var members = document.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal);
        if (members.Count == 1 && members.TryGetValue("@id", out var id))
            return id.ValueKind == JsonValueKind.String ? id.GetString() : null;
        if (!members.Remove("@value", out var value) || value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
            return null;
        if (members.Remove("@type", out var type) && !(type.ValueKind == JsonValueKind.String && IsKnownType(type.GetString()!)))
            return null;
        return members.Count > 0 ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
    }

    private static bool IsKnownType(string name) => types.Any(type => name == Xsd + type || name == "xsd:" + type);
}
