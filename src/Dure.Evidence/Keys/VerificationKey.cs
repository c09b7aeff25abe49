using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>The public half of a node's ES256 key (P-256, SHA-256, RFC 7518): what an auditor needs to check what a node signed.</summary>
public sealed class VerificationKey : IEquatable<VerificationKey>
{
    /// <summary>A signature is r and s, 32 bytes each; no other form is accepted.</summary>
    public const int SignatureSize = 64;
    private const int CoordinateSize = 32;

    private readonly byte[] x, y;
    private ECDsa? ready;

    private VerificationKey(byte[] x, byte[] y)
    {
        (this.x, this.y) = (x, y);
        Id = Base64Url.EncodeToString(SHA256.HashData(CanonicalJson.Serialize(ToJwk())));
    }

    /// <summary>The key's fingerprint: its JWK thumbprint (RFC 7638, SHA-256, base64url).</summary>
    public string Id { get; }

    public static VerificationKey FromCoordinates(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y)
    {
        if (x.Length != CoordinateSize || y.Length != CoordinateSize)
            throw Bad("A P-256 coordinate has 32 bytes.");
        var key = new VerificationKey(x.ToArray(), y.ToArray());
        using var checkedOnce = key.Open();
        return key;
    }

    /// <summary>Reads a JWK that has exactly the members kty, crv, x and y of a P-256 key.</summary>
    public static VerificationKey FromJwk(JsonNode? jwk)
    {
        if (jwk is not JsonObject { Count: 4 } members || Text(members, "kty") != "EC" || Text(members, "crv") != "P-256")
            throw Bad("The key is not a JWK with exactly kty 'EC', crv 'P-256', x and y.");
        return FromCoordinates(Coordinate(members, "x"), Coordinate(members, "y"));
    }

    public JsonObject ToJwk() => new()
    {
        ["crv"] = "P-256",
        ["kty"] = "EC",
        ["x"] = Base64Url.EncodeToString(x),
        ["y"] = Base64Url.EncodeToString(y),
    };

    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureSize)
            return false;
        // Loading a key takes longer than using it, so one stays loaded. Whoever finds it in use loads one of its own: an ECDsa serves one caller at a time.
        var ecdsa = Interlocked.Exchange(ref ready, null) ?? Open();
        try
        {
            return ecdsa.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            if (Interlocked.CompareExchange(ref ready, ecdsa, null) is not null)
                ecdsa.Dispose();
        }
    }

    public bool Equals(VerificationKey? other) => other is not null && x.AsSpan().SequenceEqual(other.x) && y.AsSpan().SequenceEqual(other.y);

    public override bool Equals(object? obj) => Equals(obj as VerificationKey);

    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Id;

    private ECDsa Open()
    {
        try
        {
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } });
        }
        catch (CryptographicException cause)
        {
            throw Bad("The coordinates are not a point of P-256.", cause);
        }
    }

    private static byte[] Coordinate(JsonObject jwk, string name) => StrictBase64Url.TryDecode(Text(jwk, name), CoordinateSize, out var bytes)
        ? bytes
        : throw Bad($"Member {name} is not 32 bytes in base64url.");

    private static string? Text(JsonObject jwk, string name) => jwk[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static ProblemException Bad(string what, Exception? cause = null) =>
        new("urn:dure:evidence:bad-key", what, "public key", "Give the key as the node prints it: a JWK of an ES256 (P-256) public key.", cause);
}

/// <summary>Base64url without padding where one value has one text: spare bits must be zero.</summary>
internal static class StrictBase64Url
{
    public static bool TryDecode(string? text, int size, out byte[] bytes)
    {
        bytes = new byte[size];
        return text is not null
            && text.Length == Base64Url.GetEncodedLength(size)
            && Base64Url.IsValid(text, out var length) && length == size
            && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == size
            && Base64Url.EncodeToString(bytes) == text;
    }
}
