namespace Dure.Learn.Trees;

/// <summary>A node while its tree grows: its rows are a stretch of the grower's list.</summary>
internal sealed class TreeNode
{
    /// <summary>Where its rows begin.</summary>
    public required int Start { get; init; }

    /// <summary>How many rows it has.</summary>
    public required int Count { get; init; }

    public required int Depth { get; init; }

    /// <summary>Its gradient and hessian.</summary>
    public required long Sums { get; init; }

    /// <summary>Between which values its leaves must stay so that the monotone columns keep their promise; null: anywhere.</summary>
    public (double Low, double High)? Bounds { get; init; }

    /// <summary>The sums of all bins; null where no cut is sought.</summary>
    public long[]? Histogram { get; set; }

    public Split Best { get; set; } = Split.None;

    /// <summary>Where its parent points to it, and whether to the left; the root has no parent.</summary>
    public (int Node, bool IsLeft)? Parent { get; init; }
}
