namespace Dure.Learn.Trees;

internal static class WeightedQuantile
{
    /// <summary>The value below which a share of the weight lies, with a straight line between the middles of neighbours' weights; of equal weights the usual quantile.</summary>
    public static double Of(ReadOnlySpan<int> rows, Func<int, double> value, Func<int, double> weight, double share)
    {
        var (values, weights) = (new double[rows.Length], new double[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
            (values[i], weights[i]) = (value(rows[i]), weight(rows[i]));
        Array.Sort(values, weights);
        var total = 0.0;
        foreach (var each in weights)
            total += each;
        var (below, wanted) = (0.0, share * (total - weights[0]));
        for (var i = 0; i + 1 < values.Length; i++)
        {
            var step = weights[i + 1];
            if (below + step >= wanted)
                return values[i] + (values[i + 1] - values[i]) * (wanted - below) / step;
            below += step;
        }
        return values[^1];
    }
}
