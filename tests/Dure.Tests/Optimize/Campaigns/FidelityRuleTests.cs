using Dure.Optimize.Bayesian;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

public sealed class FidelityRuleTests
{
    /// <summary>Currin's exponential function and the mean of it at four neighbours (Xiong, Qian and Wu 2013).</summary>
    [Fact]
    public void A_simulator_at_a_tenth_of_the_cost_brings_a_better_point_for_the_same_money() =>
        AtEqualCost(2, x => -Currin(x[0], x[1]), x => -(Currin(x[0] + 0.05, x[1] + 0.05) + Currin(x[0] + 0.05, x[1] - 0.05) + Currin(x[0] - 0.05, x[1] + 0.05) + Currin(x[0] - 0.05, x[1] - 0.05)) / 4, 6, 0.1);

    /// <summary>Branin's function and a cheap likeness that is shifted and tilted (Perdikaris et al. 2017 use such a pair).</summary>
    [Fact]
    public void It_does_on_a_function_of_three_minima() => AtEqualCost(2, x => Branin(x[0], x[1]), x => 0.7 * Branin(x[0] + 0.02, x[1]) + 20 * x[1] - 5, 10, 0.1);

    [Fact]
    public void A_point_is_tried_cheaply_where_that_teaches_more_per_cost_and_not_when_it_is_dear_or_was_tried_so_already()
    {
        var (table, cheap) = (Grid(1, 6), Grid(1, 12));
        var low = ProcessSurrogate.Fit(cheap, [.. Enumerable.Range(0, cheap.Count).Select(i => Math.Sin(6 * cheap.At(i, 0)))], new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        var belief = FidelityRule.Fit(low, table, [.. Enumerable.Range(0, table.Count).Select(i => 2 * Math.Sin(6 * table.At(i, 0)) + 1)], new SurrogateOptions(), TestContext.Current.CancellationToken);
        Assert.False(FidelityRule.IsCheapNext(low, belief, [cheap.At(5, 0)], 1, 1)); // known cheaply, and dear trials tell more
        Assert.False(FidelityRule.IsCheapNext(low, belief, [0.33], 1, 1));
        var blind = ProcessSurrogate.Fit(cheap.Rows([0, 2]), [0, 0.7], new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        var first = FidelityRule.Fit(blind, new TrialTable(table.Coding), [], new SurrogateOptions(), TestContext.Current.CancellationToken);
        Assert.True(FidelityRule.IsCheapNext(blind, first, [0.8], 0.01, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => FidelityRule.IsCheapNext(blind, first, [0.8], 0, 1));
    }

    private static void AtEqualCost(int numbers, Func<double[], double> dear, Func<double[], double> cheap, double budget, double cheapCost)
    {
        var (single, both) = (0.0, 0.0);
        for (var seed = 0; seed < 6; seed++)
        {
            single += Math.Log(1e-3 + Single(numbers, dear, budget, seed));
            both += Math.Log(1e-3 + Both(numbers, dear, cheap, budget, cheapCost, seed));
        }
        TestContext.Current.SendDiagnosticMessage($"gap by dear trials alone {Math.Exp(single / 6)}, with cheap ones {Math.Exp(both / 6)}");
        Assert.True(both / 6 < single / 6 - 0.3, $"{Math.Exp(both / 6)} against {Math.Exp(single / 6)}");
    }

    /// <summary>What is left to the minimum over the grid after trials of a cost.</summary>
    private static double Single(int numbers, Func<double[], double> dear, double budget, int seed)
    {
        var (grid, random) = (Grid(numbers), new Random(seed));
        var (trials, values) = (new TrialTable(grid.Coding), new List<double>());
        while (values.Count < budget)
        {
            var row = values.Count < 3 ? random.Next(grid.Count) : Best(ProcessSurrogate.Fit(trials, values.ToArray(), new SurrogateOptions()), grid, values.Min());
            Try(grid, row, dear, trials, values);
        }
        return values.Min() - Least(grid, dear);
    }

    private static double Both(int numbers, Func<double[], double> dear, Func<double[], double> cheap, double budget, double cheapCost, int seed)
    {
        var (grid, random, spent) = (Grid(numbers), new Random(seed), 0.0);
        var (trials, values, cheapTrials, cheapValues) = (new TrialTable(grid.Coding), new List<double>(), new TrialTable(grid.Coding), new List<double>());
        for (var i = 0; i < 5; i++, spent += cheapCost)
            Try(grid, random.Next(grid.Count), cheap, cheapTrials, cheapValues);
        var point = new double[numbers];
        while (spent < budget - 1e-9)
        {
            var low = ProcessSurrogate.Fit(cheapTrials, cheapValues.ToArray(), new SurrogateOptions());
            var belief = FidelityRule.Fit(low, trials, values.ToArray(), new SurrogateOptions());
            var row = Best(belief, grid, values.Count == 0 ? double.NaN : values.Min());
            grid.CopyRow(row, point);
            var isCheap = spent + 1 > budget + 1e-9 || FidelityRule.IsCheapNext(low, belief, point, cheapCost, 1);
            spent += isCheap ? cheapCost : 1;
            if (isCheap)
                Try(grid, row, cheap, cheapTrials, cheapValues);
            else
                Try(grid, row, dear, trials, values);
        }
        return values.Count == 0 ? 1e3 : values.Min() - Least(grid, dear);
    }

    private static int Best(ISurrogate belief, TrialTable grid, double best)
    {
        var (means, variances, chosen, most) = (new double[grid.Count], new double[grid.Count], 0, double.NegativeInfinity);
        belief.Predict(grid, means, variances);
        for (var i = 0; i < means.Length; i++)
        {
            var worth = double.IsNaN(best) ? -means[i] : Acquisition.LogExpectedImprovement(means[i], Math.Sqrt(variances[i]), best);
            (chosen, most) = worth > most ? (i, worth) : (chosen, most);
        }
        return chosen;
    }

    private static void Try(TrialTable grid, int row, Func<double[], double> of, TrialTable trials, List<double> values)
    {
        var point = new double[grid.Coding.Columns];
        grid.CopyRow(row, point);
        trials.Add(point);
        values.Add(of(point));
    }

    private static double Least(TrialTable grid, Func<double[], double> of) => Enumerable.Range(0, grid.Count).Min(row => of([.. Enumerable.Range(0, grid.Coding.Columns).Select(column => grid.At(row, column))]));

    private static TrialTable Grid(int numbers, int steps = 0)
    {
        steps = steps == 0 ? numbers == 1 ? 200 : 25 : steps;
        var grid = new TrialTable(PointCoding.Numbers(numbers));
        for (var i = 0; i < (numbers == 1 ? steps : steps * steps); i++)
            grid.Add(numbers == 1 ? [(i + 0.5) / steps] : [(i % steps + 0.5) / steps, (i / steps + 0.5) / steps]);
        return grid;
    }

    private static double Currin(double x, double y) =>
        (1 - Math.Exp(-1 / (2 * Math.Max(1e-6, y)))) * (2300 * x * x * x + 1900 * x * x + 2092 * x + 60) / (100 * x * x * x + 500 * x * x + 4 * x + 20);

    private static double Branin(double u, double v)
    {
        var (x, y) = (15 * u - 5, 15 * v);
        return Math.Pow(y - 5.1 * x * x / (4 * Math.PI * Math.PI) + 5 * x / Math.PI - 6, 2) + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10;
    }
}
