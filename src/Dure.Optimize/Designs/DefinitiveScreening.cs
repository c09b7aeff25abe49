namespace Dure.Optimize.Designs;

/// <summary>
/// Definitive screening (Jones and Nachtsheim 2011): three levels of each factor, main effects clear of each other, of all squares and of all products of two
/// factors. From conference matrices (Xiao, Lin and Bai 2012): 2k + 1 runs for an even number k of factors, 2k + 3 for an odd one.
/// </summary>
public static class DefinitiveScreening
{
    private const string Where = "definitive screening design";

    /// <param name="spare">Columns made but not used, which give runs to estimate the noise by; even, such as 2.</param>
    /// <param name="centres">Runs at the centre, at least 1.</param>
    public static DesignTable Of(IReadOnlyList<Factor> factors, int spare = 0, int centres = 1)
    {
        DesignProblem.CheckFactors(factors, Where, 3, 100);
        if (factors.FirstOrDefault(f => f is not ContinuousFactor && f.CodedLevels?.Contains(0) != true || f is CategoricalFactor) is { } other)
            throw DesignProblem.Of("factors", $"Factor {other.Name} has no middle setting.", Where, "Use a continuous factor or three even steps, or an optimal design.");
        ArgumentOutOfRangeException.ThrowIfNegative(spare);
        ArgumentOutOfRangeException.ThrowIfLessThan(centres, 1);
        var order = factors.Count + spare + (factors.Count + spare) % 2;
        // Of some orders no conference matrix exists; the next has two columns more.
        var matrix = OrthogonalMatrices.Conference(order);
        for (; matrix is null; order += 2)
            matrix = OrthogonalMatrices.Conference(order + 2);
        var rows = new List<double[]>();
        for (var run = 0; run < matrix.GetLength(0); run++)
        {
            double[] row = [.. Enumerable.Range(0, factors.Count).Select(f => (double)matrix[run, f])];
            rows.Add(row);
            rows.Add([.. row.Select(x => 0 - x)]);
        }
        for (var centre = 0; centre < centres; centre++)
            rows.Add(new double[factors.Count]);
        return new(factors, rows);
    }
}
