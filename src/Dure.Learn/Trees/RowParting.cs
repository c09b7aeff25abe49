using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dure.Learn.Trees;

/// <summary>The rows of a tree's nodes, each node a stretch of one list; a node's rows stay in their order when it is parted.</summary>
internal sealed class RowParting(int most, int threads)
{
    private const int Block = 1 << 15;

    private readonly int[] rows = new int[most];
    private readonly int[] left = new int[most];
    private readonly int[] right = new int[most];
    private readonly int[] lefts = new int[most / Block + 2];

    public int Count { get; private set; }

    public ReadOnlyMemory<int> Of(TreeNode node) => rows.AsMemory(node.Start, node.Count);

    public ReadOnlyMemory<int> Of(int start, int count) => rows.AsMemory(start, count);

    /// <summary>The rows that the tree does not see.</summary>
    public ReadOnlyMemory<int> Unseen => rows.AsMemory(Count);

    /// <summary>Begins a tree.</summary>
    /// <param name="subset">The rows it sees, in their order; null: all.</param>
    public void Begin(int[]? subset)
    {
        Count = subset?.Length ?? rows.Length;
        var (seen, unseen) = (0, Count);
        for (var row = 0; row < rows.Length; row++)
            if (subset is null || (seen < subset.Length && subset[seen] == row))
                rows[seen++] = row;
            else
                rows[unseen++] = row;
    }

    /// <summary>Parts a node's rows.</summary>
    /// <param name="goesLeft">For each bin 1 or 0.</param>
    /// <returns>How many went left.</returns>
    public int Part(TreeNode node, byte[] cells, byte[] goesLeft, CancellationToken cancel)
    {
        var blocks = (node.Count + Block - 1) / Block;
        if (blocks == 1)
            PartBlock(node, 0, cells, goesLeft);
        else
            InParallel.For(blocks, block => PartBlock(node, block, cells, goesLeft), cancel, threads);
        var all = 0;
        for (var block = 0; block < blocks; block++)
            all += lefts[block];
        var (toLeft, toRight) = (node.Start, node.Start + all);
        for (var block = 0; block < blocks; block++)
        {
            var (start, count) = (node.Start + block * Block, Math.Min(Block, node.Count - block * Block));
            Array.Copy(left, start, rows, toLeft, lefts[block]);
            Array.Copy(right, start, rows, toRight, count - lefts[block]);
            (toLeft, toRight) = (toLeft + lefts[block], toRight + count - lefts[block]);
        }
        return all;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PartBlock(TreeNode node, int block, byte[] cells, byte[] goesLeft)
    {
        var (start, count) = (node.Start + block * Block, Math.Min(Block, node.Count - block * Block));
        ref var cell = ref MemoryMarshal.GetArrayDataReference(cells);
        ref var goes = ref MemoryMarshal.GetArrayDataReference(goesLeft);
        ref var from = ref rows[start];
        ref var toLeft = ref left[start];
        ref var toRight = ref right[start];
        nint went = 0;
        for (nint i = 0; i < count; i++)
        {
            var row = Unsafe.Add(ref from, i);
            // Without a branch: which side a row takes cannot be foretold.
            Unsafe.Add(ref toLeft, went) = row;
            Unsafe.Add(ref toRight, i - went) = row;
            went += Unsafe.Add(ref goes, (nint)Unsafe.Add(ref cell, row));
        }
        lefts[block] = (int)went;
    }
}
