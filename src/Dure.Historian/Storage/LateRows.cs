namespace Dure.Historian.Storage;

/// <summary>Compares rows that are not newer than their series with what is stored: the same again is dropped, another value replaces.</summary>
internal static class LateRows
{
    /// <param name="stored">What is stored from the rows' first time on, up to the series' last.</param>
    public static (AcceptedRows Fresh, long Same, long Other, long Late) WithoutDuplicates(AcceptedRows rows, long lastTime, SeriesScan stored)
    {
        var lateCount = rows.Times.AsSpan().BinarySearch(lastTime) is var place && place >= 0 ? place + 1 : ~place;
        var keep = new bool[rows.Times.Length];
        Array.Fill(keep, true);
        var (same, other, next) = (0L, 0L, 0);
        while (next < lateCount && stored.Next())
        {
            // A stored block that no late row falls into is not decoded.
            if (stored.LastTime < rows.Times[next])
                continue;
            var times = stored.Times;
            var values = stored.Values;
            var qualities = stored.Qualities;
            for (var i = 0; next < lateCount; next++)
            {
                i += LowerBound(times[i..], rows.Times[next]);
                if (i == times.Length)
                    break;
                if (times[i] != rows.Times[next])
                    continue;
                // By their bits: -0 over 0, or a NaN that says something else, is a correction too.
                if (BitConverter.DoubleToInt64Bits(values[i]) == BitConverter.DoubleToInt64Bits(rows.Values[next]) && qualities[i] == rows.Qualities[next])
                {
                    keep[next] = false;
                    same++;
                }
                else
                {
                    other++;
                }
            }
        }
        var fresh = same == 0 ? rows : new AcceptedRows(rows.Series, Kept(rows.Times, keep), Kept(rows.Values, keep), Kept(rows.Qualities, keep));
        return (fresh, same, other, lateCount - same);
    }

    private static int LowerBound(ReadOnlySpan<long> times, long time)
    {
        var place = times.BinarySearch(time);
        return place >= 0 ? place : ~place;
    }

    private static T[] Kept<T>(T[] from, bool[] keep) => [.. from.Where((_, i) => keep[i])];
}
