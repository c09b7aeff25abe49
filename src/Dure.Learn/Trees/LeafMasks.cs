using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Learn.Trees;

/// <summary>
/// Scores sixteen rows at once without walking: each tree's leaves are bits of a word, each cut that a row passes to the right strikes out the
/// leaves on its left, and the first leaf that is left is the row's (QuickScorer, Lucchese et al. 2015, over rows as in Lucchese et al. 2016).
/// For trees of at most 32 leaves without categories.
/// </summary>
internal sealed class LeafMasks
{
    /// <summary>Rows that are scored at once.</summary>
    public const int Rows = 16;

    private const int MostLeaves = 32;

    private readonly Cut[][] cuts;
    private readonly float[] leaves;
    private readonly int trees, outputs;

    private LeafMasks(IReadOnlyList<Tree> trees, int features, int outputs)
    {
        (this.trees, this.outputs, leaves) = (trees.Count, outputs, new float[trees.Count * MostLeaves]);
        var found = new List<Cut>[features];
        for (var feature = 0; feature < features; feature++)
            found[feature] = [];
        for (var tree = 0; tree < trees.Count; tree++)
        {
            var next = 0;
            Number(trees[tree], trees[tree].Branches.Length == 0 ? -1 : 0, tree, ref next, found);
        }
        cuts = [.. found.Select(all => all.OrderBy(cut => cut.Value).ToArray())];
    }

    /// <summary>One inner node.</summary>
    /// <param name="Value">A row whose value exceeds it goes right.</param>
    /// <param name="Stays">The leaves that are left then.</param>
    private readonly record struct Cut(float Value, int Tree, uint Stays, bool MissingRight);

    /// <summary>The masks of an ensemble; null where its trees are larger, or ask for categories.</summary>
    public static LeafMasks? Of(IReadOnlyList<Tree> trees, int features, int outputs) =>
        trees.All(tree => tree.Leaves.Length <= MostLeaves && tree.Sets.Length == 0) ? new LeafMasks(trees, features, outputs) : null;

    /// <summary>Words that a call needs for its own use.</summary>
    public int Scratch => trees;

    /// <summary>Adds the trees' values to the scores of sixteen rows.</summary>
    /// <param name="columns">The values, column by column, sixteen of each.</param>
    /// <param name="left">Words for its own use, as many as <see cref="Scratch"/>.</param>
    /// <param name="scores">Output by output, sixteen of each.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<float> columns, Span<Vector512<uint>> left, Span<double> scores)
    {
        left.Fill(Vector512<uint>.AllBitsSet);
        for (var feature = 0; feature < cuts.Length; feature++)
        {
            var values = Vector512.Create(columns.Slice(feature * Rows, Rows));
            var missing = ~Vector512.Equals(values, values);
            if (missing == Vector512<float>.Zero)
                Strike(cuts[feature], values, left);
            else
                Strike(cuts[feature], values, missing.AsUInt32(), left);
        }
        var output = 0;
        for (var tree = 0; tree < trees; tree++)
        {
            var words = MemoryMarshal.Cast<Vector512<uint>, uint>(left.Slice(tree, 1));
            var values = leaves.AsSpan(tree * MostLeaves, MostLeaves);
            var into = scores.Slice(output * Rows, Rows);
            for (var row = 0; row < words.Length; row++)
                into[row] += values[BitOperations.LeadingZeroCount(words[row]) & (MostLeaves - 1)];
            output = output + 1 == outputs ? 0 : output + 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strike(Cut[] cuts, Vector512<float> values, Span<Vector512<uint>> left)
    {
        foreach (ref readonly var cut in cuts.AsSpan())
        {
            var right = Vector512.GreaterThan(values, Vector512.Create(cut.Value)).AsUInt32();
            if (right == Vector512<uint>.Zero)
                return; // cuts rise: no row passes the next either
            left[cut.Tree] &= Vector512.Create(cut.Stays) | ~right;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strike(Cut[] cuts, Vector512<float> values, Vector512<uint> missing, Span<Vector512<uint>> left)
    {
        foreach (ref readonly var cut in cuts.AsSpan())
        {
            var right = Vector512.GreaterThan(values, Vector512.Create(cut.Value)).AsUInt32();
            if (cut.MissingRight)
                right |= missing;
            left[cut.Tree] &= Vector512.Create(cut.Stays) | ~right;
        }
    }

    /// <summary>Numbers the leaves from left to right, the first as the highest bit.</summary>
    /// <returns>The bits of the leaves below.</returns>
    private uint Number(Tree tree, int at, int index, ref int next, List<Cut>[] found)
    {
        if (at < 0)
        {
            leaves[index * MostLeaves + next] = tree.Leaves[~at];
            return 0x8000_0000u >> next++;
        }
        var branch = tree.Branches[at];
        var left = Number(tree, branch.Left, index, ref next, found);
        found[branch.Feature].Add(new Cut(branch.Cut, index, ~left, !branch.MissingLeft));
        return left | Number(tree, branch.Right, index, ref next, found);
    }
}
