using System.Text;
using Dure.Datasets;
using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Exchange.Handover;
using Dure.Kernel;

namespace Dure.Node.Hosting;

/// <summary>Joins the exchange to this node's datasets: what is offered lies here, what is received lands here.</summary>
internal sealed class DatasetShelf(DatasetCatalog datasets, BlobStore blobs) : IShelf, ILanding
{
    public string? PathOf(Offering offering) => offering.Content is { } content && blobs.Has(content) ? blobs.PathOf(content) : null;

    public byte[]? ManifestOf(Offering offering) => datasets.TryFind(offering.Source) is { } version ? CanonicalJson.Serialize(datasets.Manifest(version)) : null;

    public string NameOf(ContentHash content, byte[]? manifest)
    {
        if (manifest is null || !IsOurs(manifest))
            return content.ToString();
        DatasetCatalog.CheckReceived(manifest, content);
        return ContentHash.Of(manifest).ToString();
    }

    public bool IsThere(string artefact, ContentHash content) => artefact == content.ToString() ? blobs.Has(content) : ContentHash.TryParse(artefact, out var id) && datasets.TryFind(id) is not null;

    public async Task Land(string file, ContentHash content, byte[]? manifest, Origin origin, CancellationToken cancel)
    {
        if (manifest is not null && IsOurs(manifest))
            await datasets.Receive(file, content, manifest, origin.Provider, Lineage.Of(origin.Negotiation.Entries), origin.Provider, cancel);
        else if (!blobs.Has(content))
            blobs.Adopt(file, content);
    }

    private static bool IsOurs(byte[] manifest) => Encoding.UTF8.GetString(manifest).Contains("\"dure:split\"", StringComparison.Ordinal);
}
