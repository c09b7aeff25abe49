using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>
/// Finds the newest sample of a series at or before a time: takes the one block of each segment that may hold it, and decodes only those that
/// can still be newer than what was found.
/// </summary>
internal sealed class PointLookup(long time) : IDisposable
{
    private readonly List<(Segment Segment, BlockEntry Block)> candidates = [];
    private (long Time, long Age, double Value, Quality Quality)? best;

    /// <summary>Under the store's lock.</summary>
    public void Consider(Segment segment, int series)
    {
        if (!segment.TryFind(series, out var entry))
            return;
        var blocks = segment.BlocksOf(entry);
        var place = SegmentSet.FirstBeginningAtOrAfter(blocks, time == long.MaxValue ? time : time + 1) - 1;
        if (place < 0)
            return;
        segment.Hold();
        candidates.Add((segment, blocks[place]));
    }

    /// <summary>Under the store's lock.</summary>
    public void Consider(Memory memory, int series)
    {
        if (memory.Buffers.TryGetValue(series, out var buffer) && buffer.PlaceAt(time) is var place and >= 0)
            Take(buffer.Times[place], memory.FirstSequence, buffer.Values[place], buffer.Qualities[place]);
    }

    public Sample? Answer()
    {
        if (candidates.Count > 1)
            candidates.Sort((a, b) => b.Block.LastTime.CompareTo(a.Block.LastTime));
        using var reader = candidates.Count > 0 ? new BlockReader() : null;
        foreach (var (segment, block) in candidates)
        {
            if (best is { } known && Math.Min(block.LastTime, time) < known.Time)
                continue;
            reader!.Read(segment, block);
            var place = reader.Times.BinarySearch(time);
            place = place >= 0 ? place : ~place - 1;
            Take(reader.Times[place], segment.FirstSequence, reader.Values[place], reader.Qualities[place]);
        }
        return best is { } found ? new Sample(Micros.Time(found.Time), found.Value, found.Quality) : null;
    }

    public void Dispose()
    {
        foreach (var (segment, _) in candidates)
            segment.Release();
    }

    private void Take(long at, long age, double value, Quality quality)
    {
        if (best is not { } known || at > known.Time || at == known.Time && age > known.Age)
            best = (at, age, value, quality);
    }
}
