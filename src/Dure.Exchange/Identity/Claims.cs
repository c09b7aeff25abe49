using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dure.Exchange.Identity;

/// <summary>Reads members of what strangers wrote: a member that is absent or of another kind is null, never an exception.</summary>
internal static class Claims
{
    // The year 9999, where the times of .NET end.
    private const double LatestSecond = 253402300799;

    public static string? Text(this JsonObject members, string name) => TextOf(members[name]);

    /// <summary>A NumericDate (RFC 7519, section 2): seconds since 1970, possibly with a fraction.</summary>
    public static DateTimeOffset? Instant(this JsonObject members, string name) =>
        members[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<double>(out var seconds) && seconds is >= 0 and <= LatestSecond
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
            : null;

    /// <summary>A time as VC and DID documents write it (xsd:dateTimeStamp).</summary>
    public static DateTimeOffset? Stamp(this JsonObject members, string name) =>
        members.Text(name) is { Length: >= 20 and <= 40 } text && text.Contains('T', StringComparison.Ordinal)
        && (text.EndsWith('Z') || text.AsSpan(19).ContainsAny('+', '-'))
        && DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    /// <summary>A member that is one text or a list of texts; null when it is neither or holds more than <paramref name="most"/>.</summary>
    public static IReadOnlyList<string>? Texts(this JsonObject members, string name, int most)
    {
        if (members[name] is JsonValue)
            return members.Text(name) is { } one ? [one] : null;
        if (members[name] is not JsonArray items || items.Count > most)
            return null;
        var texts = new List<string>(items.Count);
        foreach (var item in items)
        {
            if (TextOf(item) is not { } text)
                return null;
            texts.Add(text);
        }
        return texts;
    }

    /// <summary>The text of an item, or null.</summary>
    public static string? TextOf(JsonNode? item)
    {
        try
        {
            return item is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // escapes that make half a surrogate pair
        }
    }

    /// <summary>How a text of a stranger is shown in a reason: short, and on one line.</summary>
    public static string Shown(string? text)
    {
        if (text is null)
            return "nothing";
        var part = text.Length > 120 ? text[..120] + "…" : text;
        return $"'{string.Concat(part.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c))}'";
    }
}
