using Dure.Optimize.Designs;
using Dure.Optimize.Designs.Analysis;
using Xunit;

namespace Dure.Tests.Optimize.Designs;

public sealed class FitTests
{
    // Montgomery, Design and Analysis of Experiments, example 11.2 (a chemical yield) and 6.2 (a filtration rate).
    private static readonly double[] Yield = [76.5, 78.0, 77.0, 79.5, 75.6, 78.4, 77.0, 78.5, 79.9, 80.3, 80.0, 79.7, 79.8];
    private static readonly double[] Filtration = [45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96];

    [Fact]
    public void Longleys_regression_agrees_with_the_certified_values()
    {
        double[] data =
        [
            60323, 83.0, 234289, 2356, 1590, 107608, 1947, 61122, 88.5, 259426, 2325, 1456, 108632, 1948, 60171, 88.2, 258054, 3682, 1616, 109773, 1949,
            61187, 89.5, 284599, 3351, 1650, 110929, 1950, 63221, 96.2, 328975, 2099, 3099, 112075, 1951, 63639, 98.1, 346999, 1932, 3594, 113270, 1952,
            64989, 99.0, 365385, 1870, 3547, 115094, 1953, 63761, 100.0, 363112, 3578, 3350, 116219, 1954, 66019, 101.2, 397469, 2904, 3048, 117388, 1955,
            67857, 104.6, 419180, 2822, 2857, 118734, 1956, 68169, 108.4, 442769, 2936, 2798, 120445, 1957, 66513, 110.8, 444546, 4681, 2637, 121950, 1958,
            68655, 112.6, 482704, 3813, 2552, 123366, 1959, 69564, 114.2, 502601, 3931, 2514, 125368, 1960, 69331, 115.7, 518173, 4806, 2572, 127852, 1961,
            70551, 116.9, 554894, 4007, 2827, 130081, 1962,
        ];
        double[] responses = [.. data.Where((_, i) => i % 7 == 0)];
        double[] matrix = [.. data.Select((x, i) => i % 7 == 0 ? 1 : x)];
        var fit = LinearFit.OfMatrix(matrix, ["1", "deflator", "product", "unemployed", "forces", "population", "year"], responses);
        // NIST Statistical Reference Datasets, Longley.
        (double Estimate, double Error)[] certified =
        [
            (-3482258.63459582, 890420.383607373), (15.0618722713733, 84.9149257747669), (-0.358191792925910E-01, 0.334910077722432E-01), (-2.02022980381683, 0.488399681651699),
            (-1.03322686717359, 0.214274163161675), (-0.511041056535807E-01, 0.226073200069370), (1829.15146461355, 455.478499142212),
        ];
        Assert.All(certified.Zip(fit.Coefficients), pair =>
        {
            Assert.Equal(1, pair.Second.Estimate / pair.First.Estimate, 1e-8);
            Assert.Equal(1, pair.Second.StandardError / pair.First.Error, 1e-8);
        });
        Assert.Equal(304.854073561965, fit.ResidualDeviation, 1e-6);
        Assert.Equal(0.995479004577296, fit.RSquared, 1e-11);
    }

    [Fact]
    public void A_textbook_surface_has_its_published_coefficients_and_analysis_of_variance()
    {
        var fit = YieldFit();
        double[] published = [79.94, 0.99, 0.52, 0.25, -1.38, -1.00];
        Assert.All(published.Zip(fit.Coefficients), pair => Assert.Equal(pair.First, pair.Second.Estimate, 0.006));
        Assert.Equal(0.9827, fit.RSquared, 5e-4);
        Assert.Equal(0.9704, fit.AdjustedRSquared, 5e-4);
        Assert.Equal(0.9184, fit.PredictedRSquared, 2e-3);
        var rows = fit.AnalysisOfVariance().ToDictionary(r => r.Source, StringComparer.Ordinal);
        Assert.Equal(0.4963, rows["residual"].SumOfSquares, 5e-3);
        Assert.Equal((3, 4), (rows["lack of fit"].Freedom, rows["pure error"].Freedom));
        Assert.Equal(1.78, rows["lack of fit"].F, 0.02);
        Assert.Equal(0.29, rows["lack of fit"].P, 0.005);
        Assert.Equal(0.2120, rows["pure error"].SumOfSquares, 1e-9);
    }

    [Fact]
    public void The_surfaces_stationary_point_is_the_published_maximum()
    {
        var canonical = CanonicalAnalysis.Of(YieldFit());
        Assert.Equal(0.389, canonical.StationaryCoded[0], 2e-3);
        Assert.Equal(0.306, canonical.StationaryCoded[1], 2e-3);
        Assert.Equal(80.21, canonical.StationaryResponse, 0.01);
        Assert.Equal(-1.4141, canonical.Curvatures[0], 2e-3);
        Assert.Equal(-0.9635, canonical.Curvatures[1], 2e-3);
        Assert.Equal((SurfaceShape.Maximum, true), (canonical.Shape, canonical.IsInside));
        Assert.Equal(86.95, canonical.Stationary[0], 0.01); // 85 + 5 · 0.389 min
    }

    [Fact]
    public void The_ridge_is_the_best_at_its_distance()
    {
        var fit = YieldFit();
        foreach (var isRising in new[] { true, false })
            foreach (var point in CanonicalAnalysis.Of(fit).Ridge(isRising, 0, 0.3, 1, 2))
            {
                Assert.Equal(point.Radius, Math.Sqrt(point.Coded.Sum(x => x * x)), 1e-6);
                Assert.Equal(fit.Predict(point.Coded).Mean, point.Response, 1e-9);
                Assert.All(Enumerable.Range(0, 720), step =>
                {
                    var other = fit.Predict([point.Radius * Math.Cos(step * Math.PI / 360), point.Radius * Math.Sin(step * Math.PI / 360)]).Mean;
                    Assert.True(isRising ? other <= point.Response + 1e-9 : other >= point.Response - 1e-9);
                });
            }
    }

    [Fact]
    public void Lenths_margins_of_the_filtration_rate_are_the_published_ones()
    {
        var factors = Plant.Factors(4);
        ModelTerm[] terms = [.. Enumerable.Range(0, 16).Select(set => new ModelTerm([.. Enumerable.Range(0, 4).Select(f => set >> f & 1)]))];
        var fit = LinearFit.Of(TwoLevelFactorial.Full(factors).Table, DesignModel.Of(factors, terms), Filtration);
        var effects = fit.Coefficients.ToDictionary(c => c.Name, c => c.Effect, StringComparer.Ordinal);
        Assert.Equal(21.625, effects["A"], 1e-9);
        Assert.Equal(-18.125, effects["A·C"], 1e-9);
        Assert.Equal(16.625, effects["A·D"], 1e-9);
        Assert.True(double.IsNaN(fit.Coefficients[1].P)); // saturated: nothing to judge by
        var plot = HalfNormal.Of(fit);
        Assert.Equal(2.625, plot.PseudoStandardError, 1e-9);
        Assert.Equal(6.748, plot.Margin, 2e-3);
        Assert.Equal(13.699, plot.SimultaneousMargin, 0.02);
        Assert.Equal(["A", "A·C", "A·D", "C", "D"], plot.Points.Where(p => p.Size > plot.Margin).Select(p => p.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_prediction_left_out_is_what_a_fit_without_the_run_says()
    {
        var (table, fit) = (YieldTable(), YieldFit());
        var press = 0.0;
        for (var left = 0; left < table.Runs; left++)
        {
            int[] others = [.. Enumerable.Range(0, table.Runs).Where(run => run != left)];
            var without = LinearFit.Of(table.Only(others), DesignModel.Quadratic(table.Factors), [.. others.Select(run => Yield[run])]);
            var miss = Yield[left] - without.Predict(table.Coded(left)).Mean;
            press += miss * miss;
            Assert.Equal(miss / without.ResidualDeviation * Math.Sqrt(1 - fit.Leverages[left]), fit.StudentisedResiduals[left], 1e-8);
        }
        Assert.Equal(press, fit.Press, 1e-9);
    }

    [Fact]
    public void Intervals_hold_the_truth_as_often_as_they_say()
    {
        var factors = Plant.Factors(3);
        var (table, model, random) = (TwoLevelFactorial.Full(factors).Table.Replicated(2), DesignModel.Interactions(factors), new Random(4));
        var (held, heldMean, found) = (0, 0, 0);
        for (var trial = 0; trial < 2000; trial++)
        {
            var fit = LinearFit.Of(table, model, Plant.Responses(table, r => 5 + 2 * r[0] - r[1] * r[2] + Plant.Gauss(random)));
            held += fit.Coefficients[1].Low <= 2 && 2 <= fit.Coefficients[1].High ? 1 : 0;
            heldMean += fit.Predict([1, 1, 1]) is { Low: <= 6, High: >= 6 } ? 1 : 0;
            found += fit.Coefficients[2].P < 0.05 ? 1 : 0;
        }
        Assert.InRange(held / 2000.0, 0.935, 0.965);
        Assert.InRange(heldMean / 2000.0, 0.935, 0.965);
        Assert.InRange(found / 2000.0, 0.035, 0.065);
    }

    [Fact]
    public void Power_is_how_often_the_effect_is_found()
    {
        Factor[] factors = [.. Plant.Factors(2), new CategoricalFactor("kind", ["a", "b", "c"])];
        var (table, model, random) = (DesignTable.Of(factors, [.. from x in new[] { -1.0, 1 } from b in new[] { -1.0, 1 } from k in new[] { 0.0, 1, 2 } select new[] { x, b, k }]), DesignModel.Linear(factors), new Random(9));
        var power = Power.Of(table, model, 2, 1).ToDictionary(p => p.Term, p => p.Chance, StringComparer.Ordinal);
        var (a, kind) = (0, 0);
        for (var trial = 0; trial < 3000; trial++)
        {
            // An effect of 2 of A, and of the kinds two that differ by 2 with the third in the middle.
            var rows = LinearFit.Of(table, model, Plant.Responses(table, r => r[0] + (r[2] - 1) + Plant.Gauss(random))).AnalysisOfVariance();
            a += rows.First(r => r.Source == "A").P < 0.05 ? 1 : 0;
            kind += rows.First(r => r.Source == "kind").P < 0.05 ? 1 : 0;
        }
        Assert.Equal(power["A"], a / 3000.0, 0.03);
        Assert.Equal(power["kind"], kind / 3000.0, 0.03);
        Assert.Equal(1, Power.ReplicatesFor(table, model, 2, 1, power["kind"] - 0.01));
        Assert.Equal(7, Power.ReplicatesFor(table, model, 1, 1, 0.9)); // 12.65 is needed for 90 % of two degrees of freedom, each replicate brings 2
    }

    [Fact]
    public void Blocks_take_their_differences_away()
    {
        var factors = Plant.Factors(3);
        var table = TwoLevelFactorial.Full(factors).InBlocks("ABC").Table;
        var fit = LinearFit.Of(table, DesignModel.Linear(factors), [.. Enumerable.Range(0, 8).Select(run => 3 * table.Coded(run)[0] + (table.Block(run) == 0 ? 100.0 : -100))]);
        Assert.Equal(3, fit.Coefficients[1].Estimate, 1e-9);
        Assert.Equal(100, fit.Coefficients[^1].Estimate, 1e-9);
        Assert.Contains(fit.AnalysisOfVariance(), r => r.Source == "blocks" && r.Freedom == 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Box_and_Cox_find_the_power_that_made_the_response(double power)
    {
        var factors = Plant.Factors(2);
        var (table, random) = (TwoLevelFactorial.Full(factors).Table.Replicated(6), new Random(11));
        var responses = Plant.Responses(table, r => 6 + r[0] + 0.7 * r[1] + 0.1 * Plant.Gauss(random) is var z && power == 0 ? Math.Exp(z) : Math.Pow(z, 1 / power));
        var found = BoxCox.Of(table, DesignModel.Linear(factors), responses);
        Assert.True(found.Low <= power && power <= found.High, found.ToString());
        Assert.Equal(power, found.Suggested);
        Plant.Refused("responses", () => BoxCox.Of(table, DesignModel.Linear(factors), [.. responses.Select(_ => -1.0)]));
    }

    [Fact]
    public void The_most_desirable_settings_balance_two_responses()
    {
        var factors = Plant.Factors(2);
        var (table, model, region) = (CentralComposite.Of(factors), DesignModel.Quadratic(factors), new DesignRegion(factors));
        var first = LinearFit.Of(table, model, Plant.Responses(table, r => 10 - Math.Pow(r[0] - 0.5, 2) - r[1] * r[1]));
        var second = LinearFit.Of(table, model, Plant.Responses(table, r => 10 - Math.Pow(r[0] + 0.5, 2) - r[1] * r[1]));
        var best = Desirability.Best(region, [first, second], [ResponseGoal.Most(5, 10), ResponseGoal.Most(5, 10)], 1);
        Assert.All(best.Coded, x => Assert.Equal(0, x, 1e-4));
        Assert.Equal((9.75 - 5) / 5, best.Overall, 1e-6);
        Assert.Equal(0, Desirability.Best(region, [first], [ResponseGoal.Least(-90, -80)], 1).Overall);
        Assert.Equal(0.5, ResponseGoal.Near(0, 10, 12).Of(11), 1e-12);
        Assert.Equal(0, ResponseGoal.Near(0, 10, 12).Of(double.NaN));
        Plant.Refused("goal", () => ResponseGoal.Near(0, 15, 12));
    }

    [Fact]
    public void What_cannot_be_fitted_is_refused_and_names_the_culprit()
    {
        var factors = Plant.Factors(5);
        var table = TwoLevelFactorial.Fraction(factors, 8).Table;
        var y = new double[8];
        var what = Plant.Refused("singular", () => LinearFit.Of(table, DesignModel.Of(factors, [new([1, 0, 0, 0, 0]), new([0, 0, 0, 1, 0]), new([1, 1, 0, 0, 0])]), y));
        Assert.Contains("A·B cannot be told apart from D", what, StringComparison.Ordinal);
        Plant.Refused("too-few-runs", () => LinearFit.Of(table, DesignModel.Interactions(factors), y));
        Plant.Refused("responses", () => LinearFit.Of(table, DesignModel.Linear(factors), new double[7]));
        Assert.Contains("run 3", Plant.Refused("responses", () => LinearFit.Of(table, DesignModel.Linear(factors), [1, 2, double.NaN, 4, 5, 6, 7, 8])), StringComparison.Ordinal);
        Plant.Refused("model", () => DesignModel.Linear(factors).Without("Z"));
        Plant.Refused("model", () => CanonicalAnalysis.Of(LinearFit.Of(table, DesignModel.Of(factors, [new([3, 0, 0, 0, 0])]), y)));
    }

    internal static DesignTable YieldTable() =>
        CentralComposite.Of([new ContinuousFactor("time", "min", 80, 90), new ContinuousFactor("temperature", "°F", 170, 180)], CompositeKind.Rotatable, 5);

    internal static LinearFit YieldFit() => LinearFit.Of(YieldTable(), DesignModel.Quadratic(YieldTable().Factors), Yield);
}
