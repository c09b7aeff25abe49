namespace Dure.Learn.Trees;

/// <summary>A tree that was grown, and which rows came to each of its leaves.</summary>
internal sealed record GrownTree(Tree Tree, IReadOnlyList<(int Start, int Count)> LeafRows, IReadOnlyList<(double Low, double High)?> Bounds)
{
    /// <summary>Gives leaves their values from their rows' sums.</summary>
    public void SetLeaves((long Gradient, long Hessian)[] sums, GradientUnits units, BoostingOptions options)
    {
        var rules = new SplitRules(options, 1, 1);
        SetLeaves([.. sums.Select(sum => rules.Value(sum.Gradient / units.FineGradient, sum.Hessian / units.FineHessian, options.L2))], options);
    }

    /// <summary>Gives leaves their values, kept within their bounds and made smaller by the learning rate.</summary>
    public void SetLeaves(double[] values, BoostingOptions options)
    {
        for (var leaf = 0; leaf < values.Length; leaf++)
            Tree.Leaves[leaf] = (float)((Bounds[leaf] is { } bounds ? Math.Clamp(values[leaf], bounds.Low, bounds.High) : values[leaf]) * options.LearningRate);
    }
}

/// <summary>
/// Grows trees leaf by leaf: always the leaf whose cut gains most is parted (Shi 2007; Ke et al. 2017). The smaller child's sums are added up,
/// the larger's are what is left of its parent's.
/// </summary>
internal sealed class TreeGrower
{
    private readonly TreeRows rows;
    private readonly BoostingOptions options;
    private readonly int[] monotone;
    private readonly bool isBounded;
    private readonly Stack<long[]> spare = new();
    private readonly byte[] goesLeft = new byte[FeatureBins.Most];
    private readonly List<Branch> branches = [];
    private readonly List<BinSet> sets = [];
    private readonly List<TreeNode> leaves = [];
    private SplitRules rules;
    private bool[]? columns;

    public TreeGrower(TreeRows rows, BoostingOptions options, int[] monotone)
    {
        (this.rows, this.options, this.monotone) = (rows, options, monotone);
        isBounded = monotone.Any(direction => direction != 0);
    }

    /// <summary>Grows one tree on the rows that were begun with.</summary>
    /// <param name="columns">Which columns it may use; null: all.</param>
    public GrownTree Grow(SplitRules rules, bool[]? columns, CancellationToken cancel)
    {
        (this.rules, this.columns) = (rules, columns);
        branches.Clear();
        sets.Clear();
        leaves.Clear();
        var queue = new PriorityQueue<TreeNode, (double, int)>();
        var order = 0;
        void enqueue(TreeNode node)
        {
            if (node.Best.Feature >= 0)
                queue.Enqueue(node, (-node.Best.Gain, order++));
            else
                Close(node);
        }

        enqueue(Root(cancel));
        while (queue.TryDequeue(out var node, out _))
        {
            cancel.ThrowIfCancellationRequested();
            var open = queue.Count + leaves.Count + 1;
            if (open >= options.Leaves)
            {
                Close(node);
                continue;
            }
            var (left, right) = Part(node, cancel);
            if (open + 1 < options.Leaves)
                Seek(node, left, right, cancel);
            else
                Keep(node);
            enqueue(left);
            enqueue(right);
        }
        return Finish();
    }

    private TreeNode Root(CancellationToken cancel)
    {
        var sums = Take();
        rows.AddRoot(sums, cancel);
        var total = 0L;
        foreach (var bin in sums.AsSpan(0, GradientSums.Stride))
            total += bin;
        var root = new TreeNode { Start = 0, Count = rows.Count, Depth = 0, Sums = total, Histogram = sums, Bounds = isBounded ? (double.NegativeInfinity, double.PositiveInfinity) : null };
        root.Best = Best(root, 0, rows.Bins.Count);
        return root;
    }

    private (TreeNode Left, TreeNode Right) Part(TreeNode node, CancellationToken cancel)
    {
        var split = node.Best;
        var bins = rows.Bins[split.Feature];
        for (var bin = 0; bin < FeatureBins.Most; bin++)
            goesLeft[bin] = (bins.IsCategorical ? split.Left.Contains(bin) : bin == bins.Values ? split.MissingLeft : bin <= split.Bin) ? (byte)1 : (byte)0;
        var count = rows.Part(node, split.Feature, goesLeft, cancel);
        var at = branches.Count;
        if (node.Parent is { } parent)
            branches[parent.Node] = parent.IsLeft ? branches[parent.Node] with { Left = at } : branches[parent.Node] with { Right = at };
        if (bins.IsCategorical)
            sets.Add(split.Left);
        branches.Add(new Branch(split.Feature, split.Bin, bins.IsCategorical || split.Bin >= bins.Values - 1 ? float.MaxValue : bins.Border(split.Bin), split.MissingLeft, bins.IsCategorical ? sets.Count - 1 : -1, 0, 0, (float)split.Gain, node.Count));
        var (lower, upper) = BoundsOf(node, split);
        var rightSums = node.Sums - split.LeftSums;
        return (new TreeNode { Start = node.Start, Count = count, Depth = node.Depth + 1, Sums = split.LeftSums, Bounds = lower, Parent = (at, true) },
            new TreeNode { Start = node.Start + count, Count = node.Count - count, Depth = node.Depth + 1, Sums = rightSums, Bounds = upper, Parent = (at, false) });
    }

    /// <summary>Below a cut of a monotone column one side stays under the middle of both values, the other above.</summary>
    private ((double, double)?, (double, double)?) BoundsOf(TreeNode node, Split split)
    {
        if (node.Bounds is not { } bounds || monotone[split.Feature] == 0)
            return (node.Bounds, node.Bounds);
        var direction = monotone[split.Feature];
        var right = node.Sums - split.LeftSums;
        var middle = Math.Clamp((ValueOf(split.LeftSums, bounds) + ValueOf(right, bounds)) / 2, bounds.Low, bounds.High);
        return direction > 0 ? ((bounds.Low, middle), (middle, bounds.High)) : ((middle, bounds.High), (bounds.Low, middle));
    }

    private double ValueOf(long sums, (double Low, double High) bounds) =>
        Math.Clamp(rules.Value(GradientSums.Gradient(sums) * rules.GradientUnit, GradientSums.Hessian(sums) * rules.HessianUnit, options.L2), bounds.Low, bounds.High);

    /// <summary>Sums and best cuts of two siblings; the parent's sums become the larger one's.</summary>
    private void Seek(TreeNode node, TreeNode left, TreeNode right, CancellationToken cancel)
    {
        var (small, large) = left.Count <= right.Count ? (left, right) : (right, left);
        var (smallSplits, largeSplits) = (MaySplit(small), MaySplit(large));
        if (!smallSplits && !largeSplits)
        {
            Keep(node);
            return;
        }
        (small.Histogram, large.Histogram, node.Histogram) = (Take(), node.Histogram, null);
        rows.Want(small, cancel);
        var found = new (Split Small, Split Large)[rows.Groups.Count];
        void work(int part)
        {
            var (first, width) = rows.Groups[part];
            rows.AddGroup(part, small, small.Histogram!);
            GradientSums.Subtract(first, width, large.Histogram!, small.Histogram!);
            found[part] = (smallSplits ? Best(small, first, width) : Split.None, largeSplits ? Best(large, first, width) : Split.None);
        }
        InParallel.For(found.Length, work, cancel, InParallel.Threads((small.Count + GradientSums.Stride) * (long)rows.Bins.Count, options.Threads));
        foreach (var (ofSmall, ofLarge) in found)
        {
            if (ofSmall.Gain > small.Best.Gain)
                small.Best = ofSmall;
            if (ofLarge.Gain > large.Best.Gain)
                large.Best = ofLarge;
        }
        foreach (var child in (TreeNode[])[small, large])
            if (child.Best.Feature < 0)
                Keep(child);
    }

    private bool MaySplit(TreeNode node) => node.Count >= 2 * options.MinRows && node.Depth < options.MaxDepth;

    private Split Best(TreeNode node, int first, int width)
    {
        var search = new SplitSearch(rules, node);
        var best = Split.None;
        if (!MaySplit(node) || !search.IsPossible)
            return best;
        for (var feature = first; feature < first + width; feature++)
        {
            if (columns is not null && !columns[feature])
                continue;
            var found = search.Of(feature, rows.Bins[feature], node.Histogram.AsSpan(feature * GradientSums.Stride, GradientSums.Stride), monotone[feature]);
            if (found.Gain > best.Gain)
                best = found;
        }
        return best;
    }

    private long[] Take() => spare.TryPop(out var one) ? one : new long[rows.Bins.Count * GradientSums.Stride];

    /// <summary>Keeps a node's sums for another.</summary>
    private void Keep(TreeNode node)
    {
        if (node.Histogram is { } sums)
            spare.Push(sums);
        node.Histogram = null;
    }

    private void Close(TreeNode node)
    {
        Keep(node);
        if (node.Parent is { } parent)
            branches[parent.Node] = parent.IsLeft ? branches[parent.Node] with { Left = ~leaves.Count } : branches[parent.Node] with { Right = ~leaves.Count };
        leaves.Add(node);
    }

    private GrownTree Finish() => new(
        new Tree { Branches = [.. branches], Leaves = new float[leaves.Count], LeafRows = [.. leaves.Select(leaf => leaf.Count)], Sets = [.. sets] },
        [.. leaves.Select(leaf => (leaf.Start, leaf.Count))], [.. leaves.Select(leaf => leaf.Bounds)]);
}
