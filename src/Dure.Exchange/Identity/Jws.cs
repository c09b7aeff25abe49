using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;

namespace Dure.Exchange.Identity;

/// <summary>
/// Something signed in the compact form of RFC 7515, read strictly: ES256 only, base64url where one value has one text, no member named
/// twice, no <c>crit</c>, nothing large or deeply nested. Reading says nothing about who signed: <see cref="IsSignedBy"/> does, with a
/// key that comes from elsewhere, never from the text itself.
/// </summary>
public sealed class Jws
{
    /// <summary>Longer texts are refused before anything is decoded.</summary>
    public const int MaxLength = 16 * 1024;

    private const string Algorithm = "ES256";
    private const int MaxKeyIdLength = 1024;
    private const int MaxDepth = 16;
    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private readonly byte[] signed;
    private readonly byte[] signature;

    private Jws(JsonObject header, JsonObject payload, byte[] signed, byte[] signature)
    {
        (Header, Payload, KeyId, Type) = (header, payload, header.Text("kid"), header.Text("typ"));
        (this.signed, this.signature) = (signed, signature);
    }

    public JsonObject Header { get; }
    public JsonObject Payload { get; }

    /// <summary>Which key the signer says it used (<c>kid</c>).</summary>
    public string? KeyId { get; }

    /// <summary>What kind of thing it is (<c>typ</c>). A verifier that does not look takes one kind for another.</summary>
    public string? Type { get; }

    /// <summary>Signs a payload; <paramref name="keyId"/> tells the reader where to look for the key.</summary>
    public static string Sign(JsonObject payload, string type, string keyId, ExchangeKeys keys) =>
        Sign(Encoding.UTF8.GetBytes(payload.ToJsonString()), type, keyId, keys.Sign);

    /// <summary>Reads the compact form.</summary>
    /// <param name="refusal">Why not, in words for an operator; empty when it was read.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Jws? jws, out string refusal)
    {
        jws = null;
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength)
        {
            refusal = string.IsNullOrEmpty(text) ? "There is nothing to read." : $"It has {text.Length} characters; {MaxLength} are allowed.";
            return false;
        }
        var first = text.IndexOf('.', StringComparison.Ordinal);
        var last = text.LastIndexOf('.');
        if (first <= 0 || last == first || text.AsSpan(first + 1, last - first - 1).Contains('.'))
        {
            refusal = "It does not have the three parts of a signed token.";
            return false;
        }
        refusal = ReadHeader(text.AsSpan(0, first), out var header);
        if (refusal.Length > 0)
            return false;
        if (!TryDecode(text.AsSpan(first + 1, last - first - 1), out var bytes) || !TryObject(bytes, out var payload))
            refusal = "The payload is not one JSON object in strict base64url, with each member named once and at most 16 levels.";
        else if (!TryDecode(text.AsSpan(last + 1), out var signature) || signature.Length != VerificationKey.SignatureSize)
            refusal = "The signature is not 64 bytes in strict base64url.";
        else
            jws = new Jws(header!, payload, Encoding.ASCII.GetBytes(text, 0, last), signature);
        return jws is not null;
    }

    /// <summary>Reads a signature whose payload stands elsewhere: <c>header..signature</c> (RFC 7515, appendix F).</summary>
    internal static Jws? TryAttach(string? detached, JsonObject payload, ReadOnlySpan<byte> payloadBytes)
    {
        if (detached is null or { Length: > MaxLength } || detached.IndexOf("..", StringComparison.Ordinal) is not (> 0 and var gap))
            return null;
        return ReadHeader(detached.AsSpan(0, gap), out var header).Length == 0 && TryDecode(detached.AsSpan(gap + 2), out var signature) && signature.Length == VerificationKey.SignatureSize
            ? new Jws(header!, payload, Encoding.ASCII.GetBytes($"{detached.AsSpan(0, gap)}.{Base64Url.EncodeToString(payloadBytes)}"), signature)
            : null;
    }

    /// <summary>Whether the key's owner signed exactly this.</summary>
    public bool IsSignedBy(VerificationKey key) => key.Verify(signed, signature);

    internal static string Sign(ReadOnlySpan<byte> payload, string type, string keyId, SignBytes sign)
    {
        var header = new JsonObject { ["alg"] = Algorithm, ["kid"] = keyId, ["typ"] = type };
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Base64Url.EncodeToString(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    internal delegate byte[] SignBytes(ReadOnlySpan<byte> data);

    /// <summary>Decodes base64url that has no padding, no other characters and no spare bits set.</summary>
    internal static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Alphabet))
            return false;
        var decoded = new byte[text.Length * 3 / 4];
        if (Base64Url.DecodeFromChars(text, decoded, out _, out var written) != OperationStatus.Done || written != decoded.Length)
            return false;
        var spare = text.Length % 4 == 0 ? 0 : text.Length % 4;
        if (spare > 0 && !Base64Url.EncodeToString(decoded.AsSpan(decoded.Length - (spare - 1))).AsSpan().SequenceEqual(text[^spare..]))
            return false;
        bytes = decoded;
        return true;
    }

    private static string ReadHeader(ReadOnlySpan<char> part, out JsonObject? header)
    {
        header = null;
        if (!TryDecode(part, out var bytes) || !TryObject(bytes, out var members))
            return "The header is not one JSON object in strict base64url, with each member named once.";
        if (members.Text("alg") != Algorithm)
            return "The algorithm is not ES256, the only one allowed.";
        if (members.ContainsKey("crit") || members.ContainsKey("b64"))
            return "The header asks for extensions ('crit', 'b64') that are not known here.";
        if (members.ContainsKey("kid") && members.Text("kid") is not { Length: > 0 and <= MaxKeyIdLength })
            return "The header's 'kid' is not a name of a key.";
        if (members.ContainsKey("typ") && members.Text("typ") is null)
            return "The header's 'typ' is not text.";
        header = members;
        return "";
    }

    private static bool TryObject(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out JsonObject? members) => (members = StrictJson.Read(bytes, MaxDepth)) is not null;
}
