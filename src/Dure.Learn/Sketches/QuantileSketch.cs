using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Sketches;

/// <summary>
/// The distribution of many numbers in a few hundred (KLL: Karnin, Lang and Liberty 2016). Two sketches merge into that of both without any of
/// the numbers; the rank of a value is wrong by about 1 / size of all, seldom by more than 4 / size. The same numbers in the same order and the same seed give the same sketch.
/// </summary>
public sealed class QuantileSketch
{
    public const int MostSize = 4096;
    private const int LeastCapacity = 8;
    private const double Shrink = 2.0 / 3;
    private const int MostLevels = 48;

    private readonly int size;
    private readonly ulong seed;
    private readonly List<List<float>> levels = [[]];
    private ulong coins;

    /// <param name="size">How many numbers the top level keeps; the whole sketch keeps about three times as many.</param>
    public QuantileSketch(int size = 400, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, LeastCapacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MostSize);
        (this.size, this.seed) = (size, (ulong)(uint)seed);
    }

    /// <summary>How many numbers came, the missing not among them.</summary>
    public long Count { get; private set; }

    /// <summary>How many were missing.</summary>
    public long Missing { get; private set; }

    /// <summary>The smallest number; NaN without any.</summary>
    public float Least { get; private set; } = float.NaN;

    /// <summary>The largest number; NaN without any.</summary>
    public float Most { get; private set; } = float.NaN;

    /// <summary>How far the share of a rank may be off, for all ranks at once, nearly always; 0 as long as all numbers are kept.</summary>
    public double RankError => levels.Count == 1 ? 0 : 4.0 / size;

    /// <summary>How many numbers it keeps.</summary>
    public int Kept => levels.Sum(level => level.Count);

    public void Add(float value)
    {
        if (float.IsNaN(value))
        {
            Missing++;
            return;
        }
        (Least, Most) = (Math.Min(float.IsNaN(Least) ? value : Least, value), Math.Max(float.IsNaN(Most) ? value : Most, value));
        Count++;
        levels[0].Add(value);
        if (levels[0].Count > Capacity(0))
            Compress();
    }

    public void Add(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
            Add(value);
    }

    /// <summary>Takes in another sketch.</summary>
    /// <exception cref="ProblemException">It is of another size.</exception>
    public void Merge(QuantileSketch other)
    {
        if (other.size != size)
            throw new ProblemException("urn:dure:learn:bad-sketch", $"A sketch of size {other.size} does not merge into one of {size}.", "quantile sketch", "Agree on one size first.");
        for (var level = 0; level < other.levels.Count; level++)
        {
            if (level == levels.Count)
                levels.Add([]);
            levels[level].AddRange(other.levels[level]);
        }
        (Count, Missing, coins) = (Count + other.Count, Missing + other.Missing, coins + other.coins);
        if (!float.IsNaN(other.Least))
            (Least, Most) = (Math.Min(float.IsNaN(Least) ? other.Least : Least, other.Least), Math.Max(float.IsNaN(Most) ? other.Most : Most, other.Most));
        Compress();
    }

    /// <summary>The kept numbers in rising order, each with how many it stands for.</summary>
    public IReadOnlyList<(float Value, long Weight)> Weighted() =>
        [.. levels.SelectMany((level, height) => level.Select(value => (value, 1L << height))).OrderBy(pair => pair.value)];

    /// <summary>About which value this share of the numbers does not exceed; NaN without numbers.</summary>
    public float Quantile(double share)
    {
        var (sum, target) = (0L, share * Count);
        if (share <= 0 || Count == 0)
            return Least;
        foreach (var (value, weight) in Weighted())
            if ((sum += weight) >= target)
                return share >= 1 ? Most : value;
        return Most;
    }

    /// <summary>About which share of the numbers does not exceed each of some values, given in rising order.</summary>
    public double[] Shares(ReadOnlySpan<float> values)
    {
        var (shares, kept, at, sum) = (new double[values.Length], Weighted(), 0, 0L);
        var all = kept.Sum(pair => pair.Weight);
        for (var i = 0; i < values.Length; i++)
        {
            for (; at < kept.Count && kept[at].Value <= values[i]; at++)
                sum += kept[at].Weight;
            shares[i] = all == 0 ? 0 : (double)sum / all;
        }
        return shares;
    }

    public JsonObject ToJson() => new()
    {
        ["size"] = size,
        ["seed"] = seed,
        ["coins"] = coins,
        ["count"] = Count,
        ["missing"] = Missing,
        ["range"] = Count == 0 ? [] : new JsonArray(Least, Most),
        ["levels"] = new JsonArray([.. levels.Select(level => (JsonNode)new JsonArray([.. level.Select(value => JsonValue.Create(value))]))]),
    };

    /// <exception cref="ProblemException">It is no sketch.</exception>
    public static QuantileSketch Read(JsonObject text) => ModelFile.Checked(() =>
    {
        var sketch = new QuantileSketch(text["size"]!.GetValue<int>(), unchecked((int)text["seed"]!.GetValue<ulong>()))
        {
            coins = text["coins"]!.GetValue<ulong>(),
            Count = text["count"]!.GetValue<long>(),
            Missing = text["missing"]!.GetValue<long>(),
        };
        var levels = text["levels"]!.AsArray();
        ModelFile.Must(levels.Count is > 0 and <= MostLevels && sketch is { Count: >= 0, Missing: >= 0 }, "the sketch has no levels, or too many");
        sketch.levels.Clear();
        sketch.levels.AddRange(levels.Select(level => level!.AsArray().Select(value => value!.GetValue<float>()).ToList()));
        ModelFile.Must(sketch.levels.TrueForAll(level => level.Count <= 4 * MostSize && level.TrueForAll(float.IsFinite)), "a level of the sketch is too long, or holds no numbers");
        ModelFile.Must(sketch.levels.Select((level, height) => level.Count * (1L << height)).Sum() == sketch.Count, "the sketch's numbers do not stand for as many as it says");
        if (text["range"]!.AsArray() is [{ } least, { } most])
            (sketch.Least, sketch.Most) = (least.GetValue<float>(), most.GetValue<float>());
        ModelFile.Must(sketch.Count == 0 || sketch.Least <= sketch.Most, "the sketch has no range");
        return sketch;
    });

    private int Capacity(int level) => Math.Max(LeastCapacity, (int)Math.Ceiling(size * Math.Pow(Shrink, levels.Count - 1 - level)));

    /// <summary>Halves the lowest full level into the one above, until none is full: every other number of the sorted level stands for two.</summary>
    private void Compress()
    {
        for (var level = 0; level < levels.Count; level++)
        {
            if (levels[level].Count <= Capacity(level))
                continue;
            if (level + 1 == levels.Count)
                levels.Add([]);
            var full = levels[level];
            full.Sort();
            // Of an odd number one stays behind, so that what is kept stands for as many as came.
            var from = full.Count % 2;
            for (var i = from + Coin(full[from], full[^1]); i < full.Count; i += 2)
                levels[level + 1].Add(full[i]);
            full.RemoveRange(from, full.Count - from);
        }
    }

    /// <summary>A coin that is the same each time, but another for other numbers: sketches of one seed must not all err to one side.</summary>
    private int Coin(float low, float high)
    {
        var z = (seed << 32) + ++coins * 0x9E3779B97F4A7C15 + BitConverter.SingleToUInt32Bits(low) + ((ulong)BitConverter.SingleToUInt32Bits(high) << 32);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) & 1);
    }
}
