using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>
/// Where samples lie: the newest in memory (and in the write-ahead log), older ones in segments. When memory holds its fill, a background
/// task writes it as a segment and deletes the log files it replaces. Memory is bounded by the fill and the segments' indexes.
/// </summary>
internal sealed class SeriesStore : IAsyncDisposable
{
    private readonly Lock guard = new();
    private readonly string folder;
    private readonly int memorySamples;
    private readonly List<Segment> segments = [];
    private readonly List<SeriesState> series = [];
    private readonly WriteAheadLog log;
    private Memory active = new(1);
    private Memory? sealing;
    private Task sealingTask = Task.CompletedTask;
    private Exception? sealingFault;
    private long nextSequence = 1;

    private SeriesStore(string folder, int memorySamples)
    {
        (this.folder, this.memorySamples) = (folder, memorySamples);
        log = new WriteAheadLog(folder);
    }

    /// <summary>Samples in memory, and the batches they came in.</summary>
    private sealed class Memory(long firstSequence)
    {
        public Dictionary<int, SeriesBuffer> Buffers { get; } = [];
        public long FirstSequence => firstSequence;
        public long Samples { get; set; }

        /// <summary>The journal entries of its batches; its log may go only when they are durable.</summary>
        public List<Task> Journaled { get; } = [];
    }

    /// <summary>What is known of a series without looking at its samples.</summary>
    private sealed class SeriesState
    {
        public long FirstTime { get; set; } = long.MaxValue;
        public long LastTime { get; set; } = long.MinValue;
        public Sample? Latest { get; set; }
        public long Samples { get; set; }
    }

    /// <summary>What became of a batch's rows in the store.</summary>
    public sealed record Admission(BatchRecord? Record, Task Flushed, long Duplicates, long Corrected, long OutOfOrder);

    /// <summary>Opens the folder, replays the log over the segments, and tells of every batch that the log held.</summary>
    public static SeriesStore Open(string folder, int memorySamples, Action<BatchRecord> onReplayed, out long tornBytes)
    {
        Directory.CreateDirectory(folder);
        foreach (var leftover in Directory.EnumerateFiles(folder, "*.tmp"))
            File.Delete(leftover);
        var store = new SeriesStore(folder, memorySamples);
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Segment.Suffix).Order(StringComparer.Ordinal))
            store.AddSegment(Segment.Open(path));
        var covered = store.segments.Count == 0 ? 0 : store.segments.Max(segment => segment.LastSequence);
        store.nextSequence = covered + 1;
        store.active = new Memory(store.nextSequence);

        var torn = 0L;
        var files = WriteAheadLog.Files(folder).ToArray();
        for (var i = 0; i < files.Length; i++)
        {
            foreach (var record in WriteAheadLog.Replay(files[i].Path, isLast: i == files.Length - 1, bytes => torn += bytes))
            {
                if (record.Sequence <= covered)
                    continue;
                foreach (var rows in record.Rows)
                    store.Put(rows);
                store.nextSequence = record.Sequence + 1;
                onReplayed(record);
            }
        }
        tornBytes = torn;
        // A fresh file: what follows never shares one with what was there before.
        _ = store.log.BeginFile(store.nextSequence);
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

    /// <summary>Takes ascending rows (no time twice) of several series as one batch; durable when <c>Flushed</c> completes.</summary>
    public Admission Append(IReadOnlyList<AcceptedRows> wanted, string source)
    {
        lock (guard)
        {
            RefuseWhenMemoryCannotBeEmptied();
            var (duplicates, corrected, outOfOrder) = (0L, 0L, 0L);
            var accepted = new List<AcceptedRows>(wanted.Count);
            foreach (var rows in wanted)
            {
                var state = StateOf(rows.Series);
                if (rows.Times[0] > state.LastTime)
                {
                    accepted.Add(rows);
                    continue;
                }
                var (fresh, same, other, late) = WithoutDuplicates(rows, state.LastTime);
                (duplicates, corrected, outOfOrder) = (duplicates + same, corrected + other, outOfOrder + late);
                if (fresh.Times.Length > 0)
                    accepted.Add(fresh);
            }
            if (accepted.Count == 0)
                return new Admission(null, log.Flushed(), duplicates, corrected, outOfOrder);

            var record = new BatchRecord(nextSequence++, source, accepted);
            var flushed = log.Enqueue(RecordCodec.Encode(record));
            foreach (var rows in accepted)
                Put(rows);
            if (active.Samples >= memorySamples && sealing is null)
                BeginSealing();
            return new Admission(record, flushed, duplicates, corrected, outOfOrder);
        }
    }

    /// <summary>Ties the log of a batch to its journal entry: the log is kept until the entry is durable.</summary>
    public void KeepLogUntil(long sequence, Task journaled)
    {
        lock (guard)
        {
            var holder = sealing is not null && sequence < active.FirstSequence ? sealing : active;
            holder.Journaled.Add(journaled);
            if (holder.Journaled.Count > 4096)
                holder.Journaled.RemoveAll(task => task.IsCompletedSuccessfully);
        }
    }

    public (long Samples, long FirstTime, long LastTime, Sample? Latest) Facts(int number)
    {
        lock (guard)
        {
            var state = StateOf(number);
            return (state.Samples, state.FirstTime, state.LastTime, state.Latest);
        }
    }

    /// <summary>Blocks of one series within [from, to), ascending, no time twice.</summary>
    public IEnumerable<SampleBlock> Read(int number, long from, long to)
    {
        List<SeriesMerge.Source> sources;
        lock (guard)
            sources = SourcesOf(number, from, to);
        return SeriesMerge.Merge(sources);
    }

    public async ValueTask DisposeAsync()
    {
        await sealingTask;
        await log.DisposeAsync();
        foreach (var segment in segments)
            segment.Dispose();
    }

    private List<SeriesMerge.Source> SourcesOf(int number, long from, long to)
    {
        var sources = new List<SeriesMerge.Source>();
        for (var i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            var places = segment.BlocksOf(number).ToArray().Where(place => place.FirstTime < to && place.LastTime >= from).ToArray();
            if (places.Length > 0)
                sources.Add(new SeriesMerge.Source(i, places.Select(place => Within(segment.Read(place), from, to))));
        }
        foreach (var (memory, age) in new[] { (sealing, segments.Count), (active, segments.Count + 1) })
        {
            if (memory is not null && memory.Buffers.TryGetValue(number, out var buffer))
                sources.Add(new SeriesMerge.Source(age, [buffer.Copy(from, to)]));
        }
        return sources;
    }

    private static SampleBlock Within(SampleBlock block, long from, long to)
    {
        var times = block.TimesMicros.Span;
        if (times[0] >= from && times[^1] < to)
            return block;
        var first = times.BinarySearch(from) is var a && a >= 0 ? a : ~a;
        var last = times.BinarySearch(to) is var b && b >= 0 ? b : ~b;
        return new SampleBlock(block.TimesMicros[first..last], block.Values[first..last], block.Qualities[first..last]);
    }

    /// <summary>Compares the late part of the rows with what is stored: the same again is dropped, another value replaces.</summary>
    private (AcceptedRows Fresh, long Same, long Other, long Late) WithoutDuplicates(AcceptedRows rows, long lastTime)
    {
        var lateCount = rows.Times.AsSpan().BinarySearch(lastTime) is var place && place >= 0 ? place + 1 : ~place;
        var keep = new bool[rows.Times.Length];
        Array.Fill(keep, true);
        var (same, other) = (0L, 0L);
        var next = 0;
        foreach (var block in SeriesMerge.Merge(SourcesOf(rows.Series, rows.Times[0], rows.Times[lateCount - 1] + 1)))
        {
            var times = block.TimesMicros.Span;
            var values = block.Values.Span;
            var qualities = block.Qualities.Span;
            for (var i = 0; i < times.Length && next < lateCount; i++)
            {
                while (next < lateCount && rows.Times[next] < times[i])
                    next++;
                if (next == lateCount || rows.Times[next] != times[i])
                    continue;
                if (values[i].Equals(rows.Values[next]) && qualities[i] == rows.Qualities[next])
                {
                    keep[next] = false;
                    same++;
                }
                else
                {
                    other++;
                }
                next++;
            }
        }
        var fresh = same == 0 ? rows : new AcceptedRows(rows.Series, Kept(rows.Times, keep), Kept(rows.Values, keep), Kept(rows.Qualities, keep));
        return (fresh, same, other, lateCount - same);
    }

    private static T[] Kept<T>(T[] from, bool[] keep) => [.. from.Where((_, i) => keep[i])];

    private void Put(AcceptedRows rows)
    {
        var state = StateOf(rows.Series);
        if (!active.Buffers.TryGetValue(rows.Series, out var buffer))
            active.Buffers[rows.Series] = buffer = new SeriesBuffer();
        var before = buffer.Count;
        if (buffer.Count == 0 || rows.Times[0] > buffer.Times[^1])
            buffer.AppendNewer(rows.Times, rows.Values, rows.Qualities);
        else
            buffer.Merge(rows.Times, rows.Values, rows.Qualities);
        active.Samples += buffer.Count - before;
        state.Samples += rows.Times.Length;
        state.FirstTime = Math.Min(state.FirstTime, rows.Times[0]);
        if (rows.Times[^1] >= state.LastTime)
        {
            state.LastTime = rows.Times[^1];
            state.Latest = new Sample(Micros.Time(rows.Times[^1]), rows.Values[^1], rows.Qualities[^1]);
        }
    }

    private SeriesState StateOf(int number)
    {
        while (series.Count <= number)
            series.Add(new SeriesState());
        return series[number];
    }

    private void AddSegment(Segment segment)
    {
        segments.Add(segment);
        foreach (var number in segment.Series)
        {
            var state = StateOf(number);
            var blocks = segment.BlocksOf(number);
            foreach (var block in blocks)
                state.Samples += block.Count;
            state.FirstTime = Math.Min(state.FirstTime, blocks[0].FirstTime);
            if (blocks[^1].LastTime < state.LastTime)
                continue;
            var last = segment.Read(blocks[^1]);
            state.LastTime = blocks[^1].LastTime;
            state.Latest = new Sample(Micros.Time(state.LastTime), last.Values.Span[^1], last.Qualities.Span[^1]);
        }
    }

    /// <summary>Sets the full memory aside, lets new batches go to a new memory and a new log file, and writes the old one as a segment.</summary>
    private void BeginSealing()
    {
        var full = active;
        sealing = full;
        active = new Memory(nextSequence);
        var last = nextSequence - 1;
        var begun = log.BeginFile(nextSequence);
        sealingTask = Task.Run(() => Seal(full, last, begun));
    }

    private async Task Seal(Memory full, long last, Task newFileBegun)
    {
        try
        {
            await newFileBegun;
            var segment = Segment.Write(folder, full.FirstSequence, last, full.Buffers);
            Task[] journaled;
            lock (guard)
            {
                segments.Add(segment);
                sealing = null;
                journaled = [.. full.Journaled];
            }
            await Task.WhenAll(journaled);
            foreach (var (_, path) in WriteAheadLog.Files(folder).Where(file => file.FirstSequence <= last))
                File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ProblemException)
        {
            // The log still holds every batch; told to the next append, since only a person can mend a disk.
            lock (guard)
                sealingFault = failure;
        }
    }

    private void RefuseWhenMemoryCannotBeEmptied()
    {
        if (sealingFault is not null)
        {
            throw new ProblemException("urn:dure:historian:disk-failed", $"A segment cannot be written: {sealingFault.Message}", folder,
                "Free space or mend the disk, then restart the node; nothing that was acknowledged is lost.", sealingFault);
        }
        if (sealing is not null && active.Samples > 4L * memorySamples)
            throw new ProblemException("urn:dure:historian:too-busy", "The disk does not keep up with what comes in.", "ingest", "Send again after a pause.");
    }
}
