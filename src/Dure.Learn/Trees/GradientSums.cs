using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Dure.Learn.Trees;

/// <summary>
/// Gradients and hessians as whole numbers, two in one word: the gradient's sum above, the hessian's below. One addition takes both, sums are
/// exact in any order, so any number of threads, or of sites, comes to the same bits; what a child leaves over is its sibling. The loops are
/// compiled for this processor when first called: a small table would be done before the runtime had found out that they run often.
/// </summary>
internal static class GradientSums
{
    /// <summary>Sums of a feature's bins lie this far apart.</summary>
    public const int Stride = FeatureBins.Most;

    private const int Ahead = 24;

    public static int Gradient(long sums) => (int)(sums >> 32);

    public static uint Hessian(long sums) => (uint)sums;

    /// <summary>The sums of all bins of all features.</summary>
    /// <param name="into">Features times <see cref="Stride"/> words.</param>
    /// <param name="rows">Which rows; empty: all.</param>
    /// <param name="packed">Each row's gradient and hessian.</param>
    public static void Add(BinnedTable table, ReadOnlyMemory<int> rows, long[] packed, long[] into, int threads, CancellationToken cancel) => InParallel.For(table.Groups.Count, part =>
    {
        if (rows.IsEmpty)
            AddAll(table.Groups[part], packed, into, table.Rows);
        else
            AddGroup(table.Groups[part], rows.Span, packed, into);
    }, cancel, InParallel.Threads((long)(rows.IsEmpty ? table.Rows : rows.Length) * table.Bins.Count, threads));

    /// <summary>Takes a child's sums away from its parent's: what remains are the sibling's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(int first, int width, long[] from, long[] child)
    {
        var rest = MemoryMarshal.Cast<long, Vector<long>>(from.AsSpan(first * Stride, width * Stride));
        var taken = MemoryMarshal.Cast<long, Vector<long>>(child.AsSpan(first * Stride, width * Stride));
        for (var i = 0; i < rest.Length; i++)
            rest[i] -= taken[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddAll(BinnedTable.Group group, long[] packed, long[] into, int rows)
    {
        ref var sums = ref Start(group, into);
        ref var cells = ref MemoryMarshal.GetArrayDataReference(group.Cells);
        ref var each = ref MemoryMarshal.GetArrayDataReference(packed);
        for (var row = 0; row < rows; row++)
        {
            AddRow(ref sums, ref cells, group.Width, Unsafe.Add(ref each, row));
            cells = ref Unsafe.Add(ref cells, group.Width);
        }
    }

    /// <summary>The sums of one group's bins over some rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void AddGroup(BinnedTable.Group group, ReadOnlySpan<int> rows, long[] packed, long[] into)
    {
        ref var sums = ref Start(group, into);
        var width = group.Width;
        fixed (byte* cells = group.Cells)
        fixed (long* each = packed)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                if (Sse.IsSupported && i + Ahead < rows.Length)
                {
                    var soon = (nint)rows[i + Ahead];
                    Sse.Prefetch0(cells + soon * width);
                    Sse.Prefetch0(each + soon);
                }
                var row = (nint)rows[i];
                AddRow(ref sums, ref Unsafe.AsRef<byte>(cells + row * width), width, each[row]);
            }
        }
    }

    private static ref long Start(BinnedTable.Group group, long[] into)
    {
        Array.Clear(into, group.First * Stride, group.Width * Stride);
        return ref into[group.First * Stride];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(ref long sums, ref byte cells, int width, long value)
    {
        while (width >= 4)
        {
            var four = Unsafe.ReadUnaligned<uint>(ref cells);
            Unsafe.Add(ref sums, (nint)(byte)four) += value;
            Unsafe.Add(ref sums, (nint)(byte)(four >> 8) + Stride) += value;
            Unsafe.Add(ref sums, (nint)(byte)(four >> 16) + 2 * Stride) += value;
            Unsafe.Add(ref sums, (nint)(four >> 24) + 3 * Stride) += value;
            cells = ref Unsafe.Add(ref cells, 4);
            sums = ref Unsafe.Add(ref sums, 4 * Stride);
            width -= 4;
        }
        for (; width > 0; width--)
        {
            Unsafe.Add(ref sums, (nint)cells) += value;
            cells = ref Unsafe.Add(ref cells, 1);
            sums = ref Unsafe.Add(ref sums, Stride);
        }
    }
}
