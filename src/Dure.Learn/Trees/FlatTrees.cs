using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dure.Learn.Trees;

/// <summary>All trees of an ensemble in one array, a step of the walk in 16 bytes: for trees that ask for categories, or are too large to be walked in step.</summary>
internal sealed class FlatTrees
{
    private const int MissingLeft = 1 << 31;
    private const int IsSet = 1 << 30;
    private const int FeatureBits = IsSet - 1;

    private readonly Node[] nodes;
    private readonly int[] roots;
    private readonly float[] leaves;
    private readonly BinSet[] sets;
    private readonly IReadOnlyList<FeatureBins> bins;

    public FlatTrees(IReadOnlyList<Tree> trees, IReadOnlyList<FeatureBins> bins)
    {
        this.bins = bins;
        (nodes, leaves, sets, roots) = (new Node[trees.Sum(tree => tree.Branches.Length)], [.. trees.SelectMany(tree => tree.Leaves)], [.. trees.SelectMany(tree => tree.Sets)], new int[trees.Count]);
        var (at, leaf, set) = (0, 0, 0);
        for (var i = 0; i < trees.Count; i++)
        {
            var tree = trees[i];
            roots[i] = tree.Branches.Length == 0 ? ~leaf : at;
            for (var j = 0; j < tree.Branches.Length; j++)
            {
                var branch = tree.Branches[j];
                nodes[at + j] = new Node(branch.Categories >= 0 ? BitConverter.Int32BitsToSingle(set + branch.Categories) : branch.Cut,
                    branch.Feature | (branch.MissingLeft ? MissingLeft : 0) | (branch.Categories >= 0 ? IsSet : 0), Moved(branch.Left, at, leaf), Moved(branch.Right, at, leaf));
            }
            (at, leaf, set) = (at + tree.Branches.Length, leaf + tree.Leaves.Length, set + tree.Sets.Length);
        }
    }

    private readonly record struct Node(float Cut, int Feature, int Left, int Right);

    /// <summary>Adds the trees' values to the scores, tree after tree to one output after the other.</summary>
    public void Add(ReadOnlySpan<float> row, Span<double> scores)
    {
        ref var node = ref MemoryMarshal.GetArrayDataReference(nodes);
        var output = 0;
        foreach (var root in roots)
        {
            var at = root;
            while (at >= 0)
            {
                ref readonly var step = ref Unsafe.Add(ref node, at);
                var value = row[step.Feature & FeatureBits];
                at = (step.Feature & IsSet) == 0
                    ? value <= step.Cut || (step.Feature < 0 && float.IsNaN(value)) ? step.Left : step.Right
                    : IsInSet(step, value) ? step.Left : step.Right;
            }
            scores[output] += leaves[~at];
            output = output + 1 == scores.Length ? 0 : output + 1;
        }
    }

    private bool IsInSet(in Node step, float value) =>
        sets[BitConverter.SingleToInt32Bits(step.Cut)].Contains(bins[step.Feature & FeatureBits].BinOf(value));

    private static int Moved(int child, int firstNode, int firstLeaf) => child >= 0 ? child + firstNode : ~(~child + firstLeaf);
}
