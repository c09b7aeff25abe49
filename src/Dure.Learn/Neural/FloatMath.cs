using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Learn.Neural;

/// <summary>
/// Loops over float spans, eight lanes at a time on every machine: sums are formed in the same order whatever the processor has, so the same bytes
/// come out everywhere.
/// </summary>
internal static class FloatMath
{
    private const int Lanes = 8;

    /// <summary>to += from.</summary>
    public static void Add(ReadOnlySpan<float> from, Span<float> to)
    {
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(to);
        var i = 0;
        for (; i <= from.Length - Lanes; i += Lanes)
            (Vector256.LoadUnsafe(ref target, (nuint)i) + Vector256.LoadUnsafe(ref source, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        for (; i < from.Length; i++)
            to[i] += from[i];
    }

    /// <summary>to += a b, element by element.</summary>
    public static void AddProduct(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> to)
    {
        ref var left = ref MemoryMarshal.GetReference(a);
        ref var right = ref MemoryMarshal.GetReference(b);
        ref var target = ref MemoryMarshal.GetReference(to);
        var i = 0;
        for (; i <= to.Length - Lanes; i += Lanes)
            Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref left, (nuint)i), Vector256.LoadUnsafe(ref right, (nuint)i), Vector256.LoadUnsafe(ref target, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        for (; i < to.Length; i++)
            to[i] = MathF.FusedMultiplyAdd(a[i], b[i], to[i]);
    }

    /// <summary>to += factor from.</summary>
    public static void AddScaled(float factor, ReadOnlySpan<float> from, Span<float> to)
    {
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(to);
        var all = Vector256.Create(factor);
        var i = 0;
        for (; i <= to.Length - Lanes; i += Lanes)
            Vector256.FusedMultiplyAdd(all, Vector256.LoadUnsafe(ref source, (nuint)i), Vector256.LoadUnsafe(ref target, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        for (; i < to.Length; i++)
            to[i] = MathF.FusedMultiplyAdd(factor, from[i], to[i]);
    }

    /// <summary>to[j] += the sum of column j of a matrix.</summary>
    public static void AddColumns(ReadOnlySpan<float> rows, int columns, Span<float> to)
    {
        for (var at = 0; at < rows.Length; at += columns)
            Add(rows.Slice(at, columns), to);
    }

    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref var left = ref MemoryMarshal.GetReference(a);
        ref var right = ref MemoryMarshal.GetReference(b);
        var sum = Vector256<float>.Zero;
        var i = 0;
        for (; i <= a.Length - Lanes; i += Lanes)
            sum = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref left, (nuint)i), Vector256.LoadUnsafe(ref right, (nuint)i), sum);
        var total = Total(sum);
        for (; i < a.Length; i++)
            total = MathF.FusedMultiplyAdd(a[i], b[i], total);
        return total;
    }

    public static float Sum(ReadOnlySpan<float> a)
    {
        ref var source = ref MemoryMarshal.GetReference(a);
        var sum = Vector256<float>.Zero;
        var i = 0;
        for (; i <= a.Length - Lanes; i += Lanes)
            sum += Vector256.LoadUnsafe(ref source, (nuint)i);
        var total = Total(sum);
        for (; i < a.Length; i++)
            total += a[i];
        return total;
    }

    /// <summary>Fills every row of a matrix with the same row.</summary>
    public static void Repeat(ReadOnlySpan<float> row, Span<float> to)
    {
        for (var at = 0; at < to.Length; at += row.Length)
            row.CopyTo(to[at..]);
    }

    /// <summary>
    /// e^x to within 2 units in the last place for -87 to 88, beyond which it stays where it is: 2^n e^r with a polynomial for e^r on +-ln 2 / 2
    /// (coefficients of expf in Moshier's Cephes library).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        x = Vector256.Min(Vector256.Max(x, Vector256.Create(-87f)), Vector256.Create(88f));
        var n = Vector256.Floor(Vector256.FusedMultiplyAdd(x, Vector256.Create(1.44269504088896341f), Vector256.Create(0.5f)));
        var r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-0.693359375f), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(2.12194440e-4f), r);
        var p = Vector256.Create(1.9875691500e-4f);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.3981999507e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(8.3334519073e-3f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(4.1665795894e-2f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1.6666665459e-1f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(5.0000001201e-1f));
        p = Vector256.FusedMultiplyAdd(p, r * r, r + Vector256<float>.One);
        var power = Vector256.ShiftLeft(Vector256.ConvertToInt32(n) + Vector256.Create(127), 23).AsSingle();
        return p * power;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Tanh(Vector256<float> x) => Vector256<float>.One - Vector256.Create(2f) / (Exp(x + x) + Vector256<float>.One);

    /// <summary>Applies a function to every element; the last, shorter stretch goes through the same eight lanes.</summary>
    public static void Apply<TFunction>(ReadOnlySpan<float> from, Span<float> to) where TFunction : IFunction
    {
        ref var source = ref MemoryMarshal.GetReference(from);
        ref var target = ref MemoryMarshal.GetReference(to);
        var i = 0;
        for (; i <= from.Length - Lanes; i += Lanes)
            TFunction.Of(Vector256.LoadUnsafe(ref source, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        if (i < from.Length)
        {
            Span<float> rest = stackalloc float[Lanes];
            rest.Clear();
            from[i..].CopyTo(rest);
            TFunction.Of(Vector256.Create<float>(rest)).CopyTo(rest);
            rest[..(from.Length - i)].CopyTo(to[i..]);
        }
    }

    /// <summary>to += slope(x, y) d, where y is the function of x.</summary>
    public static void AddSlope<TFunction>(ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> d, Span<float> to) where TFunction : IFunction
    {
        ref var left = ref MemoryMarshal.GetReference(x);
        ref var value = ref MemoryMarshal.GetReference(y);
        ref var gradient = ref MemoryMarshal.GetReference(d);
        ref var target = ref MemoryMarshal.GetReference(to);
        var i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var slope = TFunction.Slope(Vector256.LoadUnsafe(ref left, (nuint)i), Vector256.LoadUnsafe(ref value, (nuint)i));
            Vector256.FusedMultiplyAdd(slope, Vector256.LoadUnsafe(ref gradient, (nuint)i), Vector256.LoadUnsafe(ref target, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }
        for (; i < x.Length; i++)
            to[i] = MathF.FusedMultiplyAdd(TFunction.Slope(Vector256.Create(x[i]), Vector256.Create(y[i]))[0], d[i], to[i]);
    }

    /// <summary>Lanes 0 to 3 with lanes 4 to 7, and so on: one fixed order.</summary>
    private static float Total(Vector256<float> sum)
    {
        var half = sum.GetLower() + sum.GetUpper();
        return half[0] + half[2] + (half[1] + half[3]);
    }
}

/// <summary>A function of one number with its slope, on eight lanes.</summary>
internal interface IFunction
{
    static abstract Vector256<float> Of(Vector256<float> x);

    static abstract Vector256<float> Slope(Vector256<float> x, Vector256<float> y);
}
