namespace Dure.Effects;

/// <summary>
/// How the logarithm of a metric goes with covariates that the treatment cannot move, by least squares over blocks from before the experiment. Since the slopes are
/// fixed before chance decides anything, whatever they are leaves the interval's coverage as it is; good ones make it narrower. Deng, Xu, Kohavi and
/// Walker (2013), WSDM, adjust by what was before the experiment for the same reason.
/// </summary>
internal sealed class CovariateSlopes
{
    // Blocks for each slope, so that slopes are not mostly noise.
    private const int BlocksPerSlope = 5;
    private const double Singular = 1e-10;

    private readonly double[] slopes;

    private CovariateSlopes(double[] slopes) => this.slopes = slopes;

    public static CovariateSlopes None { get; } = new([]);

    public bool AreUsed => slopes.Length > 0;

    /// <summary>What of the logarithm the covariates explain, but for a constant.</summary>
    public double Explained(BlockSums block)
    {
        var sum = 0.0;
        for (var j = 0; j < slopes.Length; j++)
            sum += slopes[j] * block.Covariates[j];
        return sum;
    }

    /// <summary>Fits on blocks of the history; none where it is too short or the covariates do not differ.</summary>
    public static CovariateSlopes Fit(BlockSums[] history, int metric, int covariates)
    {
        if (covariates == 0 || history.Length < BlocksPerSlope * (covariates + 1))
            return None;
        var means = new double[covariates + 1];
        foreach (var block in history)
            for (var j = 0; j <= covariates; j++)
                means[j] += (j < covariates ? block.Covariates[j] : Math.Log(block.Value(metric))) / history.Length;
        var normal = new double[covariates, covariates + 1];
        foreach (var block in history)
            for (var i = 0; i < covariates; i++)
                for (var j = 0; j <= covariates; j++)
                    normal[i, j] += (block.Covariates[i] - means[i]) * ((j < covariates ? block.Covariates[j] : Math.Log(block.Value(metric))) - means[j]);
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
