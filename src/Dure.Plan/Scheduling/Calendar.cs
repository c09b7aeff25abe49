namespace Dure.Plan.Scheduling;

/// <summary>When one place of a resource is taken: disjoint spans in order, in microseconds.</summary>
internal sealed class Calendar
{
    private long[] starts = new long[8];
    private long[] ends = new long[8];
    private int count;

    public long LastEnd => count == 0 ? long.MinValue : ends[count - 1];

    public void CopyFrom(Calendar other)
    {
        if (starts.Length < other.count)
            (starts, ends) = (new long[other.starts.Length], new long[other.starts.Length]);
        Array.Copy(other.starts, starts, other.count);
        Array.Copy(other.ends, ends, other.count);
        count = other.count;
    }

    /// <summary>The first moment from which it is free for a length, and at least until a moment.</summary>
    /// <param name="freeUntil">When it is taken next after that.</param>
    public long Earliest(long from, long length, long until, out long freeUntil)
    {
        for (var i = FirstEndingAfter(from); i < count; i++)
        {
            if (starts[i] >= Math.Max(from + length, until))
            {
                freeUntil = starts[i];
                return from;
            }
            from = Math.Max(from, ends[i]);
        }
        freeUntil = Shop.Never;
        return from;
    }

    /// <summary>Takes a span; what is already taken of it stays so.</summary>
    public void Take(long start, long end)
    {
        var first = FirstEndingAfter(start - 1);
        var next = first;
        while (next < count && starts[next] <= end)
        {
            (start, end) = (Math.Min(start, starts[next]), Math.Max(end, ends[next]));
            next++;
        }
        if (first == next)
            Open(first);
        else
            Close(first + 1, next);
        (starts[first], ends[first]) = (start, end);
    }

    private int FirstEndingAfter(long time)
    {
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (ends[middle] > time)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }

    private void Open(int at)
    {
        if (count == starts.Length)
        {
            Array.Resize(ref starts, 2 * count);
            Array.Resize(ref ends, 2 * count);
        }
        Array.Copy(starts, at, starts, at + 1, count - at);
        Array.Copy(ends, at, ends, at + 1, count - at);
        count++;
    }

    private void Close(int from, int to)
    {
        Array.Copy(starts, to, starts, from, count - to);
        Array.Copy(ends, to, ends, from, count - to);
        count -= to - from;
    }
}
