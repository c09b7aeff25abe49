using Dure.Kernel;
using Dure.Optimize.Bayesian;
using Xunit;

namespace Dure.Tests.Optimize;

public sealed class BayesianSearchTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Branin (1972): three equal minima of 0.397887 in [-5, 10] x [0, 15].</summary>
    private static double Branin(double[] x) =>
        Math.Pow(x[1] - 5.1 / (4 * Math.PI * Math.PI) * x[0] * x[0] + 5 / Math.PI * x[0] - 6, 2) + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x[0]) + 10;

    private static readonly SearchAxis[] Plane = [SearchAxis.Number("a", -5, 10), SearchAxis.Number("b", 0, 15)];

    private static Trial Run(BayesianSearch search, Func<double[], double> function, int trials)
    {
        for (var i = 0; i < trials; i++)
        {
            var point = search.Suggest(Cancel);
            search.Tell(point, function(point));
        }
        return search.Best!;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_finds_a_minimum_in_a_few_dozen_trials(int seed)
    {
        var best = Run(new BayesianSearch(Plane, seed), Branin, 35);
        Assert.InRange(best.Value, 0.397, 0.45);
        var random = new Random(seed);
        var chance = Enumerable.Range(0, 35).Min(_ => Branin([15 * random.NextDouble() - 5, 15 * random.NextDouble()]));
        Assert.True(best.Value < chance);
    }

    [Fact]
    public void Choices_and_whole_numbers_are_searched_too()
    {
        SearchAxis[] axes = [SearchAxis.Choice("kind", 3), SearchAxis.Whole("count", 1, 1000, isLog: true), SearchAxis.Number("share", 0, 1)];
        var best = Run(new BayesianSearch(axes, 4), point => (point[0] == 2 ? 0 : 3) + Math.Pow(Math.Log10(point[1]) - 2, 2) + Math.Pow(point[2] - 0.3, 2), 40);
        Assert.Equal(2.0, best.Point[0]);
        Assert.InRange(best.Point[1], 40, 250);
        Assert.Equal(Math.Round(best.Point[1]), best.Point[1]);
        Assert.InRange(best.Value, 0, 0.1);
    }

    [Fact]
    public void The_same_seed_and_answers_give_the_same_proposals()
    {
        var (one, other) = (new BayesianSearch(Plane, 5), new BayesianSearch(Plane, 5));
        for (var i = 0; i < 12; i++)
        {
            var point = one.Suggest(Cancel);
            Assert.Equal(point, other.Suggest(Cancel));
            one.Tell(point, Branin(point));
            other.Tell(point, Branin(point));
        }
    }

    [Fact]
    public void Trials_that_fail_are_kept_away_from()
    {
        var search = new BayesianSearch(Plane, 6);
        var best = Run(search, point => point[0] < 2 ? double.NaN : Branin(point), 30);
        Assert.InRange(best.Value, 0.397, 0.8);
        Assert.InRange(search.Told.TakeLast(10).Count(trial => double.IsNaN(trial.Value)), 0, 4);
        Assert.True(Run(new BayesianSearch(Plane, 7), _ => double.PositiveInfinity, 10) is null);
    }

    [Fact]
    public void Proposals_under_way_are_not_made_again()
    {
        var search = new BayesianSearch(Plane, 8);
        Run(search, Branin, 10);
        var waiting = Enumerable.Range(0, 4).Select(_ => search.Suggest(Cancel)).ToArray();
        for (var i = 0; i < 4; i++)
            for (var j = 0; j < i; j++)
                Assert.InRange(Math.Abs(waiting[i][0] - waiting[j][0]) + Math.Abs(waiting[i][1] - waiting[j][1]), 1e-3, 100);
    }

    [Fact]
    public void A_room_of_a_few_points_is_no_trap()
    {
        var search = new BayesianSearch([SearchAxis.Choice("kind", 2)], 9);
        Assert.Equal(1.0, Run(search, point => 1 - point[0], 12).Point[0]);
    }

    [Fact]
    public void The_improvement_expected_is_the_integral_over_all_outcomes()
    {
        foreach (var (mean, deviation, best) in ((double, double, double)[])[(0, 1, 0), (2, 1, 0), (-3, 0.5, 0), (4, 0.7, 1), (0, 2, 5)])
        {
            var (sum, steps) = (0.0, 200_000);
            for (var i = 0; i < steps; i++)
            {
                var value = mean + deviation * (24.0 * (i + 0.5) / steps - 12);
                sum += Math.Max(0, best - value) * Math.Exp(-Math.Pow((value - mean) / deviation, 2) / 2) / Math.Sqrt(2 * Math.PI) / deviation * (24 * deviation / steps);
            }
            Assert.Equal(Math.Log(sum), Acquisition.LogExpectedImprovement(mean, deviation, best), 1e-6);
        }
    }

    [Fact]
    public void The_improvement_expected_falls_without_a_break_into_the_hopeless()
    {
        var before = Acquisition.LogExpectedImprovement(-5, 1, 0);
        for (var mean = -4.99; mean < 60; mean += 0.01)
        {
            var next = Acquisition.LogExpectedImprovement(mean, 1, 0);
            Assert.InRange(next, before - 0.01 * (Math.Max(0, mean) + 2), before);
            before = next;
        }
        Assert.True(double.IsFinite(Acquisition.LogExpectedImprovement(1e9, 1, 0)));
    }

    [Fact]
    public void An_axis_without_room_is_refused()
    {
        Assert.Equal("search axis 'a'", Assert.Throws<ProblemException>(() => SearchAxis.Number("a", 1, 1)).Problem.Where);
        Assert.Throws<ProblemException>(() => SearchAxis.Number("a", 0, 1, isLog: true));
        Assert.Throws<ProblemException>(() => SearchAxis.Choice("a", 1));
    }
}
