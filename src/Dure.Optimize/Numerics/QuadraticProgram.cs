namespace Dure.Optimize.Numerics;

/// <summary>
/// The least of ½ xᵀHx + gᵀx under Ax ≤ b, for small dense problems with positive definite H, by the dual active-set method of Goldfarb and Idnani (1983,
/// Mathematical Programming 27, 1-33): it begins at the unconstrained least and adds one broken limit at a time, so it ends in finitely many steps and
/// says when no x keeps to all.
/// </summary>
public static class QuadraticProgram
{
    private const double Tolerance = 1e-9;

    /// <param name="h">Row by row, both triangles.</param>
    /// <param name="a">Limits row by row.</param>
    /// <returns>The least, or null where the limits contradict each other or H is not positive definite.</returns>
    public static double[]? Solve(ReadOnlySpan<double> h, ReadOnlySpan<double> g, ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var (n, m) = (g.Length, b.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(h.Length, n * n);
        ArgumentOutOfRangeException.ThrowIfNotEqual(a.Length, m * n);
        if (Cholesky.TryOf(h.ToArray(), n, 1) is not { } factor)
            return null;
        var x = new double[n];
        for (var i = 0; i < n; i++)
            x[i] = -g[i];
        factor.Solve(x);
        var (active, multipliers) = (new List<int>(n), new List<double>(n));
        for (var round = 0; round < 50 * (m + n); round++)
        {
            var broken = MostBroken(a, b, x, active);
            if (broken < 0)
                return x;
            if (!TryAdd(factor, a, b, broken, x, active, multipliers))
                return null;
        }
        return null;
    }

    private static int MostBroken(ReadOnlySpan<double> a, ReadOnlySpan<double> b, ReadOnlySpan<double> x, List<int> active)
    {
        var (worst, most) = (-1, 0.0);
        for (var i = 0; i < b.Length; i++)
        {
            var row = a.Slice(i * x.Length, x.Length);
            var excess = Vectors.Dot(row, x) - b[i];
            if (excess > Tolerance * (1 + Math.Abs(b[i])) && excess > most && !active.Contains(i))
                (worst, most) = (i, excess);
        }
        return worst;
    }

    /// <summary>Moves x until a broken limit holds, and gives up active limits whose multiplier would fall below 0 on the way.</summary>
    private static bool TryAdd(Cholesky factor, ReadOnlySpan<double> a, ReadOnlySpan<double> b, int limit, double[] x, List<int> active, List<double> multipliers)
    {
        var n = x.Length;
        var normal = a.Slice(limit * n, n);
        var own = 0.0;
        while (true)
        {
            var (direction, change) = Directions(factor, a, normal, active, n);
            var curvature = Vectors.Dot(normal, direction); // how fast the excess falls along the direction
            var (dropped, share) = (-1, double.PositiveInfinity);
            for (var k = 0; k < active.Count; k++)
                if (change[k] > Tolerance && multipliers[k] / change[k] < share)
                    (dropped, share) = (k, multipliers[k] / change[k]);
            var isMoving = curvature > Tolerance * Vectors.Dot(normal, normal) * 1e-6;
            var whole = isMoving ? (Vectors.Dot(normal, x) - b[limit]) / curvature : double.PositiveInfinity;
            var step = Math.Min(share, whole);
            if (double.IsPositiveInfinity(step))
                return false;
            if (isMoving)
                Vectors.Add(x, -step, direction);
            for (var k = 0; k < active.Count; k++)
                multipliers[k] -= step * change[k];
            own += step;
            if (whole <= share)
            {
                active.Add(limit);
                multipliers.Add(own);
                return true;
            }
            active.RemoveAt(dropped);
            multipliers.RemoveAt(dropped);
        }
    }

    /// <summary>The direction in which x moves per unit of the new limit's multiplier, and how fast the active ones' multipliers fall.</summary>
    private static (double[] Direction, double[] Change) Directions(Cholesky factor, ReadOnlySpan<double> a, ReadOnlySpan<double> normal, List<int> active, int n)
    {
        var direction = normal.ToArray();
        factor.Solve(direction);
        var count = active.Count;
        if (count == 0)
            return (direction, []);
        var (solved, gram, change) = (new double[count][], new double[count * count], new double[count]);
        for (var k = 0; k < count; k++)
        {
            solved[k] = a.Slice(active[k] * n, n).ToArray();
            factor.Solve(solved[k]);
            for (var l = 0; l <= k; l++)
                gram[k * count + l] = gram[l * count + k] = Vectors.Dot(a.Slice(active[l] * n, n), solved[k]);
            change[k] = Vectors.Dot(a.Slice(active[k] * n, n), direction);
        }
        if (Cholesky.TryOf(gram, count, 1) is not { } inner)
            return (new double[n], change);
        inner.Solve(change);
        for (var k = 0; k < count; k++)
            Vectors.Add(direction, -change[k], solved[k]);
        return (direction, change);
    }
}
