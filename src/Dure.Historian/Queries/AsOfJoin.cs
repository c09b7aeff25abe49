using Dure.Historian.Storage;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Queries;

/// <summary>
/// What a series was at each of many ascending times: one walk over series and times together. A block that no time falls into or follows is
/// not decoded.
/// </summary>
internal sealed class AsOfJoin(SeriesScan scan, long oldestAge) : IDisposable
{
    private readonly BlockReader reader = new();
    private (long Time, double Value, Quality Quality) last = (-1, double.NaN, Quality.Bad);
    private (Segment Segment, BlockEntry Entry)? undecoded;

    /// <param name="before">The newest sample before the scan's range, for times that precede every sample in it.</param>
    public AsOfColumn Run(Sample? before, ReadOnlySpan<long> times, CancellationToken cancel)
    {
        if (before is { } sample)
            last = (Micros.Of(sample.Time), sample.Value, sample.Quality);
        var joined = new AsOfColumn(new long[times.Length], new double[times.Length], new Quality[times.Length]);
        var next = 0;
        while (next < times.Length && scan.Next())
        {
            cancel.ThrowIfCancellationRequested();
            next = PutLast(joined, times, next, scan.FirstTime);
            if (next < times.Length && times[next] <= scan.LastTime)
                next = PutWithin(joined, times, next);
            else if (scan.IsStored)
                undecoded = (scan.Segment, scan.Entry);
            else
                (last, undecoded) = ((scan.Times[^1], scan.Values[^1], scan.Qualities[^1]), null);
        }
        PutLast(joined, times, next, long.MaxValue);
        return joined;
    }

    public void Dispose() => reader.Dispose();

    /// <summary>Times before the next piece begins take the last row of the pieces before.</summary>
    private int PutLast(AsOfColumn joined, ReadOnlySpan<long> times, int next, long before)
    {
        if (next >= times.Length || times[next] >= before)
            return next;
        if (undecoded is { } block)
        {
            reader.Read(block.Segment, block.Entry);
            (last, undecoded) = ((reader.Times[^1], reader.Values[^1], reader.Qualities[^1]), null);
        }
        for (; next < times.Length && times[next] < before; next++)
            Put(joined, next, times[next], last.Time, last.Value, last.Quality);
        return next;
    }

    private int PutWithin(AsOfColumn joined, ReadOnlySpan<long> times, int next)
    {
        var rows = scan.Times;
        var values = scan.Values;
        var qualities = scan.Qualities;
        for (var place = 0; next < times.Length && times[next] <= rows[^1]; next++)
        {
            var found = rows[place..].BinarySearch(times[next]);
            place += found >= 0 ? found : ~found - 1;
            Put(joined, next, times[next], rows[place], values[place], qualities[place]);
        }
        (last, undecoded) = ((rows[^1], values[^1], qualities[^1]), null);
        return next;
    }

    private void Put(AsOfColumn joined, int row, long asked, long time, double value, Quality quality) =>
        (joined.TimesMicros[row], joined.Values[row], joined.Qualities[row]) = time >= 0 && asked - time <= oldestAge ? (time, value, quality) : (-1, double.NaN, Quality.Bad);
}
