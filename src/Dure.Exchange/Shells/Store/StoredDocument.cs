using System.Text.Json;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>A file that belongs to a document, by the name under which the document speaks of it.</summary>
public sealed record StoredFile(string Name, string ContentType, ContentHash Content, long Bytes);

/// <summary>
/// One document as the store holds it: compact JSON and the few members by which lists are filtered. Documents that are large lie in the
/// blob store only.
/// </summary>
public sealed class StoredDocument
{
    private static readonly JsonReaderOptions readerOptions = new() { MaxDepth = ShellJson.MaxDepth + 8 };

    private readonly byte[]? inline;

    internal StoredDocument(string id, long created, long entry, byte[]? inline, ContentHash? blob, ReadOnlySpan<byte> content, IReadOnlyList<StoredFile> files)
    {
        (Id, Created, Entry, this.inline, Blob, Files) = (id, created, entry, inline, blob, files);
        (IdShort, SemanticId, AssetIds) = ReadHead(content);
    }

    /// <summary>A document that was made just now.</summary>
    internal static StoredDocument OfDerived(string id, byte[] content) => new(id, -1, -1, content, null, content, []);

    public string Id { get; }

    /// <summary>Where the document stands in lists: by the journal entry that first put one of this id, and its place there.</summary>
    public long Created { get; }

    /// <summary>The journal entry that this content comes from; negative for a derived document.</summary>
    public long Entry { get; }

    /// <summary>Whether it was made of what the host knows, and is stored nowhere.</summary>
    public bool IsDerived => Entry < 0;
    public ContentHash? Blob { get; }
    public IReadOnlyList<StoredFile> Files { get; }
    public string? IdShort { get; }

    /// <summary>The values of the semantic id's keys.</summary>
    public string? SemanticId { get; }

    /// <summary>Names and values of asset ids, the global one under its own name.</summary>
    public IReadOnlyList<AssetLink> AssetIds { get; }

    internal ReadOnlyMemory<byte>? Inline => inline is null ? default(ReadOnlyMemory<byte>?) : inline; // a plain null would become an empty document

    /// <summary>Reads the members of the outermost object that lists are filtered by; everything else is skipped.</summary>
    private static (string? IdShort, string? SemanticId, IReadOnlyList<AssetLink> AssetIds) ReadHead(ReadOnlySpan<byte> content)
    {
        string? idShort = null, semanticId = null;
        var links = new List<AssetLink>();
        var reader = new Utf8JsonReader(content, readerOptions);
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartArray)
            ReadLinks(ref reader, links);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue; // the end of the object, or of the asset information in it
            if (reader.ValueTextEquals("idShort"u8))
                idShort = Text(ref reader) is { } name ? string.Intern(name) : null;
            else if (reader.ValueTextEquals("semanticId"u8))
                semanticId = ReadKeys(ref reader);
            else if (reader.ValueTextEquals("globalAssetId"u8))
                links.Add(new AssetLink(AssetLink.Global, Text(ref reader) ?? ""));
            else if (reader.ValueTextEquals("specificAssetIds"u8))
            {
                reader.Read();
                ReadLinks(ref reader, links);
            }
            else if (reader.ValueTextEquals("assetInformation"u8))
                reader.Read(); // and go on with the members inside
            else
                reader.Skip();
        }
        return (idShort, semanticId, links.Count == 0 ? [] : links.ToArray());
    }

    private static string? Text(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;

    private static string ReadKeys(ref Utf8JsonReader reader)
    {
        reader.Read();
        using var reference = JsonDocument.ParseValue(ref reader);
        return string.Intern(JoinKeys(reference.RootElement));
    }

    internal static string JoinKeys(JsonElement reference) => reference.ValueKind == JsonValueKind.Object && reference.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
        ? string.Join('\n', keys.EnumerateArray().Select(key => key.TryGetProperty("value", out var value) ? value.GetString() : ""))
        : "";

    private static void ReadLinks(ref Utf8JsonReader reader, List<AssetLink> links)
    {
        using var list = JsonDocument.ParseValue(ref reader);
        foreach (var id in list.RootElement.EnumerateArray())
            links.Add(new AssetLink(id.GetProperty("name").GetString()!, id.GetProperty("value").GetString()!)); // both are texts: the audit has seen to it
    }
}

/// <summary>A name and a value by which an asset is known.</summary>
public sealed record AssetLink(string Name, string Value)
{
    /// <summary>The name that stands for the globalAssetId.</summary>
    public const string Global = "globalAssetId";
}
