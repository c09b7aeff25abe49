using Dure.Historian.Storage.Segments;

namespace Dure.Historian.Storage;

/// <summary>What the tasks in the background need of the store.</summary>
internal sealed partial class SeriesStore
{
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

    internal void Replace(IReadOnlyList<Segment> old, Segment merged)
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
                StateOf(number).Forget(count, scan.Next() ? scan.FirstTime : null);
                samples -= count;
            }
        }
    }
}
