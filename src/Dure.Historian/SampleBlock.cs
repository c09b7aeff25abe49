using Dure.Kernel;

namespace Dure.Historian;

/// <summary>A stretch of one series in ascending time, no time twice. The three columns have one length.</summary>
public readonly record struct SampleBlock(ReadOnlyMemory<long> TimesMicros, ReadOnlyMemory<double> Values, ReadOnlyMemory<Quality> Qualities)
{
    public int Count => TimesMicros.Length;
}

/// <summary>One step of a resampled series. Statistics are over the samples that are not bad; NaN where there is none.</summary>
/// <param name="Bad">Samples of bad quality in the step.</param>
public readonly record struct Bucket(DateTimeOffset Start, long Count, double Mean, double Min, double Max, double First, double Last, long Bad);

/// <summary>What the historian holds and has seen since it was opened.</summary>
public sealed record HistorianCounts(int Signals, long Samples, long Batches, long Duplicates, long OutOfOrder, long Rejected);

/// <summary>A batch that contributed to a stretch of series, and where the journal says so.</summary>
public sealed record BatchReference(ContentHash Batch, long Entry, ContentHash EntryHash);

/// <summary>What opening the historian found and mended.</summary>
/// <param name="TornBytes">Bytes of a record cut off by a crash; never acknowledged, removed.</param>
/// <param name="Rejournaled">Batches that were on disk but not yet in the journal; written into it now.</param>
public sealed record HistorianRecovery(long ReplayedBatches, long ReplayedSamples, long TornBytes, long Rejournaled)
{
    public override string ToString() => TornBytes == 0 && Rejournaled == 0 ? ""
        : $"Series recovered: {TornBytes} bytes of an unfinished record removed, {Rejournaled} batch(es) entered into the journal.";
}
