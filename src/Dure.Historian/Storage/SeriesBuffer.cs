using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>The newest samples of one series, in memory, ascending, no time twice. Guarded by the store's lock.</summary>
internal sealed class SeriesBuffer
{
    private long[] times = new long[16];
    private double[] values = new double[16];
    private Quality[] qualities = new Quality[16];

    public int Count { get; private set; }

    public ReadOnlySpan<long> Times => times.AsSpan(0, Count);
    public ReadOnlySpan<double> Values => values.AsSpan(0, Count);
    public ReadOnlySpan<Quality> Qualities => qualities.AsSpan(0, Count);

    /// <summary>Adds rows that are all newer than the newest here: the common case.</summary>
    public void AppendNewer(ReadOnlySpan<long> newTimes, ReadOnlySpan<double> newValues, ReadOnlySpan<Quality> newQualities)
    {
        Reserve(Count + newTimes.Length);
        newTimes.CopyTo(times.AsSpan(Count));
        newValues.CopyTo(values.AsSpan(Count));
        newQualities.CopyTo(qualities.AsSpan(Count));
        Count += newTimes.Length;
    }

    /// <summary>Merges ascending rows, replacing values at equal times; moves only what lies after the first of them.</summary>
    public void Merge(ReadOnlySpan<long> newTimes, ReadOnlySpan<double> newValues, ReadOnlySpan<Quality> newQualities)
    {
        var from = LowerBound(newTimes[0]);
        var (oldTimes, oldValues, oldQualities) = (Times[from..].ToArray(), Values[from..].ToArray(), Qualities[from..].ToArray());
        Reserve(Count + newTimes.Length);
        var (old, next, at) = (0, 0, from);
        while (old < oldTimes.Length || next < newTimes.Length)
        {
            var takeNew = old == oldTimes.Length || (next < newTimes.Length && newTimes[next] <= oldTimes[old]);
            if (takeNew)
            {
                if (old < oldTimes.Length && oldTimes[old] == newTimes[next])
                    old++;
                (times[at], values[at], qualities[at++]) = (newTimes[next], newValues[next], newQualities[next]);
                next++;
            }
            else
            {
                (times[at], values[at], qualities[at++]) = (oldTimes[old], oldValues[old], oldQualities[old]);
                old++;
            }
        }
        Count = at;
    }

    /// <summary>A copy of the rows within [from, to).</summary>
    public SampleBlock Copy(long from, long to)
    {
        var first = LowerBound(from);
        var last = Math.Max(first, LowerBound(to));
        return new SampleBlock(Times[first..last].ToArray(), Values[first..last].ToArray(), Qualities[first..last].ToArray());
    }

    /// <summary>Rows that a batch of their own brought; the columns are kept, not copied.</summary>
    public static SeriesBuffer Of(AcceptedRows rows) => new() { times = rows.Times, values = rows.Values, qualities = rows.Qualities, Count = rows.Times.Length };

    /// <summary>The place of the newest row at or before a time; -1 when there is none.</summary>
    public int PlaceAt(long time)
    {
        var place = Times.BinarySearch(time);
        return place >= 0 ? place : ~place - 1;
    }

    private int LowerBound(long time)
    {
        var place = Times.BinarySearch(time);
        return place >= 0 ? place : ~place;
    }

    private void Reserve(int count)
    {
        if (count <= times.Length)
            return;
        var size = Math.Max(count, 2 * times.Length);
        Array.Resize(ref times, size);
        Array.Resize(ref values, size);
        Array.Resize(ref qualities, size);
    }
}
