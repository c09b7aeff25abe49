using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Dure.Kernel;

/// <summary>A SHA-256 over content, written <c>sha256:</c> and 64 lower-case hexadecimal digits: the name of everything immutable.</summary>
public readonly record struct ContentHash : IComparable<ContentHash>
{
    public const int Size = SHA256.HashSizeInBytes;
    private const string Prefix = "sha256:";

    private readonly UInt256 bytes;

    public ContentHash(ReadOnlySpan<byte> digest)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(digest.Length, Size);
        bytes = new UInt256(digest);
    }

    public static ContentHash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> digest = stackalloc byte[Size];
        SHA256.HashData(content, digest);
        return new ContentHash(digest);
    }

    /// <summary>Hashes a stream to its end without holding it in memory.</summary>
    public static async Task<ContentHash> Of(Stream content, CancellationToken cancel) =>
        new(await SHA256.HashDataAsync(content, cancel));

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Hex => Convert.ToHexStringLower(ToArray());

    /// <summary>The first 12 hexadecimal digits: enough to tell things apart on a page, never to verify.</summary>
    public string Short => Hex[..12];

    public byte[] ToArray()
    {
        var digest = new byte[Size];
        bytes.CopyTo(digest);
        return digest;
    }

    public void CopyTo(Span<byte> destination) => bytes.CopyTo(destination);

    public static ContentHash Parse(string text) => TryParse(text, out var hash)
        ? hash
        : throw new ProblemException("urn:dure:kernel:bad-hash", $"'{PathRules.Shown(text)}' is not a content hash.", "hash",
            "Write sha256: followed by 64 hexadecimal digits.");

    /// <summary>Accepts the digits with or without the <c>sha256:</c> in front; only lower case, so that one hash has one text.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ContentHash hash)
    {
        hash = default;
        var digits = text.AsSpan();
        if (digits.StartsWith(Prefix))
            digits = digits[Prefix.Length..];
        if (digits.Length != 2 * Size || digits.ContainsAnyExcept("0123456789abcdef"))
            return false;
        hash = new ContentHash(Convert.FromHexString(digits));
        return true;
    }

    public int CompareTo(ContentHash other) => string.CompareOrdinal(Hex, other.Hex);

    public override string ToString() => Prefix + Hex;

    /// <summary>32 bytes by value, so that a hash costs no allocation as a key.</summary>
    private readonly record struct UInt256
    {
        private readonly ulong a, b, c, d;

        public UInt256(ReadOnlySpan<byte> digest)
        {
            a = BitConverter.ToUInt64(digest);
            b = BitConverter.ToUInt64(digest[8..]);
            c = BitConverter.ToUInt64(digest[16..]);
            d = BitConverter.ToUInt64(digest[24..]);
        }

        public void CopyTo(Span<byte> destination)
        {
            BitConverter.TryWriteBytes(destination, a);
            BitConverter.TryWriteBytes(destination[8..], b);
            BitConverter.TryWriteBytes(destination[16..], c);
            BitConverter.TryWriteBytes(destination[24..], d);
        }
    }
}
