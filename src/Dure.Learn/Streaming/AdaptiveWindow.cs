namespace Dure.Learn;

/// <summary>A window that grows while its mean holds and drops its older part when two parts of it differ by more than chance allows (ADWIN).
/// Memory and time a value grow with the logarithm of the window. Bifet and Gavaldà (2007), ADWIN2.</summary>
/// <remarks>The bound holds for values between <c>low</c> and <c>high</c>; what lies outside is cut to them.</remarks>
public sealed class AdaptiveWindow : DriftDetector
{
    // Buckets of one size before two become one of twice the size: M of the paper.
    private const int BucketsPerSize = 5;

    // Cuts are looked for at every 32nd value and only between parts of five values or more, as the authors' own program does.
    private const int Clock = 32, ShortestPart = 5;

    // Sizes up to 2^48 rows.
    private const int MostSizes = 48;

    private readonly double level, low, range;
    private readonly double[] sums = new double[MostSizes * (BucketsPerSize + 1)];
    private readonly double[] squares = new double[MostSizes * (BucketsPerSize + 1)];
    private readonly int[] buckets = new int[MostSizes];
    private int sizes = 1;
    private long ticks;
    private double total, spread;

    /// <param name="level">Chance at most that a window without change is cut.</param>
    /// <param name="low">The lowest value.</param>
    /// <param name="high">The highest value.</param>
    public AdaptiveWindow(double level = 0.002, double low = 0, double high = 1)
    {
        if (level is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(level), level, "A level lies between 0 and 1.");
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(high, low);
        (this.level, this.low, range) = (level, low, high - low);
    }

    /// <summary>Values in the window.</summary>
    public long Length { get; private set; }

    /// <summary>Their mean.</summary>
    public double Mean => Length == 0 ? double.NaN : low + range * total / Length;

    private protected override bool Take(double value)
    {
        Insert(Math.Clamp((value - low) / range, 0, 1));
        if (++ticks % Clock != 0 || Length < 2 * ShortestPart)
            return false;
        var hasCut = false;
        while (HasChange())
        {
            DropOldest();
            hasCut = true;
        }
        return hasCut;
    }

    // Size k has buckets of 2^k values, its oldest first; the oldest of all is the first of the largest size.
    private static int Place(int size, int bucket) => size * (BucketsPerSize + 1) + bucket;

    private void Insert(double value)
    {
        if (Length > 0)
            spread += Length * (value - total / Length) * (value - total / Length) / (Length + 1);
        (Length, total) = (Length + 1, total + value);
        (sums[Place(0, buckets[0])], squares[Place(0, buckets[0])]) = (value, 0);
        buckets[0]++;
        for (var size = 0; buckets[size] > BucketsPerSize && size + 1 < MostSizes; size++)
            MergeTwoOldest(size);
    }

    private void MergeTwoOldest(int size)
    {
        var (a, b, half, to) = (Place(size, 0), Place(size, 1), (double)(1L << size), Place(size + 1, buckets[size + 1]));
        var apart = sums[a] / half - sums[b] / half;
        (sums[to], squares[to]) = (sums[a] + sums[b], squares[a] + squares[b] + half * apart * apart / 2);
        buckets[size + 1]++;
        sizes = Math.Max(sizes, size + 2);
        Remove(size, 2);
    }

    private void Remove(int size, int count)
    {
        var (from, kept) = (Place(size, count), buckets[size] - count);
        sums.AsSpan(from, kept).CopyTo(sums.AsSpan(Place(size, 0)));
        squares.AsSpan(from, kept).CopyTo(squares.AsSpan(Place(size, 0)));
        buckets[size] = kept;
    }

    // Eq. 3.1 of the paper in its form for the variance of the window; delta' = delta / ln n.
    private bool HasChange()
    {
        var chance = Math.Log(2 * Math.Log(Length) / level);
        var variance = spread / Length;
        var (oldCount, oldSum) = (0L, 0.0);
        for (var size = sizes - 1; size >= 0; size--)
            for (var bucket = 0; bucket < buckets[size]; bucket++)
            {
                (oldCount, oldSum) = (oldCount + (1L << size), oldSum + sums[Place(size, bucket)]);
                var newCount = Length - oldCount;
                if (newCount < ShortestPart)
                    return false;
                if (oldCount < ShortestPart)
                    continue;
                var inverse = 1.0 / oldCount + 1.0 / newCount;
                var bound = Math.Sqrt(2 * inverse * variance * chance) + 2.0 / 3 * inverse * chance;
                if (Math.Abs(oldSum / oldCount - (total - oldSum) / newCount) > bound)
                    return true;
            }
        return false;
    }

    private void DropOldest()
    {
        var (size, count) = (sizes - 1, 1L << (sizes - 1));
        var (sum, square) = (sums[Place(size, 0)], squares[Place(size, 0)]);
        (Length, total) = (Length - count, total - sum);
        var apart = sum / count - total / Length;
        spread = Math.Max(0, spread - square - (double)count * Length / (count + Length) * apart * apart);
        Remove(size, 1);
        while (sizes > 1 && buckets[sizes - 1] == 0)
            sizes--;
    }
}
