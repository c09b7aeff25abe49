using Dure.Historian.Storage.Coding;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>
/// Where samples lie: the newest in memory (and in the write-ahead log), older ones in segments. Full memories are written as segments in
/// the background, and segments are merged. Memory is bounded by the fill; segments are read in place.
/// </summary>
internal sealed partial class SeriesStore : IAsyncDisposable
{
    /// <summary>Appends wait for the disk when more full memories than this are not written yet.</summary>
    private const int MostMemoriesWaiting = 4;

    private readonly Lock guard = new();
    private readonly string folder;
    private readonly StoreOptions options;
    private readonly WriteAheadLog log;
    private readonly SegmentSet segments;
    private readonly List<Memory> sealing = [];
    private readonly Sealer sealer;
    private readonly Compactor compactor;
    private readonly TaskCompletionSource nothingToEnter = new();
    private SeriesState[] series = [];
    private Memory active = new(1);
    private long nextSequence = 1;
    private long samples;
    private int isDisposed;

    private SeriesStore(string folder, StoreOptions options, Func<SegmentFacts, Task> onSegment)
    {
        (this.folder, this.options, OnSegment) = (folder, options, onSegment);
        segments = SegmentSet.Open(folder);
        log = new WriteAheadLog(folder);
        sealer = new Sealer(this);
        compactor = new Compactor(this);
    }

    /// <summary>What became of a batch's rows in the store.</summary>
    /// <param name="Written">Completes when the rows are on disk.</param>
    /// <param name="Durable">Completes when the rows, and those they duplicate, are on disk.</param>
    /// <param name="Journaled">For the caller to complete when the batch's journal entry is durable: its log is kept until then.</param>
    public sealed record Admission(BatchRecord? Record, Task Written, Task Durable, TaskCompletionSource Journaled, long Duplicates, long Corrected, long OutOfOrder);

    /// <summary>The newest batch that the store holds; 0 when it holds none.</summary>
    public long LastSequence
    {
        get
        {
            lock (guard)
                return nextSequence - 1;
        }
    }

    /// <summary>Takes ascending rows (no time twice) of several series as one batch; durable when <c>Durable</c> completes.</summary>
    public Admission Append(IReadOnlyList<AcceptedRows> wanted, string source)
    {
        lock (guard)
        {
            sealer.RefuseWhenBroken(log.IsBroken, sealing.Count > MostMemoriesWaiting);
            var (duplicates, corrected, outOfOrder) = (0L, 0L, 0L);
            var accepted = new List<AcceptedRows>(wanted.Count);
            foreach (var rows in wanted)
            {
                var lastTime = StateOf(rows.Series).LastTime;
                if (rows.Times[0] > lastTime)
                {
                    accepted.Add(rows);
                    continue;
                }
                using var scan = Scan(rows.Series, rows.Times[0], Math.Min(lastTime, rows.Times[^1]) + 1);
                var (fresh, same, other, late) = LateRows.WithoutDuplicates(rows, lastTime, scan);
                (duplicates, corrected, outOfOrder) = (duplicates + same, corrected + other, outOfOrder + late);
                if (fresh.Times.Length > 0)
                    accepted.Add(fresh);
            }
            // What a duplicate repeats may itself still be on its way to the disk.
            Task[] before = duplicates == 0 ? [] : [log.Flushed(), .. sealing.Where(memory => memory.IsUnlogged).Select(sealer.Sealed)];
            if (accepted.Count == 0)
                return new Admission(null, Task.CompletedTask, Task.WhenAll(before), nothingToEnter, duplicates, corrected, outOfOrder);

            var record = new BatchRecord(nextSequence++, source, accepted);
            var journaled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var written = record.Samples >= options.BulkSamples ? SealAlone(record, journaled.Task) : LogAndPut(record, journaled.Task);
            foreach (var rows in accepted)
                StateOf(rows.Series).Add(rows);
            samples += record.Samples;
            return new Admission(record, written, before.Length == 0 ? written : Task.WhenAll([written, .. before]), journaled, duplicates, corrected, outOfOrder);
        }
    }

    /// <summary>Whether a batch is in a segment, and so on disk whatever became of its log.</summary>
    public bool IsSealed(long sequence)
    {
        lock (guard)
            return segments.Covers(sequence);
    }

    public SeriesState Facts(int number)
    {
        lock (guard)
            return StateOf(number);
    }

    /// <summary>One series within [from, to), ascending, no time twice.</summary>
    public SeriesScan Read(int number, long from, long to)
    {
        lock (guard)
            return Scan(number, from, to);
    }

    /// <summary>The newest sample at or before a time; null when there is none.</summary>
    public Sample? At(int number, long time)
    {
        using var lookup = new PointLookup(time);
        lock (guard)
        {
            if (number >= series.Length || series[number].FirstTime > time)
                return null;
            foreach (var segment in segments.All)
                lookup.Consider(segment, number);
            foreach (var memory in sealing.Append(active))
                lookup.Consider(memory, number);
        }
        return lookup.Answer();
    }

    /// <summary>The segments there are now.</summary>
    public IReadOnlyList<string> SegmentNames
    {
        get
        {
            lock (guard)
                return [.. segments.All.Select(segment => segment.Name)];
        }
    }

    /// <summary>The segments there are now, and how many samples each holds.</summary>
    public IReadOnlyList<(string Name, long Samples)> SegmentSizes
    {
        get
        {
            lock (guard)
                return [.. segments.All.Select(segment => (segment.Name, segment.Samples))];
        }
    }

    internal Func<SegmentFacts, Task> OnSegment { get; }

    /// <summary>Samples taken, corrections counted again.</summary>
    public long Samples
    {
        get
        {
            lock (guard)
                return samples;
        }
    }

    /// <summary>Called when a memory has become a segment: what the disk refused of it before is durable now.</summary>
    public Action OnSealed { get; set; } = static () => { };

    /// <summary>Called with what went wrong in the background and is tried again: nobody waits for it who could be told.</summary>
    public Action<Problem> Tell { get; set; } = static _ => { };

    /// <summary>Removes blocks of which every row is older than its series' limit; returns how many samples went.</summary>
    public Task<long> Retire(Func<int, long> oldestKept, CancellationToken cancel) => compactor.Retire(oldestKept, cancel);

    /// <summary>Writes what is in memory as a segment and merges all segments: the smallest form.</summary>
    public async Task Compact(CancellationToken cancel)
    {
        await SealActive();
        await compactor.MergeAll(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 1)
            return;
        await sealer.DisposeAsync();
        await compactor.DisposeAsync();
        await log.DisposeAsync();
        foreach (var segment in segments.All)
            segment.Release();
    }

    private SeriesScan Scan(int number, long from, long to)
    {
        var sources = new List<ScanSource>();
        segments.AddSources(number, from, to, sources);
        foreach (var memory in sealing.Append(active))
        {
            if (memory.Buffers.TryGetValue(number, out var buffer) && buffer.Copy(from, to) is { Count: > 0 } rows)
                sources.Add(new ScanSource(rows, memory.FirstSequence));
        }
        return new SeriesScan(sources);
    }

    private Task LogAndPut(BatchRecord record, Task journaled)
    {
        var flushed = log.Enqueue(record);
        active.Put(record);
        active.KeepLogUntil(journaled);
        if (active.Taken >= options.MemorySamples)
            SetActiveAside();
        return flushed;
    }

    /// <summary>A batch that is large enough to be a segment of its own is written as one and never logged.</summary>
    private Task SealAlone(BatchRecord record, Task journaled)
    {
        if (active.Buffers.Count > 0)
            SetActiveAside();
        var alone = new Memory(record.Sequence);
        alone.Hold(record);
        alone.KeepLogUntil(journaled);
        sealing.Add(alone);
        // The active memory is empty here: it only has to begin after this batch.
        active = new Memory(nextSequence) { LogFiles = active.LogFiles };
        BeginLogFile();
        return sealer.Enqueue(alone);
    }

    private void SetActiveAside()
    {
        var full = active;
        sealing.Add(full);
        active = new Memory(nextSequence);
        BeginLogFile();
        // A file that was begun and never written to has the name of the new one: it is the new one.
        full.LogFiles.RemoveAll(active.LogFiles.Contains);
        _ = sealer.Enqueue(full);
    }

    private Task SealActive()
    {
        lock (guard)
        {
            if (active.Buffers.Count == 0)
                return sealer.AllSealed();
            SetActiveAside();
            return sealer.AllSealed();
        }
    }

    private void BeginLogFile()
    {
        active.LogFiles.Add(WriteAheadLog.FileFor(folder, nextSequence));
        _ = log.BeginFile(nextSequence);
    }

    private ref SeriesState StateOf(int number)
    {
        if (number >= series.Length)
        {
            var known = series.Length;
            Array.Resize(ref series, Math.Max(number + 1, 2 * series.Length));
            for (var i = known; i < series.Length; i++)
                series[i] = new SeriesState();
        }
        return ref series[number];
    }
}
