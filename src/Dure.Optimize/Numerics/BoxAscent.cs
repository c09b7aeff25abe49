namespace Dure.Optimize.Numerics;

/// <summary>
/// Climbs a smooth hill within a box: projected steps of BFGS on the variables that are not held at a bound (Bertsekas 1982), of as few dimensions as
/// trials have. Never leaves the box and never goes down.
/// </summary>
public static class BoxAscent
{
    private const int MostHalvings = 12;
    private const double Rise = 1e-4;

    /// <param name="height">The hill, and its slope.</param>
    /// <param name="at">Where to begin, and then where it ended.</param>
    /// <param name="isFree">Which entries may move; null: all.</param>
    /// <returns>The height there.</returns>
    public static double Climb(Objective height, double[] at, ReadOnlySpan<double> low, ReadOnlySpan<double> high, bool[]? isFree = null, int mostSteps = 50, double tolerance = 1e-6, CancellationToken cancel = default)
    {
        var count = at.Length;
        var (slope, nextSlope, next, direction) = (new double[count], new double[count], new double[count], new double[count]);
        var curvature = new double[count * count];
        Reset(curvature, count, 0);
        var held = new bool[count];
        var value = height(at, slope);
        for (var (step, isFresh) = (0, true); step < mostSteps && double.IsFinite(value); step++)
        {
            cancel.ThrowIfCancellationRequested();
            if (Hold(at, slope, low, high, isFree, held))
                (isFresh, _) = (true, Reset(curvature, count, 0));
            Direct(curvature, slope, held, direction, isFresh);
            var length = 1.0;
            var found = double.NegativeInfinity;
            for (var halving = 0; halving < MostHalvings; halving++, length /= 3)
            {
                var gained = 0.0;
                for (var i = 0; i < count; i++)
                {
                    next[i] = Math.Clamp(at[i] + length * direction[i], low[i], high[i]);
                    gained += slope[i] * (next[i] - at[i]);
                }
                found = height(next, nextSlope);
                if (gained > 0 && found >= value + Rise * gained)
                    break;
                found = double.NegativeInfinity;
            }
            if (double.IsNegativeInfinity(found))
            {
                if (isFresh)
                    break;
                (isFresh, _) = (true, Reset(curvature, count, 0)); // what was learnt of the curvature misleads: once more by the slope alone
                continue;
            }
            isFresh = !Learn(curvature, at, next, slope, nextSlope, held, isFresh);
            var rise = found - value;
            (value, _) = (found, Copy(next, at, nextSlope, slope));
            if (rise <= tolerance * Math.Max(1, Math.Abs(value)))
                break;
        }
        return value;
    }

    /// <summary>Marks what cannot rise further because a bound is in the way; true where that changed.</summary>
    private static bool Hold(double[] at, double[] slope, ReadOnlySpan<double> low, ReadOnlySpan<double> high, bool[]? isFree, bool[] held)
    {
        var hasChanged = false;
        for (var i = 0; i < at.Length; i++)
        {
            var isHeld = isFree?[i] == false || (at[i] <= low[i] && slope[i] <= 0) || (at[i] >= high[i] && slope[i] >= 0);
            hasChanged |= isHeld != held[i];
            held[i] = isHeld;
        }
        return hasChanged;
    }

    private static void Direct(double[] curvature, double[] slope, bool[] held, double[] direction, bool isFresh)
    {
        var count = slope.Length;
        var largest = 0.0;
        for (var i = 0; i < count; i++)
        {
            var sum = 0.0;
            for (var j = 0; j < count && !held[i]; j++)
                sum += held[j] ? 0 : curvature[i * count + j] * slope[j];
            direction[i] = sum;
            largest = Math.Max(largest, Math.Abs(sum));
        }
        var most = isFresh ? 0.1 : 0.5; // of the box's unit sides
        for (var i = 0; i < count && (isFresh || largest > most); i++)
            direction[i] *= most / Math.Max(1e-300, largest);
    }

    /// <summary>The update of BFGS for the inverse; Nocedal and Wright (2006), eq. 6.17. False where the step shows no curvature.</summary>
    private static bool Learn(double[] curvature, double[] at, double[] next, double[] slope, double[] nextSlope, bool[] held, bool isFresh)
    {
        var count = at.Length;
        Span<double> moved = stackalloc double[count], turned = stackalloc double[count], carried = stackalloc double[count];
        var (product, square) = (0.0, 0.0);
        for (var i = 0; i < count; i++)
        {
            (moved[i], turned[i]) = held[i] ? (0, 0) : (next[i] - at[i], slope[i] - nextSlope[i]);
            product += moved[i] * turned[i];
            square += turned[i] * turned[i];
        }
        if (!(product > 1e-12 * square) || square == 0)
            return !isFresh;
        if (isFresh)
            Reset(curvature, count, product / square);
        var carriedTurn = 0.0;
        for (var i = 0; i < count; i++)
        {
            carried[i] = 0;
            for (var j = 0; j < count; j++)
                carried[i] += curvature[i * count + j] * turned[j];
            carriedTurn += carried[i] * turned[i];
        }
        var outer = (1 + carriedTurn / product) / product;
        for (var i = 0; i < count; i++)
            for (var j = 0; j < count; j++)
                curvature[i * count + j] += outer * moved[i] * moved[j] - (carried[i] * moved[j] + moved[i] * carried[j]) / product;
        return true;
    }

    private static bool Reset(double[] curvature, int count, double scale)
    {
        Array.Clear(curvature);
        for (var i = 0; i < count; i++)
            curvature[i * count + i] = scale > 0 ? scale : 1;
        return true;
    }

    private static bool Copy(double[] next, double[] at, double[] nextSlope, double[] slope)
    {
        next.CopyTo(at, 0);
        nextSlope.CopyTo(slope, 0);
        return true;
    }
}
