namespace Dure.Optimize.Pareto;

/// <summary>
/// The room above a reference point that no point of a front reaches, cut into boxes that do not overlap, level by level of the last direction. What a
/// new point adds to the hypervolume is the sum over the boxes of its share in each; so is the expectation of it (Daulton, Balandat and Bakshy 2020).
/// </summary>
internal sealed class FreeBoxes
{
    private readonly List<int> bounds = [];

    private FreeBoxes(double[][] levels) => Levels = levels;

    /// <summary>For each direction the reference, then the front's values in rising order, then infinity.</summary>
    public double[][] Levels { get; }

    public int Directions => Levels.Length;

    public int Count => bounds.Count / (2 * Directions);

    /// <summary>For each direction the numbers of the lower and upper level of a box.</summary>
    public ReadOnlySpan<int> Box(int number) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bounds).Slice(number * 2 * Directions, 2 * Directions);

    /// <param name="points">Those that do not exceed the reference in all directions, or are dominated, change nothing.</param>
    public static FreeBoxes Above(ReadOnlySpan<double> reference, IReadOnlyList<double[]> points)
    {
        var corner = reference.ToArray();
        var above = points.Where(point => Hypervolume.Dominates(point, corner)).ToArray();
        var front = Array.ConvertAll(Hypervolume.Front(above), i => above[i]);
        var levels = new double[corner.Length][];
        for (var direction = 0; direction < levels.Length; direction++)
            levels[direction] = [corner[direction], .. front.Select(point => point[direction]).Where(value => value > corner[direction]).Distinct().Order(), double.PositiveInfinity];
        var ranks = Array.ConvertAll(front, point => point.Select((value, direction) => Math.Max(0, Array.BinarySearch(levels[direction], value))).ToArray());
        var boxes = new FreeBoxes(levels);
        boxes.Cut(ranks, levels.Length - 1, new int[2 * levels.Length]);
        return boxes;
    }

    private void Cut(int[][] ranks, int direction, int[] box)
    {
        if (direction == 0)
        {
            (box[0], box[1]) = (ranks.Length == 0 ? 0 : ranks.Max(rank => rank[0]), Levels[0].Length - 1);
            bounds.AddRange(box);
            return;
        }
        var lower = 0;
        foreach (var upper in ranks.Select(rank => rank[direction]).Where(rank => rank > 0).Distinct().Order().Append(Levels[direction].Length - 1).ToArray())
        {
            (box[2 * direction], box[2 * direction + 1]) = (lower, upper);
            Cut(Front([.. ranks.Where(rank => rank[direction] >= upper)], direction), direction - 1, box);
            lower = upper;
        }
    }

    /// <summary>Those that no other exceeds in the first directions.</summary>
    private static int[][] Front(int[][] ranks, int directions) =>
        [.. ranks.Where((rank, i) => !ranks.Where((other, j) => j != i && Covers(other, rank, directions) && (j < i || !Covers(rank, other, directions))).Any())];

    private static bool Covers(int[] better, int[] worse, int directions)
    {
        for (var i = 0; i < directions; i++)
            if (better[i] < worse[i])
                return false;
        return true;
    }
}
