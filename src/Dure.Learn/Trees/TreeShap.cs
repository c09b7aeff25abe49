using System.Runtime.Intrinsics;

namespace Dure.Learn.Trees;

/// <summary>
/// How much each column moved one prediction away from the mean one: Shapley values of the ensemble, exact, with the training rows' shares standing
/// for what is not known (path-dependent TreeSHAP, Lundberg et al. 2020). A leaf's part is an integral of a product over the columns on its
/// path, which Gauss-Legendre quadrature gives exactly, eight columns' powers to a vector.
/// </summary>
public sealed class TreeShap
{
    /// <summary>A path asks different columns, and is no longer than <see cref="BoostingOptions.MaxDepth"/> may be.</summary>
    private const int LongestPath = 64;

    private readonly BoostedTrees model;
    private readonly Leaf[] leaves;
    private readonly Condition[] conditions;
    private readonly Vector512<double>[] points, weights, weightsOverRest;
    private readonly double[] expected;

    public TreeShap(BoostedTrees model) : this(model, 0, model.Trees.Count)
    {
    }

    /// <summary>The same for some of the trees, with what all begin with: what several such say adds up, where it is counted once.</summary>
    internal TreeShap(BoostedTrees model, int first, int end)
    {
        this.model = model;
        var (found, all) = (new List<Leaf>(), new List<Condition>());
        for (var tree = first; tree < end; tree++)
            if (model.Trees[tree] is { Branches.Length: > 0 } grown)
                Walk(grown, 0, grown.Branches[0].Rows, [], tree % model.Loss.Outputs, found, all);
        (leaves, conditions) = ([.. found], [.. all]);
        var longest = leaves.Length == 0 ? 1 : leaves.Max(leaf => leaf.Count);
        (points, weights, weightsOverRest) = Quadrature((longest + 15) / 16);
        expected = [.. model.Start];
        foreach (var leaf in leaves)
            expected[leaf.Output] += Enumerable.Range(leaf.First, leaf.Count).Aggregate((double)leaf.Value, (product, i) => product * conditions[i].Share);
        for (var tree = first; tree < end; tree++)
            if (model.Trees[tree] is { Branches.Length: 0, Leaves: [var only] })
                expected[tree % model.Loss.Outputs] += only;
    }

    /// <summary>The score of each output when nothing is known of a row.</summary>
    public IReadOnlyList<double> Expected => expected;

    /// <param name="Low">A value must exceed it.</param>
    /// <param name="High">A value must not exceed it.</param>
    /// <param name="Bins">Of a category the bins that go this way; null: a number.</param>
    /// <param name="Share">The share of the rows that go this way where the column asks.</param>
    private readonly record struct Condition(int Feature, float Low, float High, bool Missing, BinSet? Bins, double Share);

    /// <summary>A leaf, and its path as conditions on different columns.</summary>
    private readonly record struct Leaf(float Value, int Output, int First, int Count);

    /// <summary>The contributions of all columns to the scores of a row; with <see cref="Expected"/> they add up to the scores.</summary>
    /// <param name="row">A value for each column, NaN where it is missing.</param>
    /// <param name="contributions">Output by output, one for each column.</param>
    public void Explain(ReadOnlySpan<float> row, Span<double> contributions)
    {
        contributions.Clear();
        var sums = new Vector512<double>[contributions.Length];
        Span<bool> holds = stackalloc bool[LongestPath];
        for (var part = 0; part < points.Length; part++)
            foreach (ref readonly var leaf in leaves.AsSpan())
                Add(leaf, part, row, holds, sums.AsSpan(leaf.Output * model.Features.Count));
        for (var i = 0; i < sums.Length; i++)
            contributions[i] = Vector512.Sum(sums[i]);
    }

    private void Add(in Leaf leaf, int part, ReadOnlySpan<float> row, Span<bool> holds, Span<Vector512<double>> sums)
    {
        var path = conditions.AsSpan(leaf.First, leaf.Count);
        var (known, rest) = (points[part], Vector512<double>.One - points[part]);
        var (product, all) = (Vector512.Create((double)leaf.Value), true);
        for (var i = 0; i < path.Length; i++)
        {
            var held = holds[i] = Holds(path[i], row[path[i].Feature]);
            all &= held;
            var share = Vector512.Create(path[i].Share) * rest;
            product *= held ? share + known : share;
        }
        var weighted = product * weights[part];
        // What keeps a row from the leaf takes its whole part away, the same for each such column.
        var kept = all ? default : product * weightsOverRest[part];
        for (var i = 0; i < path.Length; i++)
        {
            ref var sum = ref sums[path[i].Feature];
            if (holds[i])
                sum += weighted * (1 - path[i].Share) / (Vector512.Create(path[i].Share) * rest + known);
            else
                sum -= kept;
        }
    }

    private bool Holds(in Condition condition, float value)
    {
        if (condition.Bins is { } bins)
            return bins.Contains(model.Bins[condition.Feature].BinOf(value));
        return float.IsNaN(value) ? condition.Missing : value > condition.Low && value <= condition.High;
    }

    private static void Walk(Tree tree, int at, int rows, List<Condition> path, int output, List<Leaf> found, List<Condition> all)
    {
        if (at < 0)
        {
            found.Add(new Leaf(tree.Leaves[~at], output, all.Count, path.Count));
            all.AddRange(path);
            return;
        }
        var branch = tree.Branches[at];
        foreach (var (child, isLeft) in ((int, bool)[])[(branch.Left, true), (branch.Right, false)])
        {
            var count = child < 0 ? tree.LeafRows[~child] : tree.Branches[child].Rows;
            var share = rows == 0 ? 0.5 : (double)count / rows;
            Walk(tree, child, count, With(path, ConditionOf(tree, branch, isLeft, share)), output, found, all);
        }
    }

    private static Condition ConditionOf(Tree tree, in Branch branch, bool isLeft, double share)
    {
        if (branch.Categories < 0)
            return new Condition(branch.Feature, isLeft ? float.NegativeInfinity : branch.Cut, isLeft ? branch.Cut : float.PositiveInfinity, branch.MissingLeft == isLeft, null, share);
        var set = default(BinSet);
        for (var bin = 0; bin < FeatureBins.Most; bin++)
            if (tree.Sets[branch.Categories].Contains(bin) == isLeft)
                set = set.With(bin);
        return new Condition(branch.Feature, 0, 0, false, set, share);
    }

    /// <summary>A path on which a column is asked twice has one condition on it, which both make.</summary>
    private static List<Condition> With(List<Condition> path, Condition next)
    {
        var longer = new List<Condition>(path);
        var at = longer.FindIndex(condition => condition.Feature == next.Feature);
        if (at < 0)
        {
            longer.Add(next);
            return longer;
        }
        var before = longer[at];
        var bins = next.Bins;
        if (bins is { } set && before.Bins is { } earlier)
            bins = set.And(earlier);
        longer[at] = new Condition(next.Feature, Math.Max(before.Low, next.Low), Math.Min(before.High, next.High), before.Missing && next.Missing, bins, before.Share * next.Share);
        return longer;
    }

    /// <summary>Points and weights of Gauss and Legendre between 0 and 1, and the weights over what is left to 1.</summary>
    private static (Vector512<double>[] Points, Vector512<double>[] Weights, Vector512<double>[] OverRest) Quadrature(int vectors)
    {
        var count = 8 * vectors;
        var (points, weights) = (new double[count], new double[count]);
        for (var i = 0; i < count; i++)
        {
            // Newton's method on the Legendre polynomial, from Tricomi's first guess.
            var x = Math.Cos(Math.PI * (i + 0.75) / (count + 0.5));
            var slope = 0.0;
            for (var step = 0; step < 100; step++)
            {
                var (value, before) = (x, 1.0);
                for (var k = 2; k <= count; k++)
                    (value, before) = (((2 * k - 1) * x * value - (k - 1) * before) / k, value);
                slope = count * (x * value - before) / (x * x - 1);
                var change = value / slope;
                x -= change;
                if (Math.Abs(change) < 1e-16)
                    break;
            }
            (points[i], weights[i]) = ((1 - x) / 2, 1 / ((1 - x * x) * slope * slope));
        }
        return ([.. Vectors(points)], [.. Vectors(weights)], [.. Vectors([.. points.Select((point, i) => weights[i] / (1 - point))])]);
    }

    private static IEnumerable<Vector512<double>> Vectors(double[] values) => values.Chunk(8).Select(chunk => Vector512.Create(chunk));
}
