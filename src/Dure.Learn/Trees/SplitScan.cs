using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Learn.Trees;

/// <summary>The best cut among bins in order, eight cuts at once: the same numbers, and of equal cuts the same one, as one after the other.</summary>
internal static class SplitScan
{
    private const int Width = 8;

    /// <param name="sums">The bins' sums, in a stretch of <see cref="GradientSums.Stride"/> words that may be read to its end.</param>
    /// <param name="left">What is on the left before the first bin.</param>
    /// <param name="total">The sums of both sides.</param>
    /// <param name="hessians">The least and the most hessian of the left side.</param>
    /// <param name="worthToBeat">A cut must be worth more.</param>
    /// <returns>The bin before the cut, -1 where none is worth enough; what the sides are worth.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (int Bin, double Worth) Best(ReadOnlySpan<long> sums, long left, long total, (long Least, long Most) hessians, in SplitRules rules, double worthToBeat)
    {
        ref var first = ref MemoryMarshal.GetReference(sums);
        var (gradientUnit, hessianUnit, l2) = (Vector512.Create(rules.GradientUnit), Vector512.Create(rules.HessianUnit), Vector512.Create(rules.Options.L2));
        var (least, most, last) = (Vector512.Create((double)hessians.Least), Vector512.Create((double)hessians.Most), Vector512.Create((double)sums.Length));
        var (best, bestAt, at) = (Vector512.Create(worthToBeat), Vector512.Create(-1.0), Vector512<double>.Indices);
        var (before, all) = (Vector512.Create(left), Vector512.Create(total));
        for (var i = 0; i < sums.Length; i += Width, at += Vector512.Create((double)Width))
        {
            var bins = Vector512.LoadUnsafe(ref first, (nuint)i);
            // Behind bins without rows the cut is the cut before; the first is one even so, for those without a value may be on its left.
            if (bins == Vector512<long>.Zero && i > 0)
                continue;
            var lefts = Running(bins) + before;
            before = Vector512.Create(lefts[Width - 1]);
            var (leftHessian, rightHessian) = (HessianOf(lefts), HessianOf(all - lefts));
            var (leftGradient, rightGradient) = (GradientOf(lefts) * gradientUnit, GradientOf(all - lefts) * gradientUnit);
            var worth = leftGradient * leftGradient / (leftHessian * hessianUnit + l2) + rightGradient * rightGradient / (rightHessian * hessianUnit + l2);
            var better = Vector512.GreaterThan(worth, best) & Vector512.GreaterThanOrEqual(leftHessian, least) & Vector512.LessThanOrEqual(leftHessian, most) & Vector512.LessThan(at, last);
            best = Vector512.ConditionalSelect(better, worth, best);
            bestAt = Vector512.ConditionalSelect(better, at, bestAt);
        }
        var (found, value) = (-1, worthToBeat);
        for (var lane = 0; lane < Width; lane++)
            if (bestAt[lane] >= 0 && (best[lane] > value || (best[lane] == value && bestAt[lane] < found)))
                (found, value) = ((int)bestAt[lane], best[lane]);
        return (found, value);
    }

    /// <summary>Each word with all before it added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> Running(Vector512<long> words)
    {
        // A place beyond the eighth is read as 0.
        words += Vector512.Shuffle(words, Vector512.Create(Width, 0L, 1, 2, 3, 4, 5, 6));
        words += Vector512.Shuffle(words, Vector512.Create(Width, Width, 0L, 1, 2, 3, 4, 5));
        return words + Vector512.Shuffle(words, Vector512.Create(Width, Width, Width, Width, 0L, 1, 2, 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> GradientOf(Vector512<long> sums) => Vector512.ConvertToDouble(sums >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> HessianOf(Vector512<long> sums) => Vector512.ConvertToDouble(sums & Vector512.Create(0xFFFF_FFFFL));
}
