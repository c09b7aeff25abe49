using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>Where a cut takes its series from: the historian, or a table in a test.</summary>
public interface ISeriesSource
{
    /// <summary>What is known of a signal; null when there is none of that name.</summary>
    SeriesFacts? Find(SignalId signal);

    /// <summary>The samples of a signal within a range, rising in time, each stamp once.</summary>
    IAsyncEnumerable<SeriesPart> Read(SignalId signal, TimeRange range, CancellationToken cancel);

    /// <summary>The ingested batches that hold samples of these signals within a range.</summary>
    IReadOnlyList<IngestedBatch> BatchesOf(IReadOnlyList<SignalId> signals, TimeRange range);
}

/// <summary>A signal's unit (UCUM) and, when declared, the range its values should stay in.</summary>
public sealed record SeriesFacts(string Unit, string Description, double? Low = null, double? High = null);

/// <summary>A stretch of samples as columns.</summary>
public readonly record struct SeriesPart(ReadOnlyMemory<long> TimesMicros, ReadOnlyMemory<double> Values, ReadOnlyMemory<Quality> Qualities);

/// <summary>A batch as the journal knows it: its content's hash, and the entry that recorded it.</summary>
public readonly record struct IngestedBatch(ContentHash Batch, long Entry, ContentHash EntryHash);
