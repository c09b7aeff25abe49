using System.Buffers.Text;
using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Dure.Exchange.Identity.Credentials;

/// <summary>
/// One bit for each credential an issuer gave out, set when it holds no more (W3C Bitstring Status List 1.0): packed, the list of a small
/// alliance is some dozens of bytes, and asking for it does not tell the issuer whose credential is looked at.
/// </summary>
public sealed class StatusList
{
    /// <summary>The fewest bits the standard allows, so that one credential hides among many.</summary>
    public const int Bits = 131_072;

    internal const string CredentialType = "BitstringStatusListCredential";
    private const int MostBytes = Credential.MaxIndex / 8;

    private readonly byte[] bytes;

    private StatusList(byte[] bytes) => this.bytes = bytes;

    public static StatusList Of(IEnumerable<int> set)
    {
        var bytes = new byte[Bits / 8];
        foreach (var index in set)
            bytes[index / 8] |= (byte)(0x80 >> (index % 8)); // index 0 is the leftmost bit
        return new StatusList(bytes);
    }

    /// <summary>Whether a bit is set; null when the list is too short to have it.</summary>
    public bool? this[int index] => index / 8 < bytes.Length ? (bytes[index / 8] & (0x80 >> (index % 8))) != 0 : null;

    /// <summary>The list as it stands in a credential: multibase base64url of gzip.</summary>
    public string Encode()
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            zip.Write(bytes);
        return "u" + Base64Url.EncodeToString(packed.GetBuffer().AsSpan(0, (int)packed.Length));
    }

    /// <summary>Reads a list that a stranger packed; null when it is broken or unpacks to more than a mebibyte.</summary>
    public static StatusList? Decode(string? encoded)
    {
        if (encoded is null)
            return null;
        // The earlier Status List 2021 has no multibase letter; a gzip begins with 1F 8B, in base64url "H4s".
        var text = encoded.StartsWith('u') ? encoded.AsSpan(1) : encoded.AsSpan();
        if (!Jws.TryDecode(text.TrimEnd('='), out var packed))
            return null;
        try
        {
            using var zip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
            var unpacked = new byte[MostBytes + 1];
            var length = zip.ReadAtLeast(unpacked, unpacked.Length, throwOnEndOfStream: false);
            return length is 0 or > MostBytes ? null : new StatusList(unpacked[..length]);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The claims of a list as its issuer signs them.</summary>
    internal JsonObject ToCredential(Did issuer, Uri address, DateTimeOffset from, DateTimeOffset until) => new()
    {
        ["@context"] = new JsonArray("https://www.w3.org/ns/credentials/v2"),
        ["id"] = address.ToString(),
        ["type"] = new JsonArray("VerifiableCredential", CredentialType),
        ["issuer"] = issuer.Value,
        ["validFrom"] = from.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        ["validUntil"] = until.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        ["credentialSubject"] = new JsonObject
        {
            ["id"] = $"{address}#list",
            ["type"] = "BitstringStatusList",
            ["statusPurpose"] = "revocation",
            ["encodedList"] = Encode(),
        },
    };
}
