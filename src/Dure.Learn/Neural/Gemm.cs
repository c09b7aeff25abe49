using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Learn.Neural;

/// <summary>
/// The left side of a product as it lies in memory: element (i, p) stands at <c>At + i Row + Starts[p / Length] + (p % Length) Column</c>. With
/// several starts a convolution is a product over the signal itself: each start is a tap of the filter, and nothing is copied.
/// </summary>
internal unsafe readonly struct Left(float* at, int row, int column, int length, int* starts, int segments)
{
    public readonly float* At = at;
    public readonly int Row = row, Column = column, Length = length, Segments = segments;
    public readonly int* Starts = starts;

    /// <summary>One start at 0, for ever in one place.</summary>
    public static int* Zero { get; } = (int*)NativeMemory.AllocZeroed(sizeof(int));

    public int Inner => Length * Segments;

    /// <summary>A matrix whose rows lie <paramref name="row"/> apart.</summary>
    public static Left Rows(float* at, int row, int inner) => new(at, row, 1, inner, Zero, 1);

    /// <summary>The columns of a matrix of <paramref name="inner"/> rows that lie <paramref name="row"/> apart.</summary>
    public static Left Turned(float* at, int row, int inner) => new(at, 1, row, inner, Zero, 1);

    public Left From(int i) => new(At + (long)i * Row, Row, Column, Length, Starts, Segments);
}

/// <summary>The right side of a product, copied into panels of a few columns so that the kernel reads it in one stream.</summary>
internal sealed class Panels
{
    private float[] store = [];

    public int Inner { get; private set; }
    public int Columns { get; private set; }

    /// <summary>Panel by panel, each of Inner rows; columns that are not there are 0.</summary>
    public ReadOnlySpan<float> Store => store;

    /// <summary>A matrix of <paramref name="inner"/> rows that lie <paramref name="row"/> apart.</summary>
    public Panels Pack(ReadOnlySpan<float> from, int row, int inner, int columns)
    {
        var width = Resize(inner, columns);
        for (var (first, place) = (0, 0); first < columns; first += width)
        {
            var count = Math.Min(width, columns - first);
            for (var p = 0; p < inner; p++, place += width)
            {
                var target = store.AsSpan(place, width);
                from.Slice(p * row + first, count).CopyTo(target);
                target[count..].Clear();
            }
        }
        return this;
    }

    /// <summary>The transpose of a matrix of <paramref name="columns"/> rows that lie <paramref name="row"/> apart.</summary>
    public Panels PackTurned(ReadOnlySpan<float> from, int row, int inner, int columns)
    {
        var width = Resize(inner, columns);
        for (var (first, place) = (0, 0); first < columns; first += width, place += inner * width)
        {
            var count = Math.Min(width, columns - first);
            var target = store.AsSpan(place, inner * width);
            if (count < width)
                target.Clear();
            for (var j = 0; j < count; j++)
            {
                var source = from.Slice((first + j) * row, inner);
                for (var p = 0; p < source.Length; p++)
                    target[p * width + j] = source[p];
            }
        }
        return this;
    }

    private int Resize(int inner, int columns)
    {
        (Inner, Columns) = (inner, columns);
        var width = Gemm.WidthFor(columns);
        var size = (columns + width - 1) / width * width * inner;
        if (store.Length < size)
            store = GC.AllocateUninitializedArray<float>(size, pinned: true);
        return width;
    }
}

/// <summary>
/// Products of float matrices on one thread. Every element of a result is one chain of fused multiply-adds in the order of the inner dimension, so
/// lanes and the number of rows asked for at once change no bit of it.
/// </summary>
internal static unsafe class Gemm
{
    private static bool IsWide => Vector512.IsHardwareAccelerated;

    private static int Lanes => IsWide ? 16 : 8;

    /// <summary>Columns that the kernel works on at once: two vectors, or one where there are no more columns than that.</summary>
    public static int WidthFor(int columns) => columns <= Lanes ? Lanes : 2 * Lanes;

    /// <summary>c = a b, or c += a b.</summary>
    /// <param name="c">Rows that lie <paramref name="rowOfC"/> apart.</param>
    public static void Multiply(in Left a, Panels b, float* c, int rowOfC, int rows, bool add)
    {
        if (a.Inner != b.Inner)
            throw new ArgumentException($"{a.Inner} columns meet {b.Inner} rows.", nameof(b));
        if (IsWide)
            Multiply<SixteenLanes>(a, b, c, rowOfC, rows, add);
        else
            Multiply<EightLanes>(a, b, c, rowOfC, rows, add);
    }

    private static void Multiply<T>(in Left a, Panels b, float* c, int rowOfC, int rows, bool add) where T : struct, ILanes<T>
    {
        var width = WidthFor(b.Columns);
        var tile = stackalloc float[12 * 2 * T.Count];
        fixed (float* store = b.Store)
        {
            for (var first = 0; first < b.Columns; first += width)
            {
                var panel = store + (long)first * b.Inner;
                var count = Math.Min(width, b.Columns - first);
                for (var row = 0; row < rows;)
                {
                    var left = a.From(row);
                    var target = c + (long)row * rowOfC + first;
                    var height = IsWide && rows - row >= 12 ? 12 : rows - row >= 4 ? 4 : 1;
                    if (count == width)
                    {
                        GemmKernels.Run<T>(height, width, left, panel, target, rowOfC, add);
                    }
                    else
                    {
                        if (add)
                            Copy(target, rowOfC, tile, width, height, count);
                        GemmKernels.Run<T>(height, width, left, panel, tile, width, add);
                        Copy(tile, width, target, rowOfC, height, count);
                    }
                    row += height;
                }
            }
        }
    }

    private static void Copy(float* from, int rowOfFrom, float* to, int rowOfTo, int rows, int count)
    {
        for (var i = 0; i < rows; i++)
            new ReadOnlySpan<float>(from + (long)i * rowOfFrom, count).CopyTo(new Span<float>(to + (long)i * rowOfTo, count));
    }
}
