using Dure.Optimize.Bayesian;
using Dure.Kernel.Distributions;
using Dure.Optimize.SetPoints;
using Dure.Optimize.Surrogates;

namespace Dure.Bench.Lab;

/// <summary>
/// The usual constrained Bayesian optimisation, which promises nothing while it learns: a Gaussian process with fitted lengths for the objective and each limited
/// quantity, and the largest of log expected improvement plus the log-probability of each limit (Gardner et al. 2014; Ament et al. 2023), over a grid.
/// </summary>
internal sealed class StandardSearch(SafetyCase its, int seed)
{
    private readonly List<SettledPoint> points = [];
    private readonly Random random = new(seed);

    public void Report(SettledPoint point) => points.Add(point);

    public double[] Next()
    {
        var (grid, table) = Grid();
        var (count, limits) = (grid.Length, its.Problem.Limits.Count);
        var (means, variances, worth) = (new double[count], new double[count], new double[count]);
        var isAnyAllowed = points.Exists(IsMeasuredAllowed);
        for (var output = 0; output <= limits; output++)
        {
            Fit(output).Predict(table, means, variances);
            var best = isAnyAllowed ? points.Where(IsMeasuredAllowed).Max(point => point.Objective) : 0;
            for (var i = 0; i < count; i++)
            {
                var deviation = Math.Sqrt(variances[i]);
                if (output > 0)
                    worth[i] += (its.Problem.Limits[output - 1].High is { } high ? Normal.LogCdf((high - means[i]) / deviation) : 0) + (its.Problem.Limits[output - 1].Low is { } low ? Normal.LogCdf((means[i] - low) / deviation) : 0);
                else if (isAnyAllowed)
                    worth[i] += Acquisition.LogExpectedImprovement(-means[i], deviation, -best);
            }
        }
        return grid[Array.IndexOf(worth, worth.Max())];
    }

    private bool IsMeasuredAllowed(SettledPoint point) => its.Excess([point.Objective, .. point.Readings]) <= 0;

    private ProcessSurrogate Fit(int output)
    {
        var table = new TrialTable(PointCoding.Numbers(its.Problem.SetPoints.Count), points.Count);
        foreach (var point in points)
            table.Add(Unit([.. point.SetPoints]));
        return ProcessSurrogate.Fit(table, points.ConvertAll(point => output == 0 ? point.Objective : point.Readings[output - 1]).ToArray(), new SurrogateOptions { IsBlended = false });
    }

    private double[] Unit(double[] at) => [.. at.Select((value, j) => (value - its.Problem.SetPoints[j].Low) / (its.Problem.SetPoints[j].High - its.Problem.SetPoints[j].Low))];

    private (double[][] Points, TrialTable Table) Grid()
    {
        var perSide = its.Problem.SetPoints.Count == 2 ? 61 : 16;
        var count = (int)Math.Pow(perSide, its.Problem.SetPoints.Count);
        var grid = new double[count][];
        var table = new TrialTable(PointCoding.Numbers(its.Problem.SetPoints.Count), count);
        for (var number = 0; number < count; number++)
        {
            var rest = number;
            grid[number] = [.. its.Problem.SetPoints.Select(range => { var at = range.Low + (range.High - range.Low) * (rest % perSide) / (perSide - 1); rest /= perSide; return at; })];
            table.Add(Unit(grid[number]));
        }
        return (grid, table);
    }
}
