namespace Dure.Optimize.Designs;

/// <summary>
/// The corners of a region with flat sides, found by cutting a simple one side by side: the double description of Motzkin et al. (1953), for mixtures Piepel's
/// CONVRT (1988). Two corners are neighbours where no third one lies on all the sides that they share.
/// </summary>
internal sealed class Polytope
{
    private const double Tolerance = 1e-9;
    private const int MostVertices = 20_000;
    private const int MostSides = 128; // the bits of a set of sides

    private readonly List<(double[] Weights, double AtMost)> sides = [];
    private readonly int dimension;
    private List<(double[] At, UInt128 Sides)> vertices = [];

    private Polytope(int dimension) => this.dimension = dimension;

    public IReadOnlyList<double[]> Vertices => [.. vertices.Select(v => v.At)];

    /// <summary>The box with a corner at each combination of ends.</summary>
    public static Polytope Box((double Low, double High)[] ends)
    {
        var made = new Polytope(ends.Length);
        for (var d = 0; d < ends.Length; d++)
        {
            made.sides.Add((Unit(ends.Length, d, -1), -ends[d].Low));
            made.sides.Add((Unit(ends.Length, d, 1), ends[d].High));
        }
        for (var corner = 0; corner < 1 << ends.Length; corner++)
            made.vertices.Add(([.. ends.Select((end, d) => (corner >> d & 1) == 1 ? end.High : end.Low)], ends.Index().Aggregate(UInt128.Zero, (set, end) => set | UInt128.One << (2 * end.Index + (corner >> end.Index & 1)))));
        return made;
    }

    /// <summary>The simplex of shares that sum to 1, times a box.</summary>
    public static Polytope Simplex(int parts, (double Low, double High)[] ends)
    {
        var (made, box) = (new Polytope(parts - 1 + ends.Length), Box(ends));
        for (var d = 0; d < parts; d++)
            made.sides.Add((Unit(parts + ends.Length, d, -1), 0));
        foreach (var (weights, atMost) in box.sides)
            made.sides.Add(([.. new double[parts], .. weights], atMost));
        for (var part = 0; part < parts; part++)
            foreach (var corner in box.vertices)
                made.vertices.Add(([.. Unit(parts, part, 1), .. corner.At], ((UInt128.One << parts) - 1 ^ UInt128.One << part) | corner.Sides << parts));
        return made;
    }

    /// <summary>Keeps what lies on one side of a plane; false where nothing does.</summary>
    public bool Cut(double[] weights, double atMost)
    {
        var side = UInt128.One << sides.Count;
        sides.Add((weights, atMost));
        if (sides.Count > MostSides)
            throw DesignProblem.Of("size", $"The region has more than {MostSides} sides.", "region", "State fewer limits.");
        var scale = Tolerance * Math.Max(1, Math.Max(Math.Abs(atMost), weights.Max(Math.Abs)));
        var beyond = vertices.Select(v => Dot(weights, v.At) - atMost).ToArray();
        var kept = new List<(double[] At, UInt128 Sides)>();
        for (var a = 0; a < vertices.Count; a++)
        {
            if (beyond[a] <= scale)
                kept.Add((vertices[a].At, vertices[a].Sides | (beyond[a] >= -scale ? side : 0)));
            for (var b = 0; b < a; b++)
                if (beyond[a] > scale && beyond[b] < -scale || beyond[b] > scale && beyond[a] < -scale)
                    if (Shared(a, b) is { } shared)
                        kept.Add((Between(vertices[a].At, vertices[b].At, beyond[a] / (beyond[a] - beyond[b])), shared | side));
        }
        vertices = kept;
        if (vertices.Count > MostVertices)
            throw DesignProblem.Of("size", $"The region has more than {MostVertices:N0} corners.", "region", "State fewer limits or take fewer factors.");
        return vertices.Count > 0;
    }

    /// <summary>Pairs of neighbouring corners.</summary>
    public IEnumerable<(double[] A, double[] B)> Edges()
    {
        for (var a = 0; a < vertices.Count; a++)
            for (var b = 0; b < a; b++)
                if (Shared(a, b) is not null)
                    yield return (vertices[b].At, vertices[a].At);
    }

    /// <summary>The sides that two neighbours share; null where they are no neighbours.</summary>
    private UInt128? Shared(int a, int b)
    {
        var shared = vertices[a].Sides & vertices[b].Sides;
        // An edge lies on at least as many sides as there are dimensions but one: that parts most pairs at once.
        if (UInt128.PopCount(shared) < (UInt128)(dimension - 1))
            return null;
        for (var other = 0; other < vertices.Count; other++)
            if (other != a && other != b && (shared & vertices[other].Sides) == shared)
                return null;
        return shared;
    }

    private static double[] Between(double[] a, double[] b, double share)
    {
        var between = new double[a.Length];
        for (var d = 0; d < between.Length; d++)
            between[d] = a[d] + share * (b[d] - a[d]);
        return between;
    }

    private static double[] Unit(int size, int at, double value)
    {
        var unit = new double[size];
        unit[at] = value;
        return unit;
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var d = 0; d < a.Length; d++)
            sum += a[d] * b[d];
        return sum;
    }
}
