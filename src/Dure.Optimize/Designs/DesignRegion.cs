namespace Dure.Optimize.Designs;

/// <summary>
/// The settings that an experiment may take: the factors' limits, mixtures that sum to the whole, and linear limits. In coded numbers it knows how far one can go
/// in a direction and draws settings from within.
/// </summary>
public sealed class DesignRegion
{
    private const string Where = "region";
    private const int MostCut = 12;
    private const double Tolerance = 1e-9;

    private readonly int[] cut; // numeric factors that a mixture or a limit binds together
    private readonly List<(double[] Weights, double AtMost)> limits = []; // coded, over all factors
    private readonly Polytope? polytope;

    public DesignRegion(IReadOnlyList<Factor> factors, params IReadOnlyList<LinearLimit> linearLimits)
    {
        DesignProblem.CheckFactors(factors, Where);
        Factors = factors;
        var names = linearLimits.SelectMany(l => l.Weights.Keys).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names)
            if (factors.FirstOrDefault(f => f.Name == name) is null or CategoricalFactor or SteppedFactor)
                throw DesignProblem.Of("limits", $"A limit names {name}, which is no continuous factor or component.", Where, "Name factors that may take any value between two limits.");
        cut = [.. Enumerable.Range(0, factors.Count).Where(f => factors[f] is MixtureComponent).Concat(Enumerable.Range(0, factors.Count).Where(f => factors[f] is ContinuousFactor && names.Contains(factors[f].Name)))];
        Parts = cut.Count(f => factors[f] is MixtureComponent);
        foreach (var limit in linearLimits)
            limits.Add(Encoded(limit));
        if (cut.Length > 0)
            polytope = Carve(linearLimits);
    }

    public IReadOnlyList<Factor> Factors { get; }

    /// <summary>Whether each factor may be set whatever the others are.</summary>
    public bool IsBox => polytope is null;

    /// <summary>How many components the mixture has.</summary>
    internal int Parts { get; }

    /// <summary>The corners of the part of the region that is bound together, other factors in the middle.</summary>
    internal IEnumerable<double[]> Vertices => polytope is null ? [] : polytope.Vertices.Select(Spread);

    internal IEnumerable<(double[] A, double[] B)> Edges => polytope is null ? [] : polytope.Edges().Select(e => (Spread(e.A), Spread(e.B)));

    /// <summary>Whether coded settings lie within, but for rounding.</summary>
    public bool Contains(ReadOnlySpan<double> coded)
    {
        var shares = 0.0;
        for (var f = 0; f < Factors.Count; f++)
        {
            var (low, high) = Factors[f].Coded;
            if (!(coded[f] >= low - Tolerance && coded[f] <= high + Tolerance))
                return false;
            if (Factors[f] is MixtureComponent)
                shares += coded[f];
        }
        foreach (var (weights, atMost) in limits)
            if (Numerics.Vectors.Dot(weights, coded) > atMost + Tolerance * Math.Max(1, Math.Abs(atMost)))
                return false;
        return Parts == 0 || Math.Abs(shares - 1) < Tolerance;
    }

    /// <summary>Whether a mixture or a limit binds a factor to others.</summary>
    internal bool Binds(int factor) => cut.Contains(factor);

    /// <summary>How far one can go from settings within the region, forth and back, along a direction.</summary>
    internal (double Back, double Forth) Reach(ReadOnlySpan<double> at, ReadOnlySpan<double> direction)
    {
        var (back, forth) = (double.NegativeInfinity, double.PositiveInfinity);
        for (var f = 0; f < Factors.Count; f++)
        {
            var (low, high) = Factors[f].Coded;
            Narrow(direction[f], high - at[f], ref back, ref forth);
            Narrow(-direction[f], at[f] - low, ref back, ref forth);
        }
        foreach (var (weights, atMost) in limits)
            Narrow(Numerics.Vectors.Dot(weights, direction), atMost - Numerics.Vectors.Dot(weights, at), ref back, ref forth);
        return (Math.Min(0, back), Math.Max(0, forth));
    }

    /// <summary>Settings drawn from the region: evenly in a box, by hit-and-run (Smith 1984) where limits bind factors together.</summary>
    internal double[] Draw(Random random)
    {
        var at = new double[Factors.Count];
        for (var f = 0; f < at.Length; f++)
        {
            var (low, high) = Factors[f].Coded;
            at[f] = Factors[f].CodedLevels is { } levels ? levels[random.Next(levels.Length)] : low + random.NextDouble() * (high - low);
        }
        if (polytope is null)
            return at;
        var corners = polytope.Vertices;
        var weights = corners.Select(_ => -Math.Log(1 - random.NextDouble())).ToArray();
        var sum = weights.Sum();
        for (var i = 0; i < cut.Length; i++)
        {
            at[cut[i]] = 0;
            for (var c = 0; c < corners.Count; c++)
                at[cut[i]] += weights[c] / sum * corners[c][i];
        }
        for (var step = 0; step < 4 * cut.Length; step++)
            Walk(at, random);
        return at;
    }

    private void Walk(double[] at, Random random)
    {
        var direction = new double[at.Length];
        foreach (var f in cut)
            direction[f] = Gauss(random);
        var mean = Parts == 0 ? 0 : cut.Take(Parts).Sum(f => direction[f]) / Parts;
        foreach (var f in cut.AsSpan(0, Parts))
            direction[f] -= mean;
        var (back, forth) = Reach(at, direction);
        Numerics.Vectors.Add(at, back + random.NextDouble() * (forth - back), direction);
    }

    private static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static void Narrow(double slope, double room, ref double back, ref double forth)
    {
        if (slope > 1e-14)
            forth = Math.Min(forth, Math.Max(0, room) / slope);
        else if (slope < -1e-14)
            back = Math.Max(back, Math.Max(0, room) / slope);
    }

    private (double[] Weights, double AtMost) Encoded(LinearLimit limit)
    {
        if (limit.Weights.Values.Append(limit.AtMost).Any(w => !double.IsFinite(w)) || limit.Weights.Values.All(w => w == 0))
            throw DesignProblem.Of("limits", $"The limit {limit} has no finite weights.", Where, "State a weight for one factor or more.");
        var (weights, atMost) = (new double[Factors.Count], limit.AtMost);
        for (var f = 0; f < weights.Length; f++)
            if (limit.Weights.TryGetValue(Factors[f].Name, out var weight))
            {
                weights[f] = weight * (Factors[f].Decode(1) - Factors[f].Decode(0));
                atMost -= weight * Factors[f].Decode(0);
            }
        return (weights, atMost);
    }

    private Polytope Carve(IReadOnlyList<LinearLimit> linearLimits)
    {
        if (cut.Length > MostCut)
            throw DesignProblem.Of("size", $"Limits bind {cut.Length} factors together.", Where, $"Bind at most {MostCut}.");
        var ends = cut.Skip(Parts).Select(f => Factors[f].Coded).ToArray();
        var made = Parts > 0 ? Polytope.Simplex(Parts, ends) : Polytope.Box(ends);
        for (var i = 0; i < Parts; i++)
        {
            var (low, high) = Factors[cut[i]].Coded;
            var side = new double[cut.Length];
            side[i] = 1;
            if (high < 1 && !made.Cut(side, high) || low > 0 && !made.Cut([.. side.Select(x => -x)], -low))
                throw DesignProblem.Of("limits", $"The limits of component {Factors[cut[i]].Name} contradict those of the others.", Where, "Let the low limits sum to less than the whole and the high limits to more.");
        }
        for (var l = 0; l < limits.Count; l++)
            if (!made.Cut([.. cut.Select(f => limits[l].Weights[f])], limits[l].AtMost))
                throw DesignProblem.Of("limits", $"No settings keep the limit {linearLimits[l]} and those before it.", Where, "Loosen it, or the factors' limits.");
        return made;
    }

    private double[] Spread(double[] bound)
    {
        var at = new double[Factors.Count];
        for (var i = 0; i < cut.Length; i++)
            at[cut[i]] = bound[i];
        return at;
    }
}
