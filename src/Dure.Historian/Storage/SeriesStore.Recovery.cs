using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>What a start does: segments first, then what the log holds besides them.</summary>
internal sealed partial class SeriesStore
{
    /// <summary>Logs of which every batch is in a segment: kept until its journal entries are sure.</summary>
    private readonly List<string> spentLogs = [];

    /// <summary>
    /// Opens the folder, replays the log over the segments, and tells of every batch that the log held. Nothing is written as a segment or
    /// deleted before <see cref="Start"/>.
    /// </summary>
    /// <param name="onLogged">Called with every batch of the log, and whether it was replayed; one that was not is in a segment already.</param>
    /// <param name="onSegment">Called with every segment that came to be from now on; what it replaces is no longer read then.</param>
    public static SeriesStore Open(string folder, StoreOptions options, Action<BatchRecord, bool> onLogged, Func<SegmentFacts, Task> onSegment, out long tornBytes)
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
        tornBytes = store.Replay(onLogged);
        // A fresh file: what follows never shares one with what was there before.
        store.BeginLogFile();
        return store;
    }

    /// <summary>Begins the work in the background. Only when every batch that was found has its journal entry: then what kept it can go.</summary>
    public void Start()
    {
        foreach (var path in spentLogs)
            File.Delete(path);
        spentLogs.Clear();
        sealer.Start();
        compactor.Start();
    }

    /// <summary>The batches that are segments of their own and have no journal entry: never logged, their segment alone tells of them.</summary>
    public IEnumerable<BatchRecord> SealedAlone(Func<long, bool> isEntered) => segments.All
        .Where(segment => segment.FirstSequence == segment.LastSequence && segment.Samples > 0 && !isEntered(segment.FirstSequence)).Select(RecordOf);

    private long Replay(Action<BatchRecord, bool> onLogged)
    {
        var torn = 0L;
        active = new Memory(nextSequence);
        var files = WriteAheadLog.Files(folder).ToArray();
        for (var i = 0; i < files.Length; i++)
        {
            var (path, took, isEmpty) = (files[i].Path, false, true);
            var nextFile = i + 1 < files.Length ? files[i + 1].FirstSequence : (long?)null;
            // A log that failed may end with half a record; what was to follow is in segments then, which were written to mend it.
            foreach (var record in WriteAheadLog.Replay(path, last => nextFile is not { } next || segments.CoverAll(last + 1, next - 1), bytes => torn += bytes))
            {
                isEmpty = false;
                if (segments.Covers(record.Sequence))
                {
                    onLogged(record, false);
                    continue;
                }
                // A memory must not span a segment, or their ages would cross.
                if (active.Buffers.Count == 0)
                    active = new Memory(record.Sequence) { LogFiles = active.LogFiles };
                else if (segments.All.Any(segment => active.FirstSequence < segment.FirstSequence && segment.FirstSequence < record.Sequence))
                    SetReplayedAside(record.Sequence);
                active.Put(record);
                if (!took)
                    active.LogFiles.Add(path);
                took = true;
                foreach (var rows in record.Rows)
                    StateOf(rows.Series).Add(rows);
                samples += record.Samples;
                nextSequence = Math.Max(nextSequence, record.Sequence + 1);
                onLogged(record, true);
            }
            if (isEmpty)
                File.Delete(path);
            else if (!took)
                spentLogs.Add(path);
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

    private static BatchRecord RecordOf(Segment segment)
    {
        using var reader = new BlockReader();
        var rows = new List<AcceptedRows>(segment.Series.Length);
        foreach (ref readonly var entry in segment.Series)
        {
            var (times, values, qualities) = (new List<long>(), new List<double>(), new List<Quality>());
            foreach (ref readonly var block in segment.BlocksOf(entry))
            {
                reader.Read(segment, block);
                times.AddRange(reader.Times);
                values.AddRange(reader.Values);
                qualities.AddRange(reader.Qualities);
            }
            rows.Add(new AcceptedRows(entry.Series, [.. times], [.. values], [.. qualities]));
        }
        return new BatchRecord(segment.FirstSequence, "node", rows);
    }
}
