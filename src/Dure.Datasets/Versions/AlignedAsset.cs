using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>One signal's samples in memory, rising in time.</summary>
internal sealed record Series(string Name, SeriesFacts Facts, long[] TimesMicros, double[] Values, Quality[] Qualities)
{
    public bool HasDoubts => Qualities.AsSpan().ContainsAnyExcept(Quality.Good);

    public static async Task<Series> Read(ISeriesSource source, SignalId signal, SeriesFacts facts, TimeRange range, CancellationToken cancel)
    {
        var (times, values, qualities) = (new List<long>(), new List<double>(), new List<Quality>());
        await foreach (var part in source.Read(signal, range, cancel))
        {
            times.AddRange(part.TimesMicros.Span);
            values.AddRange(part.Values.Span);
            qualities.AddRange(part.Qualities.Span);
        }
        return new Series(signal.Name, facts, [.. times], [.. values], [.. qualities]);
    }
}

/// <summary>An asset's signals on one time axis: the union of their stamps.</summary>
internal sealed class AlignedAsset
{
    /// <summary>Stands where a signal has no sample at a row.</summary>
    public const byte NoSample = 255;

    private AlignedAsset(AssetId asset, long[] times) => (Asset, TimesMicros) = (asset, times);

    public AssetId Asset { get; }
    public long[] TimesMicros { get; }
    public int Rows => TimesMicros.Length;
    public required double[][] Values { get; init; }
    public required byte[][] Qualities { get; init; }
    public required bool[]? Labels { get; init; }
    public required bool[]? HasLabel { get; init; }

    public static AlignedAsset Of(AssetId asset, IReadOnlyList<Series> signals, Series? label)
    {
        var times = Union([.. signals.Select(signal => signal.TimesMicros)]);
        var values = new double[signals.Count][];
        var qualities = new byte[signals.Count][];
        for (var i = 0; i < signals.Count; i++)
            (values[i], qualities[i]) = Place(signals[i], times);

        var labelled = label is null ? default : Place(label, times);
        return new AlignedAsset(asset, times)
        {
            Values = values,
            Qualities = qualities,
            Labels = label is null ? null : Array.ConvertAll(labelled.Values, value => value is not (0 or double.NaN)),
            HasLabel = label is null ? null : Array.ConvertAll(labelled.Qualities, quality => quality != NoSample),
        };
    }

    /// <summary>All stamps of rising lists, each once, rising.</summary>
    public static long[] Union(IReadOnlyList<long[]> lists)
    {
        var union = lists.Count == 0 ? [] : lists[0];
        for (var i = 1; i < lists.Count; i++)
            if (!union.AsSpan().SequenceEqual(lists[i]))
                union = Merge(union, lists[i]);
        return union;
    }

    private static long[] Merge(long[] left, long[] right)
    {
        var merged = new long[left.Length + right.Length];
        var (l, r, n) = (0, 0, 0);
        while (l < left.Length || r < right.Length)
        {
            var next = r == right.Length || (l < left.Length && left[l] <= right[r]) ? left[l] : right[r];
            merged[n++] = next;
            if (l < left.Length && left[l] == next)
                l++;
            if (r < right.Length && right[r] == next)
                r++;
        }
        return merged.AsSpan(0, n).ToArray();
    }

    private static (double[] Values, byte[] Qualities) Place(Series series, long[] times)
    {
        var values = new double[times.Length];
        var qualities = new byte[times.Length];
        var next = 0;
        for (var row = 0; row < times.Length; row++)
        {
            while (next < series.TimesMicros.Length && series.TimesMicros[next] < times[row])
                next++;
            var isHere = next < series.TimesMicros.Length && series.TimesMicros[next] == times[row];
            values[row] = isHere ? series.Values[next] : double.NaN;
            qualities[row] = isHere ? (byte)series.Qualities[next] : NoSample;
        }
        return (values, qualities);
    }
}
