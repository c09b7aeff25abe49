using Dure.Optimize.Designs;
using Dure.Optimize.Designs.Analysis;
using Xunit;

namespace Dure.Tests.Optimize.Designs;

public sealed class SplitPlotTests
{
    private static readonly Factor[] Factors = [new ContinuousFactor("oven", "°C", 150, 250) { IsHardToChange = true }, new ContinuousFactor("time", "min", 5, 15), new ContinuousFactor("load", "kg", 1, 2)];

    [Fact]
    public void Of_a_balanced_design_the_variances_are_those_of_the_two_mean_squares()
    {
        var (table, model) = (Balanced(6), DesignModel.Interactions(Factors));
        for (var seed = 1; seed <= 10; seed++)
        {
            var y = Simulated(table, seed, 3, 1);
            var fit = SplitPlotFit.Of(table, model, y);
            var (plots, runs) = MeanSquares(table, y);
            Assert.Equal(runs, plots >= runs ? fit.RunVariance : runs, 1e-6 * runs);
            Assert.Equal(Math.Max(0, (plots - runs) / 4), fit.WholePlotVariance, 1e-4 * plots);
            if (plots < runs)
                continue;
            Assert.Equal(Math.Sqrt(plots / 24), fit.Coefficients[1].StandardError, 1e-4);
            Assert.Equal(Math.Sqrt(runs / 24), fit.Coefficients[2].StandardError, 1e-6);
            Assert.Equal((4, 13), (fit.Coefficients[1].Freedom, fit.Coefficients[2].Freedom));
        }
    }

    [Fact]
    public void Hard_factors_without_effect_are_called_so_as_often_as_promised_where_plain_least_squares_cries_wolf()
    {
        var (table, model) = (Balanced(6), DesignModel.Linear(Factors));
        var independent = DesignTable.Of(Factors, [.. Enumerable.Range(0, table.Runs).Select(run => new[] { table.Value(run, 0), table.Value(run, 1), table.Value(run, 2) })]);
        var (whole, sub, plain) = (0, 0, 0);
        for (var trial = 0; trial < 600; trial++)
        {
            var y = Simulated(table, trial, 2, 1);
            var fit = SplitPlotFit.Of(table, model, y);
            whole += fit.Coefficients[1].P < 0.05 ? 1 : 0;
            sub += fit.Coefficients[3].P < 0.05 ? 1 : 0;
            plain += LinearFit.Of(independent, model, y).Coefficients[1].P < 0.05 ? 1 : 0;
        }
        Assert.InRange(whole / 600.0, 0.02, 0.08);
        Assert.InRange(sub / 600.0, 0.025, 0.075);
        Assert.True(plain / 600.0 > 0.2, $"{plain}");
    }

    [Fact]
    public void The_likelihood_is_nowhere_greater_than_at_the_answer()
    {
        var design = OptimalDesign.Of(new DesignRegion(Factors), DesignModel.Interactions(Factors), 21, new() { WholePlots = 7, Starts = 3 }, TestContext.Current.CancellationToken);
        var (table, model) = (design.Table, DesignModel.Interactions(Factors));
        var y = Simulated(table, 3, 2, 1);
        var fit = SplitPlotFit.Of(table, model, y);
        Assert.True(fit.WholePlotVariance > 0);
        var sums = new PlotSums(table, model.Matrix(table), model.Columns, y);
        Assert.All(Enumerable.Range(0, 400), i => Assert.True(-sums.At(i / 20.0)!.Value.Criterion / 2 <= fit.RestrictedLogLikelihood + 1e-9));
    }

    [Fact]
    public void Adding_a_constant_to_all_responses_moves_the_constant_only()
    {
        var (table, model) = (Balanced(6), DesignModel.Linear(Factors));
        var y = Simulated(table, 2, 2, 1);
        var (near, far) = (SplitPlotFit.Of(table, model, y), SplitPlotFit.Of(table, model, [.. y.Select(v => v + 1e7)]));
        Assert.Equal(1e7, far.Coefficients[0].Estimate - near.Coefficients[0].Estimate, 1e-6);
        Assert.Equal(near.Coefficients[1].Estimate, far.Coefficients[1].Estimate, 1e-6);
        Assert.Equal(near.WholePlotVariance, far.WholePlotVariance, 1e-5);
    }

    [Fact]
    public void Power_knows_that_hard_factors_are_set_rarely()
    {
        var powers = Power.Of(Balanced(6), DesignModel.Linear(Factors), 2, 1).ToDictionary(p => p.Term, p => p.Chance, StringComparer.Ordinal);
        Assert.True(powers["oven"] < powers["time"] - 0.2);
    }

    [Fact]
    public void Plain_least_squares_of_whole_plots_and_too_few_of_them_are_refused()
    {
        Plant.Refused("whole-plots", () => LinearFit.Of(Balanced(6), DesignModel.Linear(Factors), new double[24]));
        Plant.Refused("too-few-runs", () => SplitPlotFit.Of(Balanced(2), DesignModel.Linear(Factors), new double[8]));
        Plant.Refused("whole-plots", () => SplitPlotFit.Of(FitTests.YieldTable(), DesignModel.Linear(Factors), new double[13]));
    }

    /// <summary>Whole plots with the oven low and high in turn, in each the four combinations of the others.</summary>
    private static DesignTable Balanced(int plots) =>
        DesignTable.Of(Factors, [.. Enumerable.Range(0, 4 * plots).Select(run => new[] { run / 4 % 2 == 0 ? 150.0 : 250, run % 2 == 0 ? 5 : 15, run / 2 % 2 == 0 ? 1 : 2 })],
            wholePlots: [.. Enumerable.Range(0, 4 * plots).Select(run => run / 4)]);

    private static double[] Simulated(DesignTable table, int seed, double plotDeviation, double deviation)
    {
        var random = new Random(seed);
        var plots = Enumerable.Range(0, table.Runs).Select(_ => plotDeviation * Plant.Gauss(random)).ToArray();
        return [.. Enumerable.Range(0, table.Runs).Select(run => 50 + 2 * table.Coded(run)[1] + plots[table.WholePlot(run)] + deviation * Plant.Gauss(random))];
    }

    /// <summary>The textbook analysis of variance: plots within the oven's settings, and what is left within plots.</summary>
    private static (double Plots, double Runs) MeanSquares(DesignTable table, double[] y)
    {
        var plots = Enumerable.Range(0, table.Runs).GroupBy(table.WholePlot).Select(g => (Oven: table.Coded(g.First())[0], Mean: g.Average(run => y[run]))).ToArray();
        var between = 4 * plots.GroupBy(p => p.Oven).Sum(g => g.Sum(p => Math.Pow(p.Mean - g.Average(q => q.Mean), 2))) / (plots.Length - 2);
        double Contrast(Func<int, double> sign) => Math.Pow(Enumerable.Range(0, table.Runs).Sum(run => sign(run) * y[run]), 2) / table.Runs;
        double C(int run, int f) => table.Coded(run)[f];
        var within = Enumerable.Range(0, table.Runs).Sum(run => Math.Pow(y[run] - plots[table.WholePlot(run)].Mean, 2))
            - Contrast(r => C(r, 1)) - Contrast(r => C(r, 2)) - Contrast(r => C(r, 1) * C(r, 2)) - Contrast(r => C(r, 0) * C(r, 1)) - Contrast(r => C(r, 0) * C(r, 2));
        return (between, within / (table.Runs - plots.Length - 5));
    }
}
