using System.Diagnostics;
using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

public sealed class StopAdviceTests
{
    private static readonly Factor Dial = Factor.Number("dial", "1", 0, 1);

    private static readonly double[] Everywhere = [.. Enumerable.Range(0, 21).Select(i => i / 20.0)];

    [Fact]
    public void Where_all_is_known_it_advises_to_stop_and_where_little_is_known_to_go_on()
    {
        var (few, many) = (Advised([0.1, 0.9, 0.5]), Advised(Everywhere));
        Assert.False(few.IsAdvised);
        Assert.True(many.IsAdvised, many.ToString());
        Assert.True(many.ChanceWithin >= 0.95 && many.GainAhead < 0.05);
        Assert.True(few.RegretBound > many.RegretBound && few.GainAhead > many.GainAhead);
        Assert.Contains("nothing left", many.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_more_promise_at_least_what_one_does()
    {
        double[] tried = [0.1, 0.5, 0.9];
        var advice = Advised(tried);
        Assert.True(advice.GainAhead > advice.NextGain && advice.NextGain > 0);
        Assert.Equal(advice.NextGain, Advised(tried, new StopOptions { Ahead = 0 }).GainAhead);
    }

    [Fact]
    public void How_long_it_has_been_sure_follows_from_the_order_of_the_trials_alone()
    {
        // Sure with all of them, not sure before the last three were done.
        var at = Enumerable.Range(3, Everywhere.Length - 3).First(count => Advised(Everywhere[..count]) is { SureSteps: > 0 });
        var steps = Enumerable.Range(at, 3).Select(count => Advised(Everywhere[..count])).ToArray();
        Assert.Equal([1, 2, 3], steps.Select(one => one.SureSteps));
        Assert.Equal([false, false, true], steps.Select(one => one.IsAdvised));
        Assert.Equal(steps[2], Advised(Everywhere[..(at + 2)]));
    }

    [Fact]
    public void Values_all_alike_say_nothing_too_few_trials_neither_and_a_table_all_tried_everything()
    {
        var grid = Grid(6);
        var alike = Planner(grid).Advise([.. new[] { 0, 1, 2, 3 }.Select(row => CampaignTrial.Measured(grid[row], 3))], cancel: Cancel);
        Assert.False(alike.IsAdvised);
        Assert.Contains("alike", alike.Reason, StringComparison.Ordinal);
        var all = Planner(grid).Advise([.. grid.Select(point => CampaignTrial.Measured(point, Truth(point[0])))], cancel: Cancel);
        Assert.True(all is { IsAdvised: true, GainAhead: 0, ChanceWithin: 1 });
        var none = Planner(grid).Advise([CampaignTrial.Measured(grid[0], 1), CampaignTrial.Pending(grid[1])], cancel: Cancel);
        Assert.True(none is { IsAdvised: false, NextGain: null, ChanceWithin: null });
    }

    [Fact]
    public void What_was_vetoed_is_not_waited_for()
    {
        var grid = Grid(9);
        CampaignTrial[] trials = [.. grid[..6].Select(point => CampaignTrial.Measured(point, Truth(point[0])))];
        Assert.False(Planner(grid).Advise(trials, cancel: Cancel).IsAdvised);
        Assert.True(Planner(grid).Advise([.. trials, .. grid[6..].Select(point => new CampaignTrial(point, TrialState.Void, [], []))], cancel: Cancel).IsAdvised);
    }

    [Fact]
    public void In_a_space_without_a_table_it_is_a_claim_about_the_points_looked_at()
    {
        var space = new SearchSpace([Dial]);
        var planner = new TrialPlanner(new CampaignProblem(space, [new Outcome("y", "1", Aim.Less)]));
        var trials = new List<CampaignTrial>();
        var advice = planner.Advise(trials, cancel: Cancel);
        while (!advice.IsAdvised && trials.Count < 25)
        {
            var point = planner.Suggest(trials, cancel: Cancel)[0].Point;
            trials.Add(CampaignTrial.Measured(point, -Truth(point[0])));
            advice = planner.Advise(trials, 1, cancel: Cancel);
        }
        Assert.True(advice.IsAdvised && trials.Count < 15, $"{trials.Count} {advice}");
        Assert.Contains("none of the points looked at", advice.Reason, StringComparison.Ordinal);
        Assert.True(trials.Min(trial => trial.Values[0]) < -0.99);
        Assert.Equal(advice, planner.Advise(trials, 1, cancel: Cancel));
    }

    [Fact]
    public void A_better_place_beyond_a_limit_or_where_trials_fail_is_no_reason_to_go_on()
    {
        var grid = Grid(40);
        // The outcome rises without end; beyond 0.4 the second is too great.
        var (limited, free) = (Planner(grid, new Outcome("z", "1", Aim.Held, Most: 0.4)), Planner(grid));
        double[] tried = [.. Everywhere.Where(x => x < 0.82)];
        var kept = limited.Advise([.. tried.Select(x => CampaignTrial.Measured([x], 3 * x, x))], cancel: Cancel);
        Assert.True(kept.IsAdvised, kept.ToString());
        Assert.False(free.Advise([.. tried.Select(x => CampaignTrial.Measured([x], 3 * x))], cancel: Cancel).IsAdvised);
        var none = limited.Advise([.. tried.Select(x => CampaignTrial.Measured([x], 3 * x, 1 + x))], cancel: Cancel);
        Assert.True(none is { IsAdvised: false, Reason: "No trial holds all limits yet." });
        CampaignTrial[] risen = [.. tried.Select(x => CampaignTrial.Measured([x], 3 * x))];
        CampaignTrial[] failing = [.. risen, .. Everywhere.Where(x => x > 0.83).Select(x => CampaignTrial.Failed([x]))];
        Assert.True(free.Advise(failing, cancel: Cancel).NextGain < 0.5 * free.Advise(risen, cancel: Cancel).NextGain);
    }

    [Fact]
    public void Where_several_outcomes_are_wanted_it_says_that_it_does_not_know_and_what_the_next_promises()
    {
        var planner = new TrialPlanner(new CampaignProblem(new SearchSpace([Dial]), [new Outcome("a", "1", Aim.More), new Outcome("b", "1", Aim.Less)]));
        var advice = planner.Advise([.. new[] { 0.0, 0.3, 0.5, 1 }.Select(x => CampaignTrial.Measured([x], x, x * x))], cancel: Cancel);
        Assert.True(advice is { IsAdvised: false, NextGain: > 0, GainAhead: null, ChanceWithin: null });
        Assert.Contains("not known", advice.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void It_stays_cheap()
    {
        var space = new SearchSpace([.. Enumerable.Range(0, 6).Select(i => Factor.Number($"x{i}", "1", 0, 1))]);
        var planner = new TrialPlanner(new CampaignProblem(space, [new Outcome("y", "1", Aim.More)]));
        CampaignTrial[] trials = [.. space.Sample(100, new Random(1)).Select(point => CampaignTrial.Measured(point, Math.Sin(3 * point[0]) + point[1]))];
        planner.Advise(trials, cancel: Cancel);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 5; i++)
            planner.Advise(trials, i, cancel: Cancel);
        TestContext.Current.SendDiagnosticMessage($"{watch.Elapsed.TotalMilliseconds / 5} ms");
        Assert.True(watch.Elapsed.TotalMilliseconds / 5 < 1000, $"{watch.Elapsed}"); // a tenth of it where nothing else runs; see ./bench lab --only stop
    }

    [Fact]
    public void Trials_that_do_not_fit_and_options_that_mean_nothing_are_refused()
    {
        var planner = Planner(Grid(5));
        Assert.Throws<ProblemException>(() => planner.Advise([CampaignTrial.Measured([0, 1], 1)], cancel: Cancel));
        foreach (var options in new[] { new StopOptions { Steps = 0 }, new StopOptions { Chance = 1 }, new StopOptions { LeastGain = double.NegativeInfinity }, new StopOptions { Ahead = 1000 } })
            Assert.Throws<ArgumentOutOfRangeException>(() => planner.Advise([], 0, options, Cancel));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static double Truth(double x) => Math.Sin(4 * x);

    private static double[][] Grid(int count) => [.. Enumerable.Range(0, count).Select(i => new[] { (i + 0.5) / count })];

    private static TrialPlanner Planner(double[][] grid, params Outcome[] held) => new(new CampaignProblem(new SearchSpace([Dial], null, grid), [new Outcome("y", "1", Aim.More), .. held]));

    private static StopAdvice Advised(double[] tried, StopOptions? options = null) =>
        Planner(Grid(50)).Advise([.. tried.Select(x => CampaignTrial.Measured([x], Truth(x)))], 1, options, Cancel);
}
