namespace Dure.Learn.Evaluation;

/// <summary>Figures for the order in which predictions put the rows.</summary>
internal static class RankingMetrics
{
    /// <summary>
    /// How often a row of the class stands above one that is not (ties half); of several classes the mean over those that are there. Not
    /// defined where all rows are alike.
    /// </summary>
    public static double Auc(JudgedRows rows, double[] weights) => OverClasses(rows, weights, Auc);

    /// <summary>Precision summed over the steps of recall, ties as one step.</summary>
    public static double AveragePrecision(JudgedRows rows, double[] weights) => OverClasses(rows, weights, AveragePrecision);

    /// <summary>Discounted gain over the best possible, mean over queries (Järvelin and Kekäläinen 2002; gain 2^label - 1).</summary>
    public static double Ndcg(JudgedRows rows, double[] weights)
    {
        var order = rows.ByScore(0);
        var (sum, weight) = (0.0, 0.0);
        foreach (var query in order.Where(row => weights[row] > 0).GroupBy(row => rows.Queries?[row] ?? 0))
        {
            var labels = query.Select(row => Math.Pow(2, rows.Truth[row]) - 1).ToArray();
            var best = Discounted([.. labels.OrderDescending()]);
            if (!(best > 0))
                continue; // nothing to find here
            var counts = query.Average(row => weights[row]);
            (sum, weight) = (sum + counts * Discounted(labels) / best, weight + counts);
        }
        return sum / weight;
    }

    private static double Discounted(double[] gains) => gains.Select((gain, place) => gain / Math.Log2(place + 2)).Sum();

    private static double OverClasses(JudgedRows rows, double[] weights, Func<JudgedRows, double[], int, int, double> of)
    {
        if (rows.Task.Outputs == 1)
            return of(rows, weights, 0, 1);
        var values = Enumerable.Range(0, rows.Task.Outputs).Select(one => of(rows, weights, one, one)).Where(double.IsFinite).ToArray();
        return values.Length > 0 ? values.Average() : double.NaN;
    }

    private static double Auc(JudgedRows rows, double[] weights, int output, int one)
    {
        var (hits, others, area) = (0.0, 0.0, 0.0);
        Steps(rows, weights, output, one, (hit, other) =>
        {
            area += other * (hits + hit / 2);
            (hits, others) = (hits + hit, others + other);
        });
        return area / (hits * others);
    }

    private static double AveragePrecision(JudgedRows rows, double[] weights, int output, int one)
    {
        var (hits, others, area) = (0.0, 0.0, 0.0);
        Steps(rows, weights, output, one, (hit, other) =>
        {
            (hits, others) = (hits + hit, others + other);
            if (hit > 0)
                area += hit * hits / (hits + others);
        });
        return area / hits;
    }

    /// <summary>Goes from the highest score down, rows of one score together: their weight in the class and outside it.</summary>
    private static void Steps(JudgedRows rows, double[] weights, int output, int one, Action<double, double> step)
    {
        var (order, outputs) = (rows.ByScore(output), rows.Task.Outputs);
        for (var i = 0; i < order.Length;)
        {
            var score = rows.Predictions[order[i] * outputs + output];
            var (hit, other) = (0.0, 0.0);
            for (; i < order.Length && rows.Predictions[order[i] * outputs + output] == score; i++)
                if ((int)rows.Truth[order[i]] == one)
                    hit += weights[order[i]];
                else
                    other += weights[order[i]];
            step(hit, other);
        }
    }
}

/// <summary>Figures for probabilities.</summary>
internal static class ProbabilityMetrics
{
    private const double Least = 1e-15;

    /// <summary>Mean squared distance from what came (Brier 1950); of two classes of the second alone, so that it lies between 0 and 1.</summary>
    public static double Brier(JudgedRows rows, double[] weights) => RegressionMetrics.Mean(weights, row =>
    {
        if (rows.Task.Outputs == 1)
            return (rows.Predictions[row] - rows.Truth[row]) * (rows.Predictions[row] - rows.Truth[row]);
        var sum = 0.0;
        for (var one = 0; one < rows.Task.Outputs; one++)
        {
            var off = rows.Probability(row, one) - ((int)rows.Truth[row] == one ? 1 : 0);
            sum += off * off;
        }
        return sum;
    });

    public static double LogLoss(JudgedRows rows, double[] weights) =>
        RegressionMetrics.Mean(weights, row => -Math.Log(Math.Clamp(rows.Probability(row, (int)rows.Truth[row]), Least, 1)));
}
