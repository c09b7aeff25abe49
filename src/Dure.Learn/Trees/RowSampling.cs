namespace Dure.Learn.Trees;

/// <summary>Chance that is a function of a row: the same for any order and any number of threads (SplitMix64, Steele et al. 2014).</summary>
internal readonly struct RowDice(int seed, int tree)
{
    private readonly ulong key = Mix(((ulong)(uint)seed << 32) + (uint)tree + 0x9E3779B97F4A7C15);

    /// <summary>64 random bits for a row.</summary>
    public ulong Of(int row) => Mix(key + (ulong)row * 0x9E3779B97F4A7C15);

    /// <summary>A number from 0 up to 1 for a row, another than its bits are used for elsewhere.</summary>
    public double Share(int row) => (Mix(Of(row) + 1) >> 11) * (1.0 / (1UL << 53));

    /// <summary>The columns that a tree may use; null: all.</summary>
    public bool[]? Columns(int count, double share)
    {
        if (share >= 1)
            return null;
        var (dice, chosen) = (this, new bool[count]);
        foreach (var column in Enumerable.Range(0, count).OrderBy(column => dice.Of(~column)).Take(Math.Max(1, (int)Math.Round(share * count))))
            chosen[column] = true;
        return chosen;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>Which rows a tree sees.</summary>
internal static class RowSampling
{
    /// <summary>The rows of the next tree in their order; null: all. Gradients and hessians of rows that stand for others are made larger.</summary>
    /// <param name="first">How many rows stand before these in the whole.</param>
    public static int[]? Choose(BoostingOptions options, int round, RowDice random, int first, float[] gradients, float[] hessians)
    {
        if (options.OneSideSampling is { } share && round >= 1 / options.LearningRate)
            return OneSide(share.Top, share.Other, random, gradients, hessians);
        if (options.RowShare >= 1)
            return null;
        var chosen = new List<int>((int)(gradients.Length * options.RowShare * 1.1) + 16);
        for (var row = 0; row < gradients.Length; row++)
            if (random.Share(first + row) < options.RowShare)
                chosen.Add(row);
        return chosen.Count > 0 ? [.. chosen] : null;
    }

    private static int[] OneSide(double top, double other, RowDice random, float[] gradients, float[] hessians)
    {
        var count = gradients.Length;
        var sizes = new float[count];
        for (var row = 0; row < count; row++)
            sizes[row] = Math.Abs(gradients[row] * hessians[row]);
        var sorted = (float[])sizes.Clone();
        Array.Sort(sorted);
        var least = sorted[Math.Clamp((int)(count * (1 - top)), 0, count - 1)];
        var (chance, factor) = (other / (1 - top), (float)((1 - top) / other));
        var chosen = new List<int>((int)(count * (top + other) * 1.1) + 16);
        for (var row = 0; row < count; row++)
        {
            if (sizes[row] >= least)
            {
                chosen.Add(row);
            }
            else if (random.Share(row) < chance)
            {
                chosen.Add(row);
                (gradients[row], hessians[row]) = (gradients[row] * factor, hessians[row] * factor);
            }
        }
        return [.. chosen];
    }
}
