using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

/// <summary>Trials with a cheap twin of the outcome, and trials that cost differently.</summary>
public sealed class CheapTrialTests
{
    private static readonly SearchSpace Plane = new([Factor.Number("x", "1", 0, 1), Factor.Number("y", "1", 0, 1)]);

    private static readonly CampaignProblem Twin = new(Plane, [new Outcome("gap", "1", Aim.Less)], new CheapTwin("simulator", 0.1));

    [Fact]
    public void It_begins_cheaply_and_comes_nearer_the_best_for_the_same_money()
    {
        var (alone, both) = (0.0, 0.0);
        for (var seed = 0; seed < 3; seed++)
            (alone, both) = (alone + Math.Log(1e-3 + Run(new CampaignProblem(Plane, Twin.Outcomes), 8, seed)), both + Math.Log(1e-3 + Run(Twin, 8, seed)));
        TestContext.Current.SendDiagnosticMessage($"gap by full trials alone {Math.Exp(alone / 3)}, with cheap ones {Math.Exp(both / 3)}");
        Assert.True(both < alone, $"{Math.Exp(both / 3)} against {Math.Exp(alone / 3)}");
    }

    [Fact]
    public void Full_trials_are_suggested_too_and_no_cheap_one_twice()
    {
        var (planner, trials) = (new TrialPlanner(Twin), new List<CampaignTrial>());
        Assert.True(planner.Suggest(trials, cancel: Cancel)[0] is { IsCheap: true, Reason: SuggestionReason.Start });
        for (var i = 0; i < 20; i++)
            trials.Add(Made(planner.Suggest(trials, 1, 1, Cancel)[0]));
        Assert.InRange(trials.Count(trial => trial.IsCheap), 3, 19);
        Assert.Equal(20, trials.Select(trial => $"{trial.IsCheap} {string.Join(' ', trial.Point)}").Distinct(StringComparer.Ordinal).Count());
        var batch = planner.Suggest(trials, 3, 1, Cancel);
        Assert.Equal(3, batch.Select(one => $"{one.IsCheap} {string.Join(' ', one.Point)}").Distinct(StringComparer.Ordinal).Count());
        Assert.NotNull(planner.Picture(trials, cancel: Cancel));
    }

    [Fact]
    public void Cheap_trials_alone_say_nothing_of_stopping()
    {
        CampaignTrial[] cheap = [.. Plane.Sample(6, new Random(1)).Select(point => CampaignTrial.Measured(point, Rough(point)) with { IsCheap = true })];
        var advice = new TrialPlanner(Twin).Advise(cheap, cancel: Cancel);
        Assert.True(advice is { IsAdvised: false, Reason: "No trial has been made in full yet." });
        var more = new TrialPlanner(Twin).Advise([.. cheap, CampaignTrial.Measured([0.5, 0.5], Branin([0.5, 0.5]))], cancel: Cancel);
        Assert.True(more.NextGain > 0);
    }

    [Fact]
    public void A_cheap_trial_without_a_twin_and_a_twin_that_is_not_cheap_or_stands_for_several_outcomes_are_refused()
    {
        Assert.Throws<ProblemException>(() => new TrialPlanner(new CampaignProblem(Plane, Twin.Outcomes)).Suggest([CampaignTrial.Measured([0, 0], 1) with { IsCheap = true }], cancel: Cancel));
        foreach (var cost in new[] { 0, 1, -1, double.NaN })
            Assert.Throws<ProblemException>(() => new CampaignProblem(Plane, Twin.Outcomes, new CheapTwin("simulator", cost)));
        Assert.Throws<ProblemException>(() => new CampaignProblem(Plane, [.. Twin.Outcomes, new Outcome("z", "1", Aim.Held, Most: 1)], Twin.Cheap));
        Assert.Throws<ProblemException>(() => new TrialPlanner(Twin, earlier: [new EarlierCampaign("old", [], [])]));
    }

    [Fact]
    public void Where_options_cost_more_fewer_trials_are_made_with_them_and_a_cost_alike_changes_nothing()
    {
        var space = new SearchSpace([Factor.Number("x", "1", 0, 1), Factor.Choice("metal", "iron", "gold")]);
        Outcome[] outcomes = [new Outcome("y", "1", Aim.More)];
        int golden(TrialCost? cost)
        {
            var (planner, trials) = (new TrialPlanner(new CampaignProblem(space, outcomes, cost: cost)), new List<CampaignTrial>());
            for (var i = 0; i < 18; i++)
                trials.Add(planner.Suggest(trials, 1, 2, Cancel)[0] is var next ? CampaignTrial.Measured(next.Point, Math.Sin(7 * next.Point[0]) + 0.1 * next.Point[1]) : null!);
            return trials.Count(trial => trial.Point[1] == 1);
        }
        var (alike, dear) = (golden(null), golden(new TrialCost(1, [new LevelCost("metal", 1, 99)])));
        Assert.Equal(alike, golden(new TrialCost(5, [])));
        Assert.True(dear < alike, $"{dear} against {alike}");
        Assert.Equal(100, new TrialCost(1, [new LevelCost("metal", 1, 99)]).Of(space, [0.3, 1]));
    }

    [Fact]
    public void Costs_that_are_none_are_refused()
    {
        var space = new SearchSpace([Factor.Number("x", "1", 0, 1), Factor.Choice("metal", "iron", "gold"), Factor.Levels("steps", "1", 1, 2)]);
        foreach (var cost in new[] { new TrialCost(0, []), new TrialCost(double.NaN, []), new TrialCost(1, [new LevelCost("x", 0.5, 1)]), new TrialCost(1, [new LevelCost("metal", 2, 1)]),
            new TrialCost(1, [new LevelCost("steps", 1.5, 1)]), new TrialCost(1, [new LevelCost("steps", 1, -1)]), new TrialCost(1, [new LevelCost("colour", 1, 1)]) })
            Assert.Throws<ProblemException>(() => new CampaignProblem(space, Twin.Outcomes, cost: cost));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What is left to the minimum after trials of a cost.</summary>
    private static double Run(CampaignProblem problem, double budget, int seed)
    {
        var (planner, trials, spent) = (new TrialPlanner(problem), new List<CampaignTrial>(), 0.0);
        while (spent < budget - 1e-9)
        {
            var next = planner.Suggest(trials, 1, seed, Cancel)[0];
            spent += next.IsCheap ? 0.1 : 1;
            trials.Add(Made(next));
        }
        return trials.Where(trial => !trial.IsCheap).Select(trial => trial.Values[0]).DefaultIfEmpty(300).Min() - 0.397887;
    }

    private static CampaignTrial Made(Suggestion next) => next.AsTrial() with { State = TrialState.Measured, Values = [next.IsCheap ? Rough(next.Point) : Branin(next.Point)] };

    /// <summary>A cheap likeness, shifted and tilted.</summary>
    private static double Rough(double[] point) => 0.7 * Branin([point[0] + 0.02, point[1]]) + 20 * point[1] - 5;

    private static double Branin(double[] point)
    {
        var (x, y) = (15 * point[0] - 5, 15 * point[1]);
        return Math.Pow(y - 5.1 * x * x / (4 * Math.PI * Math.PI) + 5 * x / Math.PI - 6, 2) + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10;
    }
}
