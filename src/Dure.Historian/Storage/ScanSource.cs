using System.Buffers;
using Dure.Historian.Storage.Coding;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>
/// One place that holds samples of a series: a segment's blocks, or a copy of what is in memory. It stands at a row; a block is decoded only
/// when one of its rows is asked for. The newer of two places has the higher age.
/// </summary>
internal sealed class ScanSource : IDisposable
{
    private readonly Segment? segment;
    private readonly SeriesEntry series;
    private readonly long from;
    private readonly long to;
    private long[] times = [];
    private double[] values = [];
    private Quality[] qualities = [];
    private int block;
    private int blockEnd;
    private int place;
    private int count;
    private bool isRented;

    /// <summary>Blocks of a segment that touch [from, to); the segment is held until the source is disposed.</summary>
    public ScanSource(Segment segment, in SeriesEntry series, int firstBlock, int blockEnd, long from, long to)
    {
        (this.segment, this.series, this.from, this.to, Age) = (segment, series, from, to, segment.FirstSequence);
        (block, this.blockEnd) = (firstBlock, blockEnd);
        segment.Hold();
    }

    /// <summary>Rows already cut to the range.</summary>
    public ScanSource(SampleBlock rows, long age)
    {
        (times, values, qualities) = (rows.TimesMicros.ToArray(), rows.Values.ToArray(), rows.Qualities.ToArray());
        (from, to, Age, count, IsDecoded) = (long.MinValue, long.MaxValue, age, rows.Count, true);
    }

    public long Age { get; }
    public bool IsDecoded { get; private set; }

    /// <summary>Whether there is a row, once <see cref="Settle"/> was called.</summary>
    public bool HasRow => segment is null ? place < count : IsDecoded ? place < count : block < blockEnd;

    /// <summary>The entry of the block it stands before, not yet decoded.</summary>
    public ref readonly BlockEntry Entry => ref segment!.BlocksOf(series)[block];

    public long Time => IsDecoded ? times[place] : Entry.FirstTime;
    public long LastTime => IsDecoded ? times[count - 1] : Entry.LastTime;
    public ReadOnlySpan<long> Times => times.AsSpan(place, count - place);
    public ReadOnlySpan<double> Values => values.AsSpan(place, count - place);
    public ReadOnlySpan<Quality> Qualities => qualities.AsSpan(place, count - place);
    public Segment Segment => segment!;

    /// <summary>Goes to the next row there is: decodes a block that the range cuts, passes over blocks that are used up.</summary>
    public void Settle(BlockCodec codec)
    {
        while (segment is not null)
        {
            if (IsDecoded)
            {
                if (place < count)
                    return;
                (IsDecoded, block) = (false, block + 1);
            }
            if (block >= blockEnd || Entry.FirstTime >= from && Entry.LastTime < to)
                return;
            Decode(codec);
        }
    }

    public void Decode(BlockCodec codec)
    {
        if (IsDecoded)
            return;
        Rent();
        ref readonly var entry = ref Entry;
        count = entry.Count;
        try
        {
            codec.Decode(segment!.BytesOf(entry), entry.FirstTime, times.AsSpan(0, count), values.AsSpan(0, count), qualities.AsSpan(0, count));
        }
        catch (InvalidDataException damage)
        {
            throw segment!.Undecodable(entry, damage);
        }
        place = entry.FirstTime >= from ? 0 : LowerBound(from);
        count = entry.LastTime < to ? count : Math.Max(place, LowerBound(to));
        IsDecoded = true;
    }

    /// <summary>Rows before a time, from where it stands.</summary>
    public int RowsBefore(long time) => LowerBound(time) - place;

    public void Skip(int rows) => place += rows;

    /// <summary>Passes over the block it stands before.</summary>
    public void SkipBlock() => block++;

    public void Dispose()
    {
        segment?.Release();
        if (!isRented)
            return;
        ArrayPool<long>.Shared.Return(times);
        ArrayPool<double>.Shared.Return(values);
        ArrayPool<Quality>.Shared.Return(qualities);
        isRented = false;
    }

    private void Rent()
    {
        if (isRented)
            return;
        (times, values, qualities) = (ArrayPool<long>.Shared.Rent(BlockCodec.MostSamples), ArrayPool<double>.Shared.Rent(BlockCodec.MostSamples), ArrayPool<Quality>.Shared.Rent(BlockCodec.MostSamples));
        isRented = true;
    }

    private int LowerBound(long time)
    {
        var found = times.AsSpan(0, count).BinarySearch(time);
        return found >= 0 ? found : ~found;
    }
}
