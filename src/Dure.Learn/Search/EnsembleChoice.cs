namespace Dure.Learn.Search;

/// <summary>How much each candidate counts in the average, chosen by what they predicted for rows they had not seen.</summary>
/// <param name="predictions">Of each candidate, the best first, for each fold.</param>
/// <param name="lossBy">For some folds the loss of predictions for the rows that judge there, one fold after the other.</param>
internal sealed class EnsembleChoice(IReadOnlyList<IReadOnlyList<double[]>> predictions, Func<int[], Func<double[], double>> lossBy, CancellationToken cancel)
{
    private const int MostMembers = 8;

    private readonly int folds = predictions[0].Count;

    /// <summary>The weights that all folds choose; they sum to one.</summary>
    public double[] Weights() => By([.. Enumerable.Range(0, folds)]);

    /// <summary>The predictions of an average, fold after fold.</summary>
    public double[] Mean(double[] weights) => [.. Enumerable.Range(0, folds).SelectMany(fold => Mean(weights, fold))];

    /// <summary>For each fold the predictions of the average that the other folds would choose; with one fold only there is no other to ask.</summary>
    public double[] Nested() => folds == 1 ? Mean(Weights(), 0)
        : [.. Enumerable.Range(0, folds).SelectMany(fold => Mean(By([.. Enumerable.Range(0, folds).Where(other => other != fold)]), fold))];

    private double[] By(int[] some) => Leading(GreedyEnsemble.Weights([.. predictions.Select(one => some.SelectMany(fold => one[fold]).ToArray())], lossBy(some), cancel));

    /// <summary>Keeps the heaviest few: a model of a hundred parts fits no device.</summary>
    private static double[] Leading(double[] weights)
    {
        var least = weights.OrderDescending().Take(MostMembers).Last();
        var kept = weights.Select(weight => weight >= least ? weight : 0).ToArray();
        var sum = kept.Sum();
        return [.. kept.Select(weight => weight / sum)];
    }

    private double[] Mean(double[] weights, int fold)
    {
        var mean = new double[predictions[0][fold].Length];
        for (var at = 0; at < weights.Length; at++)
            if (weights[at] > 0)
                for (var i = 0; i < mean.Length; i++)
                    mean[i] += weights[at] * predictions[at][fold][i];
        return mean;
    }
}
