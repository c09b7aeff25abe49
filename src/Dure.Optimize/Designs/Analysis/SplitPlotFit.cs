using Dure.Kernel.Distributions;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Designs.Analysis;

/// <summary>
/// A model fitted to runs in whole plots: generalised least squares with V = σ²(I + d·J within plots), the two variances by restricted maximum likelihood
/// (Patterson and Thompson 1971). Coefficients that differ between whole plots only are judged by the whole plots' number, others by the runs' (containment,
/// exact for balanced designs).
/// </summary>
public sealed class SplitPlotFit : IFittedSurface
{
    private const string Where = "split-plot analysis";
    private const int GridPoints = 60;
    private const int Sections = 60;

    private readonly PlotSums sums;
    private readonly double[] inverse;
    private readonly double level;

    private SplitPlotFit(DesignModel model, PlotSums sums, double[] ordinary, double ratio, double level)
    {
        (Model, this.sums, this.level) = (model, sums, level);
        var solved = sums.At(ratio)!.Value; // the least criterion has a solution
        (Estimates, inverse) = ([.. ordinary.Zip(solved.Estimates, (a, b) => a + b)], solved.Factor.Inverse(1));
        (RunVariance, WholePlotVariance) = (solved.Variance, ratio * solved.Variance);
        RestrictedLogLikelihood = -solved.Criterion / 2;
        Coefficients = [.. model.ColumnNames.Select((name, c) => Judge(name, c))];
    }

    public DesignModel Model { get; }

    DesignModel? IFittedSurface.Model => Model;

    public IReadOnlyList<Coefficient> Coefficients { get; }

    /// <summary>The variance between runs of one whole plot, in the response's unit squared.</summary>
    public double RunVariance { get; }

    /// <summary>What the setting of a whole plot adds; 0 where the whole plots differ no more than runs do.</summary>
    public double WholePlotVariance { get; }

    /// <summary>But for a constant that depends on the design only.</summary>
    public double RestrictedLogLikelihood { get; }

    private double[] Estimates { get; }

    /// <param name="responses">One for each run, in the table's order.</param>
    public static SplitPlotFit Of(DesignTable table, DesignModel model, ReadOnlySpan<double> responses, double level = 0.95)
    {
        if (!table.HasWholePlots)
            throw DesignProblem.Of("whole-plots", "The table has no whole plots.", Where, "Use LinearFit.");
        if (table.BlockCount > 1)
            throw DesignProblem.Of("blocks", "The table has blocks beside whole plots.", Where, "Make the block a factor of kinds.");
        if (!(level > 0 && level < 1))
            throw DesignProblem.Of("level", $"The level {level} is asked for.", Where, "Ask for a level between 0 and 1, such as 0.95.");
        DesignProblem.CheckResponses(responses, table.Runs, Where);
        if (table.Runs <= model.Columns)
            throw DesignProblem.Of("too-few-runs", $"{table.Runs} runs cannot tell {model.Columns} coefficients and the noise.", Where, "Add runs, or leave out terms.");
        var matrix = model.Matrix(table);
        // What ordinary least squares leaves is fitted, so that no digits are lost to large responses.
        var ordinary = LinearFit.Decompose(matrix, model.ColumnNames, table.Runs).Solve(responses);
        var rest = responses.ToArray();
        for (var run = 0; run < rest.Length; run++)
            rest[run] -= Vectors.Dot(matrix.AsSpan(run * model.Columns, model.Columns), ordinary);
        var sums = new PlotSums(table, matrix, model.Columns, rest);
        if (sums.PlotFreedom < 1 || sums.RunFreedom < 1)
            throw DesignProblem.Of("too-few-runs", sums.PlotFreedom < 1
                ? $"{sums.Plots} whole plots cannot tell the {sums.PlotColumns} coefficients that differ between them and their noise." : "Within the whole plots no runs are left to judge the noise by.",
                Where, sums.PlotFreedom < 1 ? "Add whole plots, or leave out terms of the factors that are hard to change." : "Add runs, or leave out terms.");
        return new(model, sums, ordinary, BestRatio(sums), level);
    }

    /// <summary>The response expected at coded settings; one more run is one in a whole plot of its own.</summary>
    public Prediction Predict(ReadOnlySpan<double> coded)
    {
        var row = new double[Model.Columns];
        Model.Expand(coded, row);
        var (mean, ofMean) = (Vectors.Dot(row, Estimates), RunVariance * DesignQuality.Quadratic(inverse, row));
        // The noise of a prediction is that of both; the fewer degrees of freedom are the careful choice.
        var half = StudentT.Quantile(0.5 + level / 2, Math.Min(sums.PlotFreedom, sums.RunFreedom));
        var (a, b) = (half * Math.Sqrt(ofMean), half * Math.Sqrt(ofMean + RunVariance + WholePlotVariance));
        return new(mean, mean - a, mean + a, mean - b, mean + b);
    }

    private Coefficient Judge(string name, int c)
    {
        var freedom = sums.IsOfPlots(c) ? sums.PlotFreedom : sums.RunFreedom;
        var error = Math.Sqrt(RunVariance * inverse[c * Model.Columns + c]);
        var t = Estimates[c] / error;
        var half = StudentT.Quantile(0.5 + level / 2, freedom) * error;
        return new(name, Estimates[c], error, t, StudentT.TwoSided(t, freedom), Estimates[c] - half, Estimates[c] + half, freedom, double.NaN);
    }

    /// <summary>The ratio of variances with the greatest restricted likelihood: a grid over share = ratio / (1 + ratio), then golden section.</summary>
    private static double BestRatio(PlotSums sums)
    {
        double Criterion(double share) => sums.At(share / (1 - share))?.Criterion ?? double.PositiveInfinity;
        var best = Enumerable.Range(0, GridPoints).Select(i => i / (double)GridPoints).MinBy(Criterion);
        var (low, high, golden) = (Math.Max(0, best - 1.0 / GridPoints), Math.Min(best + 1.0 / GridPoints, 1 - 1e-6), (Math.Sqrt(5) - 1) / 2);
        for (var i = 0; i < Sections; i++)
        {
            var (a, b) = (high - golden * (high - low), low + golden * (high - low));
            (low, high) = Criterion(a) < Criterion(b) ? (low, b) : (a, high);
        }
        var share = (low + high) / 2;
        return Criterion(0) <= Criterion(share) ? 0 : share / (1 - share);
    }
}

/// <summary>What generalised least squares needs of the plots, summed once: for any ratio of the variances it is then a matter of the columns only.</summary>
internal sealed class PlotSums
{
    private readonly int columns, runs;
    private readonly double[] squares, cross; // X'X and X'y
    private readonly double responseSquares;
    private readonly (int Runs, double[] Columns, double Response)[] plots;
    private readonly bool[] isOfPlots;

    public PlotSums(DesignTable table, double[] matrix, int columns, ReadOnlySpan<double> responses)
    {
        (this.columns, runs) = (columns, table.Runs);
        (squares, cross) = (new double[columns * columns], new double[columns]);
        plots = new (int, double[], double)[Enumerable.Range(0, runs).Max(table.WholePlot) + 1];
        for (var run = 0; run < runs; run++)
        {
            var row = matrix.AsSpan(run * columns, columns);
            DesignQuality.AddSquare(squares, row, 1);
            Vectors.Add(cross, responses[run], row);
            responseSquares += responses[run] * responses[run];
            ref var plot = ref plots[table.WholePlot(run)];
            plot = (plot.Runs + 1, plot.Columns ?? new double[columns], plot.Response + responses[run]);
            Vectors.Add(plot.Columns, 1, row);
        }
        var within = Within(table, matrix);
        isOfPlots = [.. Enumerable.Range(0, columns).Select(c => Length(within, c) < 1e-9 * Math.Sqrt(squares[c * columns + c]))];
        PlotFreedom = Plots - PlotColumns;
        RunFreedom = runs - Plots - Rank(within);
    }

    public int Plots => plots.Length;

    /// <summary>Columns that do not change within plots.</summary>
    public int PlotColumns => isOfPlots.Count(ofPlots => ofPlots);

    public int PlotFreedom { get; }

    public int RunFreedom { get; }

    public bool IsOfPlots(int column) => isOfPlots[column];

    /// <summary>Estimates, noise and -2 times the restricted log likelihood at a ratio of whole-plot to run variance; null where rounding spoils them.</summary>
    public (double[] Estimates, double Variance, double Criterion, Cholesky Factor)? At(double ratio)
    {
        var (information, right, total, logDeterminant) = ((double[])squares.Clone(), (double[])cross.Clone(), responseSquares, 0.0);
        foreach (var (size, sum, response) in plots)
        {
            var weight = ratio / (1 + size * ratio);
            DesignQuality.AddSquare(information, sum, -weight);
            Vectors.Add(right, -weight * response, sum);
            total -= weight * response * response;
            logDeterminant += Math.Log(1 + size * ratio);
        }
        if (Cholesky.TryOf(information, columns, 1) is not { } factor)
            return null;
        var estimates = (double[])right.Clone();
        factor.Solve(estimates);
        var variance = Math.Max(total - Vectors.Dot(estimates, right), 1e-300) / (runs - columns);
        return (estimates, variance, (runs - columns) * (Math.Log(variance) + 1) + logDeterminant + factor.LogDeterminant, factor);
    }

    /// <summary>The matrix with each plot's mean taken from its rows.</summary>
    private double[] Within(DesignTable table, double[] matrix)
    {
        var within = (double[])matrix.Clone();
        for (var run = 0; run < runs; run++)
        {
            var (size, sum, _) = plots[table.WholePlot(run)];
            Vectors.Add(within.AsSpan(run * columns, columns), -1.0 / size, sum);
        }
        return within;
    }

    private double Length(double[] matrix, int column)
    {
        var sum = 0.0;
        for (var run = 0; run < runs; run++)
            sum += matrix[run * columns + column] * matrix[run * columns + column];
        return Math.Sqrt(sum);
    }

    private int Rank(double[] matrix)
    {
        var gram = new double[columns * columns];
        for (var run = 0; run < runs; run++)
            DesignQuality.AddSquare(gram, matrix.AsSpan(run * columns, columns), 1);
        var values = SymmetricEigen.Of(gram, columns).Values;
        return values.Count(v => v > 1e-10 * values[^1]);
    }
}
