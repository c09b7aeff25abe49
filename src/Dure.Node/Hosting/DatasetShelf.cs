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

    public async Task<string> Land(string file, byte[]? manifest, Origin origin, CancellationToken cancel)
    {
        if (manifest is not null && IsOurs(manifest))
        {
            var version = await datasets.Receive(file, manifest, origin.Provider, Lineage.Of(origin.Negotiation.Entries), origin.Provider, cancel);
            return version.Id.ToString();
        }
        await using var content = File.OpenRead(file);
        return (await blobs.Put(content, cancel)).ToString();
    }

    private static bool IsOurs(byte[] manifest) => Encoding.UTF8.GetString(manifest).Contains("\"dure:split\"", StringComparison.Ordinal);
}
