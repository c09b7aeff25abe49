namespace Dure.Optimize.Designs;

/// <summary>
/// Screening with two levels (Plackett and Burman 1946): up to n - 1 factors in n runs, n a multiple of 4, main effects clear of each other. Each product of two
/// factors is spread over many main effects: use it where few factors matter, or fold it over.
/// </summary>
public static class PlackettBurman
{
    private const string Where = "Plackett-Burman design";

    /// <param name="runs">A multiple of 4 above the number of factors; 0: the least.</param>
    /// <param name="isFolded">Whether all runs are repeated with all signs turned, which clears main effects of products of two.</param>
    public static DesignTable Of(IReadOnlyList<Factor> factors, int runs = 0, bool isFolded = false)
    {
        DesignProblem.CheckTwoLevel(factors, Where, 2, 127);
        if (runs == 0)
            for (runs = (factors.Count / 4 + 1) * 4; OrthogonalMatrices.Hadamard(runs) is null;)
                runs += 4;
        if (runs <= factors.Count || runs % 4 != 0 || runs > 256 || OrthogonalMatrices.Hadamard(runs) is not { } matrix)
            throw DesignProblem.Of("size", $"There is no design of {runs} runs for {factors.Count} factors here.", Where, "Ask for a multiple of 4 above the number of factors, up to 256 (not 92, 116 and a few more), or for 0: the least.");
        var rows = Enumerable.Range(0, runs).Select(run => Enumerable.Range(0, factors.Count).Select(f => (double)matrix[run, f + 1]).ToArray()).ToList();
        if (isFolded)
            rows.AddRange(rows.Select(row => row.Select(x => -x).ToArray()).ToArray());
        return new(factors, [.. rows.Select(row => TwoLevels.Coded(factors, row))]);
    }
}

internal static class TwoLevels
{
    /// <summary>Signs as coded values: of two kinds the first for -1.</summary>
    public static double[] Coded(IReadOnlyList<Factor> factors, double[] signs) => [.. signs.Select((sign, f) => factors[f] is CategoricalFactor ? (sign + 1) / 2 : sign)];
}
