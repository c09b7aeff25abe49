using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

public sealed class EarlierCampaignTests
{
    private static readonly Factor[] Dials = [Factor.Number("a", "1", 0, 1), Factor.Number("b", "1", 0, 1), Factor.Choice("c", "x", "y", "z")];

    private static readonly Outcome Yield = new("y", "1", Aim.More);

    private static readonly double[][] Rows = new SearchSpace(Dials).Sample(150, new Random(11));

    private static readonly CampaignProblem Table = new(new SearchSpace(Dials, null, Rows), [Yield]), Free = new(new SearchSpace(Dials), [Yield]);

    [Fact]
    public void A_related_campaign_brings_the_best_row_of_a_table_sooner()
    {
        var (plain, warm) = (0, 0);
        for (var seed = 0; seed < 6; seed++)
            (plain, warm) = (plain + Run(Table, [], seed, 60).Count, warm + Run(Table, [Earlier(60, x => 7 * Truth(x) + 0.5 * x[0])], seed, 60).Count);
        Assert.True(warm * 1.5 < plain, $"{warm} against {plain}");
    }

    [Fact]
    public void In_a_space_without_a_table_the_first_trial_is_where_the_earlier_campaign_was_best_whatever_its_scale()
    {
        var planner = new TrialPlanner(Free, earlier: [Earlier(60, x => 1000 + 50 * Truth(x), "last year")]);
        var first = Assert.Single(planner.Suggest([], cancel: Cancel));
        Assert.True(first is { Reason: SuggestionReason.Transfers, Earlier: "last year", Doubt: > 0 and < 1, ExpectedGain: 0 });
        Assert.True(Truth(first.Point) > 0.8, $"{Truth(first.Point)}");
        Assert.True(Free.Space.Contains(first.Point));
        Assert.True(first.AsTrial() is { IsByEarlier: true, State: TrialState.Pending });
    }

    [Fact]
    public void Less_is_better_works_alike()
    {
        var planner = new TrialPlanner(new CampaignProblem(new SearchSpace(Dials), [new Outcome("loss", "1", Aim.Less)]), earlier: [Earlier(60, x => -Truth(x))]);
        Assert.True(Truth(planner.Suggest([], cancel: Cancel)[0].Point) > 0.8);
    }

    [Fact]
    public void A_campaign_that_misleads_is_silent_after_two_proposals_and_the_others_are_those_there_would_be_without_it()
    {
        for (var seed = 0; seed < 4; seed++)
        {
            var (plain, misled) = (Run(Table, [], seed, 25, isToStop: false), Run(Table, [Earlier(50, x => -Truth(x))], seed, 27, isToStop: false));
            Assert.InRange(misled.Count(trial => trial.IsByEarlier), 1, 8);
            var own = misled.Where(trial => !trial.IsByEarlier).Select(trial => Array.IndexOf(Rows, trial.Point)).ToArray();
            var alone = plain.Select(trial => Array.IndexOf(Rows, trial.Point)).ToArray();
            Assert.Equal(alone[..5], own[..5]); // later ones may have been proposed before
        }
    }

    [Fact]
    public void A_campaign_of_noise_changes_no_trial()
    {
        var random = new Random(3);
        Assert.Equal(Run(Table, [], 5, 15, isToStop: false).Select(trial => trial.Point), Run(Table, [Earlier(40, _ => random.NextDouble())], 5, 15, isToStop: false).Select(trial => trial.Point));
    }

    [Fact]
    public void While_its_proposal_is_under_way_it_makes_no_other_and_several_at_once_differ()
    {
        var planner = new TrialPlanner(Free, earlier: [Earlier(60, Truth)]);
        var batch = planner.Suggest([], 4, cancel: Cancel);
        Assert.Equal([true, false, false, false], batch.Select(one => one.Earlier is not null));
        Assert.Equal(4, batch.Select(one => string.Join(' ', one.Point)).Distinct(StringComparer.Ordinal).Count());
        Assert.Null(planner.Suggest([.. batch.Select(one => one.AsTrial())], cancel: Cancel)[0].Earlier);
        Assert.Equal(batch.Select(one => string.Join(' ', one.Point)), planner.Suggest([], 4, cancel: Cancel).Select(one => string.Join(' ', one.Point)));
    }

    [Fact]
    public void Where_proposals_are_not_marked_it_is_silent_after_six_trials()
    {
        var planner = new TrialPlanner(Free, earlier: [Earlier(60, Truth)]);
        CampaignTrial[] unmarked = [.. Free.Space.Sample(6, new Random(1)).Select(point => CampaignTrial.Measured(point, Truth(point)))];
        Assert.Null(planner.Suggest(unmarked, cancel: Cancel)[0].Earlier);
    }

    [Fact]
    public void Limits_of_which_nothing_is_known_come_first_and_a_proposal_that_breaks_them_counts_as_wasted()
    {
        var problem = new CampaignProblem(new SearchSpace(Dials), [Yield, new Outcome("impurity", "1", Aim.Held, Most: 1)]);
        var planner = new TrialPlanner(problem, earlier: [Earlier(60, Truth)]);
        Assert.Equal(SuggestionReason.Start, planner.Suggest([], cancel: Cancel)[0].Reason);
        CampaignTrial[] known = [CampaignTrial.Measured([0.5, 0.5, 0], 0, 0.5)];
        var proposed = planner.Suggest(known, cancel: Cancel)[0];
        Assert.Equal(SuggestionReason.Transfers, proposed.Reason);
        var broken = proposed.AsTrial() with { State = TrialState.Measured, Values = [5, 2] };
        Assert.Null(planner.Suggest([.. known, broken, CampaignTrial.Measured([0.1, 0.1, 1], 0, 0.5)], cancel: Cancel)[0].Earlier);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var good = Earlier(10, Truth);
        var bad = new[]
        {
            good with { Values = [1, 2] }, good with { Values = [.. good.Values.Skip(1), double.NaN] }, good with { Points = [.. good.Points.Skip(1), [1, 2]] },
            good with { Points = [.. good.Points.Skip(1), [0.5, 0.5, 7]] },
        };
        foreach (var campaign in bad)
            Assert.Equal("urn:dure:optimize:bad-earlier", Assert.Throws<ProblemException>(() => new TrialPlanner(Free, earlier: [campaign])).Problem.Type);
        Assert.Throws<ProblemException>(() => new TrialPlanner(Free, earlier: [.. Enumerable.Repeat(good, 11)]));
        Assert.Throws<ProblemException>(() => new TrialPlanner(new CampaignProblem(Free.Space, [Yield, new Outcome("z", "1", Aim.Less)]), earlier: [good]));
        Assert.NotEmpty(new TrialPlanner(Free, earlier: [good with { Points = [], Values = [] }]).Suggest([], cancel: Cancel));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static double Truth(double[] x) => 1 - 2 * Math.Pow(x[0] - 0.3, 2) - 2 * Math.Pow(x[1] - 0.7, 2) - (x[2] == 1 ? 0 : 0.5);

    private static EarlierCampaign Earlier(int trials, Func<double[], double> of, string name = "earlier")
    {
        var points = new SearchSpace(Dials).Sample(trials, new Random(trials));
        return new EarlierCampaign(name, points, Array.ConvertAll(points, point => of(point)));
    }

    private static List<CampaignTrial> Run(CampaignProblem problem, EarlierCampaign[] earlier, int seed, int budget, bool isToStop = true)
    {
        var (planner, trials, best) = (new TrialPlanner(problem, earlier: earlier), new List<CampaignTrial>(), Rows.Max(Truth));
        while (trials.Count < budget && !(isToStop && trials.Count > 0 && trials[^1].Values[0] >= best))
        {
            var next = planner.Suggest(trials, 1, seed, Cancel)[0];
            trials.Add(next.AsTrial() with { Point = Array.Find(Rows, row => row.AsSpan().SequenceEqual(next.Point))!, State = TrialState.Measured, Values = [Truth(next.Point)] });
        }
        return trials;
    }
}
