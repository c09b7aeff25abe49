using System.Numerics;

namespace Dure.Edge.Onnx;

/// <summary>
/// ai.onnx.ml.TreeEnsembleRegressor (versions 1 to 3). As in ONNX Runtime, doubles are compared and summed in double, all else in
/// float, and the result is float.
/// </summary>
internal sealed class TreeEnsemble
{
    private const int MaxTargets = 4096;

    private readonly NodeSetup node;
    private readonly int[] roots;
    private readonly int[] features;
    private readonly double[] cuts;
    private readonly Mode[] modes;
    private readonly int[] whenTrue, whenFalse;
    private readonly bool[] missingIsTrue;
    private readonly (int Start, int Count)[] leaves;
    private readonly (int Target, double Weight)[] weights;
    private readonly double[] origin;
    private readonly string aggregate;
    private readonly bool isSum;
    private readonly int targets, depth, columns;
    private readonly double[] sums;
    private readonly Branch[] walk;

    private TreeEnsemble(NodeSetup node)
    {
        this.node = node;
        aggregate = node.Text("aggregate_function", "SUM");
        if (aggregate is not ("SUM" or "AVERAGE" or "MIN" or "MAX") || node.Text("post_transform", "NONE") != "NONE")
            throw node.Unsupported($"Its aggregate is {aggregate}, its post-transform {node.Text("post_transform", "NONE")}.");
        targets = (int)Math.Clamp(node.Int("n_targets", 1), 0, MaxTargets + 1);
        if (targets is 0 or > MaxTargets)
            throw node.Unsupported($"It has {node.Int("n_targets", 1)} targets; 1 to {MaxTargets} are possible.");

        var (trees, ids) = (Longs("nodes_treeids"), Longs("nodes_nodeids"));
        var count = trees.Length;
        modes = [.. Sized(node.Texts("nodes_modes"), count, "nodes_modes").Select(ModeOf)];
        cuts = Sized(Numbers("nodes_values"), count, "nodes_values");
        features = [.. Sized(Longs("nodes_featureids"), count, "nodes_featureids").Select(id => id is >= 0 and < int.MaxValue ? (int)id : throw node.Malformed($"Feature {id} does not exist."))];
        missingIsTrue = node.Ints("nodes_missing_value_tracks_true") is { Length: > 0 } tracks ? [.. Sized(tracks, count, "nodes_missing_value_tracks_true").Select(one => one != 0)] : new bool[count];
        var places = Places(trees, Sized(ids, count, "nodes_nodeids"));
        whenTrue = Children(places, trees, Sized(Longs("nodes_truenodeids"), count, "nodes_truenodeids"));
        whenFalse = Children(places, trees, Sized(Longs("nodes_falsenodeids"), count, "nodes_falsenodeids"));
        (roots, depth) = Order(trees);
        columns = count == 0 ? 0 : features.Where((_, i) => modes[i] != Mode.Leaf).DefaultIfEmpty(-1).Max() + 1;
        (leaves, weights) = Leaves(places, count);
        origin = Numbers("base_values") is { Length: > 0 } values ? Sized(values, targets, "base_values") : new double[targets];
        sums = new double[targets];
        walk = [.. Enumerable.Range(0, count).Select(i => new Branch(cuts[i], features[i], whenTrue[i], whenFalse[i], modes[i], missingIsTrue[i]))];
        isSum = aggregate is "SUM" or "AVERAGE";
    }

    /// <summary>All that a step of the walk needs, side by side in memory.</summary>
    private readonly record struct Branch(double Cut, int Feature, int WhenTrue, int WhenFalse, Mode Mode, bool MissingIsTrue);

    private enum Mode : byte
    {
        Leaf,
        AtMost,
        Less,
        AtLeast,
        Greater,
        Equal,
        Different,
    }

    public static Step Compile(NodeSetup node) => new TreeEnsemble(node).Run;

    private void Run(Slot?[] from, Slot to)
    {
        var rows = from[0]!;
        if (rows.Rank != 2 || rows.Dims[1] < columns)
            throw node.Bad($"It needs rows of {columns} or more columns; '{rows.Name}' is {rows.Shape}.");
        to.Resize(OnnxType.Float, rows.Dims[0], targets);
        node.Charge((long)rows.Dims[0] * roots.Length * Math.Max(1, depth));
        switch (rows.Type)
        {
            case OnnxType.Double: Each<double, double>(rows, to); break;
            case OnnxType.Float: Each<float, float>(rows, to); break;
            case OnnxType.Int64: Each<long, float>(rows, to); break;
            default: throw node.Unsupported($"It does not take {rows.Type}.");
        }
    }

    /// <summary><typeparamref name="TSum"/> is the precision of comparisons and sums.</summary>
    private void Each<T, TSum>(Slot rows, Slot to) where T : unmanaged, INumber<T> where TSum : unmanaged, IFloatingPointIeee754<TSum>
    {
        var source = rows.As<T>();
        var target = to.As<float>();
        var width = rows.Dims[1];
        for (var row = 0; row < rows.Dims[0]; row++)
        {
            sums.AsSpan().Fill(aggregate switch { "MIN" => double.PositiveInfinity, "MAX" => double.NegativeInfinity, _ => 0 });
            foreach (var root in roots)
            {
                var (start, count) = leaves[Descend<T, TSum>(root, source.Slice(row * width, width))];
                foreach (var (at, weight) in weights.AsSpan(start, count))
                    sums[at] = Join<TSum>(sums[at], weight);
            }
            for (var i = 0; i < targets; i++)
            {
                var sum = double.IsInfinity(sums[i]) ? 0 : sums[i];
                if (aggregate == "AVERAGE" && roots.Length > 0)
                    sum = double.CreateTruncating(TSum.CreateTruncating(sum) / TSum.CreateTruncating(roots.Length));
                target[row * targets + i] = float.CreateTruncating(TSum.CreateTruncating(sum) + TSum.CreateTruncating(origin[i]));
            }
        }
    }

    private double Join<TSum>(double sofar, double weight) where TSum : IFloatingPointIeee754<TSum> =>
        isSum ? double.CreateTruncating(TSum.CreateTruncating(sofar) + TSum.CreateTruncating(weight))
        : aggregate == "MIN" ? Math.Min(sofar, weight)
        : Math.Max(sofar, weight);

    private int Descend<T, TSum>(int at, ReadOnlySpan<T> row) where T : INumber<T> where TSum : IFloatingPointIeee754<TSum>
    {
        while (true)
        {
            ref readonly var branch = ref walk[at];
            if (branch.Mode == Mode.Leaf)
                return at;
            var (value, cut) = (TSum.CreateTruncating(row[branch.Feature]), TSum.CreateTruncating(branch.Cut));
            var holds = branch.Mode switch
            {
                Mode.AtMost => value <= cut,
                Mode.Less => value < cut,
                Mode.AtLeast => value >= cut,
                Mode.Greater => value > cut,
                Mode.Equal => value == cut,
                _ => value != cut,
            };
            at = holds || (branch.MissingIsTrue && TSum.IsNaN(value)) ? branch.WhenTrue : branch.WhenFalse;
        }
    }

    private Mode ModeOf(string name) => name switch
    {
        "LEAF" => Mode.Leaf,
        "BRANCH_LEQ" => Mode.AtMost,
        "BRANCH_LT" => Mode.Less,
        "BRANCH_GTE" => Mode.AtLeast,
        "BRANCH_GT" => Mode.Greater,
        "BRANCH_EQ" => Mode.Equal,
        "BRANCH_NEQ" => Mode.Different,
        _ => throw node.Unsupported($"A tree node has the mode '{name}'."),
    };

    private Dictionary<(long Tree, long Node), int> Places(long[] trees, long[] ids)
    {
        var places = new Dictionary<(long, long), int>(trees.Length);
        for (var i = 0; i < trees.Length; i++)
        {
            if (!places.TryAdd((trees[i], ids[i]), i))
                throw node.Malformed($"Node {ids[i]} of tree {trees[i]} stands twice.");
        }
        return places;
    }

    private int[] Children(Dictionary<(long Tree, long Node), int> places, long[] trees, long[] ids)
    {
        var children = new int[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            if (modes[i] != Mode.Leaf && !places.TryGetValue((trees[i], ids[i]), out children[i]))
                throw node.Malformed($"Node {ids[i]} of tree {trees[i]} is missing.");
        }
        return children;
    }

    /// <summary>Each node may be reached once only; so a walk ends, whatever the file says.</summary>
    private (int[] Roots, int Depth) Order(long[] trees)
    {
        var hasParent = new bool[modes.Length];
        for (var i = 0; i < modes.Length; i++)
        {
            if (modes[i] == Mode.Leaf)
                continue;
            if (hasParent[whenTrue[i]] || hasParent[whenFalse[i]] || whenTrue[i] == whenFalse[i])
                throw node.Malformed($"A node of tree {trees[i]} is reached on two ways.");
            hasParent[whenTrue[i]] = hasParent[whenFalse[i]] = true;
        }
        var found = Enumerable.Range(0, modes.Length).Where(i => !hasParent[i]).ToArray();
        if (found.Length != trees.Distinct().Count() || found.Select(root => trees[root]).Distinct().Count() != found.Length)
            throw node.Malformed("A tree has no root, or more than one.");
        var (open, deepest, reached) = (new Stack<(int Node, int Depth)>(found.Select(root => (root, 1))), 0, 0);
        while (open.TryPop(out var next))
        {
            reached++;
            deepest = Math.Max(deepest, next.Depth);
            if (modes[next.Node] == Mode.Leaf)
                continue;
            open.Push((whenTrue[next.Node], next.Depth + 1));
            open.Push((whenFalse[next.Node], next.Depth + 1));
        }
        return reached == modes.Length ? (found, deepest) : throw node.Malformed("A tree has nodes that its root does not reach.");
    }

    private ((int Start, int Count)[] Leaves, (int Target, double Weight)[] Weights) Leaves(Dictionary<(long Tree, long Node), int> places, int count)
    {
        var (trees, ids) = (Longs("target_treeids"), Longs("target_nodeids"));
        var (targetIds, values) = (Sized(Longs("target_ids"), trees.Length, "target_ids"), Sized(Numbers("target_weights"), trees.Length, "target_weights"));
        Sized(ids, trees.Length, "target_nodeids");
        var byLeaf = new List<(int Leaf, int Target, double Weight)>(trees.Length);
        for (var i = 0; i < trees.Length; i++)
        {
            if (!places.TryGetValue((trees[i], ids[i]), out var leaf) || targetIds[i] < 0 || targetIds[i] >= targets)
                throw node.Malformed($"A weight is for node {ids[i]} of tree {trees[i]} and target {targetIds[i]}, which do not exist.");
            byLeaf.Add((leaf, (int)targetIds[i], values[i]));
        }
        var found = new (int Start, int Count)[count];
        var sorted = byLeaf.OrderBy(one => one.Leaf).ToArray(); // a stable sort: weights of one leaf stay in their order
        for (var i = 0; i < sorted.Length; i++)
            found[sorted[i].Leaf] = found[sorted[i].Leaf] is { Count: > 0 } sofar ? (sofar.Start, sofar.Count + 1) : (i, 1);
        return (found, [.. sorted.Select(one => (one.Target, one.Weight))]);
    }

    private long[] Longs(string name) => node.Ints(name) ?? [];

    /// <summary>Floats, or doubles in the tensor that version 3 added.</summary>
    private double[] Numbers(string name)
    {
        if (node.Tensor(name + "_as_tensor") is { } tensor)
            return tensor.Type switch
            {
                OnnxType.Double => tensor.Values<double>().ToArray(),
                OnnxType.Float => [.. tensor.Values<float>().ToArray().Select(value => (double)value)],
                _ => throw node.Unsupported($"{name}_as_tensor holds {tensor.Type}."),
            };
        return [.. (node.Floats(name) ?? []).Select(value => (double)value)];
    }

    private T[] Sized<T>(T[]? values, int count, string name) => values?.Length == count ? values
        : throw node.Malformed($"{name} has {values?.Length ?? 0} elements; {count} belong there.");
}
