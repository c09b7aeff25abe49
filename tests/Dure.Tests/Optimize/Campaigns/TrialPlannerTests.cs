using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Numerics;
using Dure.Optimize.Spaces;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

public sealed class TrialPlannerTests
{
    private static readonly SearchSpace Oven = new(
    [
        Factor.Number("temperature", "Cel", 20, 120),
        Factor.Number("time", "min", 1, 60, isLog: true),
        Factor.Choice("solvent", "water", "ethanol", "toluene"),
        Factor.Whole("stages", "1", 1, 5),
    ]);

    private static readonly Outcome Yield = new("yield", "%", Aim.More);

    [Fact]
    public void A_campaign_comes_near_the_best_in_few_trials_and_the_same_trials_give_the_same_suggestion()
    {
        var trials = Run(new CampaignProblem(Oven, [Yield]), 25, x => [Worth(x)]);
        Assert.True(trials.Max(trial => trial.Values[0]) > 97, $"{trials.Max(trial => trial.Values[0])}");
        var planner = new TrialPlanner(new CampaignProblem(Oven, [Yield]));
        Assert.Equal(planner.Suggest(trials, 2, 5, Cancel).Select(one => string.Join(' ', one.Point)), planner.Suggest(trials, 2, 5, Cancel).Select(one => string.Join(' ', one.Point)));
    }

    [Fact]
    public void Where_no_number_is_known_the_middle_comes_first_and_a_model_says_what_it_expects()
    {
        var planner = new TrialPlanner(new CampaignProblem(Oven, [Yield]));
        var first = Assert.Single(planner.Suggest([], cancel: Cancel));
        Assert.Equal(SuggestionReason.Start, first.Reason);
        Assert.InRange(first.Point[0], 60, 80);
        var trials = Run(new CampaignProblem(Oven, [Yield]), 12, x => [Worth(x)]);
        var next = Assert.Single(planner.Suggest(trials, cancel: Cancel));
        Assert.NotEqual(SuggestionReason.Start, next.Reason);
        var expected = Assert.Single(next.Expected);
        Assert.True(expected.Low < expected.Mean && expected.Mean < expected.High);
        Assert.True(next.ExpectedGain > 0);
        Assert.InRange(next.Calibration!.Value, 0, 1);
        Assert.NotNull(next.Nearest);
    }

    [Fact]
    public void Several_at_once_differ_and_what_is_under_way_is_not_suggested_again()
    {
        var problem = new CampaignProblem(Oven, [Yield]);
        var trials = Run(problem, 8, x => [Worth(x)]);
        var batch = new TrialPlanner(problem).Suggest(trials, 5, cancel: Cancel);
        Assert.Equal(5, batch.Select(one => string.Join(' ', one.Point)).Distinct(StringComparer.Ordinal).Count());
        var after = new TrialPlanner(problem).Suggest([.. trials, .. batch.Select(one => CampaignTrial.Pending(one.Point))], cancel: Cancel);
        Assert.DoesNotContain(string.Join(' ', after[0].Point), batch.Select(one => string.Join(' ', one.Point)));
    }

    [Fact]
    public void Limits_of_outcomes_are_learnt_and_kept()
    {
        // The best yield lies where the impurity is too large.
        var problem = new CampaignProblem(Oven, [Yield, new Outcome("impurity", "%", Aim.Held, Most: 3)]);
        var trials = Run(problem, 30, x => [Worth(x), x[0] / 20]);
        var best = trials.Where(trial => trial.Values[1] <= 3).Max(trial => trial.Values[0]);
        Assert.True(best > 80, $"{best}");
        Assert.True(trials.Skip(15).Count(trial => trial.Values[1] <= 3.05) >= 12);
    }

    [Fact]
    public void While_no_trial_holds_the_limits_the_likeliest_to_is_sought()
    {
        var problem = new CampaignProblem(Oven, [Yield, new Outcome("impurity", "%", Aim.Held, Most: 0.05)]);
        var trials = Enumerable.Range(0, 6).Select(i => CampaignTrial.Measured([40 + 10 * i, 5 + i, i % 3, 2], i, 0.2 + 0.1 * i)).ToArray();
        var next = Assert.Single(new TrialPlanner(problem).Suggest(trials, cancel: Cancel));
        Assert.Equal(SuggestionReason.SeeksLimits, next.Reason);
        Assert.True(next.Point[0] < 40);
    }

    [Fact]
    public void Where_trials_fail_no_more_are_made_once_it_is_learnt()
    {
        // Toluene boils: above 90 it always fails; there the yield would be best.
        var problem = new CampaignProblem(Oven, [Yield]);
        var (trials, planner) = (new List<CampaignTrial>(), new TrialPlanner(problem));
        for (var i = 0; i < 30; i++)
        {
            var point = planner.Suggest(trials, cancel: Cancel)[0].Point;
            trials.Add(point[2] == 2 && point[0] > 60 ? CampaignTrial.Failed(point) : CampaignTrial.Measured(point, Worth(point) + (point[2] == 2 ? 20 : 0)));
        }
        var late = trials.Skip(15).Count(trial => trial.State == TrialState.Failed);
        Assert.True(late <= 6, $"{late}");
        Assert.True(trials.Where(trial => trial.State == TrialState.Measured).Max(trial => trial.Values[0]) > 85);
    }

    [Fact]
    public void A_void_trial_teaches_nothing_and_a_pinned_value_is_kept_from_then_on()
    {
        var problem = new CampaignProblem(Oven, [Yield]);
        var trials = Run(problem, 8, x => [Worth(x)]);
        var with = new TrialPlanner(problem).Suggest([.. trials, new CampaignTrial([70, 20, 0, 2], TrialState.Void, [], [])], cancel: Cancel);
        Assert.Equal(SuggestionReason.Improves, with[0].Reason == SuggestionReason.Explores ? SuggestionReason.Improves : with[0].Reason);
        var pinned = problem.In(Oven.Pinned("temperature", 55).Pinned("solvent", "ethanol"));
        Assert.All(new TrialPlanner(pinned).Suggest(trials, 4, cancel: Cancel), one => Assert.Equal((55, 1), (one.Point[0], one.Point[2])));
    }

    [Fact]
    public void Two_outcomes_give_a_front_that_grows()
    {
        var problem = new CampaignProblem(Oven, [Yield, new Outcome("energy", "kW.h", Aim.Less)]);
        var trials = Run(problem, 20, x => [Worth(x), x[0] * Math.Log(1 + x[1]) / 100]);
        double volume(IEnumerable<CampaignTrial> of) => Dure.Optimize.Pareto.Hypervolume.Of([.. of.Select(trial => new[] { trial.Values[0], -trial.Values[1] })], [60, -4]); // what is worth having
        var random = new Random(1);
        var drawn = Oven.Sample(20, random).Select(point => CampaignTrial.Measured(point, Worth(point), point[0] * Math.Log(1 + point[1]) / 100));
        Assert.True(volume(trials) > 1.05 * volume(drawn), $"{volume(trials)} against {volume(drawn)}");
    }

    [Fact]
    public void A_table_of_candidates_is_tried_row_by_row_until_none_is_left()
    {
        double[][] rows = [[30, 2, 0, 1], [60, 10, 1, 2], [90, 30, 2, 3], [110, 50, 0, 4]];
        var problem = new CampaignProblem(new SearchSpace(Oven.Factors, null, rows), [Yield]);
        var trials = Run(problem, 4, x => [Worth(x)]);
        Assert.Equal(4, trials.Select(trial => trial.Point[0]).Distinct().Count());
        Assert.Empty(new TrialPlanner(problem).Suggest(trials, 3, cancel: Cancel));
    }

    [Fact]
    public void A_mixture_with_sums_is_climbed_within_its_walls()
    {
        var mixture = new SearchSpace(
            [.. Enumerable.Range(0, 4).Select(i => Factor.Number($"part{i}", "1", 0, 1))],
            [Constraint.Mixture("whole", ["part0", "part1", "part2", "part3"], 1), Constraint.Linear("cheap", [new("part0", 3), new("part1", 1)], Relation.AtMost, 1.2)]);
        var trials = Run(new CampaignProblem(mixture, [Yield]), 20, x => [100 - 400 * (x[0] - 0.3) * (x[0] - 0.3) - 200 * (x[1] - 0.25) * (x[1] - 0.25) - 100 * x[3] * x[3]]);
        Assert.All(trials, trial => Assert.Empty(mixture.Check(trial.Point)));
        Assert.True(trials.Max(trial => trial.Values[0]) > 99, $"{trials.Max(trial => trial.Values[0])}");
    }

    [Theory]
    [InlineData(new[] { 1.0, 2 }, "2 values")]
    [InlineData(new[] { double.NaN, 2, 0, 1 }, "temperature")]
    [InlineData(new[] { 50.0, 2, 7, 1 }, "solvent")]
    [InlineData(new[] { 50.0, 0, 1, 1 }, "ratios")]
    public void A_trial_that_does_not_fit_is_named(double[] point, string word)
    {
        var refused = Assert.Throws<ProblemException>(() => new TrialPlanner(new CampaignProblem(Oven, [Yield])).Suggest([CampaignTrial.Measured(point, 1)], cancel: Cancel));
        Assert.Contains(word, refused.Message, StringComparison.Ordinal);
        Assert.Contains("trial 1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Outcomes_that_come_in_out_of_order_and_very_many_trials_are_no_trouble()
    {
        var problem = new CampaignProblem(Oven, [Yield, new Outcome("energy", "kW.h", Aim.Less)]);
        CampaignTrial[] partial = [CampaignTrial.Measured([50, 10, 0, 1], 5, double.NaN), CampaignTrial.Measured([60, 10, 0, 1], double.NaN, 3), CampaignTrial.Pending([70, 20, 1, 2])];
        Assert.NotEmpty(new TrialPlanner(problem).Suggest(partial, cancel: Cancel));
        var single = new CampaignProblem(Oven, [Yield]);
        var many = Oven.Sample(TrialPlanner.MostTrials + 40, new Random(3)).Select(point => CampaignTrial.Measured(point, Worth(point))).ToArray();
        many[3] = CampaignTrial.Measured([80, 20, 1, 3], 100); // long ago, and the best
        var next = Assert.Single(new TrialPlanner(single).Suggest(many, cancel: Cancel));
        Assert.True(next.ExpectedGain < 1, $"{next.ExpectedGain}");
    }

    [Fact]
    public void Outcomes_that_contradict_themselves_are_refused()
    {
        Assert.Throws<ProblemException>(() => new CampaignProblem(Oven, [new Outcome("yield", "%", Aim.More, Least: 5, Most: 3)]));
        Assert.Throws<ProblemException>(() => new CampaignProblem(Oven, [new Outcome("yield", "%", Aim.Held)]));
        Assert.Throws<ProblemException>(() => new CampaignProblem(Oven, [new Outcome("yield", "%", Aim.Held, Most: 3)]));
        Assert.Throws<ProblemException>(() => new CampaignProblem(Oven, [Yield, Yield]));
        Assert.Throws<ProblemException>(() => new TrialPlanner(new CampaignProblem(Oven, [Yield])).Suggest([CampaignTrial.Measured([50, 2, 1, 1], double.PositiveInfinity)], cancel: Cancel));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>At most 100, at 80 degrees, 20 minutes, in ethanol, in three stages.</summary>
    private static double Worth(double[] x) => 100 - Math.Pow((x[0] - 80) / 10, 2) - 8 * Math.Pow(Math.Log(x[1] / 20), 2) - (x[2] == 1 ? 0 : 12) - 3 * Math.Abs(x[3] - 3);

    private static List<CampaignTrial> Run(CampaignProblem problem, int count, Func<double[], double[]> measure)
    {
        var (trials, planner) = (new List<CampaignTrial>(), new TrialPlanner(problem));
        while (trials.Count < count)
        {
            var point = planner.Suggest(trials, cancel: Cancel)[0].Point;
            Assert.Empty(problem.Space.Check(point));
            trials.Add(CampaignTrial.Measured(point, measure(point)));
        }
        return trials;
    }
}
