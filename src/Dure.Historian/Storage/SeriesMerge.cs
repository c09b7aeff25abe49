using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>
/// Several sources of one series as one ascending stream: where two hold the same time, the newer source wins. Holds one block per source,
/// whatever the length of the series.
/// </summary>
internal static class SeriesMerge
{
    /// <summary>A source's blocks in ascending order; a higher <paramref name="Age"/> is newer.</summary>
    public sealed record Source(int Age, IEnumerable<SampleBlock> Blocks);

    public static IEnumerable<SampleBlock> Merge(IEnumerable<Source> sources)
    {
        var cursors = sources.Select(source => new Cursor(source)).Where(cursor => cursor.HasMore).ToList();
        while (cursors.Count > 0)
        {
            var leader = cursors.MinBy(cursor => cursor.Time)!;
            var others = cursors.Where(cursor => cursor != leader).ToArray();
            var nextTime = others.Length == 0 ? long.MaxValue : others.Min(cursor => cursor.Time);
            // Sources seldom overlap: what the leader holds before anyone else begins goes out as it is.
            var block = leader.LastTime < nextTime ? leader.TakeRest() : leader.Time < nextTime ? leader.TakeBefore(nextTime) : Interleave(cursors);
            cursors.RemoveAll(cursor => !cursor.HasMore);
            if (block.Count > 0)
                yield return block;
        }
    }

    private static SampleBlock Interleave(List<Cursor> cursors)
    {
        var (times, values, qualities) = (new List<long>(), new List<double>(), new List<Quality>());
        while (times.Count < Segment.BlockSamples && cursors.Count > 0)
        {
            var time = cursors.Min(cursor => cursor.Time);
            Cursor? newest = null;
            foreach (var cursor in cursors)
            {
                if (cursor.Time == time && (newest is null || cursor.Age > newest.Age))
                    newest = cursor;
            }
            times.Add(time);
            values.Add(newest!.Value);
            qualities.Add(newest.Quality);
            foreach (var cursor in cursors)
            {
                if (cursor.Time == time)
                    cursor.Next();
            }
            cursors.RemoveAll(cursor => !cursor.HasMore);
        }
        return new SampleBlock(times.ToArray(), values.ToArray(), qualities.ToArray());
    }

    private sealed class Cursor
    {
        private readonly IEnumerator<SampleBlock> blocks;
        private SampleBlock block;
        private int place;

        public Cursor(Source source)
        {
            Age = source.Age;
            blocks = source.Blocks.GetEnumerator();
            Advance();
        }

        public int Age { get; }
        public bool HasMore { get; private set; }
        public long Time => block.TimesMicros.Span[place];
        public long LastTime => block.TimesMicros.Span[^1];
        public double Value => block.Values.Span[place];
        public Quality Quality => block.Qualities.Span[place];

        public void Next()
        {
            if (++place >= block.Count)
                Advance();
        }

        public SampleBlock TakeRest() => Take(block.Count);

        public SampleBlock TakeBefore(long time)
        {
            var at = block.TimesMicros.Span.BinarySearch(time);
            return Take(at >= 0 ? at : ~at);
        }

        private SampleBlock Take(int end)
        {
            var taken = new SampleBlock(block.TimesMicros[place..end], block.Values[place..end], block.Qualities[place..end]);
            place = end;
            if (place >= block.Count)
                Advance();
            return taken;
        }

        private void Advance()
        {
            place = 0;
            do
            {
                HasMore = blocks.MoveNext();
                block = HasMore ? blocks.Current : default;
            }
            while (HasMore && block.Count == 0);
            if (!HasMore)
                blocks.Dispose();
        }
    }
}
