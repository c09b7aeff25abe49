using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Registry;

namespace Dure.Node.Http;

/// <summary>Reads fields of a JSON request and names the one that is missing or of the wrong kind.</summary>
internal static class Requests
{
    private const int MaxItems = 20_000;

    public static string Text(JsonObject request, string field) =>
        TextOr(request, field, "") is { Length: > 0 } text ? text : throw Bad(field, "The field is missing.", "Send it as text.");

    public static string TextOr(JsonObject request, string field, string otherwise) => request[field] switch
    {
        null => otherwise,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw Bad(field, "The field is not text.", "Send it as text."),
    };

    public static IReadOnlyList<string> Texts(JsonObject request, string field)
    {
        if (request[field] is null)
            return [];
        if (request[field] is not JsonArray { Count: <= MaxItems } items || items.Any(item => item?.GetValueKind() != JsonValueKind.String))
            throw Bad(field, "The field is not a list of texts.", $"Send a list of at most {MaxItems:N0} texts.");
        return [.. items.Select(item => item!.GetValue<string>())];
    }

    public static int WholeOr(JsonObject request, string field, int otherwise) => request[field] switch
    {
        null => otherwise,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<double>(out var number) && number == Math.Floor(number) && Math.Abs(number) < int.MaxValue => (int)number,
        _ => throw Bad(field, "The field is not a whole number.", "Send it as a number without fraction."),
    };

    public static bool FlagOr(JsonObject request, string field, bool otherwise) => request[field]?.GetValueKind() switch
    {
        null => otherwise,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Bad(field, "The field is neither true nor false.", "Send true or false."),
    };

    /// <summary>A time as ISO 8601 with a zone, such as <c>2026-03-01T08:00:00Z</c>.</summary>
    public static DateTimeOffset Time(JsonNode value, string field) =>
        value is JsonValue text && text.TryGetValue<string>(out var written) && DateTimeOffset.TryParse(written, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw Bad(field, $"'{value}' is no time.", "Send it as 2026-03-01T08:00:00Z.");

    public static ContentHash Hash(JsonObject request, string field) => ContentHash.TryParse(Text(request, field), out var hash) ? hash
        : throw Bad(field, $"'{Text(request, field)}' is not a content hash.", "Send sha256: and 64 hexadecimal digits, as the node gave it.");

    /// <summary>The language that a card is asked for in.</summary>
    public static CardLanguage Language(string? code) => code switch
    {
        null or "en" => CardLanguage.English,
        "ko" => CardLanguage.Korean,
        _ => throw Bad("language", $"No card is written in '{code}'.", "Write \"en\" or \"ko\"."),
    };

    public static ProblemException Bad(string field, string what, string mend) => new("urn:dure:http:bad-field", what, $"field '{field}'", mend);
}
