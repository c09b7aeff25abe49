using Dure.Historian.Storage.Segments;

namespace Dure.Historian.Storage;

/// <summary>
/// Which neighbours to merge: eight of a size into one of the next, so that a question looks into few files; and those whose late rows lie in
/// the time of older ones, since a question has to interleave these row by row for as long as they lie apart.
/// </summary>
internal static class MergePlan
{
    private const int Fan = 8;

    /// <summary>Late rows are merged in when they are at least this part of what has to be written anew: no row is written for them oftener.</summary>
    private const int LatePart = 32;

    /// <summary>Samples up to which late rows are merged in: a merge needs as much room on the disk as its parts.</summary>
    private const long MostForLateRows = 512_000_000;

    /// <summary>Samples up to which a segment belongs to a size; larger ones are left alone.</summary>
    private static readonly long[] Sizes = [4_000_000, 32_000_000, 256_000_000];

    /// <param name="segments">Neighbours, oldest batches first.</param>
    /// <returns>Neighbours to merge; null when all may stay as they are.</returns>
    public static IReadOnlyList<Segment>? Choose(IReadOnlyList<Segment> segments) => BySize(segments) ?? ByLateRows(segments);

    /// <summary>The newest run of neighbours that makes a segment of the next size.</summary>
    private static Segment[]? BySize(IReadOnlyList<Segment> segments)
    {
        foreach (var size in Sizes)
        {
            for (var end = segments.Count; end >= Fan; end--)
            {
                var run = segments.Take(end).Reverse().TakeWhile(segment => segment.Samples <= size).Take(4 * Fan).Reverse().ToArray();
                if (run.Length >= Fan)
                    return run;
            }
        }
        return null;
    }

    /// <summary>The longest run of neighbours with enough late rows between them.</summary>
    private static Segment[]? ByLateRows(IReadOnlyList<Segment> segments)
    {
        var overlaps = new List<(int Older, int Newer, long Late)>();
        for (var newer = 1; newer < segments.Count; newer++)
        {
            for (var older = 0; older < newer; older++)
            {
                if (LateRows(segments[older], segments[newer]) is > 0 and var late)
                    overlaps.Add((older, newer, late));
            }
        }
        foreach (var start in overlaps.Select(overlap => overlap.Older).Distinct().Order())
        {
            var within = overlaps.Where(overlap => overlap.Older >= start).ToArray();
            var run = segments.Take(within.Max(overlap => overlap.Newer) + 1).Skip(start).ToArray();
            var samples = run.Sum(segment => segment.Samples);
            if (samples <= MostForLateRows && within.Sum(overlap => overlap.Late) >= samples / LatePart)
                return run;
        }
        return null;
    }

    /// <summary>About how many rows of the newer lie within the older's time of the same series.</summary>
    private static long LateRows(Segment older, Segment newer)
    {
        if (newer.Times.From > older.Times.To || older.Times.From > newer.Times.To)
            return 0;
        var late = 0L;
        foreach (ref readonly var series in newer.Series)
        {
            if (!older.TryFind(series.Series, out var entry))
                continue;
            var blocks = older.BlocksOf(entry);
            var (from, to) = (blocks[0].FirstTime, blocks[^1].LastTime);
            foreach (ref readonly var block in newer.BlocksOf(series))
            {
                if (block.FirstTime > to)
                    break;
                if (block.LastTime >= from)
                    late += RowsWithin(block, from, to);
            }
        }
        return late;
    }

    // As if the block's rows lay evenly in its time.
    private static long RowsWithin(in BlockEntry block, long from, long to)
    {
        var (length, within) = ((double)block.LastTime - block.FirstTime, (double)Math.Min(to, block.LastTime) - Math.Max(from, block.FirstTime));
        return length <= 0 ? block.Count : Math.Max(1, (long)(block.Count * (within / length)));
    }
}
