namespace Dure.Optimize.Designs;

/// <summary>Designs for mixtures, whose components sum to the whole.</summary>
public static class MixtureDesigns
{
    private const string Where = "mixture design";

    /// <summary>Scheffé's simplex lattice {q, m}: all mixtures of shares 0, 1/m, … 1; C(q + m - 1, m) runs. Scheffé (1958). Of components with low limits above 0
    /// the lattice is laid over what remains (pseudo-components).</summary>
    public static DesignTable Lattice(IReadOnlyList<MixtureComponent> components, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        CheckSimplex(components);
        var rows = new List<double[]>();
        Fill(new int[components.Count], 0, steps, shares => rows.Add(FromPseudo(components, [.. shares.Select(s => (double)s / steps)])));
        return new(components, rows);
    }

    /// <summary>Scheffé's simplex centroid (1963): all mixtures of equal shares of some components; 2^q - 1 runs.</summary>
    public static DesignTable Centroid(IReadOnlyList<MixtureComponent> components)
    {
        CheckSimplex(components);
        DesignProblem.CheckMost(1L << Math.Min(components.Count, 62), Where);
        var chosen = Enumerable.Range(1, (1 << components.Count) - 1).OrderBy(set => int.PopCount(set)).ThenBy(set => set);
        return new(components, [.. chosen.Select(set => FromPseudo(components, [.. components.Select((_, c) => (set >> c & 1) / (double)int.PopCount(set))]))]);
    }

    /// <summary>The corners of a region that limits bind, if wanted the middles of its edges, and its centre. McLean and Anderson (1966).</summary>
    /// <param name="withEdges">Whether the middle of each edge is a run, which a quadratic model asks for.</param>
    public static DesignTable ExtremeVertices(DesignRegion region, bool withEdges = false, bool withCentre = true)
    {
        if (region.IsBox)
            throw DesignProblem.Of("region", "The region has neither a mixture nor linear limits.", Where, "Use a factorial design.");
        var corners = region.Vertices.ToArray();
        var rows = new List<double[]>(corners);
        if (withEdges)
            rows.AddRange(region.Edges.Select(e => e.A.Zip(e.B, (a, b) => (a + b) / 2).ToArray()));
        if (withCentre)
            rows.Add([.. Enumerable.Range(0, region.Factors.Count).Select(f => corners.Average(c => c[f]))]);
        return new(region.Factors, rows);
    }

    private static void Fill(int[] shares, int at, int rest, Action<int[]> found)
    {
        if (at == shares.Length - 1)
        {
            shares[at] = rest;
            found(shares);
            return;
        }
        for (shares[at] = rest; shares[at] >= 0; shares[at]--)
            Fill(shares, at + 1, rest - shares[at], found);
    }

    private static double[] FromPseudo(IReadOnlyList<MixtureComponent> components, double[] shares)
    {
        var rest = 1 - components.Sum(c => c.Coded.Low);
        return [.. shares.Select((share, c) => components[c].Coded.Low + share * rest)];
    }

    private static void CheckSimplex(IReadOnlyList<MixtureComponent> components)
    {
        DesignProblem.CheckFactors(components, Where, 2, 20);
        var rest = 1 - components.Sum(c => c.Coded.Low);
        if (!(rest > 1e-12))
            throw DesignProblem.Of("limits", "The low limits sum to the whole or more.", Where, "Lower them.");
        if (components.FirstOrDefault(c => c.Coded.High < c.Coded.Low + rest - 1e-9) is { } bounded)
            throw DesignProblem.Of("limits", $"Component {bounded.Name} may not exceed {bounded.High:G6}, so that the region is no simplex.", Where, "Use extreme vertices or an optimal design.");
    }
}
