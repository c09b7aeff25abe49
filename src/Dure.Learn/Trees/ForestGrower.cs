namespace Dure.Learn.Trees;

/// <summary>
/// Grows one tree of a forest, from the root level by level. Cuts lower the squared error of the label, or of the shares of classes (the Gini
/// impurity), most among a few columns drawn for each node; when none of them parts the rows, more are drawn.
/// </summary>
internal sealed class ForestGrower
{
    private readonly BinnedTable table;
    private readonly ForestLabels labels;
    private readonly RandomForestLearner options;
    private readonly (int ColumnsOfACut, int RowsOfALeaf) sizes;
    private readonly RowDice dice;
    private readonly float[] counts;
    private readonly RowParting rows;
    private readonly int[] order;
    private readonly ForestSplitSearch search;
    private readonly CancellationToken cancel;
    private readonly byte[] goesLeft = new byte[FeatureBins.Most];
    private readonly List<Branch> branches = [];
    private readonly List<BinSet> sets = [];
    private readonly List<(TreeNode Node, double[] Shares)> leaves = [];
    private int draws;

    /// <param name="drawn">How many times each row was drawn; null: each once.</param>
    public ForestGrower(BinnedTable table, ForestLabels labels, RandomForestLearner options, (int ColumnsOfACut, int RowsOfALeaf) sizes, RowDice dice, float[]? weights, ushort[]? drawn, CancellationToken cancel)
    {
        (this.table, this.labels, this.options, this.sizes, this.dice, this.cancel) = (table, labels, options, sizes, dice, cancel);
        counts = new float[table.Rows];
        for (var row = 0; row < counts.Length; row++)
            counts[row] = (weights?[row] ?? 1) * (drawn?[row] ?? 1);
        rows = new RowParting(table.Rows, 1);
        rows.Begin(drawn is null ? null : [.. Enumerable.Range(0, table.Rows).Where(row => drawn[row] > 0)]);
        order = [.. Enumerable.Range(0, table.Bins.Count)];
        search = new ForestSplitSearch(labels, counts, sizes.RowsOfALeaf);
    }

    /// <summary>For each output the tree with its values.</summary>
    public Tree[] Grow()
    {
        var open = new Queue<TreeNode>();
        open.Enqueue(new TreeNode { Start = 0, Count = rows.Count, Depth = 0, Sums = 0 });
        while (open.TryDequeue(out var node))
        {
            cancel.ThrowIfCancellationRequested();
            var split = open.Count + leaves.Count + 2 <= options.Leaves && node.Depth < options.MaxDepth && node.Count >= 2 * sizes.RowsOfALeaf ? Best(node) : ForestSplit.None;
            if (split.Feature < 0)
            {
                Close(node);
                continue;
            }
            foreach (var child in Part(node, split))
                open.Enqueue(child);
        }
        return [.. Enumerable.Range(0, labels.Outputs).Select(Finish)];
    }

    private ForestSplit Best(TreeNode node)
    {
        var mine = rows.Of(node).Span;
        if (!search.Begin(mine))
            return ForestSplit.None;
        var best = ForestSplit.None;
        for (var i = 0; i < order.Length && (i < sizes.ColumnsOfACut || best.Feature < 0); i++)
        {
            var other = i + (int)Math.BigMul(Draw(), (ulong)(order.Length - i), out _);
            (order[i], order[other]) = (order[other], order[i]);
            var found = search.Of(order[i], table.Column(order[i]), table.Bins[order[i]], mine, options.Extreme ? Draw() : null);
            if (found.Gain > best.Gain)
                best = found;
        }
        return best;
    }

    private ulong Draw() => dice.Of(draws++);

    private TreeNode[] Part(TreeNode node, ForestSplit split)
    {
        var bins = table.Bins[split.Feature];
        for (var bin = 0; bin < FeatureBins.Most; bin++)
            goesLeft[bin] = (bins.IsCategorical ? split.Left.Contains(bin) : bin == bins.Values ? split.MissingLeft : bin <= split.Bin) ? (byte)1 : (byte)0;
        var count = rows.Part(node, table.Column(split.Feature), goesLeft, cancel);
        var at = branches.Count;
        Join(node, at);
        if (bins.IsCategorical)
            sets.Add(split.Left);
        branches.Add(new Branch(split.Feature, split.Bin, bins.IsCategorical || split.Bin >= bins.Values - 1 ? float.MaxValue : bins.Border(split.Bin), split.MissingLeft, bins.IsCategorical ? sets.Count - 1 : -1, 0, 0, (float)split.Gain, node.Count));
        return [new TreeNode { Start = node.Start, Count = count, Depth = node.Depth + 1, Sums = 0, Parent = (at, true) },
            new TreeNode { Start = node.Start + count, Count = node.Count - count, Depth = node.Depth + 1, Sums = 0, Parent = (at, false) }];
    }

    private void Close(TreeNode node)
    {
        Join(node, ~leaves.Count);
        var (shares, weight) = (new double[labels.Outputs], 0.0);
        foreach (var row in rows.Of(node).Span)
        {
            labels.Add(row, counts[row], shares);
            weight += counts[row];
        }
        leaves.Add((node, Array.ConvertAll(shares, share => share / weight)));
    }

    private void Join(TreeNode node, int at)
    {
        if (node.Parent is { } parent)
            branches[parent.Node] = parent.IsLeft ? branches[parent.Node] with { Left = at } : branches[parent.Node] with { Right = at };
    }

    private Tree Finish(int output) => new()
    {
        Branches = [.. branches],
        Leaves = [.. leaves.Select(leaf => (float)(leaf.Shares[output] / options.Trees))],
        LeafRows = [.. leaves.Select(leaf => leaf.Node.Count)],
        Sets = [.. sets],
    };
}
