using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Optimize.Numerics;

/// <summary>Sums over vectors, eight numbers at once on any machine, so that all come to the same bits.</summary>
public static class Vectors
{
    /// <summary>The sum of products.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var wideA = Wide(a);
        var wideB = Wide(b[..a.Length]);
        var sums = Vector512<double>.Zero;
        for (var i = 0; i < wideA.Length; i++)
            sums = Vector512.FusedMultiplyAdd(wideA[i], wideB[i], sums);
        var sum = Vector512.Sum(sums);
        for (var i = wideA.Length * Vector512<double>.Count; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary>Four sums of products at once, of two vectors with two others: each number is fetched once for two of them.</summary>
    internal static void Dot(ReadOnlySpan<double> a0, ReadOnlySpan<double> a1, ReadOnlySpan<double> b0, ReadOnlySpan<double> b1, Span<double> four)
    {
        var x0 = Wide(a0);
        var x1 = Wide(a1[..a0.Length]);
        var y0 = Wide(b0[..a0.Length]);
        var y1 = Wide(b1[..a0.Length]);
        var (s00, s01, s10, s11) = (Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero, Vector512<double>.Zero);
        for (var i = 0; i < x0.Length; i++)
        {
            var (p0, p1, q0, q1) = (x0[i], x1[i], y0[i], y1[i]);
            s00 = Vector512.FusedMultiplyAdd(p0, q0, s00);
            s01 = Vector512.FusedMultiplyAdd(p0, q1, s01);
            s10 = Vector512.FusedMultiplyAdd(p1, q0, s10);
            s11 = Vector512.FusedMultiplyAdd(p1, q1, s11);
        }
        (four[0], four[1], four[2], four[3]) = (Vector512.Sum(s00), Vector512.Sum(s01), Vector512.Sum(s10), Vector512.Sum(s11));
        for (var i = x0.Length * Vector512<double>.Count; i < a0.Length; i++)
        {
            four[0] += a0[i] * b0[i];
            four[1] += a0[i] * b1[i];
            four[2] += a1[i] * b0[i];
            four[3] += a1[i] * b1[i];
        }
    }

    /// <summary>Adds a multiple of a vector to another.</summary>
    public static void Add(Span<double> into, double factor, ReadOnlySpan<double> what)
    {
        var wide = MemoryMarshal.Cast<double, Vector512<double>>(into);
        var other = Wide(what[..into.Length]);
        var factors = Vector512.Create(factor);
        for (var i = 0; i < wide.Length; i++)
            wide[i] = Vector512.FusedMultiplyAdd(other[i], factors, wide[i]);
        for (var i = wide.Length * Vector512<double>.Count; i < into.Length; i++)
            into[i] += what[i] * factor;
    }

    /// <summary>Adds the weighted squares of differences to one number.</summary>
    internal static void AddSquares(Span<double> into, double from, ReadOnlySpan<double> numbers, double weight)
    {
        var wide = MemoryMarshal.Cast<double, Vector512<double>>(into);
        var others = Wide(numbers[..into.Length]);
        var (start, weights) = (Vector512.Create(from), Vector512.Create(weight));
        for (var i = 0; i < wide.Length; i++)
        {
            var away = others[i] - start;
            wide[i] = Vector512.FusedMultiplyAdd(away * away, weights, wide[i]);
        }
        for (var i = wide.Length * Vector512<double>.Count; i < into.Length; i++)
            into[i] += (numbers[i] - from) * (numbers[i] - from) * weight;
    }

    private static ReadOnlySpan<Vector512<double>> Wide(ReadOnlySpan<double> numbers) => MemoryMarshal.Cast<double, Vector512<double>>(numbers);
}
