namespace Dure.Learn.Trees;

/// <summary>Where the rows of a tree are: in this process, or at sites that tell their sums only. A grower asks no more of rows than this.</summary>
internal abstract class TreeRows
{
    public abstract IReadOnlyList<FeatureBins> Bins { get; }

    /// <summary>Columns side by side whose sums are taken, and searched, together.</summary>
    public abstract IReadOnlyList<(int First, int Width)> Groups { get; }

    /// <summary>How many rows the tree sees.</summary>
    public abstract int Count { get; }

    /// <summary>The sums of all bins over all rows of the tree.</summary>
    public abstract void AddRoot(long[] into, CancellationToken cancel);

    /// <summary>Parts a node's rows; they stay in their order.</summary>
    /// <param name="goesLeft">For each bin of the column 1 or 0.</param>
    /// <returns>How many went left.</returns>
    public abstract int Part(TreeNode node, int feature, byte[] goesLeft, CancellationToken cancel);

    /// <summary>Says that the sums of a node are wanted next.</summary>
    public virtual void Want(TreeNode node, CancellationToken cancel)
    {
    }

    /// <summary>The sums of one group's bins over a node's rows; asked by many threads.</summary>
    public abstract void AddGroup(int group, TreeNode node, long[] into);
}

/// <summary>Rows of this process.</summary>
internal sealed class LocalRows(BinnedTable table, long[] packed, int threads) : TreeRows
{
    public RowParting Parting { get; } = new(table.Rows, threads);

    public override IReadOnlyList<FeatureBins> Bins => table.Bins;

    public override IReadOnlyList<(int First, int Width)> Groups { get; } = [.. table.Groups.Select(group => (group.First, group.Width))];

    public override int Count => Parting.Count;

    public override void AddRoot(long[] into, CancellationToken cancel) =>
        GradientSums.Add(table, Count == table.Rows ? default : Parting.Of(0, Count), packed, into, threads, cancel);

    public override int Part(TreeNode node, int feature, byte[] goesLeft, CancellationToken cancel) => Parting.Part(node, table.Column(feature), goesLeft, cancel);

    public override void AddGroup(int group, TreeNode node, long[] into) => GradientSums.AddGroup(table.Groups[group], Parting.Of(node).Span, packed, into);
}
