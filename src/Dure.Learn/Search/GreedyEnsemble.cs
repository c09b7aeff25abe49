namespace Dure.Learn.Search;

/// <summary>Weights for models whose predictions are averaged: again and again the one that helps most is added (Caruana et al. 2004).</summary>
internal static class GreedyEnsemble
{
    private const int Steps = 40;

    /// <param name="predictions">For each model its predictions, made by models that had not seen the rows.</param>
    /// <param name="loss">Of averaged predictions; smaller is better.</param>
    /// <returns>Weights that sum to one; the best model alone where no company helps it.</returns>
    public static double[] Weights(IReadOnlyList<double[]> predictions, Func<double[], double> loss, CancellationToken cancel)
    {
        var counts = new int[predictions.Count];
        var (sum, mean) = (new double[predictions[0].Length], new double[predictions[0].Length]);
        var (best, bestCounts) = (double.PositiveInfinity, counts);
        for (var step = 1; step <= Steps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            var (chosen, least) = (0, double.PositiveInfinity);
            for (var model = 0; model < predictions.Count; model++)
            {
                for (var i = 0; i < mean.Length; i++)
                    mean[i] = (sum[i] + predictions[model][i]) / step;
                if (loss(mean) is var value && value < least)
                    (chosen, least) = (model, value);
            }
            counts[chosen]++;
            for (var i = 0; i < sum.Length; i++)
                sum[i] += predictions[chosen][i];
            if (least < best)
                (best, bestCounts) = (least, [.. counts]);
        }
        var total = (double)bestCounts.Sum();
        return total == 0 ? Alone(predictions.Count) : Array.ConvertAll(bestCounts, count => count / total);
    }

    private static double[] Alone(int models)
    {
        var weights = new double[models];
        weights[0] = 1;
        return weights;
    }
}
