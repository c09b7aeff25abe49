using Dure.Evidence;

namespace Dure.Tests.Effects;

/// <summary>A journal and a blob store in a folder of their own, gone after the test.</summary>
internal sealed class TemporaryEvidence : IAsyncDisposable
{
    private readonly string folder;
    private readonly NodeKey key;

    private TemporaryEvidence(string folder, NodeKey key, Journal journal) =>
        (this.folder, this.key, Journal, Blobs) = (folder, key, journal, BlobStore.Open(Path.Combine(folder, "blobs")));

    public Journal Journal { get; }

    public BlobStore Blobs { get; }

    public static async ValueTask<TemporaryEvidence> Create(CancellationToken cancel)
    {
        var place = Directory.CreateTempSubdirectory("dure-evidence-").FullName;
        var signer = NodeKey.LoadOrCreate(Path.Combine(place, "key"));
        return new(place, signer, await Journal.Open(Path.Combine(place, "journal"), signer, TimeProvider.System, cancel));
    }

    public async ValueTask DisposeAsync()
    {
        await Journal.DisposeAsync();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
