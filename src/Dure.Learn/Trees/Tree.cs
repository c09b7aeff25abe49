namespace Dure.Learn.Trees;

/// <summary>
/// A node of a finished tree. A row goes left when its value does not exceed the cut, or when its category is in the set; without a value it
/// goes the way of <see cref="MissingLeft"/>. A child below zero is a leaf: the complement of its number.
/// </summary>
/// <param name="Feature">The column.</param>
/// <param name="Bin">The cut among bins.</param>
/// <param name="Cut">The cut among values.</param>
/// <param name="Categories">Which of the tree's sets of categories; -1: the column has an order.</param>
/// <param name="Gain">How much the loss fell.</param>
/// <param name="Rows">How many training rows came here.</param>
internal readonly record struct Branch(int Feature, int Bin, float Cut, bool MissingLeft, int Categories, int Left, int Right, float Gain, int Rows);

/// <summary>A finished regression tree.</summary>
internal sealed class Tree
{
    public required Branch[] Branches { get; init; }

    /// <summary>The leaves' values, the learning rate in them.</summary>
    public required float[] Leaves { get; init; }

    /// <summary>How many training rows came to each leaf.</summary>
    public required int[] LeafRows { get; init; }

    /// <summary>Sets of bins that go left.</summary>
    public required BinSet[] Sets { get; init; }

    /// <summary>The leaf of a row of bins.</summary>
    public int LeafOf(BinnedTable table, int row)
    {
        for (var at = Branches.Length == 0 ? -1 : 0; ;)
        {
            if (at < 0)
                return ~at;
            ref readonly var branch = ref Branches[at];
            var bin = table.Column(branch.Feature)[row];
            at = GoesLeft(branch, bin, table.Bins[branch.Feature]) ? branch.Left : branch.Right;
        }
    }

    /// <summary>The leaf of a row of values.</summary>
    public int LeafOf(ReadOnlySpan<float> row, IReadOnlyList<FeatureBins> bins)
    {
        for (var at = Branches.Length == 0 ? -1 : 0; ;)
        {
            if (at < 0)
                return ~at;
            ref readonly var branch = ref Branches[at];
            var value = row[branch.Feature];
            var left = branch.Categories >= 0 ? GoesLeft(branch, bins[branch.Feature].BinOf(value), bins[branch.Feature])
                : value <= branch.Cut || (branch.MissingLeft && float.IsNaN(value));
            at = left ? branch.Left : branch.Right;
        }
    }

    /// <summary>The tree with its cuts among bins, which its file does not hold.</summary>
    public Tree WithBins(IReadOnlyList<FeatureBins> bins) => new()
    {
        Branches = Array.ConvertAll(Branches, branch => branch.Categories >= 0 ? branch : branch with { Bin = bins[branch.Feature].BinOf(branch.Cut) }),
        Leaves = Leaves,
        LeafRows = LeafRows,
        Sets = Sets,
    };

    private bool GoesLeft(in Branch branch, int bin, FeatureBins bins) =>
        branch.Categories >= 0 ? Sets[branch.Categories].Contains(bin) : bin == bins.Values ? branch.MissingLeft : bin <= branch.Bin;
}
