using Dure.Historian.Storage.Coding;
using Dure.Historian.Storage.Segments;

namespace Dure.Historian.Storage;

/// <summary>The segments of a store, oldest batches first. Guarded by the store's lock.</summary>
internal sealed class SegmentSet
{
    private readonly List<Segment> segments = [];

    public IReadOnlyList<Segment> All => segments;

    /// <summary>Opens the segments of a folder. One whose batches all lie in a larger one was merged into that by a run that was cut off; it is removed.</summary>
    public static SegmentSet Open(string folder)
    {
        var set = new SegmentSet();
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Segment.Suffix).Order(StringComparer.Ordinal))
            set.Add(Segment.Open(path));
        foreach (var part in set.segments.Where(part => set.segments.Any(whole => whole != part && whole.FirstSequence <= part.FirstSequence && part.LastSequence <= whole.LastSequence)).ToArray())
        {
            set.segments.Remove(part);
            part.Retire();
        }
        return set;
    }

    public void Add(Segment segment)
    {
        var place = segments.FindIndex(other => other.FirstSequence > segment.FirstSequence);
        segments.Insert(place < 0 ? segments.Count : place, segment);
    }

    /// <summary>Puts one segment in the place of several; these are deleted when nobody reads them any more.</summary>
    public void Replace(IReadOnlyList<Segment> old, Segment merged)
    {
        foreach (var segment in old)
            segments.Remove(segment);
        Add(merged);
        foreach (var segment in old)
        {
            // The merged file of one segment has its name, and has already taken its place.
            if (segment.Path == merged.Path)
                segment.Release();
            else
                segment.Retire();
        }
    }

    public bool Covers(long sequence) => segments.Exists(segment => segment.FirstSequence <= sequence && sequence <= segment.LastSequence);

    /// <summary>Whether every batch from one to another, both included, is in a segment; so it is when there is none.</summary>
    public bool CoverAll(long first, long last)
    {
        foreach (var segment in segments)
        {
            if (segment.FirstSequence <= first && first <= segment.LastSequence)
                first = segment.LastSequence + 1;
        }
        return first > last;
    }

    /// <summary>Places to read a series within [from, to) from; each holds its segment.</summary>
    public void AddSources(int series, long from, long to, List<ScanSource> sources)
    {
        foreach (var segment in segments)
        {
            if (!segment.TryFind(series, out var entry))
                continue;
            var blocks = segment.BlocksOf(entry);
            var (first, end) = (FirstEndingAtOrAfter(blocks, from), FirstBeginningAtOrAfter(blocks, to));
            if (first < end)
                sources.Add(new ScanSource(segment, entry, first, end, from, to));
        }
    }

    /// <summary>The first block whose newest row is at or after a time.</summary>
    private static int FirstEndingAtOrAfter(ReadOnlySpan<BlockEntry> blocks, long time)
    {
        var (low, high) = (0, blocks.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (blocks[middle].LastTime < time)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>The first block whose oldest row is at or after a time.</summary>
    public static int FirstBeginningAtOrAfter(ReadOnlySpan<BlockEntry> blocks, long time)
    {
        var (low, high) = (0, blocks.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (blocks[middle].FirstTime < time)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
