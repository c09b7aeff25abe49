using Dure.Kernel;

namespace Dure.Historian;

/// <summary>A stretch of one series in ascending time, no time twice. The three columns have one length.</summary>
public readonly record struct SampleBlock(ReadOnlyMemory<long> TimesMicros, ReadOnlyMemory<double> Values, ReadOnlyMemory<Quality> Qualities)
{
    public int Count => TimesMicros.Length;
}

/// <summary>What a resampling is asked for beyond count, mean, minimum and maximum.</summary>
[Flags]
public enum Aggregates
{
    Basic = 0,

    /// <summary>The first and last value of each step.</summary>
    Ends = 1,

    /// <summary>The mean over time, each value holding until the next sample; stretches of bad quality do not count.</summary>
    TimeWeighted = 2,
}

/// <summary>One step of a resampled series. Statistics are over the samples that are not bad; NaN where there is none, or where it was not asked for.</summary>
/// <param name="Bad">Samples of bad quality in the step.</param>
/// <param name="TimeWeightedMean">The integral of the held value over the good part of the step, by that part's length (OPC UA's TimeAverage2, stepped).</param>
/// <param name="GoodShare">The share of the step's time that is covered by good or uncertain values, 0 to 1.</param>
public readonly record struct Bucket(
    DateTimeOffset Start, long Count, double Mean, double Min, double Max, double First, double Last, long Bad, double TimeWeightedMean = double.NaN, double GoodShare = double.NaN);

/// <summary>What a signal was at given times: for each the newest sample at or before it.</summary>
/// <param name="TimesMicros">When that sample was taken; -1 where there is none.</param>
/// <param name="Values">NaN where there is none.</param>
public sealed record AsOfColumn(long[] TimesMicros, double[] Values, Quality[] Qualities);

/// <summary>What the historian holds and has seen since it was opened.</summary>
public sealed record HistorianCounts(int Signals, long Samples, long Batches, long Duplicates, long OutOfOrder, long Rejected);

/// <summary>A batch that contributed to a stretch of series, and where the journal says so.</summary>
public sealed record BatchReference(ContentHash Batch, long Entry, ContentHash EntryHash);

/// <summary>A segment of the store and its entry in the journal.</summary>
/// <param name="Hash">SHA-256 of the file.</param>
/// <param name="From">Time of the oldest sample in it, µs.</param>
/// <param name="To">Time of the newest sample in it, µs.</param>
public sealed record SegmentReference(string File, ContentHash Hash, long Entry, ContentHash EntryHash, long Samples, long From, long To);

/// <summary>What opening the historian found and mended.</summary>
/// <param name="TornBytes">Bytes of a record cut off by a crash; never acknowledged, removed.</param>
/// <param name="Rejournaled">Batches that were on disk but not yet in the journal; written into it now.</param>
public sealed record HistorianRecovery(long ReplayedBatches, long ReplayedSamples, long TornBytes, long Rejournaled)
{
    public override string ToString() => TornBytes == 0 && Rejournaled == 0 ? ""
        : $"Series recovered: {TornBytes} bytes of an unfinished record removed, {Rejournaled} batch(es) entered into the journal.";
}
