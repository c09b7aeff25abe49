using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>Makes one version: reads asset by asset, aligns, judges, writes Parquet, and describes the result.</summary>
internal sealed class DatasetCut(DatasetSpec spec, ISeriesSource source, BlobStore blobs)
{
    private readonly TimeRange range = spec.Range ?? TimeRange.All;
    private readonly List<AssetPart> parts = [];
    private readonly QualityAnalysis quality = new();

    public async Task<Croissant.Content> Run(IProgress<DatasetProgress>? progress, CancellationToken cancel)
    {
        var columns = Columns();
        using var file = new VersionFile(spec.Signals, spec.LabelSignal is not null);
        foreach (var asset in spec.Assets)
        {
            cancel.ThrowIfCancellationRequested();
            await Add(asset, columns, file, cancel);
            progress?.Report(new DatasetProgress(asset, parts.Count, spec.Assets.Count, parts.Sum(part => part.Rows)));
        }
        var (parquet, bytes) = await Store(file.Write(), cancel);
        var batches = source.BatchesOf(spec.Assets, range, cancel);
        return new Croissant.Content(spec, columns, file.Doubtful.ToHashSet(StringComparer.Ordinal), parquet, bytes, parts, quality.Report(), batches);
    }

    private async Task Add(AssetId asset, IReadOnlyList<DatasetColumn> columns, VersionFile file, CancellationToken cancel)
    {
        var signals = new List<Series>();
        for (var i = 0; i < columns.Count; i++)
        {
            var id = asset.Signal(columns[i].Name);
            signals.Add(UnitFit.Into(await Series.Read(source, id, FactsOf(id), range, cancel), columns[i].Unit, id));
        }
        var label = spec.LabelSignal is { } name ? await Series.Read(source, asset.Signal(name), FactsOf(asset.Signal(name)), range, cancel) : null;

        var aligned = AlignedAsset.Of(asset, signals, label);
        if (aligned.Rows == 0)
            throw new ProblemException("urn:dure:datasets:no-samples", "None of its signals has a sample in the range.", $"asset {asset}", "Widen the range, or leave the asset out.");
        var trainRows = spec.Split.TrainRowsOf(aligned.TimesMicros);
        file.Add(aligned, trainRows);
        parts.Add(PartOf(aligned, trainRows));
        foreach (var signal in signals)
            quality.Add(asset, signal, aligned.Rows);
    }

    private static AssetPart PartOf(AlignedAsset aligned, int trainRows) => new()
    {
        Asset = aligned.Asset,
        Rows = aligned.Rows,
        TrainRows = trainRows,
        Labelled = aligned.Labels?.Count(isFault => isFault) ?? 0,
        HeldOutLabelled = aligned.Labels?.Skip(trainRows).Count(isFault => isFault) ?? 0,
        First = Micros.Time(aligned.TimesMicros[0]),
        HeldOutFrom = trainRows < aligned.Rows ? Micros.Time(aligned.TimesMicros[trainRows]) : null,
        Last = Micros.Time(aligned.TimesMicros[^1]),
    };

    /// <summary>A column has the unit its first asset gives; the others are converted into it.</summary>
    private List<DatasetColumn> Columns() => [.. spec.Signals.Select(name =>
    {
        var facts = FactsOf(spec.Assets[0].Signal(name));
        return new DatasetColumn(name, facts.Unit, facts.Description);
    })];

    private SeriesFacts FactsOf(SignalId signal) => source.Find(signal)
        ?? throw new ProblemException("urn:dure:datasets:unknown-signal", $"There is no signal {signal}.", $"dataset '{spec.Name}', signals",
            "Register and ingest it first, or name only signals that every asset has.");

    private async Task<(ContentHash Hash, long Bytes)> Store(string path, CancellationToken cancel)
    {
        await using var file = File.OpenRead(path);
        return (await blobs.Put(file, cancel), file.Length);
    }
}
