using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>
/// One thing that happened, as the journal keeps it: canonical JSON of seven members, whose hash the next entry carries as
/// its <c>previous</c>. Two entries are equal when their hashes are.
/// </summary>
public sealed class JournalEntry : IEquatable<JournalEntry>
{
    internal const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private readonly ReadOnlyMemory<byte> bodyBytes;
    private JsonObject? body;

    private JournalEntry(ReadOnlyMemory<byte> bytes, Fields fields)
    {
        Bytes = bytes;
        Hash = ContentHash.Of(bytes.Span);
        (Index, Time, Kind, Subject, Actor, Previous) = (fields.Index, fields.Time, fields.Kind, fields.Subject, fields.Actor, fields.Previous);
        bodyBytes = bytes.Slice(fields.BodyStart, fields.BodyLength);
    }

    /// <summary>Takes bytes that were just composed from the same values.</summary>
    internal JournalEntry(byte[] bytes, long index, DateTimeOffset time, string kind, string subject, string actor, ContentHash previous, Range body)
        : this(bytes, new Fields(index, time, kind, subject, actor, previous, body.Start.Value, body.End.Value - body.Start.Value))
    {
    }

    /// <summary>Its place in the journal, from 0.</summary>
    public long Index { get; }
    public DateTimeOffset Time { get; }

    /// <summary>What happened: <c>ingested</c>, <c>decided</c>, <c>claimed</c>, …</summary>
    public string Kind { get; }

    /// <summary>What it happened to: a signal, a dataset, a model, a device.</summary>
    public string Subject { get; }

    /// <summary>Who did it: a person, a token's name, a device or the node.</summary>
    public string Actor { get; }

    /// <summary>The hash of the entry before; all zeros for the first.</summary>
    public ContentHash Previous { get; }

    /// <summary>SHA-256 of <see cref="Bytes"/>.</summary>
    public ContentHash Hash { get; }

    /// <summary>The canonical JSON that is hashed and signed.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The particulars, by kind. Shared by all who hold the entry: read it, do not change it.</summary>
    public JsonObject Body => body ??= (JsonObject)CanonicalJson.Parse(bodyBytes.Span)!; // Parse of the entry has seen that it is an object

    /// <summary>Makes an entry outside a journal, for tests and tools.</summary>
    public static JournalEntry Of(long index, DateTimeOffset time, string kind, string subject, string actor, JsonObject body, ContentHash previous) =>
        new EntryDraft(kind, subject, actor, body).Seal(index, time, previous);

    /// <summary>Reads the canonical bytes of an entry; a <see cref="ProblemException"/> says what is wrong with them.</summary>
    public static JournalEntry Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return new JournalEntry(bytes, Fields.Read(bytes.Span));
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException or FormatException)
        {
            throw new ProblemException("urn:dure:evidence:bad-entry", "The bytes are not an entry: " + cause.Message, "entry",
                "Restore the journal or the bundle from a copy.", cause);
        }
    }

    public bool Equals(JournalEntry? other) => other is not null && other.Hash == Hash;

    public override bool Equals(object? obj) => Equals(obj as JournalEntry);

    public override int GetHashCode() => Hash.GetHashCode();

    public override string ToString() => $"{Index} {Kind} {Subject} {Hash.Short}";

    /// <summary>The members in their canonical order; anything else is not an entry.</summary>
    private readonly record struct Fields(
        long Index, DateTimeOffset Time, string Kind, string Subject, string Actor, ContentHash Previous, int BodyStart, int BodyLength)
    {
        public static Fields Read(ReadOnlySpan<byte> bytes)
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = CanonicalJson.MaxDepth });
            Expect(ref reader, JsonTokenType.StartObject);
            var actor = Text(ref reader, "actor");
            Name(ref reader, "body");
            Expect(ref reader, JsonTokenType.StartObject);
            var bodyStart = (int)reader.TokenStartIndex;
            reader.Skip();
            var bodyLength = (int)reader.BytesConsumed - bodyStart;
            Name(ref reader, "index");
            Expect(ref reader, JsonTokenType.Number);
            var index = reader.GetInt64();
            var kind = Text(ref reader, "kind");
            var previous = ContentHash.Parse(Text(ref reader, "previous"));
            var subject = Text(ref reader, "subject");
            var time = DateTimeOffset.ParseExact(Text(ref reader, "time"), TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            Expect(ref reader, JsonTokenType.EndObject);
            if (reader.Read())
                throw new JsonException("more follows the entry");
            return new Fields(index, time, kind, subject, actor, previous, bodyStart, bodyLength);
        }

        private static string Text(ref Utf8JsonReader reader, string name)
        {
            Name(ref reader, name);
            Expect(ref reader, JsonTokenType.String);
            return reader.GetString()!; // the token is a string
        }

        private static void Name(ref Utf8JsonReader reader, string name)
        {
            Expect(ref reader, JsonTokenType.PropertyName);
            if (!reader.ValueTextEquals(name))
                throw new JsonException($"member '{name}' is missing");
        }

        private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
        {
            if (!reader.Read() || reader.TokenType != type)
                throw new JsonException($"expected {type}, found {reader.TokenType}");
        }
    }
}
