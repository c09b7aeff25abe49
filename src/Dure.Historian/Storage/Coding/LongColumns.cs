using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dure.Historian.Storage.Coding;

/// <summary>Loops over columns of whole numbers, eight at once where the machine can. Arithmetic wraps.</summary>
internal static class LongColumns
{
    private const int Lanes = 8;

    public static (long Min, long Max) MinMax(ReadOnlySpan<long> values)
    {
        var (min, max, i) = (long.MaxValue, long.MinValue, 0);
        if (Vector512.IsHardwareAccelerated && values.Length >= Lanes)
        {
            ref var first = ref MemoryMarshal.GetReference(values);
            var (lows, highs) = (Vector512.Create(min), Vector512.Create(max));
            for (; i + Lanes <= values.Length; i += Lanes)
            {
                var each = Vector512.LoadUnsafe(ref first, (nuint)i);
                lows = Vector512.Min(lows, each);
                highs = Vector512.Max(highs, each);
            }
            for (var lane = 0; lane < Lanes; lane++)
                (min, max) = (Math.Min(min, lows[lane]), Math.Max(max, highs[lane]));
        }
        for (; i < values.Length; i++)
            (min, max) = (Math.Min(min, values[i]), Math.Max(max, values[i]));
        return (min, max);
    }

    /// <summary>Each value less the one before it; one fewer than there are values.</summary>
    public static void Differences(ReadOnlySpan<long> values, Span<long> to)
    {
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            ref var first = ref MemoryMarshal.GetReference(values);
            ref var target = ref MemoryMarshal.GetReference(to);
            for (; i + Lanes <= to.Length; i += Lanes)
                (Vector512.LoadUnsafe(ref first, (nuint)i + 1) - Vector512.LoadUnsafe(ref first, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }
        for (; i < to.Length; i++)
            to[i] = unchecked(values[i + 1] - values[i]);
    }

    public static int CountOtherThan(ReadOnlySpan<long> values, long value)
    {
        var (count, i) = (0, 0);
        if (Vector512.IsHardwareAccelerated)
        {
            var all = Vector512.Create(value);
            ref var first = ref MemoryMarshal.GetReference(values);
            for (; i + Lanes <= values.Length; i += Lanes)
                count += Lanes - BitOperations.PopCount(Vector512.Equals(Vector512.LoadUnsafe(ref first, (nuint)i), all).ExtractMostSignificantBits());
        }
        for (; i < values.Length; i++)
            count += values[i] == value ? 0 : 1;
        return count;
    }

    public static int CountAbove(ReadOnlySpan<ulong> values, ulong limit)
    {
        var (count, i) = (0, 0);
        if (Vector512.IsHardwareAccelerated)
        {
            var limits = Vector512.Create(limit);
            ref var first = ref MemoryMarshal.GetReference(values);
            for (; i + Lanes <= values.Length; i += Lanes)
                count += BitOperations.PopCount(Vector512.GreaterThan(Vector512.LoadUnsafe(ref first, (nuint)i), limits).ExtractMostSignificantBits());
        }
        for (; i < values.Length; i++)
            count += values[i] > limit ? 1 : 0;
        return count;
    }

    public static void Above(ReadOnlySpan<long> values, long low, Span<ulong> to)
    {
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var lows = Vector512.Create(low);
            ref var first = ref MemoryMarshal.GetReference(values);
            ref var target = ref MemoryMarshal.GetReference(to);
            for (; i + Lanes <= values.Length; i += Lanes)
                (Vector512.LoadUnsafe(ref first, (nuint)i) - lows).AsUInt64().StoreUnsafe(ref target, (nuint)i);
        }
        for (; i < values.Length; i++)
            to[i] = unchecked((ulong)(values[i] - low));
    }

    public static void ZigZagged(ReadOnlySpan<long> values, Span<ulong> to)
    {
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            ref var first = ref MemoryMarshal.GetReference(values);
            ref var target = ref MemoryMarshal.GetReference(to);
            for (; i + Lanes <= values.Length; i += Lanes)
            {
                var each = Vector512.LoadUnsafe(ref first, (nuint)i);
                ((each << 1) ^ (each >> 63)).AsUInt64().StoreUnsafe(ref target, (nuint)i);
            }
        }
        for (; i < values.Length; i++)
            to[i] = ZigZag.Of(values[i]);
    }

    public static void UndoZigZag(Span<long> values)
    {
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            ref var first = ref MemoryMarshal.GetReference(values);
            for (; i + Lanes <= values.Length; i += Lanes)
            {
                var each = Vector512.LoadUnsafe(ref first, (nuint)i);
                ((each >>> 1) ^ -(each & Vector512<long>.One)).StoreUnsafe(ref first, (nuint)i);
            }
        }
        for (; i < values.Length; i++)
            values[i] = ZigZag.Undo((ulong)values[i]);
    }

    public static void Add(Span<long> values, long addend)
    {
        if (addend == 0)
            return;
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var addends = Vector512.Create(addend);
            ref var first = ref MemoryMarshal.GetReference(values);
            for (; i + Lanes <= values.Length; i += Lanes)
                (Vector512.LoadUnsafe(ref first, (nuint)i) + addends).StoreUnsafe(ref first, (nuint)i);
        }
        for (; i < values.Length; i++)
            values[i] = unchecked(values[i] + addend);
    }

    /// <summary>Makes values of differences: each becomes the one before it plus itself plus the step.</summary>
    public static void SumUp(Span<long> values, long step)
    {
        var i = 1;
        if (Avx512F.IsSupported && values.Length > Lanes)
        {
            var steps = Vector512.Create(step);
            var carry = Vector512.Create(values[0]);
            var last = Vector512.Create(7L);
            ref var first = ref MemoryMarshal.GetReference(values);
            for (; i + Lanes <= values.Length; i += Lanes)
            {
                // Three shifted additions sum up eight lanes; the last lane carries over to the next eight.
                var sum = Vector512.LoadUnsafe(ref first, (nuint)i) + steps;
                sum += Avx512F.AlignRight64(sum, Vector512<long>.Zero, 7);
                sum += Avx512F.AlignRight64(sum, Vector512<long>.Zero, 6);
                sum += Avx512F.AlignRight64(sum, Vector512<long>.Zero, 4);
                sum += carry;
                sum.StoreUnsafe(ref first, (nuint)i);
                carry = Avx512F.PermuteVar8x64(sum, last);
            }
        }
        for (; i < values.Length; i++)
            values[i] = unchecked(values[i - 1] + values[i] + step);
    }
}
