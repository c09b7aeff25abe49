using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Tests.Datasets;

/// <summary>A journal, a blob store and a table of series in a folder of its own, for tests of the dataset catalogue.</summary>
internal sealed class DatasetNode : ISeriesSource, IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string folder = Directory.CreateTempSubdirectory("dure-test-").FullName;
    private readonly SortedDictionary<SignalId, (SeriesFacts Facts, SortedDictionary<long, Sample> Samples)> series = [];
    private readonly List<IngestedBatch> batches = [];
    private readonly NodeKey key;

    private DatasetNode()
    {
        key = NodeKey.LoadOrCreate(folder);
        Blobs = BlobStore.Open(Path.Combine(folder, "blobs"));
    }

    public Journal Journal { get; private set; } = null!; // set by Open, the only way to get one
    public BlobStore Blobs { get; }
    public DatasetCatalog Catalog { get; private set; } = null!; // as above

    public static async Task<DatasetNode> Open()
    {
        var node = new DatasetNode();
        node.Journal = await Journal.Open(Path.Combine(node.folder, "journal"), node.key, TimeProvider.System, CancellationToken.None);
        node.Catalog = DatasetCatalog.Open(node.Journal, node.Blobs, node);
        return node;
    }

    public async Task Ingest(string signal, string unit, IEnumerable<Sample> samples, double? low = null, double? high = null)
    {
        var id = SignalId.Parse(signal);
        if (!series.TryGetValue(id, out var one))
            series[id] = one = (new SeriesFacts(unit, $"{id.Name} of the test", low, high), []);
        foreach (var sample in samples)
            one.Samples[Micros.Of(sample.Time)] = sample;
        var batch = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes($"{signal} {one.Samples.Count}"));
        var entry = await Journal.Append("ingested", signal, new JsonObject { ["batch"] = batch.ToString() }, "test", CancellationToken.None);
        batches.Add(new IngestedBatch(batch, entry.Index, entry.Hash));
    }

    /// <summary>Two pumps with two signals and a label, 100 rows each a second apart; valid in every part.</summary>
    public async Task<DatasetSpec> TwoPumps(int rows = 100)
    {
        foreach (var pump in new[] { "plant/pump1", "plant/pump2" })
        {
            await Ingest($"{pump}/Pressure", "bar", Samples(rows, i => 2 + Math.Sin(i / 7.0)));
            await Ingest($"{pump}/Flow Rate", "L/min", Samples(rows, i => 30 + Math.Cos(i / 5.0)));
            await Ingest($"{pump}/anomaly", "1", Samples(rows, i => i >= 80 ? 1 : 0));
        }
        return Spec();
    }

    public static DatasetSpec Spec() => new()
    {
        Name = "pumps",
        Title = "Two pumps",
        Description = "Made for a test.",
        Licence = "CC0-1.0",
        Source = "The test itself.",
        Assets = [AssetId.Parse("plant/pump1"), AssetId.Parse("plant/pump2")],
        Signals = ["Pressure", "Flow Rate"],
        LabelSignal = "anomaly",
        Split = new Split.CommissioningRows(40),
    };

    public static IEnumerable<Sample> Samples(int count, Func<int, double> value, double period = 1) =>
        Enumerable.Range(0, count).Select(i => new Sample(Start.AddSeconds(i * period), value(i)));

    public Task<DatasetVersion> Cut(DatasetSpec spec) => Catalog.Cut(spec, "test", null, CancellationToken.None);

    public async Task<List<Frame>> Frames(DatasetVersion version)
    {
        var frames = new List<Frame>();
        await foreach (var frame in Catalog.LoadFrames(version))
            frames.Add(frame);
        return frames;
    }

    public SeriesFacts? Find(SignalId signal) => series.TryGetValue(signal, out var one) ? one.Facts : null;

    public async IAsyncEnumerable<SeriesPart> Read(SignalId signal, TimeRange range, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        foreach (var part in series[signal].Samples.Where(one => range.Contains(one.Value.Time)).Chunk(37)) // odd, so that parts and rows do not line up
            yield return new SeriesPart(part.Select(one => one.Key).ToArray(), part.Select(one => one.Value.Value).ToArray(), part.Select(one => one.Value.Quality).ToArray());
    }

    public IReadOnlyList<IngestedBatch> BatchesOf(IReadOnlyList<AssetId> assets, TimeRange range, CancellationToken cancel) => batches;

    public async ValueTask DisposeAsync()
    {
        Catalog.Dispose();
        await Journal.DisposeAsync();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
