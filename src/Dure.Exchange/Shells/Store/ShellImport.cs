using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>What came of taking an environment in.</summary>
/// <param name="Added">Ids that were not here before.</param>
/// <param name="Replaced">Ids whose content changed.</param>
/// <param name="Unchanged">How many were here already, with the same content.</param>
/// <param name="Files">How many files came with them.</param>
/// <param name="FilesLeftOut">Files of the package that no element speaks of.</param>
/// <param name="Entry">The journal entry; null when everything was here already.</param>
public sealed record ImportOutcome(IReadOnlyList<string> Added, IReadOnlyList<string> Replaced, int Unchanged, int Files, IReadOnlyList<string> FilesLeftOut, long? Entry);

/// <summary>
/// Takes a whole environment in with its files: all of it in one journal entry, or nothing. The entry names a blob that lists the
/// documents, each by its id and the hash of its content.
/// </summary>
internal sealed class ShellImport(ShellStore store, Journal journal)
{
    public const string Kind = "shells-imported";
    private const int MostDocuments = 10_000;
    private const int MostNamed = 5;
    private const int MaxListBytes = 64 << 20;

    private sealed record Item(ShellShelf Shelf, string Id, byte[] Content, IReadOnlyList<StoredFile> Files);

    public async Task<ImportOutcome> Run(ShellEnvironment environment, IReadOnlyList<AasxFile> files, bool replaces, string actor, CancellationToken cancel)
    {
        if (ShellAudit.Check(environment) is { Count: > 0 } findings)
            throw ShellProblem.NotValid(findings);
        var items = ItemsOf(environment, files);
        CheckIds(items);
        using var shells = await store.Shells.HoldAll(cancel);
        using var submodels = await store.Submodels.HoldAll(cancel);
        using var concepts = await store.Concepts.HoldAll(cancel);
        var (changed, added) = (items.Where(IsChanged).ToList(), items.Where(item => item.Shelf.TryFind(item.Id) is null).Select(item => item.Id).ToHashSet(StringComparer.Ordinal));
        var collisions = changed.Where(item => !added.Contains(item.Id)).Select(item => item.Id).ToList();
        if (collisions.Count > 0 && !replaces)
            throw new ProblemException("urn:dure:exchange:import-conflict", $"{collisions.Count} of the {items.Count} are here already with another content: {Names(collisions)}.", "package", "Import it with 'replace' to put its content in their place, or give them other ids.");
        long? entry = changed.Count == 0 ? null : await Enter(changed, files, actor, cancel);
        var used = items.SelectMany(item => item.Files).Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        return new ImportOutcome([.. changed.Select(item => item.Id).Where(added.Contains)], collisions, items.Count - changed.Count, used.Count, [.. files.Select(file => file.Path).Where(path => !used.Contains(path))], entry);
    }

    /// <summary>Takes the documents of an entry into memory.</summary>
    public void Apply(JournalEntry entry)
    {
        var list = CanonicalJson.Parse(store.Blobs.Read(ContentHash.Parse((string?)entry.Body["list"] ?? ""), MaxListBytes))!.AsArray(); // Enter has written a list
        for (var i = 0; i < list.Count; i++)
        {
            var item = list[i]!; // and objects in it
            ShelfOf((string)item["kind"]!).Apply((string)item["id"]!, new EntryParts(null, ContentHash.Parse((string)item["blob"]!), EntryParts.FilesOf(item["files"])), entry.Index, i);
        }
    }

    private List<Item> ItemsOf(ShellEnvironment environment, IReadOnlyList<AasxFile> files)
    {
        var byPath = files.DistinctBy(file => file.Path, StringComparer.Ordinal).ToDictionary(file => file.Path, file => new StoredFile(file.Path, file.ContentType, ContentHash.Of(file.Content.Span), file.Content.Length), StringComparer.Ordinal);
        return
        [
            .. (environment.AssetAdministrationShells ?? []).Select(shell => Of(store.Shells, shell, byPath.GetValueOrDefault)),
            .. (environment.Submodels ?? []).Select(submodel => Of(store.Submodels, submodel, byPath.GetValueOrDefault)),
            .. (environment.ConceptDescriptions ?? []).Select(concept => Of(store.Concepts, concept, byPath.GetValueOrDefault)),
        ];
    }

    private static Item Of(ShellShelf shelf, Identifiable value, Func<string, StoredFile?> fileOf) =>
        new(shelf, value.Id, ShellJson.Write(value), [.. ShellShelf.FilesNamedIn(value).Distinct(StringComparer.Ordinal).Select(fileOf).OfType<StoredFile>()]);

    private static void CheckIds(List<Item> items)
    {
        if (items.Count is 0 or > MostDocuments)
            throw new ProblemException("urn:dure:exchange:import-size", $"The environment has {items.Count} shells, submodels and concept descriptions; 1 to {MostDocuments} can come at once.", "package", "Split it, or put something in.");
        if (items.GroupBy(item => (item.Shelf, item.Id)).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ProblemException("urn:dure:exchange:import-conflict", $"'{FindingList.Shown(twice.Key.Id)}' stands there twice.", "package", "Keep one of the two.");
        if (items.Find(item => item.Shelf.IsDerived(item.Id)) is { } derived)
            throw new ProblemException("urn:dure:exchange:import-conflict", "The node makes this one itself, of what it knows of its machines.", FindingList.Shown(derived.Id), "Give it another id.");
    }

    private static bool IsChanged(Item item) => item.Shelf.TryFind(item.Id) is not { } there
        || !item.Shelf.Content(there).Span.SequenceEqual(item.Content)
        || item.Files.Any(file => !there.Files.Contains(file));

    private async Task<long> Enter(List<Item> changed, IReadOnlyList<AasxFile> files, string actor, CancellationToken cancel)
    {
        var used = changed.SelectMany(item => item.Files).Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var file in files.Where(file => used.Contains(file.Path)))
            store.Blobs.Put(file.Content.Span);
        var list = new JsonArray([.. changed.Select(item => new JsonObject
        {
            ["kind"] = item.Shelf.Kind,
            ["id"] = item.Id,
            ["blob"] = store.Blobs.Put(item.Content).ToString(),
            ["files"] = EntryParts.Write(item.Files),
        })]);
        var body = new JsonObject { ["list"] = store.Blobs.Put(CanonicalJson.Serialize(list)).ToString() };
        foreach (var group in changed.GroupBy(item => item.Shelf.Kind))
            body[group.Key] = group.Count();
        var entry = await journal.Append(Kind, changed[0].Id, body, actor, cancel);
        Apply(entry);
        return entry.Index;
    }

    private ShellShelf ShelfOf(string kind) => kind == store.Shells.Kind ? store.Shells : kind == store.Submodels.Kind ? store.Submodels : store.Concepts;

    private static string Names(List<string> ids) => new StringBuilder().AppendJoin(", ", ids.Take(MostNamed).Select(FindingList.Shown)).Append(ids.Count > MostNamed ? ", …" : "").ToString();
}
