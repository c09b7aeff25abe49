namespace Dure.Effects;

/// <summary>
/// How the logarithm of a metric goes with covariates that the treatment cannot move, by least squares over half blocks from before the experiment. Since the slopes are
/// fixed before chance decides anything, whatever they are leaves the interval's coverage as it is; good ones make it narrower. Deng, Xu, Kohavi and
/// Walker (2013), WSDM, adjust by what was before the experiment for the same reason.
/// </summary>
internal sealed class CovariateSlopes
{
    // Half blocks for each slope, so that slopes are not mostly noise.
    private const int HalvesPerSlope = 6;
    private const double Singular = 1e-10;

    private readonly double[] slopes;

    private CovariateSlopes(double[] slopes) => this.slopes = slopes;

    public static CovariateSlopes None { get; } = new([]);

    public bool AreUsed => slopes.Length > 0;

    /// <summary>The logarithm of a metric in a block, less what the covariates explain but for a constant.</summary>
    public double Logarithm(BlockSums block, int metric)
    {
        var left = Math.Log(block.Value(metric));
        for (var j = 0; j < slopes.Length; j++)
            left -= slopes[j] * block.Covariate(j);
        return left;
    }

    /// <summary>The same in one half of a block.</summary>
    public double HalfLogarithm(BlockSums block, int metric, int half)
    {
        var left = Math.Log(block.Half(metric, half));
        for (var j = 0; j < slopes.Length; j++)
            left -= slopes[j] * block.HalfCovariate(j, half);
        return left;
    }

    /// <summary>Fits on blocks of the history; none where it is too short or the covariates do not differ.</summary>
    public static CovariateSlopes Fit(BlockSums[] history, int metric, int covariates)
    {
        var points = 2 * history.Length;
        if (covariates == 0 || points < HalvesPerSlope * (covariates + 1))
            return None;
        double at(int point, int j) => j < covariates ? history[point / 2].HalfCovariate(j, point % 2) : Math.Log(history[point / 2].Half(metric, point % 2));
        var means = new double[covariates + 1];
        for (var point = 0; point < points; point++)
            for (var j = 0; j <= covariates; j++)
                means[j] += at(point, j) / points;
        var normal = new double[covariates, covariates + 1];
        for (var point = 0; point < points; point++)
            for (var i = 0; i < covariates; i++)
                for (var j = 0; j <= covariates; j++)
                    normal[i, j] += (at(point, i) - means[i]) * (at(point, j) - means[j]);
        return Solve(normal, covariates) is { } found ? new(found) : None;
    }

    /// <summary>Gauss and Jordan's elimination of a positive definite system whose last column is the right side; null when it is singular.</summary>
    private static double[]? Solve(double[,] normal, int n)
    {
        double[] diagonal = [.. Enumerable.Range(0, n).Select(i => normal[i, i])];
        for (var pivot = 0; pivot < n; pivot++)
        {
            if (!(normal[pivot, pivot] > Singular * diagonal[pivot]))
                return null;
            for (var row = 0; row < n; row++)
            {
                if (row == pivot)
                    continue;
                var factor = normal[row, pivot] / normal[pivot, pivot];
                for (var column = pivot; column <= n; column++)
                    normal[row, column] -= factor * normal[pivot, column];
            }
        }
        return [.. Enumerable.Range(0, n).Select(i => normal[i, n] / normal[i, i])];
    }
}
