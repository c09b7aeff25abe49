using Dure.Historian.Storage.Coding;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>
/// One series as ascending pieces of up to <see cref="BlockCodec.MostSamples"/> rows, no time twice: where two places hold the same time, the
/// newer one counts. A stored block that nothing else overlaps is a piece as it is: its statistics are known without decoding it.
/// Holds one block per place, whatever the length of the series. Columns are valid until the next piece.
/// </summary>
internal sealed class SeriesScan : IDisposable
{
    private readonly List<ScanSource> open;
    private readonly List<ScanSource> all;
    private readonly BlockCodec codec;
    private long[] mergedTimes = [];
    private double[] mergedValues = [];
    private Quality[] mergedQualities = [];
    private int mergedCount;
    private ScanSource? lender;
    private bool isWholeBlock;

    public SeriesScan(List<ScanSource> sources)
    {
        all = [.. sources];
        open = sources;
        codec = BlockCodec.Rent();
        foreach (var source in open)
            source.Settle(codec);
        open.RemoveAll(static source => !source.HasRow);
    }

    /// <summary>Whether the piece is a stored block of which nothing was decoded yet.</summary>
    public bool IsStored => isWholeBlock && !lender!.IsDecoded;

    /// <summary>Of a stored piece.</summary>
    public ref readonly BlockEntry Entry => ref lender!.Entry;

    /// <summary>The bytes of a stored piece.</summary>
    public ReadOnlySpan<byte> Bytes => lender!.Segment.BytesOf(lender.Entry);

    public int Count => IsStored ? Entry.Count : lender?.Times.Length ?? mergedCount;
    public long FirstTime => IsStored ? Entry.FirstTime : Times[0];
    public long LastTime => IsStored ? Entry.LastTime : Times[^1];

    public ReadOnlySpan<long> Times => lender is null ? mergedTimes.AsSpan(0, mergedCount) : Decoded().Times;
    public ReadOnlySpan<double> Values => lender is null ? mergedValues.AsSpan(0, mergedCount) : Decoded().Values;
    public ReadOnlySpan<Quality> Qualities => lender is null ? mergedQualities.AsSpan(0, mergedCount) : Decoded().Qualities;

    /// <summary>Of a stored piece.</summary>
    public Segment Segment => lender!.Segment;

    /// <summary>The values of a stored piece without its times, which stays stored.</summary>
    /// <returns>The quality that all have; null when they differ.</returns>
    public Quality? DecodeValues(Span<double> values, Span<Quality> qualities)
    {
        try
        {
            return codec.DecodeValues(Bytes, values, qualities);
        }
        catch (InvalidDataException damage)
        {
            throw Segment.Undecodable(Entry, damage);
        }
    }

    /// <summary>Goes to the next piece; false after the last.</summary>
    public bool Next()
    {
        PassOver();
        mergedCount = 0;
        while (open.Count > 0)
        {
            var leader = Leader(out var nextTime);
            if (leader.LastTime < nextTime)
            {
                if (mergedCount > 0)
                    return true;
                (lender, isWholeBlock) = (leader, !leader.IsDecoded);
                return true;
            }
            // Others hold rows between the leader's: a piece of our own is filled from all of them in turn.
            leader.Decode(codec);
            var isFull = open.Count == 2 ? !Interleave(open[0], open[1]) : !TakeRun(leader, nextTime);
            if (isFull)
                return true;
        }
        return mergedCount > 0;
    }

    public void Dispose()
    {
        foreach (var source in all)
            source.Dispose();
        BlockCodec.Return(codec);
    }

    private ScanSource Decoded()
    {
        lender!.Decode(codec);
        return lender;
    }

    private void PassOver()
    {
        if (lender is null)
            return;
        if (lender.IsDecoded)
            lender.Skip(lender.Times.Length);
        else
            lender.SkipBlock();
        Settle(lender);
        (lender, isWholeBlock) = (null, false);
    }

    /// <summary>The source with the earliest row, of equal ones the newest; and the earliest row of all others.</summary>
    private ScanSource Leader(out long nextTime)
    {
        var leader = open[0];
        nextTime = long.MaxValue;
        for (var i = 1; i < open.Count; i++)
        {
            var source = open[i];
            if (source.Time < leader.Time || source.Time == leader.Time && source.Age > leader.Age)
                (leader, source) = (source, leader);
            nextTime = Math.Min(nextTime, source.Time);
        }
        return leader;
    }

    /// <summary>Takes rows of two places in turn until one of their blocks is used up; false when the piece is full. What late rows cost is this loop.</summary>
    private bool Interleave(ScanSource older, ScanSource newer)
    {
        if (older.Age > newer.Age)
            (older, newer) = (newer, older);
        older.Decode(codec);
        newer.Decode(codec);
        RentMerged();
        ReadOnlySpan<long> oldTimes = older.Times, newTimes = newer.Times;
        ReadOnlySpan<double> oldValues = older.Values, newValues = newer.Values;
        ReadOnlySpan<Quality> oldQualities = older.Qualities, newQualities = newer.Qualities;
        var (times, values, qualities) = (mergedTimes, mergedValues, mergedQualities);
        var (i, j, rows) = (0, 0, mergedCount);
        while (rows < times.Length && i < oldTimes.Length && j < newTimes.Length)
        {
            if (oldTimes[i] < newTimes[j])
            {
                (times[rows], values[rows], qualities[rows]) = (oldTimes[i], oldValues[i], oldQualities[i]);
                i++;
            }
            else
            {
                (times[rows], values[rows], qualities[rows]) = (newTimes[j], newValues[j], newQualities[j]);
                if (oldTimes[i] == newTimes[j])
                    i++;
                j++;
            }
            rows++;
        }
        mergedCount = rows;
        older.Skip(i);
        newer.Skip(j);
        Settle(older);
        Settle(newer);
        return rows < times.Length;
    }

    /// <summary>Takes the leader's rows before the others' next, at least one, and drops the same time elsewhere; false when the piece is full.</summary>
    private bool TakeRun(ScanSource leader, long nextTime)
    {
        RentMerged();
        var isContested = leader.Time == nextTime;
        var rows = Math.Min(isContested ? 1 : leader.RowsBefore(nextTime), mergedTimes.Length - mergedCount);
        if (rows == 0)
            return false;
        leader.Times[..rows].CopyTo(mergedTimes.AsSpan(mergedCount));
        leader.Values[..rows].CopyTo(mergedValues.AsSpan(mergedCount));
        leader.Qualities[..rows].CopyTo(mergedQualities.AsSpan(mergedCount));
        mergedCount += rows;
        leader.Skip(rows);
        if (isContested)
        {
            foreach (var source in open)
            {
                if (source == leader || source.Time != nextTime)
                    continue;
                source.Decode(codec);
                source.Skip(1);
            }
        }
        foreach (var source in open)
            source.Settle(codec);
        open.RemoveAll(static source => !source.HasRow);
        return true;
    }

    private void RentMerged()
    {
        if (mergedTimes.Length == 0)
            (mergedTimes, mergedValues, mergedQualities) = (new long[BlockCodec.MostSamples], new double[BlockCodec.MostSamples], new Quality[BlockCodec.MostSamples]);
    }

    private void Settle(ScanSource source)
    {
        source.Settle(codec);
        if (!source.HasRow)
            open.Remove(source);
    }
}
