using System.Text.Json;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>Where the parts of a bundle lie in its bytes. The bytes are known to be canonical JSON, so the members come in one order.</summary>
internal sealed class BundleLayout
{
    public readonly record struct Part(int Start, int Length)
    {
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> bundle) => bundle.Slice(Start, Length);
    }

    public readonly record struct EntryPart(Part Entry, Part Hash, Part Proof);

    public Part Artefacts { get; private set; }
    public Part Claim { get; private set; }
    public List<EntryPart> Entries { get; } = [];
    public Part Format { get; private set; }
    public Part Head { get; private set; }
    public Part PublicKey { get; private set; }

    /// <summary>The layout, or what is not as it should be and at which byte.</summary>
    public static (BundleLayout? Layout, BundleFault? Fault) Read(ReadOnlySpan<byte> bundle)
    {
        var layout = new BundleLayout();
        var reader = new Utf8JsonReader(bundle, new JsonReaderOptions { MaxDepth = CanonicalJson.MaxDepth });
        try
        {
            Expect(ref reader, JsonTokenType.StartObject);
            layout.Artefacts = Member(ref reader, "artefacts", JsonTokenType.StartArray);
            layout.Claim = Member(ref reader, "claim", JsonTokenType.StartObject);
            Name(ref reader, "entries");
            Expect(ref reader, JsonTokenType.StartArray);
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                layout.AddEntry(ref reader);
            layout.Format = Member(ref reader, "format", JsonTokenType.String);
            layout.Head = Member(ref reader, "head", JsonTokenType.StartObject);
            layout.PublicKey = Member(ref reader, "publicKey", JsonTokenType.StartObject);
            Expect(ref reader, JsonTokenType.EndObject);
            return (layout, null);
        }
        catch (JsonException cause)
        {
            return (null, new BundleFault("layout", cause.Message, Byte: reader.TokenStartIndex));
        }
    }

    private void AddEntry(ref Utf8JsonReader reader)
    {
        if (Entries.Count == ClaimBundle.MaxEntries)
            throw new JsonException($"The bundle has more than {ClaimBundle.MaxEntries} entries.");
        Entries.Add(new EntryPart(
            Member(ref reader, "entry", JsonTokenType.StartObject),
            Member(ref reader, "hash", JsonTokenType.String),
            Member(ref reader, "proof", JsonTokenType.StartArray)));
        Expect(ref reader, JsonTokenType.EndObject);
    }

    private static Part Member(ref Utf8JsonReader reader, string name, JsonTokenType type)
    {
        Name(ref reader, name);
        Expect(ref reader, type);
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new Part(start, (int)reader.BytesConsumed - start);
    }

    private static void Name(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.PropertyName);
        if (!reader.ValueTextEquals(name))
            throw new JsonException($"Member '{name}' is expected here.");
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (!reader.Read() || reader.TokenType != type)
            throw new JsonException($"{type} is expected here, {reader.TokenType} found.");
    }
}
