using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Historian.Storage.Coding;

/// <summary>Sums over columns by vectors. Accepted values are never NaN unless their quality is bad, which callers leave out.</summary>
internal static class Columns
{
    /// <summary>Infinities and 0 for no values.</summary>
    public static (double Min, double Max, double Sum) MinMaxSum(ReadOnlySpan<double> values)
    {
        var (min, max, sum, i) = (double.PositiveInfinity, double.NegativeInfinity, 0.0, 0);
        if (Vector512.IsHardwareAccelerated && values.Length >= 16)
        {
            ref var first = ref MemoryMarshal.GetReference(values);
            var (lows, highs, sums) = (Vector512.LoadUnsafe(ref first), Vector512.LoadUnsafe(ref first), Vector512.LoadUnsafe(ref first));
            for (i = 8; i + 8 <= values.Length; i += 8)
            {
                var each = Vector512.LoadUnsafe(ref first, (nuint)i);
                lows = Vector512.MinNative(lows, each);
                highs = Vector512.MaxNative(highs, each);
                sums += each;
            }
            sum = Vector512.Sum(sums);
            var low = Vector256.MinNative(lows.GetLower(), lows.GetUpper());
            var high = Vector256.MaxNative(highs.GetLower(), highs.GetUpper());
            var lowest = Vector128.MinNative(low.GetLower(), low.GetUpper());
            var highest = Vector128.MaxNative(high.GetLower(), high.GetUpper());
            (min, max) = (Math.Min(lowest[0], lowest[1]), Math.Max(highest[0], highest[1]));
        }
        for (; i < values.Length; i++)
        {
            min = Math.Min(min, values[i]);
            max = Math.Max(max, values[i]);
            sum += values[i];
        }
        return (min, max, sum);
    }
}
