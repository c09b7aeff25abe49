using Dure.Datasets;
using Dure.Edge.Fleet;
using Dure.Effects;
using Dure.Evidence;
using Dure.Historian;
using Dure.Learn;
using Dure.Learn.Registry;
using Dure.Node.Access;

namespace Dure.Node.Hosting;

/// <summary>
/// Everything a node keeps, opened in the order in which one rests on the other and closed in reverse. State in memory is a fold of the
/// journal, so opening is also recovering.
/// </summary>
public sealed class NodeStores : IAsyncDisposable
{
    private NodeStores(NodeKey key, Journal journal, BlobStore blobs, PlantHistorian historian, DatasetCatalog datasets,
        ModelRegistry models, PredictorRegistry predictors, DeviceFleet fleet, ClaimBook claims, TokenBook tokens)
    {
        (Key, Journal, Blobs, Historian, Datasets, Models, Predictors, Fleet, Claims, Tokens) = (key, journal, blobs, historian, datasets, models, predictors, fleet, claims, tokens);
    }

    public NodeKey Key { get; }
    public Journal Journal { get; }
    public BlobStore Blobs { get; }
    public PlantHistorian Historian { get; }
    public DatasetCatalog Datasets { get; }
    public ModelRegistry Models { get; }
    public PredictorRegistry Predictors { get; }
    public DeviceFleet Fleet { get; }
    public ClaimBook Claims { get; }
    public TokenBook Tokens { get; }

    public static async Task<NodeStores> Open(string folder, TimeProvider time, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        var key = NodeKey.LoadOrCreate(Path.Combine(folder, "keys"));
        var journal = await Journal.Open(Path.Combine(folder, "journal"), key, time, cancel);
        var blobs = BlobStore.Open(Path.Combine(folder, "blobs"));
        var historian = await PlantHistorian.Open(new HistorianOptions { DataPath = Path.Combine(folder, "series") }, journal, time, cancel);
        return new NodeStores(key, journal, blobs, historian, DatasetCatalog.Open(journal, blobs, historian),
            ModelRegistry.Open(journal, blobs), PredictorRegistry.Open(journal, blobs), DeviceFleet.Open(journal), ClaimBook.Open(journal, blobs), new TokenBook(journal));
    }

    public async ValueTask DisposeAsync()
    {
        Datasets.Dispose();
        await Historian.DisposeAsync();
        await Journal.DisposeAsync();
        Key.Dispose();
    }
}
