using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Dure.Exchange.Identity;

/// <summary>Reads what strangers wrote: valid UTF-8, one object, each member named once, nested no deeper than needed.</summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions[] OptionsByDepth = [.. Enumerable.Range(0, 65).Select(depth => new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = depth })];

    /// <summary>The object; null when the bytes are anything else.</summary>
    /// <param name="depth">How deep it may be nested.</param>
    public static JsonObject? Read(ReadOnlySpan<byte> bytes, int depth)
    {
        if (!Utf8.IsValid(bytes))
            return null;
        try
        {
            return JsonNode.Parse(bytes, documentOptions: OptionsByDepth[depth]) as JsonObject;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null; // InvalidOperationException: the name of a member holds half a surrogate pair
        }
    }
}
