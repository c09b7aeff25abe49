namespace Dure.Optimize.Pareto;

/// <summary>How much of the room above a reference point is at or below at least one of some points; more is better in every direction.</summary>
public static class Hypervolume
{
    /// <summary>The numbers of the points that no other exceeds in all directions; of equal ones the first.</summary>
    public static int[] Front(IReadOnlyList<double[]> points)
    {
        var front = new List<int>();
        for (var i = 0; i < points.Count; i++)
        {
            var isBeaten = false;
            for (var j = 0; j < points.Count && !isBeaten; j++)
                isBeaten = j != i && Dominates(points[j], points[i]) && (j < i || !points[j].AsSpan().SequenceEqual(points[i]));
            if (!isBeaten)
                front.Add(i);
        }
        return [.. front];
    }

    /// <summary>Whether a point is at least as good as another in all directions.</summary>
    public static bool Dominates(ReadOnlySpan<double> better, ReadOnlySpan<double> worse)
    {
        for (var i = 0; i < better.Length; i++)
            if (!(better[i] >= worse[i]))
                return false;
        return true;
    }

    /// <summary>The volume, exactly: by a sweep in two directions, by exclusive volumes in more (While, Bradstreet and Barone 2012).</summary>
    /// <param name="points">At most a few hundred where there are four directions, a few dozens where there are more.</param>
    public static double Of(IReadOnlyList<double[]> points, ReadOnlySpan<double> reference)
    {
        var above = new List<double[]>(points.Count);
        foreach (var point in points)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(point.Length, reference.Length);
            var shifted = new double[point.Length];
            for (var i = 0; i < shifted.Length; i++)
                shifted[i] = Math.Max(0, point[i] - reference[i]);
            if (Array.TrueForAll(shifted, each => each > 0))
                above.Add(shifted);
        }
        return Volume(above, reference.Length);
    }

    private static double Volume(List<double[]> points, int directions)
    {
        if (points.Count == 0)
            return 0;
        if (directions == 1)
            return points.Max(point => point[0]);
        var front = Front(points);
        var sorted = Array.ConvertAll(front, i => points[i]);
        Array.Sort(sorted, (a, b) => b[directions - 1].CompareTo(a[directions - 1]));
        return directions == 2 ? Area(sorted) : Exclusive(sorted, directions);
    }

    /// <summary>Best in the second direction first; each adds what it reaches further in the first.</summary>
    private static double Area(double[][] sorted)
    {
        var (area, reached) = (0.0, 0.0);
        foreach (var point in sorted)
        {
            area += Math.Max(0, point[0] - reached) * point[1];
            reached = Math.Max(reached, point[0]);
        }
        return area;
    }

    /// <summary>Each point's own volume less what those before it share; these are at least as good in the last direction, so one direction falls away.</summary>
    private static double Exclusive(double[][] sorted, int directions)
    {
        var volume = 0.0;
        for (var i = 0; i < sorted.Length; i++)
        {
            var limited = new List<double[]>(i);
            for (var j = 0; j < i; j++)
            {
                var shared = new double[directions - 1];
                for (var k = 0; k < shared.Length; k++)
                    shared[k] = Math.Min(sorted[i][k], sorted[j][k]);
                limited.Add(shared);
            }
            var own = 1.0;
            for (var k = 0; k < directions - 1; k++)
                own *= sorted[i][k];
            volume += (own - Volume(limited, directions - 1)) * sorted[i][directions - 1];
        }
        return volume;
    }
}
