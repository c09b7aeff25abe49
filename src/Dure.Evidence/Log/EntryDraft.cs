using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>
/// An entry that waits for its place: everything but index, time and previous hash is already in canonical form, so that
/// the one task that writes has little left to do.
/// </summary>
internal sealed class EntryDraft
{
    /// <summary>A body stands inside an entry, and the entry three levels down in a claim bundle.</summary>
    private const int BodyLevels = CanonicalJson.MaxDepth - 4;
    private const int MaxIndexDigits = 19;
    private const int TimeLength = 27;
    private const int DigestLength = 2 * ContentHash.Size;

    private readonly string kind, subject, actor;
    private readonly byte[] parts;
    private readonly int indexPlace, digestPlace;
    private readonly Range body;

    public EntryDraft(string kind, string subject, string actor, JsonObject body)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(kind);
        ArgumentNullException.ThrowIfNull(body);
        (this.kind, this.subject, this.actor) = (kind, subject, actor);

        var output = new ArrayBufferWriter<byte>(512);
        output.Write("{\"actor\":"u8);
        CanonicalJson.WriteString(actor, output);
        output.Write(",\"body\":"u8);
        var bodyStart = output.WrittenCount;
        CanonicalJson.Write(body, output, BodyLevels);
        this.body = bodyStart..output.WrittenCount;
        output.Write(",\"index\":"u8);
        indexPlace = output.WrittenCount;
        output.Write(",\"kind\":"u8);
        CanonicalJson.WriteString(kind, output);
        output.Write(",\"previous\":\"sha256:"u8);
        digestPlace = output.WrittenCount;
        output.Write("\",\"subject\":"u8);
        CanonicalJson.WriteString(subject, output);
        output.Write(",\"time\":\""u8);
        parts = output.WrittenSpan.ToArray();
    }

    /// <summary>How long the entry's bytes may become.</summary>
    public int MaxLength => parts.Length + MaxIndexDigits + DigestLength + TimeLength + 2;

    /// <summary>Composes the entry; its time is kept to the microsecond.</summary>
    public JournalEntry Seal(long index, DateTimeOffset time, ContentHash previous)
    {
        time = Micros.Time(Micros.Of(time));
        Span<byte> digits = stackalloc byte[MaxIndexDigits + 1];
        index.TryFormat(digits, out var digitCount, default, CultureInfo.InvariantCulture);

        var bytes = new byte[parts.Length + digitCount + DigestLength + TimeLength + 2];
        var rest = bytes.AsSpan();
        Put(parts.AsSpan(0, indexPlace), ref rest);
        Put(digits[..digitCount], ref rest);
        Put(parts.AsSpan(indexPlace, digestPlace - indexPlace), ref rest);
        PutDigest(previous, ref rest);
        Put(parts.AsSpan(digestPlace), ref rest);
        var isWritten = time.TryFormat(rest, out var timeLength, JournalEntry.TimeForm, CultureInfo.InvariantCulture);
        Debug.Assert(isWritten && timeLength == TimeLength);
        rest = rest[TimeLength..];
        Put("\"}"u8, ref rest);
        return new JournalEntry(bytes, index, time, kind, subject, actor, previous, body);
    }

    private static void Put(scoped ReadOnlySpan<byte> part, ref Span<byte> rest)
    {
        part.CopyTo(rest);
        rest = rest[part.Length..];
    }

    private static void PutDigest(ContentHash hash, ref Span<byte> rest)
    {
        Span<byte> digest = stackalloc byte[ContentHash.Size];
        hash.CopyTo(digest);
        Convert.TryToHexStringLower(digest, rest, out var written);
        rest = rest[written..];
    }
}
