using System.Text.Json;
using Dure.Historian.Sources;

namespace Dure.Historian.OpcUa;

/// <summary>What a metadata message says of a field: its unit (EngineeringUnits), its range (EURange) and its description.</summary>
internal static class FieldMetaData
{
    private const int LongestText = 200;

    public static SourceItem Read(string item, JsonElement field)
    {
        string? unit = null;
        double? low = null, high = null;
        if (field.TryGetProperty("Properties", out var properties) && properties.ValueKind == JsonValueKind.Array)
        {
            foreach (var property in properties.EnumerateArray())
            {
                if (property.ValueKind != JsonValueKind.Object || !property.TryGetProperty("Value", out var value))
                    continue;
                value = Body(value);
                var key = Key(property);
                if (key == "EngineeringUnits")
                    unit = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("DisplayName", out var shown) ? LocalizedText(shown) : LocalizedText(value);
                else if (key == "EURange" && value.ValueKind == JsonValueKind.Object)
                    (low, high) = (Number(value, "Low"), Number(value, "High"));
            }
        }
        var description = field.TryGetProperty("Description", out var said) ? LocalizedText(said) : null;
        return new SourceItem(item, unit, description, low, high);
    }

    /// <summary>A property's key: a text, or a qualified name as <c>{"Name":…}</c> or <c>0:EURange</c>.</summary>
    private static string? Key(JsonElement property)
    {
        if (!property.TryGetProperty("Key", out var key) && !property.TryGetProperty("QName", out key))
            return null;
        var text = key.ValueKind == JsonValueKind.Object ? PubSubJson.Text(key, "Name") : key.ValueKind == JsonValueKind.String ? key.GetString() : null;
        return text is not null && text.LastIndexOfAny([':', ';']) is >= 0 and var at ? text[(at + 1)..] : text;
    }

    /// <summary>What a variant holds: {Type, Body} or {UaType, Value}, whose body may again be wrapped.</summary>
    private static JsonElement Body(JsonElement value)
    {
        for (var depth = 0; depth < 3 && value.ValueKind == JsonValueKind.Object; depth++)
        {
            if (value.TryGetProperty("Body", out var body) || value.TryGetProperty("UaType", out _) && value.TryGetProperty("Value", out body))
                value = body;
            else
                break;
        }
        return value;
    }

    private static string? LocalizedText(JsonElement text)
    {
        var plain = text.ValueKind switch { JsonValueKind.String => text.GetString(), JsonValueKind.Object => PubSubJson.Text(text, "Text"), _ => null };
        return string.IsNullOrWhiteSpace(plain) ? null : plain.Length <= LongestText ? plain : plain[..LongestText];
    }

    private static double? Number(JsonElement of, string name) =>
        of.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Number && found.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;
}
