using System.Runtime.CompilerServices;
using Dure.Historian;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>Where a cut takes its series from: the historian, or a table in a test.</summary>
public interface ISeriesSource
{
    /// <summary>What is known of a signal; null when there is none of that name.</summary>
    SeriesFacts? Find(SignalId signal);

    /// <summary>The samples of a signal within a range, rising in time, each stamp once.</summary>
    IAsyncEnumerable<SeriesPart> Read(SignalId signal, TimeRange range, CancellationToken cancel);

    /// <summary>The ingested batches that hold samples of these assets within a range.</summary>
    IReadOnlyList<IngestedBatch> BatchesOf(IReadOnlyList<AssetId> assets, TimeRange range, CancellationToken cancel);
}

/// <summary>A signal's unit (UCUM) and, when declared, the range its values should stay in.</summary>
public sealed record SeriesFacts(string Unit, string Description, double? Low = null, double? High = null);

/// <summary>A stretch of samples as columns.</summary>
public readonly record struct SeriesPart(ReadOnlyMemory<long> TimesMicros, ReadOnlyMemory<double> Values, ReadOnlyMemory<Quality> Qualities);

/// <summary>A batch as the journal knows it: its content's hash, and the entry that recorded it.</summary>
public readonly record struct IngestedBatch(ContentHash Batch, long Entry, ContentHash EntryHash);

/// <summary>The historian as the source of a cut.</summary>
internal sealed class HistorianSource(PlantHistorian historian) : ISeriesSource
{
    public SeriesFacts? Find(SignalId signal) => historian.TryFind(signal, out var known)
        ? new SeriesFacts(known.Definition.Unit.Code, known.Definition.Description, known.Definition.Low, known.Definition.High)
        : null;

    public async IAsyncEnumerable<SeriesPart> Read(SignalId signal, TimeRange range, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var block in historian.Read(signal, range, cancel))
            yield return new SeriesPart(block.TimesMicros, block.Values, block.Qualities);
    }

    public IReadOnlyList<IngestedBatch> BatchesOf(IReadOnlyList<AssetId> assets, TimeRange range, CancellationToken cancel) =>
        [.. historian.BatchesOf(assets, range, cancel).Select(batch => new IngestedBatch(batch.Batch, batch.Entry, batch.EntryHash))];
}
