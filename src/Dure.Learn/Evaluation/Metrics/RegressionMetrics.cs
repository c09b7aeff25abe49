namespace Dure.Learn.Evaluation;

/// <summary>Figures for predicted numbers.</summary>
internal static class RegressionMetrics
{
    /// <summary>Below this share of the mean size a true value is too near zero to divide by.</summary>
    private const double LeastDivisor = 0.01;

    public static double Rmse(JudgedRows rows, double[] weights) => Math.Sqrt(SquaredError(rows, weights));

    public static double Mae(JudgedRows rows, double[] weights) => Mean(weights, row => Math.Abs(rows.Predictions[row] - rows.Truth[row]));

    /// <summary>1 less the squared error over the truth's variance; not defined where the truth is constant.</summary>
    public static double R2(JudgedRows rows, double[] weights)
    {
        var mean = Mean(weights, row => rows.Truth[row]);
        var spread = Mean(weights, row => (rows.Truth[row] - mean) * (rows.Truth[row] - mean));
        return spread > 0 ? 1 - SquaredError(rows, weights) / spread : double.NaN;
    }

    /// <summary>RMSE over the truth's mean (ASHRAE Guideline 14); not defined where that is not above zero.</summary>
    public static double CvRmse(JudgedRows rows, double[] weights)
    {
        var mean = Mean(weights, row => rows.Truth[row]);
        return mean > 0 ? Rmse(rows, weights) / mean : double.NaN;
    }

    /// <summary>Mean relative error; a truth near zero is divided by a hundredth of the mean size instead, so that one idle row does not rule the figure.</summary>
    public static double Mape(JudgedRows rows, double[] weights)
    {
        var least = LeastDivisor * Mean(weights, row => Math.Abs(rows.Truth[row]));
        return least > 0 ? Mean(weights, row => Math.Abs(rows.Predictions[row] - rows.Truth[row]) / Math.Max(least, Math.Abs(rows.Truth[row]))) : double.NaN;
    }

    /// <summary>The loss of a predicted quantile (Koenker and Bassett 1978).</summary>
    public static double Pinball(JudgedRows rows, double[] weights, double share) => Mean(weights, row =>
    {
        var above = rows.Truth[row] - rows.Predictions[row];
        return above >= 0 ? share * above : (share - 1) * above;
    });

    /// <summary>Sum over engines of the cost of remaining life said too short or too long; too long costs more (Saxena et al. 2008, eq. 11).</summary>
    public static double RulScore(JudgedRows rows, double[] weights)
    {
        var sum = 0.0;
        for (var row = 0; row < weights.Length; row++)
        {
            var late = rows.Predictions[row] - rows.Truth[row];
            sum += weights[row] * (Math.Exp(late < 0 ? -late / 13 : late / 10) - 1);
        }
        return sum;
    }

    public static double Mean(double[] weights, Func<int, double> of)
    {
        var (sum, weight) = (0.0, 0.0);
        for (var row = 0; row < weights.Length; row++)
        {
            if (weights[row] == 0)
                continue;
            sum += weights[row] * of(row);
            weight += weights[row];
        }
        return sum / weight;
    }

    private static double SquaredError(JudgedRows rows, double[] weights) => Mean(weights, row => (rows.Predictions[row] - rows.Truth[row]) * (rows.Predictions[row] - rows.Truth[row]));
}

/// <summary>Figures for intervals; asked only where there are some.</summary>
internal static class IntervalMetrics
{
    /// <summary>The share of rows inside their interval (PICP).</summary>
    public static double Coverage(JudgedRows rows, double[] weights)
    {
        var (low, high) = rows.Intervals!.Value;
        return RegressionMetrics.Mean(weights, row => rows.Truth[row] >= low[row] && rows.Truth[row] <= high[row] ? 1 : 0);
    }

    public static double Width(JudgedRows rows, double[] weights)
    {
        var (low, high) = rows.Intervals!.Value;
        return RegressionMetrics.Mean(weights, row => high[row] - low[row]);
    }

    /// <summary>Width, and for a row outside how far, times 2 / alpha (Winkler 1972; Gneiting and Raftery 2007, eq. 43).</summary>
    public static double Winkler(JudgedRows rows, double[] weights)
    {
        var (low, high) = rows.Intervals!.Value;
        var dear = 2 / (1 - rows.Nominal);
        return RegressionMetrics.Mean(weights, row => high[row] - low[row] + dear * (Math.Max(0, low[row] - rows.Truth[row]) + Math.Max(0, rows.Truth[row] - high[row])));
    }
}
