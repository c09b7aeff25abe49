using Dure.Historian.Storage.Coding;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>
/// Where samples lie: the newest in memory (and in the write-ahead log), older ones in segments. Full memories are written as segments in
/// the background, and segments are merged. Memory is bounded by the fill; segments are read in place.
/// </summary>
internal sealed class SeriesStore : IAsyncDisposable
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
    /// <param name="Durable">Completes when the rows, and those they duplicate, are on disk.</param>
    public sealed record Admission(BatchRecord? Record, Task Durable, long Duplicates, long Corrected, long OutOfOrder);

    /// <summary>Opens the folder, replays the log over the segments, and tells of every batch that the log held.</summary>
    /// <param name="onSegment">Called with every segment that came to be from now on; what it replaces is no longer read then.</param>
    public static SeriesStore Open(string folder, StoreOptions options, Action<BatchRecord> onReplayed, Func<SegmentFacts, Task> onSegment, out long tornBytes)
    {
        Directory.CreateDirectory(folder);
        foreach (var leftover in Directory.EnumerateFiles(folder, "*.tmp"))
            File.Delete(leftover);
        var store = new SeriesStore(folder, options, onSegment);
        foreach (var segment in store.segments.All)
        {
            store.AddState(segment);
            store.samples += segment.Samples;
            store.nextSequence = Math.Max(store.nextSequence, segment.LastSequence + 1);
        }
        tornBytes = store.Replay(onReplayed);
        // A fresh file: what follows never shares one with what was there before.
        store.BeginLogFile();
        store.sealer.Start();
        store.compactor.Start();
        return store;
    }

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
                return new Admission(null, Task.WhenAll(before), duplicates, corrected, outOfOrder);

            var record = new BatchRecord(nextSequence++, source, accepted);
            var durable = record.Samples >= options.BulkSamples ? SealAlone(record) : LogAndPut(record);
            foreach (var rows in accepted)
                StateOf(rows.Series).Add(rows);
            samples += record.Samples;
            return new Admission(record, before.Length == 0 ? durable : Task.WhenAll([durable, .. before]), duplicates, corrected, outOfOrder);
        }
    }

    /// <summary>Ties the log of a batch to its journal entry: the log is kept until the entry is durable.</summary>
    public void KeepLogUntil(long sequence, Task journaled)
    {
        lock (guard)
            (sealing.Find(memory => memory.FirstSequence <= sequence && sequence <= memory.LastSequence) ?? active).KeepLogUntil(journaled);
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

    /// <summary>Called when the disk works again after a failure and all that memory held then is in segments.</summary>
    public Action OnMended { get; set; } = () => { };

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

    private Task LogAndPut(BatchRecord record)
    {
        var flushed = log.Enqueue(record);
        active.Put(record);
        if (active.Samples >= options.MemorySamples)
            SetActiveAside();
        return flushed;
    }

    /// <summary>A batch that is large enough to be a segment of its own is written as one and never logged.</summary>
    private Task SealAlone(BatchRecord record)
    {
        if (active.Buffers.Count > 0)
            SetActiveAside();
        var alone = new Memory(record.Sequence);
        alone.Hold(record);
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

    private long Replay(Action<BatchRecord> onReplayed)
    {
        var torn = 0L;
        active = new Memory(nextSequence);
        var files = WriteAheadLog.Files(folder).ToArray();
        for (var i = 0; i < files.Length; i++)
        {
            var took = false;
            foreach (var record in WriteAheadLog.Replay(files[i].Path, isLast: i == files.Length - 1, bytes => torn += bytes))
            {
                if (segments.Covers(record.Sequence))
                    continue;
                // A memory must not span a segment, or their ages would cross.
                if (active.Buffers.Count == 0)
                    active = new Memory(record.Sequence) { LogFiles = active.LogFiles };
                else if (segments.All.Any(segment => active.FirstSequence < segment.FirstSequence && segment.FirstSequence < record.Sequence))
                    SetReplayedAside(record.Sequence);
                active.Put(record);
                if (!took)
                    active.LogFiles.Add(files[i].Path);
                took = true;
                foreach (var rows in record.Rows)
                    StateOf(rows.Series).Add(rows);
                samples += record.Samples;
                nextSequence = Math.Max(nextSequence, record.Sequence + 1);
                onReplayed(record);
            }
            if (!took)
                File.Delete(files[i].Path);
        }
        if (active.Buffers.Count > 0 && segments.All.Any(segment => segment.FirstSequence > active.FirstSequence))
            SetReplayedAside(nextSequence);
        return torn;
    }

    private void SetReplayedAside(long nextFirst)
    {
        sealing.Add(active);
        _ = sealer.Enqueue(active);
        // Its files may hold later batches too: they stay until the last memory made of them is written.
        var files = active.LogFiles;
        active.LogFiles = [];
        active = new Memory(nextFirst) { LogFiles = files };
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

    private void AddState(Segment segment)
    {
        using var codec = new BlockReader();
        foreach (ref readonly var entry in segment.Series)
        {
            ref var facts = ref StateOf(entry.Series);
            var blocks = segment.BlocksOf(entry);
            var count = 0L;
            foreach (ref readonly var block in blocks)
                count += block.Count;
            facts.Add(count, blocks[0].FirstTime);
            if (blocks[^1].LastTime < facts.LastTime)
                continue;
            codec.Read(segment, blocks[^1]);
            facts.Reach(blocks[^1].LastTime, codec.Values[^1], codec.Qualities[^1]);
        }
    }

    // ---- what the background tasks need -----------------------------------------------------------------------------------------------

    internal void Merge() => compactor.Wake();

    internal string Folder => folder;

    /// <summary>A memory has become a segment: readers see it there from now on.</summary>
    internal void Replace(Memory memory, Segment segment)
    {
        lock (guard)
        {
            segments.Add(segment);
            sealing.Remove(memory);
        }
    }

    internal void Replace(IReadOnlyList<Segment> old, Segment? merged)
    {
        lock (guard)
            segments.Replace(old, merged);
    }

    /// <summary>Segments older than every memory that waits to be written, each held: only these may be merged, or ages would cross.</summary>
    internal IReadOnlyList<Segment> HoldMergeable()
    {
        lock (guard)
        {
            var bound = sealing.Count == 0 ? long.MaxValue : sealing.Min(memory => memory.FirstSequence);
            var found = segments.All.TakeWhile(segment => segment.LastSequence < bound).ToArray();
            foreach (var segment in found)
                segment.Hold();
            return found;
        }
    }

    /// <summary>After a failed log: sets aside all that memory holds, to be written as segments.</summary>
    internal Memory? SetAsideAfterFailure()
    {
        lock (guard)
        {
            if (active.Buffers.Count == 0)
                return null;
            var full = active;
            sealing.Add(full);
            active = new Memory(nextSequence);
            full.LogFiles.Remove(WriteAheadLog.FileFor(folder, nextSequence));
            return full;
        }
    }

    internal Task BeginLogAnew()
    {
        lock (guard)
        {
            active.LogFiles.Add(WriteAheadLog.FileFor(folder, nextSequence));
            return log.BeginAnew(nextSequence);
        }
    }

    internal void ForgetRetired(IReadOnlyDictionary<int, long> removed)
    {
        lock (guard)
        {
            foreach (var (number, count) in removed)
            {
                using var scan = Scan(number, long.MinValue, long.MaxValue);
                StateOf(number).Forget(count, scan.Next() ? scan.FirstTime : long.MaxValue);
                samples -= count;
            }
        }
    }
}
