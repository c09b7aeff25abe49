using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Historian;

/// <summary>One signal's part of a batch as it came in: columns that grow, not yet judged.</summary>
public sealed class SignalBlock
{
    // Many senders bring one sample of each of very many signals.
    private const int FirstRows = 4;

    private long[] times;
    private double[] values;
    private Quality[] qualities;
    private bool isTaken;

    public SignalBlock(string signal, string? unit)
        : this(signal, unit, FirstRows)
    {
    }

    internal SignalBlock(string signal, string? unit, int capacity)
    {
        (Signal, Unit) = (signal, unit);
        (times, values, qualities) = (new long[capacity], new double[capacity], new Quality[capacity]);
    }

    /// <summary>The signal's path as the sender wrote it.</summary>
    public string Signal { get; }

    /// <summary>The unit as the sender wrote it, or null for the signal's own.</summary>
    public string? Unit { get; }

    public int Count { get; private set; }

    public Span<long> TimesMicros => times.AsSpan(0, Count);
    public Span<double> Values => values.AsSpan(0, Count);
    public Span<Quality> Qualities => qualities.AsSpan(0, Count);

    public void Add(long timeMicros, double value, Quality quality = Quality.Good)
    {
        Unshare();
        if (Count == times.Length)
            Resize(Math.Max(FirstRows, 2 * Count));
        times[Count] = timeMicros;
        values[Count] = value;
        qualities[Count++] = quality;
    }

    /// <summary>Makes room for just so many rows more than there is.</summary>
    internal void Widen(int rows) => Resize(times.Length + rows);

    /// <summary>Keeps only the first rows.</summary>
    internal void Truncate(int count) => Count = count;

    /// <summary>The columns themselves, of just the rows there are. Whoever changes the block from now on changes a copy.</summary>
    internal (long[] Times, double[] Values, Quality[] Qualities) TakeColumns()
    {
        if (Count < times.Length)
            Resize(Count);
        isTaken = true;
        return (times, values, qualities);
    }

    /// <summary>Before its rows are changed in place.</summary>
    internal void Unshare()
    {
        if (isTaken)
            (times, values, qualities, isTaken) = ([.. times], [.. values], [.. qualities], false);
    }

    private void Resize(int rows)
    {
        Array.Resize(ref times, rows);
        Array.Resize(ref values, rows);
        Array.Resize(ref qualities, rows);
    }
}

/// <summary>A sample, line or block that was not taken, and why.</summary>
public sealed record RejectedSample(string Where, string What, string Mend);

/// <summary>Samples that came in together. A parser fills it and notes what it could not read; nothing in it is judged yet.</summary>
public sealed class SampleBatch(string source)
{
    /// <summary>Rejections told in detail; beyond it they are only counted.</summary>
    public const int MaxRejectionsTold = 100;

    private readonly List<RejectedSample> rejections = [];

    /// <summary>Who sent it, as the sender or its token says.</summary>
    public string Source { get; set; } = source;

    /// <summary>Earlier entries of the journal that it rests on, such as the agreement it came under.</summary>
    public Lineage RestsOn { get; set; } = Lineage.None;

    public List<SignalBlock> Blocks { get; } = [];

    public long RejectedCount { get; private set; }

    public IReadOnlyList<RejectedSample> Rejections => rejections;

    public void Reject(string where, string what, string mend, int samples = 1)
    {
        RejectedCount += samples;
        if (rejections.Count < MaxRejectionsTold)
            rejections.Add(new RejectedSample(where, what, mend));
    }
}

/// <summary>What became of a batch. When a caller holds it, every accepted sample is on disk and its hash is in the journal.</summary>
/// <param name="Batch">Hash of the accepted samples; null when there was none to accept.</param>
/// <param name="Entry">The journal entry that holds the hash.</param>
/// <param name="Duplicates">Samples that were there already with the same value.</param>
/// <param name="Corrected">Accepted samples that replaced another value at the same time.</param>
/// <param name="OutOfOrder">Accepted samples older than the newest of their series.</param>
/// <param name="OutOfRange">Accepted samples outside the engineering range, kept as uncertain.</param>
public sealed record BatchReceipt(
    ContentHash? Batch, long? Entry, long Accepted, long Duplicates, long Corrected, long OutOfOrder, long OutOfRange, long Rejected,
    IReadOnlyList<RejectedSample> Rejections);
