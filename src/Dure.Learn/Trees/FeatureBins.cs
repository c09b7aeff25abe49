using Dure.Learn.Sketches;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>
/// How one column's values become bins: a number falls into the first bin whose border it does not exceed, a category into its own, rare ones
/// into a common one, and a missing value into the last.
/// </summary>
internal sealed class FeatureBins
{
    /// <summary>Bins of a feature at most, the one for missing values included: an index is one byte.</summary>
    public const int Most = 256;

    private const int SampleRows = 200_000;
    private const int LeastInBin = 3;
    private const int GuideCells = 2048;

    private readonly float[] borders;
    private readonly Dictionary<int, byte>? codes;
    private readonly byte[] guide;
    private readonly float guideStart, guideScale;

    private FeatureBins(float[] borders, Dictionary<int, byte>? codes, bool hasMissing)
    {
        (this.borders, this.codes, HasMissing) = (borders, codes, hasMissing);
        (guide, guideStart, guideScale) = Guide(borders);
        Values = codes is null ? borders.Length + 1 : codes.Values.Distinct().Count() + 1;
    }

    /// <summary>Bins that hold values; the next one holds the missing.</summary>
    public int Values { get; }

    public bool HasMissing { get; }

    public bool IsCategorical => codes is not null;

    /// <summary>The categories' codes and their bins.</summary>
    public IReadOnlyDictionary<int, byte> Codes => codes ?? [];

    /// <summary>The last bin of values of a categorical column: rare categories, and those never seen.</summary>
    public int RareBin => Values - 1;

    /// <summary>The largest value of a bin that is not the last.</summary>
    public float Border(int bin) => borders[bin];

    /// <summary>Bins of a finished model: of a number nothing is asked any more, of categories their codes; null: a number.</summary>
    public static FeatureBins OfModel(IReadOnlyDictionary<int, byte>? codes) => new([], codes is null ? null : new Dictionary<int, byte>(codes), false);

    public static FeatureBins Of(FeatureColumn column, int most)
    {
        var hasMissing = Array.Exists(column.Values, float.IsNaN);
        return column.IsCategorical ? OfCategories(column, most, hasMissing) : new FeatureBins(Borders(Sample(column.Values), most), null, hasMissing);
    }

    /// <summary>Bins from what several sites told of a column of numbers.</summary>
    public static FeatureBins Of(QuantileSketch column, int most)
    {
        // As many of each number as it stands for, thinned to what a sample has.
        var (sorted, step) = (new List<float>(), Math.Max(1, column.Count / SampleRows));
        foreach (var (value, weight) in column.Weighted())
            for (var i = 0L; i < Math.Max(1, weight / step); i++)
                sorted.Add(value + 0f);
        return new FeatureBins(Borders([.. sorted], most), null, column.Missing > 0);
    }

    /// <summary>Bins from the categories' counts at several sites; those of fewer rows than said share the common bin.</summary>
    public static FeatureBins Of(IReadOnlyDictionary<int, long> counts, int most, int leastRows, bool hasMissing)
    {
        var own = counts.Where(pair => pair.Value >= leastRows).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(Math.Min(most, Most) - 2);
        return new FeatureBins([], own.Select((pair, i) => (pair.Key, Bin: (byte)i)).ToDictionary(pair => pair.Key, pair => pair.Bin), hasMissing);
    }

    public byte BinOf(float value)
    {
        if (float.IsNaN(value))
            return (byte)Values;
        if (codes is not null)
            return codes.TryGetValue((int)value, out var bin) ? bin : (byte)RareBin;
        var cell = Cell(value);
        int at = guide[cell], end = guide[cell + 3];
        while (at < end)
        {
            var middle = (at + end) / 2;
            if (value > borders[middle])
                at = middle + 1;
            else
                end = middle;
        }
        return (byte)at;
    }

    private static FeatureBins OfCategories(FeatureColumn column, int most, bool hasMissing)
    {
        var counts = new Dictionary<int, int>();
        foreach (var value in column.Values)
            if (!float.IsNaN(value))
                counts[(int)value] = counts.GetValueOrDefault((int)value) + 1;
        // One bin of values is for the rare and the unseen, so that a category of tomorrow has a place.
        var own = counts.Where(pair => pair.Value >= LeastInBin || column.Values.Length < 100).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(Math.Min(most, Most) - 2);
        return new FeatureBins([], own.Select((pair, i) => (pair.Key, Bin: (byte)i)).ToDictionary(pair => pair.Key, pair => pair.Bin), hasMissing);
    }

    /// <summary>Sorted values, of long columns every so many: the same for the same column.</summary>
    private static float[] Sample(float[] values)
    {
        var step = Math.Max(1, values.Length / SampleRows);
        var sample = new List<float>(Math.Min(values.Length, 2 * SampleRows));
        for (var i = 0; i < values.Length; i += step)
            if (!float.IsNaN(values[i]))
                sample.Add(values[i] + 0f); // -0 is 0
        var sorted = sample.ToArray();
        Array.Sort(sorted);
        return sorted;
    }

    /// <summary>Borders between bins of about equal count; equal values are never parted, and frequent ones have a bin of their own.</summary>
    private static float[] Borders(float[] sorted, int most)
    {
        most = Math.Min(most, Most) - 1;
        var borders = new List<float>();
        var (left, bins, start) = ((double)sorted.Length, most, 0);
        for (var i = 0; i < sorted.Length && bins > 1;)
        {
            var (end, count) = (EndOfRun(sorted, i), i - start);
            var size = left / bins;
            // A run that fills a bin alone does not share it with those before.
            var closes = count >= LeastInBin && (count >= size || (end - i >= size && count > 0));
            if (closes)
            {
                borders.Add(Between(sorted[i - 1], sorted[i]));
                (left, bins, start) = (left - count, bins - 1, i);
                continue;
            }
            i = end;
        }
        return [.. borders];
    }

    private static int EndOfRun(float[] sorted, int from)
    {
        var value = sorted[from];
        var at = from + 1;
        while (at < sorted.Length && sorted[at] == value)
            at++;
        return at;
    }

    /// <summary>A border that the lower value does not exceed and the higher does.</summary>
    private static float Between(float low, float high)
    {
        var middle = (float)((low + (double)high) / 2);
        return middle < high ? middle : low;
    }

    /// <summary>
    /// For equal steps of the range the first border at or above the step before: a value of the step has its bin between that and the same of
    /// three steps on, whatever rounding does at the edges.
    /// </summary>
    private static (byte[] Guide, float Start, float Scale) Guide(float[] borders)
    {
        var guide = new byte[GuideCells + 5];
        var span = borders.Length == 0 ? 0 : (double)borders[^1] - borders[0];
        var scale = (float)(GuideCells / span);
        if (!(span > 0) || !float.IsFinite(scale))
        {
            Array.Fill(guide, (byte)borders.Length, 3, guide.Length - 3);
            return (guide, 0, 0);
        }
        for (var (cell, bin) = (0, 0); cell < guide.Length; cell++)
        {
            var low = borders[0] + (cell - 2) / (double)scale;
            while (bin < borders.Length && borders[bin] < low)
                bin++;
            guide[cell] = (byte)(cell >= GuideCells + 2 ? borders.Length : bin);
        }
        return (guide, borders[0], scale);
    }

    private int Cell(float value) => guideScale == 0 ? 0 : (int)Math.Clamp((value - guideStart) * guideScale + 1, 0, GuideCells + 1);
}
