using Dure.Learn.Neural;

namespace Dure.Learn.Vision;

/// <summary>
/// What good positions look like, wherever they are: a choice of all their features such that each is near to a chosen one; how far a position of a new
/// image is from the nearest is how strange it looks. PatchCore: Roth et al. (2022), sections 3.1 to 3.3.
/// </summary>
internal sealed class PatchMemory
{
    /// <summary>Dimensions in which the choice is made (Johnson, Lindenstrauss 1984).</summary>
    internal const int Projected = 32;

    /// <summary>Neighbours of the nearest that say how usual it is (eq. 7).</summary>
    private const int Neighbours = 9;

    /// <summary>Positions whose products with the whole memory are held at once: all of a large image would take gigabytes.</summary>
    private const int Block = 256;

    private readonly float[] squares;

    public PatchMemory(int channels, float[] rows)
    {
        (Channels, Rows, Count) = (channels, rows, rows.Length / channels);
        squares = new float[Count];
        for (var i = 0; i < Count; i++)
            squares[i] = FloatMath.Dot(rows.AsSpan(i * channels, channels), rows.AsSpan(i * channels, channels));
    }

    public int Channels { get; }
    public int Count { get; }
    public float[] Rows { get; }

    /// <summary>Takes at most so many of all positions: always the one that is farthest from those taken (greedy k-centre).</summary>
    public static PatchMemory Of(IReadOnlyList<FeatureMap> maps, int most, int seed, CancellationToken cancel)
    {
        var channels = maps[0].Channels;
        var all = new float[maps.Sum(map => map.Values.Length)];
        for (var (i, at) = (0, 0); i < maps.Count; at += maps[i++].Values.Length)
            maps[i].Values.CopyTo(all, at);
        var (count, low) = (all.Length / channels, Project(all, channels, seed));
        var distances = new float[count];
        Array.Fill(distances, float.PositiveInfinity);
        var chosen = new List<int> { new Random(seed).Next(count) };
        while (chosen.Count < Math.Min(most, count))
        {
            cancel.ThrowIfCancellationRequested();
            var (last, farthest) = (low.AsSpan(chosen[^1] * Projected, Projected).ToArray(), 0);
            for (var i = 0; i < count; i++)
            {
                distances[i] = Math.Min(distances[i], SquaredDistance(low.AsSpan(i * Projected, Projected), last));
                if (distances[i] > distances[farthest])
                    farthest = i;
            }
            if (distances[farthest] <= 0)
                break; // all others are alike
            chosen.Add(farthest);
        }
        return new PatchMemory(channels, [.. chosen.SelectMany(i => all.AsSpan(i * channels, channels).ToArray())]);
    }

    private static unsafe float[] Project(float[] all, int channels, int seed)
    {
        var random = new Random(seed);
        float[] directions = [.. Enumerable.Range(0, channels * Projected).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
        var low = new float[all.Length / channels * Projected];
        var panels = new Panels().Pack(directions, Projected, channels, Projected);
        fixed (float* from = all, to = low)
            Gemm.Multiply(Left.Rows(from, channels, channels), panels, to, Projected, all.Length / channels, add: false);
        return low;
    }

    private static float SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = System.Runtime.Intrinsics.Vector256<float>.Zero;
        for (var i = 0; i < Projected; i += 8)
        {
            var d = System.Runtime.Intrinsics.Vector256.Create(a.Slice(i, 8)) - System.Runtime.Intrinsics.Vector256.Create(b.Slice(i, 8));
            sum += d * d;
        }
        return System.Runtime.Intrinsics.Vector256.Sum(sum);
    }

    /// <summary>How far each position is from the nearest known one.</summary>
    /// <param name="score">Of the image: its strangest position, weighted by how usual what it is nearest to is.</param>
    public unsafe float[] Distances(FeatureMap map, out double score)
    {
        var (far, nearest) = (new float[map.Positions], new int[map.Positions]);
        var products = new float[Math.Min(Block, map.Positions) * Count];
        var panels = new Panels().PackTurned(Rows, Channels, Channels, Count);
        var worst = 0;
        for (var first = 0; first < map.Positions; first += Block)
        {
            var count = Math.Min(Block, map.Positions - first);
            fixed (float* from = map.Values, to = products)
                Gemm.Multiply(Left.Rows(from + (long)first * Channels, Channels, Channels), panels, to, Count, count, add: false);
            for (var position = first; position < first + count; position++)
            {
                far[position] = Nearest(map.At(position), products.AsSpan((position - first) * Count, Count), out nearest[position]);
                if (far[position] > far[worst])
                    worst = position;
            }
        }
        score = far[worst] * Unusual(map.At(worst), nearest[worst], far[worst]);
        return map.Smooth(far);
    }

    /// <param name="products">Of the position with each that is known.</param>
    private float Nearest(ReadOnlySpan<float> position, ReadOnlySpan<float> products, out int nearest)
    {
        var (own, least) = (FloatMath.Dot(position, position), float.PositiveInfinity);
        nearest = 0;
        for (var i = 0; i < products.Length; i++)
        {
            if (squares[i] - 2 * products[i] is var distance && distance < least)
                (least, nearest) = (distance, i);
        }
        return MathF.Sqrt(MathF.Max(0, own + least));
    }

    /// <summary>1 less the softmax share of the nearest among its own neighbours.</summary>
    private double Unusual(ReadOnlySpan<float> position, int nearest, float distance)
    {
        var centre = Rows.AsSpan(nearest * Channels, Channels).ToArray();
        double between(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            var sum = 0.0;
            for (var i = 0; i < a.Length; i++)
                sum += (double)(a[i] - b[i]) * (a[i] - b[i]);
            return Math.Sqrt(sum);
        }
        var around = Enumerable.Range(0, Count).OrderBy(i => between(centre, Rows.AsSpan(i * Channels, Channels))).ThenBy(i => i).Take(Neighbours).ToArray();
        var sum = 0.0;
        foreach (var i in around)
            sum += Math.Exp(between(position, Rows.AsSpan(i * Channels, Channels)) - distance);
        return Count < 2 ? 1 : 1 - 1 / sum;
    }
}
