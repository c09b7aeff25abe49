using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dure.Learn.Trees;

/// <summary>
/// Scores a block of rows tree by tree, eight rows in step, or a single row in eight trees at once: all go on until the last of them is at a leaf, and
/// whoever is at one before stays there. So no step hangs on a branch that cannot be foretold, and the eight walks overlap. For trees without categories.
/// </summary>
internal sealed class TreesInStep
{
    /// <summary>Walks at once.</summary>
    public const int InStep = 8;

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

    /// <summary>A step: a row whose value exceeds the cut goes to the second child, others to the first. At a leaf there is nowhere to go.</summary>
    /// <param name="Skip">How far behind the node its first child lies, the second just after it; 0 at a leaf.</param>
    /// <param name="Column">The column, times two; one more where a row without a value goes to the right.</param>
    private readonly record struct Node(float Cut, ushort Skip, ushort Column);

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
        var at = stackalloc Node*[InStep];
        fixed (Node* all = nodes)
        fixed (float* first = rows)
        {
            for (var (tree, output) = (0, 0); tree < roots.Length; tree++)
            {
                for (var row = 0; row < count; row += InStep)
                {
                    for (var i = 0; i < InStep; i++)
                        at[i] = all + roots[tree];
                    Go(at, first + row * features, features, hasMissing);
                    for (var i = 0; i < InStep && row + i < count; i++)
                        scores[(row + i) * outputs + output] += values[at[i] - all];
                }
                output = output + 1 == outputs ? 0 : output + 1;
            }
        }
    }

    /// <summary>Adds the trees' values to the scores of one row.</summary>
    /// <param name="scores">The outputs.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe void Add(ReadOnlySpan<float> row, Span<double> scores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(row.Length, features);
        var hasMissing = false;
        foreach (var value in row)
            hasMissing |= float.IsNaN(value);
        var at = stackalloc Node*[InStep];
        var output = 0;
        fixed (Node* all = nodes)
        fixed (float* first = row)
        {
            for (var tree = 0; tree < roots.Length; tree += InStep)
            {
                var count = Math.Min(InStep, roots.Length - tree);
                for (var i = 0; i < InStep; i++)
                    at[i] = all + roots[tree + Math.Min(i, count - 1)]; // the last goes along as often as there is room
                Go(at, first, 0, hasMissing);
                for (var i = 0; i < count; i++)
                {
                    scores[output] += values[at[i] - all];
                    output = output + 1 == outputs ? 0 : output + 1;
                }
            }
        }
    }

    /// <summary>Takes eight walks from where they are to their leaves.</summary>
    /// <param name="width">From one walk's row to the next one's.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Go(Node** at, float* row, int width, bool hasMissing)
    {
        if (hasMissing)
            GoWithMissing(at, row, width);
        else
            Go(at, row, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Go(Node** at, float* row, int width)
    {
        float* r1 = row + width, r2 = r1 + width, r3 = r2 + width, r4 = r3 + width, r5 = r4 + width, r6 = r5 + width, r7 = r6 + width;
        Node* a0 = at[0], a1 = at[1], a2 = at[2], a3 = at[3], a4 = at[4], a5 = at[5], a6 = at[6], a7 = at[7];
        do
        {
            for (var step = 0; step < StepsAtOnce; step++)
            {
                a0 = Next(a0, row);
                a1 = Next(a1, r1);
                a2 = Next(a2, r2);
                a3 = Next(a3, r3);
                a4 = Next(a4, r4);
                a5 = Next(a5, r5);
                a6 = Next(a6, r6);
                a7 = Next(a7, r7);
            }
        }
        while ((a0->Skip | a1->Skip | a2->Skip | a3->Skip | a4->Skip | a5->Skip | a6->Skip | a7->Skip) != 0);
        at[0] = a0;
        at[1] = a1;
        at[2] = a2;
        at[3] = a3;
        at[4] = a4;
        at[5] = a5;
        at[6] = a6;
        at[7] = a7;
    }

    private static unsafe void GoWithMissing(Node** at, float* row, int width)
    {
        int ahead;
        do
        {
            ahead = 0;
            for (var i = 0; i < InStep; i++)
            {
                at[i] = NextOrMissing(NextOrMissing(at[i], row + i * width), row + i * width);
                ahead |= at[i]->Skip;
            }
        }
        while (ahead != 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Node* Next(Node* node, float* row) => node + node->Skip + (row[node->Column >> 1] > node->Cut ? 1 : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Node* NextOrMissing(Node* node, float* row)
    {
        var value = row[node->Column >> 1];
        return node + node->Skip + ((value > node->Cut ? 1 : 0) | (float.IsNaN(value) ? node->Column & 1 : 0));
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
                (nodes[first + at], values[first + at]) = (new Node(float.PositiveInfinity, 0, 0), tree.Leaves[~line[at]]);
                continue;
            }
            ref readonly var branch = ref tree.Branches[line[at]];
            nodes[first + at] = new Node(branch.Cut, (ushort)(line.Count - at), (ushort)(2 * branch.Feature + (branch.MissingLeft ? 0 : 1)));
            line.AddRange(branch.Left, branch.Right);
        }
    }
}
