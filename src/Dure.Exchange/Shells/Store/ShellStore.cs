using System.Text.Json;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>
/// Everything a node keeps of shells: the repositories, the registries, the links from assets to shells and the packages. State is a fold of
/// the journal, one entry per change; files and large documents lie in the blob store.
/// </summary>
public sealed class ShellStore
{
    private readonly ShellImport imports;

    private ShellStore(Journal journal, BlobStore blobs)
    {
        imports = new ShellImport(this, journal);
        Blobs = blobs;
        Shells = new("shell", journal, blobs);
        Submodels = new("submodel", journal, blobs);
        Concepts = new("concept-description", journal, blobs);
        ShellDescriptors = new("shell-descriptor", journal, blobs);
        SubmodelDescriptors = new("submodel-descriptor", journal, blobs);
        AssetLinks = new("asset-links", journal, blobs);
        Packages = new("aasx-package", journal, blobs);
    }

    public BlobStore Blobs { get; }
    public ShellShelf Shells { get; }
    public ShellShelf Submodels { get; }
    public ShellShelf Concepts { get; }
    public ShellShelf ShellDescriptors { get; }
    public ShellShelf SubmodelDescriptors { get; }

    /// <summary>What callers have told of which asset a shell is of; the ids in shells themselves count besides.</summary>
    public ShellShelf AssetLinks { get; }
    public ShellShelf Packages { get; }

    /// <summary>Folds the journal.</summary>
    public static ShellStore Open(Journal journal, BlobStore blobs)
    {
        var store = new ShellStore(journal, blobs);
        ShellShelf[] shelves = [store.Shells, store.Submodels, store.Concepts, store.ShellDescriptors, store.SubmodelDescriptors, store.AssetLinks, store.Packages];
        var byKind = shelves.SelectMany(shelf => shelf.Kinds.Select(kind => (kind, shelf))).ToDictionary(pair => pair.kind, pair => pair.shelf, StringComparer.Ordinal);
        foreach (var entry in journal.ReadKinds([.. byKind.Keys, ShellImport.Kind]))
            if (entry.Kind == ShellImport.Kind)
                store.imports.Apply(entry);
            else
                byKind[entry.Kind].Apply(entry);
        return store;
    }

    /// <summary>Takes a whole environment in with its files; all of it or nothing, durable on return.</summary>
    /// <param name="files">The files that its elements may speak of.</param>
    /// <param name="replaces">Whether documents that are here with another content give way.</param>
    /// <exception cref="ProblemException">It breaks a constraint, or holds ids that are here already.</exception>
    public Task<ImportOutcome> Import(ShellEnvironment environment, IReadOnlyList<AasxFile> files, bool replaces, string actor, CancellationToken cancel) =>
        imports.Run(environment, files, replaces, actor, cancel);

    /// <summary>The ids of the shells whose assets are known by all of the given ids, in the order in which they came.</summary>
    public IEnumerable<string> ShellsOf(IReadOnlyList<AssetLink> links)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var shelf in (ShellShelf[])[AssetLinks, Shells])
            foreach (var document in shelf.All())
                if (links.All(document.AssetIds.Contains) && seen.Add(document.Id))
                    yield return document.Id;
    }
}
