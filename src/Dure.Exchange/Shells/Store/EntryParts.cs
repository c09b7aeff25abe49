using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>The parts of a <c>…-put</c> entry's body; the document is a slice of the entry's own bytes, never parsed into nodes.</summary>
internal readonly record struct EntryParts(ReadOnlyMemory<byte>? Document, ContentHash? Blob, IReadOnlyList<StoredFile> Files)
{
    private static readonly JsonReaderOptions options = new() { MaxDepth = CanonicalJson.MaxDepth };

    public static EntryParts Of(JournalEntry entry)
    {
        ReadOnlyMemory<byte>? document = null;
        ContentHash? blob = null;
        IReadOnlyList<StoredFile> files = [];
        var reader = new Utf8JsonReader(entry.Bytes.Span, options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isBody = reader.ValueTextEquals("body"u8);
            reader.Read();
            if (!isBody)
            {
                reader.Skip();
                continue;
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                if (name == "blob")
                    blob = ContentHash.Parse(reader.GetString() ?? "");
                reader.Skip();
                var value = entry.Bytes[start..(int)reader.BytesConsumed];
                if (name == "document")
                    document = value;
                else if (name == "files")
                    files = FilesOf(JsonNode.Parse(value.Span));
            }
        }
        return new EntryParts(document, blob, files);
    }

    /// <summary>How deep a document is nested.</summary>
    public static int DepthOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ShellJson.MaxDepth + 8 });
        var depth = 0;
        while (reader.Read())
            depth = Math.Max(depth, reader.CurrentDepth + 1);
        return depth;
    }

    /// <summary>Files as an entry lists them.</summary>
    public static JsonArray Write(IReadOnlyList<StoredFile> files) =>
        new([.. files.Select(file => new JsonObject { ["name"] = file.Name, ["type"] = file.ContentType, ["content"] = file.Content.ToString(), ["bytes"] = file.Bytes })]);

    public static IReadOnlyList<StoredFile> FilesOf(JsonNode? written) => [.. (written?.AsArray() ?? []).Select(file => FileOf(file!))]; // Write has written a list of objects

    private static StoredFile FileOf(JsonNode file) => new((string)file["name"]!, (string)file["type"]!, ContentHash.Parse((string)file["content"]!), (long)file["bytes"]!); // Write writes all four
}
