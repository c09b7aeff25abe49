using System.Buffers.Text;
using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>A node's signed word that its journal had this many entries with this Merkle root at this time.</summary>
/// <param name="Size">How many entries.</param>
/// <param name="Root">The root over them (RFC 6962).</param>
/// <param name="Time">When it was signed.</param>
/// <param name="KeyId">The fingerprint of the key that signed.</param>
/// <param name="Signature">ES256 over the head's canonical JSON without the signature, r and s.</param>
public sealed record SignedHead(long Size, ContentHash Root, DateTimeOffset Time, string KeyId, ReadOnlyMemory<byte> Signature)
{
    private const string Format = "dure-head/1";

    public static SignedHead Sign(long size, ContentHash root, DateTimeOffset time, NodeKey key)
    {
        var unsigned = new SignedHead(size, root, time, key.Id, default);
        return unsigned with { Signature = key.Sign(CanonicalJson.Serialize(unsigned.Statement())) };
    }

    /// <summary>Whether <paramref name="key"/> signed exactly this head.</summary>
    public bool IsSignedBy(VerificationKey key) => key.Id == KeyId && key.Verify(CanonicalJson.Serialize(Statement()), Signature.Span);

    public JsonObject ToJson()
    {
        var json = Statement();
        json["signature"] = Base64Url.EncodeToString(Signature.Span);
        return json;
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote; null when anything is missing, added or not in its one form.</summary>
    public static SignedHead? FromJson(JsonNode? node)
    {
        if (node is not JsonObject { Count: 6 } json || Text(json, "format") != Format
            || json["size"] is not JsonValue sizeValue || !sizeValue.TryGetValue<long>(out var size) || size < 0
            || !ContentHash.TryParse(Text(json, "root"), out var root)
            || Text(json, "keyId") is not { } keyId
            || !DateTimeOffset.TryParseExact(Text(json, "time"), JournalEntry.TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            || !StrictBase64Url.TryDecode(Text(json, "signature"), VerificationKey.SignatureSize, out var signature))
        {
            return null;
        }
        return new SignedHead(size, root, time, keyId, signature);
    }

    private JsonObject Statement() => new()
    {
        ["format"] = Format,
        ["keyId"] = KeyId,
        ["root"] = Root.ToString(),
        ["size"] = Size,
        ["time"] = Time.UtcDateTime.ToString(JournalEntry.TimeForm, CultureInfo.InvariantCulture),
    };

    private static string? Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
