using Dure.Exchange.Shells;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>Shells and submodels put together with the concepts that they speak of and their files.</summary>
internal static class ShellBundle
{
    public static AasxPackage Of(ShellStore store, IReadOnlyList<StoredDocument> shells, IReadOnlyList<StoredDocument> submodels, bool withConcepts)
    {
        var loaded = submodels.Select(store.Submodels.Load<Submodel>).ToList();
        var concepts = withConcepts ? loaded.SelectMany(SemanticIds).Distinct(StringComparer.Ordinal).Select(store.Concepts.TryFind).OfType<StoredDocument>().Select(store.Concepts.Load<ConceptDescription>).ToList() : [];
        var files = submodels.Concat(shells).SelectMany(document => document.Files).DistinctBy(file => file.Name, StringComparer.OrdinalIgnoreCase)
            .Select(file => new AasxFile(file.Name, file.ContentType, store.Blobs.Read(file.Content, ShellShelf.MaxDocumentBytes))).ToList();
        return new AasxPackage(new ShellEnvironment
        {
            AssetAdministrationShells = NoneIfEmpty(shells.Select(store.Shells.Load<AssetAdministrationShell>).ToList()),
            Submodels = NoneIfEmpty(loaded),
            ConceptDescriptions = NoneIfEmpty(concepts),
        }, files);
    }

    private static IEnumerable<string> SemanticIds(Submodel submodel) => Ids(submodel.SemanticId).Concat(Below(submodel));

    private static IEnumerable<string> Below(object parent) => (ElementTree.Below(parent) ?? []).SelectMany(element => Ids(element.SemanticId).Concat(Below(element)));

    private static IEnumerable<string> Ids(Reference? reference) => reference is null ? [] : [reference.Keys[^1].Value];

    private static List<T>? NoneIfEmpty<T>(List<T> list) => list.Count == 0 ? null : list;
}
