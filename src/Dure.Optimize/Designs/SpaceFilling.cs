namespace Dure.Optimize.Designs;

/// <summary>Designs that look everywhere, for simulations and for models that are not polynomials.</summary>
public static class SpaceFilling
{
    private const string Where = "space-filling design";
    private const int MostRuns = 100_000;

    /// <summary>The first points of a scrambled Sobol' sequence; best with a power of two of runs.</summary>
    public static DesignTable Sobol(IReadOnlyList<Factor> factors, int runs, int seed)
    {
        Check(factors, runs);
        var sequence = new SobolSequence(factors.Count, seed);
        var point = new double[factors.Count];
        var rows = new double[runs][];
        for (var run = 0; run < runs; run++)
        {
            sequence.Next(point);
            rows[run] = [.. point.Select((share, f) => At(factors[f], share))];
        }
        return new(factors, rows);
    }

    /// <summary>
    /// A Latin hypercube (McKay, Beckman and Conover 1979): each factor takes each of as many strata as runs once. Pairs are swapped within a factor as long
    /// as that parts the nearest runs further (maximin, by the φ criterion of Morris and Mitchell 1995).
    /// </summary>
    /// <param name="swaps">Swaps tried; 0 gives a plain Latin hypercube.</param>
    public static DesignTable LatinHypercube(IReadOnlyList<Factor> factors, int runs, int seed, int swaps = 10_000)
    {
        Check(factors, runs);
        ArgumentOutOfRangeException.ThrowIfNegative(swaps);
        if (swaps > 0 && runs > 3000)
            throw DesignProblem.Of("size", $"{runs} runs are too many to part by swaps.", Where, "Ask for at most 3,000, or for no swaps.");
        var random = new Random(seed);
        var points = LatinHypercubePoints.Draw(runs, factors.Count, random);
        if (swaps > 0 && runs > 2)
            new LatinHypercubePoints(points, random).Improve(swaps);
        return new(factors, [.. points.Select(point => point.Select((share, f) => At(factors[f], share)).ToArray())]);
    }

    private static double At(Factor factor, double share) =>
        factor.CodedLevels is { } levels ? levels[Math.Min((int)(share * levels.Length), levels.Length - 1)] : 2 * share - 1;

    private static void Check(IReadOnlyList<Factor> factors, int runs)
    {
        DesignProblem.CheckFactors(factors, Where);
        if (factors.Any(f => f is MixtureComponent))
            throw DesignProblem.Of("mixture", "A mixture cannot be filled as a cube.", Where, "Use a lattice, a centroid, extreme vertices or an optimal design.");
        if (runs is < 1 or > MostRuns)
            throw DesignProblem.Of("size", $"{runs} runs are asked for.", Where, $"Ask for 1 to {MostRuns:N0}.");
    }
}

/// <summary>Moves points of a Latin hypercube apart by swapping coordinates.</summary>
internal sealed class LatinHypercubePoints
{
    // φ_p of Morris and Mitchell with p = 10: near enough to the least distance, and it still tells apart designs with the same one. Sum of d^-10.
    private const int HalfPower = 5;

    private readonly double[][] points;
    private readonly Random random;
    private readonly double[] squared; // distances, by pair of runs

    public LatinHypercubePoints(double[][] points, Random random)
    {
        (this.points, this.random) = (points, random);
        squared = new double[points.Length * points.Length];
        for (var a = 0; a < points.Length; a++)
            for (var b = 0; b < points.Length; b++)
                squared[a * points.Length + b] = Squared(points[a], points[b]);
    }

    public static double[][] Draw(int runs, int dimensions, Random random)
    {
        var points = new double[runs][];
        for (var run = 0; run < runs; run++)
            points[run] = new double[dimensions];
        var order = Enumerable.Range(0, runs).ToArray();
        for (var d = 0; d < dimensions; d++)
        {
            random.Shuffle(order);
            for (var run = 0; run < runs; run++)
                points[run][d] = (order[run] + random.NextDouble()) / runs;
        }
        return points;
    }

    public void Improve(int swaps)
    {
        var runs = points.Length;
        for (var swap = 0; swap < swaps; swap++)
        {
            var (a, b, d) = (random.Next(runs), random.Next(runs), random.Next(points[0].Length));
            if (a != b && Gain(a, b, d) < 0)
                Swap(a, b, d);
        }
    }

    /// <summary>By how much the sum of d^-10 changes when two runs exchange a coordinate.</summary>
    private double Gain(int a, int b, int d)
    {
        var (change, runs, xa, xb) = (0.0, points.Length, points[a][d], points[b][d]);
        for (var other = 0; other < runs; other++)
        {
            if (other == a || other == b)
                continue;
            var x = points[other][d];
            var turn = (xb - x) * (xb - x) - (xa - x) * (xa - x);
            var (da, db) = (squared[a * runs + other], squared[b * runs + other]);
            change += Cost(da + turn) + Cost(db - turn) - Cost(da) - Cost(db);
        }
        return change;
    }

    private void Swap(int a, int b, int d)
    {
        (points[a][d], points[b][d]) = (points[b][d], points[a][d]);
        foreach (var moved in (ReadOnlySpan<int>)[a, b])
            for (var other = 0; other < points.Length; other++)
                squared[moved * points.Length + other] = squared[other * points.Length + moved] = Squared(points[moved], points[other]);
    }

    private static double Cost(double squaredDistance)
    {
        var inverse = 1 / Math.Max(squaredDistance, 1e-12);
        var cost = inverse;
        for (var i = 1; i < HalfPower; i++)
            cost *= inverse;
        return cost;
    }

    private static double Squared(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }
}
