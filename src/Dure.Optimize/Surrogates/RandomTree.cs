using Dure.Optimize.Gaussian;

namespace Dure.Optimize.Surrogates;

/// <summary>
/// A regression tree whose splits are drawn at random, one for each column, the best of them taken: a threshold between the least and the greatest
/// number, or a random half of a category's options.
/// </summary>
internal sealed class RandomTree
{
    private readonly List<Node> nodes = [];
    private readonly TrialTable trials;
    private readonly double[] values;
    private readonly int leastSplit;
    private readonly Random random;

    private RandomTree(TrialTable trials, double[] values, int leastSplit, Random random) =>
        (this.trials, this.values, this.leastSplit, this.random) = (trials, values, leastSplit, random);

    /// <param name="Column">-1 for a leaf.</param>
    /// <param name="Salt">Of a category's half: which options are in it; 0 for a number.</param>
    private readonly record struct Node(int Column, double Threshold, uint Salt, int Left, int Right, Belief Leaf);

    private readonly record struct Split(int Column, double Threshold, uint Salt);

    /// <param name="rows">Trials to grow it on, some perhaps twice; reordered.</param>
    public static RandomTree Grown(TrialTable trials, double[] values, int[] rows, int leastSplit, Random random)
    {
        var tree = new RandomTree(trials, values, leastSplit, random);
        tree.Grow(rows);
        return tree;
    }

    public Belief At(ReadOnlySpan<double> point)
    {
        var node = nodes[0];
        while (node.Column >= 0)
            node = nodes[IsLeft(new Split(node.Column, node.Threshold, node.Salt), point[node.Column]) ? node.Left : node.Right];
        return node.Leaf;
    }

    private int Grow(Span<int> rows)
    {
        var at = nodes.Count;
        var leaf = Leaf(rows);
        nodes.Add(new Node(-1, 0, 0, 0, 0, leaf));
        if (rows.Length < leastSplit || leaf.Variance == 0 || Best(rows) is not { } split)
            return at;
        var middle = 0;
        for (var i = 0; i < rows.Length; i++)
            if (IsLeft(split, trials.At(rows[i], split.Column)))
                (rows[middle], rows[i], middle) = (rows[i], rows[middle], middle + 1);
        var left = Grow(rows[..middle]);
        nodes[at] = new Node(split.Column, split.Threshold, split.Salt, left, Grow(rows[middle..]), leaf);
        return at;
    }

    /// <summary>Of one drawn split for each column the one that leaves least variance; null where no column differs.</summary>
    private Split? Best(ReadOnlySpan<int> rows)
    {
        Split? best = null;
        var least = double.PositiveInfinity;
        for (var column = 0; column < trials.Coding.Columns; column++)
        {
            if (Drawn(rows, column) is not { } split)
                continue;
            var rest = Rest(rows, split);
            if (rest < least)
                (best, least) = (split, rest);
        }
        return best;
    }

    private Split? Drawn(ReadOnlySpan<int> rows, int column)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var row in rows)
            (low, high) = (Math.Min(low, trials.At(row, column)), Math.Max(high, trials.At(row, column)));
        if (!(low < high))
            return null;
        if (!trials.Coding.IsCode(column))
            return new Split(column, low + (high - low) * random.NextDouble(), 0);
        for (var draw = 0; draw < 20; draw++)
        {
            var split = new Split(column, 0, (uint)random.Next(1, int.MaxValue));
            var first = IsLeft(split, trials.At(rows[0], column));
            foreach (var row in rows)
                if (IsLeft(split, trials.At(row, column)) != first)
                    return split;
        }
        return null;
    }

    /// <summary>Squares of what the two sides' means leave.</summary>
    private double Rest(ReadOnlySpan<int> rows, Split split)
    {
        var (leftCount, leftSum, count, sum) = (0, 0.0, rows.Length, 0.0);
        foreach (var row in rows)
        {
            sum += values[row];
            if (IsLeft(split, trials.At(row, split.Column)))
                (leftCount, leftSum) = (leftCount + 1, leftSum + values[row]);
        }
        if (leftCount == 0 || leftCount == count)
            return double.PositiveInfinity;
        return -leftSum * leftSum / leftCount - (sum - leftSum) * (sum - leftSum) / (count - leftCount);
    }

    private Belief Leaf(ReadOnlySpan<int> rows)
    {
        var (mean, squares) = (0.0, 0.0);
        foreach (var row in rows)
            mean += values[row] / rows.Length;
        foreach (var row in rows)
            squares += (values[row] - mean) * (values[row] - mean);
        return new Belief(mean, squares / rows.Length);
    }

    /// <summary>Options never seen go to a side as random as those seen.</summary>
    private static bool IsLeft(Split split, double entry)
    {
        if (split.Salt == 0)
            return entry <= split.Threshold;
        var mixed = unchecked(((uint)(int)entry + 1) * 2654435761u ^ split.Salt * 2246822519u);
        mixed = unchecked((mixed ^ (mixed >> 15)) * 3266489917u);
        return ((mixed ^ (mixed >> 13)) & 1) == 0;
    }
}
