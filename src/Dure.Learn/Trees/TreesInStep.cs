using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dure.Learn.Trees;

/// <summary>
/// Scores a block of rows tree by tree, eight rows in step: all go on until the last of them is at a leaf, and whoever is at one before stays there.
/// So no step hangs on a branch that cannot be foretold, and the steps of different rows overlap. For trees without categories.
/// </summary>
internal sealed class TreesInStep
{
    private const int InStep = 8;
    private const int StepsAtOnce = 3;
    private const int BlockBytes = 1 << 15;
    private const int MostFeatures = 1 << 15;
    private const int MostNodes = 1 << 16;

    private readonly Node[] nodes;
    private readonly float[] values;
    private readonly int[] roots;
    private readonly int features, outputs;

    private TreesInStep(IReadOnlyList<Tree> trees, int features, int outputs)
    {
        (this.features, this.outputs, roots) = (features, outputs, new int[trees.Count]);
        var count = trees.Sum(tree => 2 * tree.Leaves.Length - 1);
        (nodes, values) = (new Node[count], new float[count]);
        var first = 0;
        for (var tree = 0; tree < trees.Count; tree++)
        {
            roots[tree] = first;
            Lay(trees[tree], first);
            first += 2 * trees[tree].Leaves.Length - 1;
        }
        // Few enough that the rows and a tree stay in the first-level cache.
        Rows = Math.Clamp(BlockBytes / (4 * Math.Max(1, features)) / InStep, 1, 64) * InStep;
    }

    /// <summary>A step: a row whose value exceeds the cut goes to the child after the one that is named, others to that. A leaf names itself.</summary>
    /// <param name="Child">Counted from the tree's first node.</param>
    /// <param name="Column">The column, times two; one more where a row without a value goes to the right.</param>
    private readonly record struct Node(float Cut, ushort Child, ushort Column);

    /// <summary>Rows of a block at most, a multiple of those in step.</summary>
    public int Rows { get; }

    /// <summary>The ensemble; null where it asks for categories, or has more columns or larger trees than a step has room for.</summary>
    public static TreesInStep? Of(IReadOnlyList<Tree> trees, int features, int outputs) =>
        features is > 0 and < MostFeatures && trees.All(tree => tree.Sets.Length == 0 && 2 * tree.Leaves.Length <= MostNodes) ? new TreesInStep(trees, features, outputs) : null;

    /// <summary>Adds the trees' values to the scores of a block of rows.</summary>
    /// <param name="rows">The values row by row, <see cref="Rows"/> of them; those behind <paramref name="count"/> may hold anything.</param>
    /// <param name="count">How many rows count.</param>
    /// <param name="hasMissing">Whether any value may be missing.</param>
    /// <param name="scores">Row by row the outputs.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe void Add(float[] rows, int count, bool hasMissing, Span<double> scores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Length, Rows * features);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows);
        var ends = stackalloc int[InStep];
        fixed (Node* all = nodes)
        fixed (float* first = rows)
        {
            for (var (tree, output) = (0, 0); tree < roots.Length; tree++)
            {
                var root = roots[tree];
                for (var row = 0; row < count; row += InStep)
                {
                    if (hasMissing)
                        GoWithMissing(all + root, first + row * features, features, ends);
                    else
                        Go(all + root, first + row * features, features, ends);
                    for (var i = 0; i < InStep && row + i < count; i++)
                        scores[(row + i) * outputs + output] += values[root + ends[i]];
                }
                output = output + 1 == outputs ? 0 : output + 1;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Go(Node* tree, float* row, int width, int* ends)
    {
        float* r1 = row + width, r2 = r1 + width, r3 = r2 + width, r4 = r3 + width, r5 = r4 + width, r6 = r5 + width, r7 = r6 + width;
        int a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0, moved;
        do
        {
            for (var step = 0; step < StepsAtOnce; step++)
                (a0, a1, a2, a3, a4, a5, a6, a7) = (Next(tree, a0, row), Next(tree, a1, r1), Next(tree, a2, r2), Next(tree, a3, r3), Next(tree, a4, r4), Next(tree, a5, r5), Next(tree, a6, r6), Next(tree, a7, r7));
            moved = (tree[a0].Child ^ a0) | (tree[a1].Child ^ a1) | (tree[a2].Child ^ a2) | (tree[a3].Child ^ a3) | (tree[a4].Child ^ a4) | (tree[a5].Child ^ a5) | (tree[a6].Child ^ a6) | (tree[a7].Child ^ a7);
        }
        while (moved != 0);
        (ends[0], ends[1], ends[2], ends[3], ends[4], ends[5], ends[6], ends[7]) = (a0, a1, a2, a3, a4, a5, a6, a7);
    }

    private static unsafe void GoWithMissing(Node* tree, float* row, int width, int* ends)
    {
        new Span<int>(ends, InStep).Clear();
        int moved;
        do
        {
            moved = 0;
            for (var i = 0; i < InStep; i++)
            {
                var at = NextOrMissing(tree, NextOrMissing(tree, ends[i], row + i * width), row + i * width);
                moved |= tree[at].Child ^ at;
                ends[i] = at;
            }
        }
        while (moved != 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe int Next(Node* tree, int at, float* row)
    {
        var node = tree + at;
        return node->Child + (row[node->Column >> 1] > node->Cut ? 1 : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe int NextOrMissing(Node* tree, int at, float* row)
    {
        var node = tree + at;
        var value = row[node->Column >> 1];
        return node->Child + ((value > node->Cut ? 1 : 0) | (float.IsNaN(value) ? node->Column & 1 : 0));
    }

    /// <summary>Lays a tree's nodes level by level, siblings side by side.</summary>
    private void Lay(Tree tree, int first)
    {
        // Where each node lies, and which of the tree's it is.
        var line = new List<int> { tree.Branches.Length == 0 ? -1 : 0 };
        for (var at = 0; at < line.Count; at++)
        {
            if (line[at] < 0)
            {
                (nodes[first + at], values[first + at]) = (new Node(float.PositiveInfinity, (ushort)at, 0), tree.Leaves[~line[at]]);
                continue;
            }
            ref readonly var branch = ref tree.Branches[line[at]];
            nodes[first + at] = new Node(branch.Cut, (ushort)line.Count, (ushort)(2 * branch.Feature + (branch.MissingLeft ? 0 : 1)));
            line.AddRange(branch.Left, branch.Right);
        }
    }
}
