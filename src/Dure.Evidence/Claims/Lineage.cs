using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>An earlier entry that another rests on, by number and hash.</summary>
public readonly record struct EntryRef(long Entry, ContentHash Hash)
{
    public static EntryRef To(JournalEntry entry) => new(entry.Index, entry.Hash);

    internal JsonObject ToJson() => new() { ["entry"] = Entry, ["hash"] = Hash.ToString() };
}

/// <summary>A file that belongs to an entry: what it is to it, its name, its content's hash and its length in bytes.</summary>
public sealed record Artefact(string Role, string Name, ContentHash Hash, long Bytes)
{
    internal JsonObject ToJson() => new() { ["bytes"] = Bytes, ["hash"] = Hash.ToString(), ["name"] = Name, ["role"] = Role };
}

/// <summary>
/// What an entry rests on, in the two members every kind of entry shares: <c>refs</c>, the earlier entries, and
/// <c>artefacts</c>, the files. A claim bundle follows them from the claim down to the ingested batches.
/// </summary>
public sealed record Lineage
{
    private const string RefsName = "refs";
    private const string ArtefactsName = "artefacts";
    private const string BadType = "urn:dure:evidence:bad-lineage";

    public static Lineage None { get; } = new();

    /// <summary>Earlier entries, by number, each once.</summary>
    public IReadOnlyList<EntryRef> Refs { get; private init; } = [];

    public IReadOnlyList<Artefact> Artefacts { get; private init; } = [];

    public static Lineage Of(params IEnumerable<JournalEntry> entries) => None.To(entries.Select(EntryRef.To));

    public static Lineage Of(params IEnumerable<EntryRef> entries) => None.To(entries);

    public Lineage To(params IEnumerable<EntryRef> entries) => this with { Refs = [.. Refs.Concat(entries).Distinct().OrderBy(entry => entry.Entry)] };

    public Lineage With(params IEnumerable<Artefact> artefacts) => this with { Artefacts = [.. Artefacts.Concat(artefacts)] };

    /// <summary>Writes both members into an entry's body and returns the body.</summary>
    public JsonObject Into(JsonObject body)
    {
        body[RefsName] = new JsonArray([.. Refs.Select(entry => entry.ToJson())]);
        body[ArtefactsName] = new JsonArray([.. Artefacts.Select(artefact => artefact.ToJson())]);
        return body;
    }

    /// <summary>Reads both members; an entry without them rests on nothing.</summary>
    public static Lineage From(JournalEntry entry) => new()
    {
        Refs = [.. Items(entry, RefsName).Select(item => new EntryRef(Number(entry, item, "entry"), Hash(entry, item)))],
        Artefacts = [.. Items(entry, ArtefactsName).Select(item => new Artefact(Text(entry, item, "role"), Text(entry, item, "name"), Hash(entry, item), Number(entry, item, "bytes")))],
    };

    private static IEnumerable<JsonObject> Items(JournalEntry entry, string name) => entry.Body[name] switch
    {
        null => [],
        JsonArray items => items.Select(item => item as JsonObject ?? throw Bad(entry, $"An element of '{name}' is not an object.")),
        _ => throw Bad(entry, $"Member '{name}' is not a list."),
    };

    private static ContentHash Hash(JournalEntry entry, JsonObject item) =>
        ContentHash.TryParse(Text(entry, item, "hash"), out var hash) ? hash : throw Bad(entry, "A hash is not of the form sha256:….");

    private static string Text(JournalEntry entry, JsonObject item, string name) =>
        item[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Bad(entry, $"'{name}' is missing or not a text.");

    private static long Number(JournalEntry entry, JsonObject item, string name) =>
        item[name] is JsonValue value && value.TryGetValue<long>(out var number) && number >= 0 ? number : throw Bad(entry, $"'{name}' is missing or not a number.");

    private static ProblemException Bad(JournalEntry entry, string what) => new(BadType, what, $"entry {entry.Index} ({entry.Kind})",
        "The entry was not written by this version; read it with the one that wrote it.");
}
