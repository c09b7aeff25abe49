using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dure.Kernel;

namespace Dure.Historian.Watching;

/// <summary>What a scan of a block of values finds: one bit per row.</summary>
/// <param name="Equal">The value is that of the row before.</param>
/// <param name="Suspect">The step from the row before is larger than the limit.</param>
/// <param name="HasOutside">Some value is outside the engineering range.</param>
internal readonly record struct BlockMarks(uint Equal, uint Suspect, bool HasOutside);

/// <summary>The checks that every block passes through, vector by vector. Each has a plain form for blocks that are not full.</summary>
internal static class BlockScan
{
    /// <summary>Times beyond, and times before 1970, are none.</summary>
    private const long MaxTime = SignalWatch.MaxTime;

    /// <summary>Whether the times rise strictly from the one before them.</summary>
    public static bool IsAscending(ReadOnlySpan<long> times, long last)
    {
        if (times[0] <= last || times[0] < 0 || times[^1] > MaxTime)
            return false;
        if (times.Length != WatchState.Block)
            return IsAscendingPlainly(times);
        ref var first = ref MemoryMarshal.GetReference(times);
        var rising = Vector256.GreaterThan(Vector256.LoadUnsafe(ref first, 1), Vector256.LoadUnsafe(ref first, 0));
        rising &= Vector256.GreaterThan(Vector256.LoadUnsafe(ref first, 5), Vector256.LoadUnsafe(ref first, 4));
        rising &= Vector256.GreaterThan(Vector256.LoadUnsafe(ref first, 9), Vector256.LoadUnsafe(ref first, 8));
        rising &= Vector256.GreaterThan(Vector256.LoadUnsafe(ref first, 12), Vector256.LoadUnsafe(ref first, 11));
        return rising == Vector256<long>.AllBitsSet;
    }

    /// <summary>Sum of the distances of a full block's steps from the period; -1 when a step is off by more than the tolerance.</summary>
    public static long StepDeviation(ReadOnlySpan<long> times, long last, long period, long tolerance)
    {
        ref var first = ref MemoryMarshal.GetReference(times);
        var (usual, most) = (Vector256.Create(period), Vector256.Create(tolerance));
        var a = Vector256.Abs(Vector256.LoadUnsafe(ref first) - Vector256.Create(last, times[0], times[1], times[2]) - usual);
        var b = Vector256.Abs(Vector256.LoadUnsafe(ref first, 4) - Vector256.LoadUnsafe(ref first, 3) - usual);
        var c = Vector256.Abs(Vector256.LoadUnsafe(ref first, 8) - Vector256.LoadUnsafe(ref first, 7) - usual);
        var d = Vector256.Abs(Vector256.LoadUnsafe(ref first, 12) - Vector256.LoadUnsafe(ref first, 11) - usual);
        var any = a | b | c | d;
        if (any == Vector256<long>.Zero)
            return 0;
        return Vector256.GreaterThanAny(a, most) || Vector256.GreaterThanAny(b, most) || Vector256.GreaterThanAny(c, most) || Vector256.GreaterThanAny(d, most)
            ? -1 : Vector256.Sum(a + b + c + d);
    }

    /// <summary>Whether all samples are good and all values finite.</summary>
    public static bool IsSound(ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities)
    {
        if (values.Length != WatchState.Block)
            return IsSoundPlainly(values, qualities);
        if (Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(MemoryMarshal.AsBytes(qualities))) != Vector128<byte>.Zero)
            return false;
        ref var first = ref MemoryMarshal.GetReference(values);
        var largest = Vector256.Create(SignalWatch.MaxSize);
        var finite = Vector256.LessThanOrEqual(Vector256.Abs(Vector256.LoadUnsafe(ref first)), largest)
            & Vector256.LessThanOrEqual(Vector256.Abs(Vector256.LoadUnsafe(ref first, 4)), largest)
            & Vector256.LessThanOrEqual(Vector256.Abs(Vector256.LoadUnsafe(ref first, 8)), largest)
            & Vector256.LessThanOrEqual(Vector256.Abs(Vector256.LoadUnsafe(ref first, 12)), largest);
        return finite.AsInt64() == Vector256<long>.AllBitsSet;
    }

    /// <summary>Scans a full block and adds it to the sums of the epoch. Steps and bends are cut off at 16 and 32 times the usual step.</summary>
    public static BlockMarks Scan(ReadOnlySpan<double> values, double last, double beforeLast, ref WatchState state)
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        var limit = Vector256.Create(state.JudgeFrom);
        var most = Vector256.Create(16 * state.Scale);
        var (low, high) = (Vector256.Create(state.Low), Vector256.Create(state.High));
        var (moves, bends, lowest, highest) = (state.Moves, state.Bends, state.Lowest, state.Highest);
        var outside = Vector256<double>.Zero;
        var (equal, suspect) = (0u, 0u);
        for (var i = 0; i < WatchState.Block; i += 4)
        {
            var now = Vector256.LoadUnsafe(ref first, (nuint)i);
            var before = i > 0 ? Vector256.LoadUnsafe(ref first, (nuint)i - 1) : Vector256.Create(last, values[0], values[1], values[2]);
            var further = i > 0 ? Vector256.LoadUnsafe(ref first, (nuint)i - 2) : Vector256.Create(beforeLast, last, values[0], values[1]);
            var step = now - before;
            var size = Vector256.Abs(step);
            moves += Vector256.Min(size, most);
            bends += Vector256.Min(Vector256.Abs(step - (before - further)), most + most);
            lowest = Vector256.Min(lowest, now);
            highest = Vector256.Max(highest, now);
            outside |= Vector256.LessThan(now, low) | Vector256.GreaterThan(now, high);
            equal |= Vector256.ExtractMostSignificantBits(Vector256.Equals(now, before)) << i;
            suspect |= Vector256.ExtractMostSignificantBits(Vector256.GreaterThan(size, limit)) << i;
        }
        (state.Moves, state.Bends, state.Lowest, state.Highest) = (moves, bends, lowest, highest);
        return new BlockMarks(equal, suspect, outside.AsInt64() != Vector256<long>.Zero);
    }

    /// <summary>The plain form of <see cref="Scan"/>, for a block of any length; the first rows of a stream have no row before.</summary>
    public static BlockMarks ScanPlainly(ReadOnlySpan<double> values, ReadOnlySpan<double> tail, ref WatchState state)
    {
        var (moves, bends, most) = (0.0, 0.0, 16 * state.Scale);
        var (equal, suspect, hasOutside) = (0u, 0u, false);
        var (last, stepBefore, seen) = (tail.Length > 0 ? tail[^1] : 0, tail.Length > 1 ? tail[^1] - tail[^2] : 0, tail.Length);
        for (var i = 0; i < values.Length; i++, seen++)
        {
            var value = values[i];
            state.Lowest = Vector256.Min(state.Lowest, Vector256.Create(value));
            state.Highest = Vector256.Max(state.Highest, Vector256.Create(value));
            hasOutside |= value < state.Low || value > state.High;
            if (seen > 0)
            {
                var step = value - last;
                moves += Math.Min(Math.Abs(step), most);
                bends += seen > 1 ? Math.Min(Math.Abs(step - stepBefore), 2 * most) : 0;
                equal |= step == 0 ? 1u << i : 0;
                suspect |= Math.Abs(step) > state.JudgeFrom ? 1u << i : 0;
                stepBefore = step;
            }
            last = value;
        }
        state.Moves += Vector256.CreateScalar(moves);
        state.Bends += Vector256.CreateScalar(bends);
        return new BlockMarks(equal, suspect, hasOutside);
    }

    private static bool IsAscendingPlainly(ReadOnlySpan<long> times)
    {
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] <= times[i - 1])
                return false;
        }
        return true;
    }

    private static bool IsSoundPlainly(ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities)
    {
        if (qualities.ContainsAnyExcept(Quality.Good))
            return false;
        foreach (var value in values)
        {
            if (!(Math.Abs(value) <= SignalWatch.MaxSize))
                return false;
        }
        return true;
    }
}
