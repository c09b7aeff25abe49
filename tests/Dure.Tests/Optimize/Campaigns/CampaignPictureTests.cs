using System.Diagnostics;
using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Numerics;
using Dure.Optimize.Spaces;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

public sealed class CampaignPictureTests
{
    private static readonly SearchSpace Oven = new(
    [
        Factor.Number("temperature", "Cel", 20, 120),
        Factor.Number("time", "min", 1, 60, isLog: true),
        Factor.Choice("solvent", "water", "ethanol", "toluene"),
        Factor.Whole("stages", "1", 1, 5),
    ],
    [Constraint.Forbidden("boiling", Condition.Is("solvent", "ethanol"), Condition.Above("temperature", 75))]);

    [Fact]
    public void The_factors_that_matter_most_are_found_and_the_map_shows_them()
    {
        var (planner, trials) = Campaign(Oven, 40, x => [3 * Math.Sin(x[0] / 30) + (x[2] == 1 ? 4 : 0) + 0.1 * x[3]]);
        var picture = planner.Picture(trials, cancel: Cancel)!;
        var shares = picture.Profiles.Select(profile => profile.Share).ToArray();
        Assert.True(shares[0] > 5 * shares[1] && shares[2] > 5 * shares[1] && shares[2] > shares[3], string.Join(' ', shares));
        Assert.All(shares, share => Assert.InRange(share, 0, 1));
        Assert.Equal([0, 2], new[] { picture.Map!.Across, picture.Map.Up }.Order());
        Assert.Equal(picture.Map.AcrossAt.Length * picture.Map.UpAt.Length, picture.Map.Means.Length);
    }

    /// <summary>A function whose total effects are known: y = x₁ + 2 x₂ of two even factors has shares 1/5 and 4/5.</summary>
    [Fact]
    public void Shares_of_a_sum_are_those_of_its_variance()
    {
        var space = new SearchSpace([Factor.Number("a", "1", 0, 1), Factor.Number("b", "1", 0, 1), Factor.Number("c", "1", 0, 1)]);
        var (planner, trials) = Campaign(space, 40, x => [x[0] + 2 * x[1]]);
        var shares = planner.Picture(trials, cancel: Cancel)!.Profiles.Select(profile => profile.Share).ToArray();
        Assert.InRange(shares[0], 0.15, 0.25);
        Assert.InRange(shares[1], 0.7, 0.9);
        Assert.InRange(shares[2], 0, 0.02);
    }

    [Fact]
    public void A_line_follows_the_truth_within_its_band_and_the_map_agrees_with_it()
    {
        var (planner, trials) = Campaign(Oven, 60, x => [3 * Math.Sin(x[0] / 30) + x[3]]);
        var picture = planner.Picture(trials, new PictureOptions { Across = "temperature", Up = "stages" }, Cancel)!;
        var line = picture.Profiles[0];
        Assert.Equal((20, 120), (line.At[0], line.At[^1]));
        var within = line.At.Where((at, i) => 3 * Math.Sin(at / 30) + picture.Around[3] is var truth && truth >= line.Lows[i] && truth <= line.Highs[i]).Count();
        Assert.True(within >= 0.85 * line.At.Length, $"{within} of {line.At.Length}");
        var map = picture.Map!;
        Assert.Equal([1, 2, 3, 4, 5], map.UpAt);
        var up = Array.IndexOf(map.UpAt, picture.Around[3]);
        Assert.Equal(line.Means[0], map.Means[up * map.AcrossAt.Length], 1e-9);
        Assert.Equal(line.Means[^1], map.Means[up * map.AcrossAt.Length + map.AcrossAt.Length - 1], 1e-9);
        Assert.All(map.Deviations, deviation => Assert.True(deviation > 0));
    }

    [Fact]
    public void The_others_are_held_at_the_best_trial_or_at_one_that_is_asked_for()
    {
        var (planner, trials) = Campaign(Oven, 30, x => [x[0] + 10 * x[3]]);
        var best = Enumerable.Range(0, trials.Count).MaxBy(i => trials[i].Values[0]);
        var picture = planner.Picture(trials, cancel: Cancel)!;
        Assert.Equal(best, picture.Trial);
        Assert.Equal(trials[best].Point, picture.Around);
        Assert.Equal(trials[4].Point, planner.Picture(trials, new PictureOptions { Around = 4 }, Cancel)!.Around);
    }

    [Fact]
    public void What_constraints_forbid_is_marked_and_categories_have_a_bar_for_each_option()
    {
        var (planner, trials) = Campaign(Oven, 40, x => [x[0] + 5 * x[2]]);
        var picture = planner.Picture(trials, new PictureOptions { Across = "temperature", Up = "solvent" }, Cancel)!;
        Assert.Equal([0, 1, 2], picture.Profiles[2].At);
        var map = picture.Map!;
        for (var up = 0; up < 3; up++)
            for (var across = 0; across < map.AcrossAt.Length; across++)
                Assert.Equal(!(up == 1 && map.AcrossAt[across] > 75), map.IsAllowed[up * map.AcrossAt.Length + across]);
    }

    [Fact]
    public void Parts_of_a_mixture_make_room_for_each_other()
    {
        var space = new SearchSpace([.. "abcd".Select(part => Factor.Number(part.ToString(), "%", 0, 100))], [Constraint.Mixture("whole", ["a", "b", "c", "d"], 100)]);
        var (planner, trials) = Campaign(space, 30, x => [x[0] * x[1] / 100]);
        var map = planner.Picture(trials, new PictureOptions { Across = "a", Up = "b" }, Cancel)!.Map!;
        for (var i = 0; i < map.Means.Length; i++)
            Assert.Equal(map.AcrossAt[i % map.AcrossAt.Length] + map.UpAt[i / map.AcrossAt.Length] <= 100 + 1e-6, map.IsAllowed[i]);
    }

    [Fact]
    public void In_a_table_of_candidates_its_own_values_are_shown()
    {
        double[][] rows = [.. Enumerable.Range(0, 60).Select(i => new[] { 20.0 + 10 * (i % 5), 1 + i / 20, i % 3, 1 + i % 4 })];
        var space = new SearchSpace(Oven.Factors, null, rows);
        var planner = new TrialPlanner(new CampaignProblem(space, [new Outcome("y", "1", Aim.More)]));
        var picture = planner.Picture([.. rows[..20].Select(row => CampaignTrial.Measured(row, row[0]))], cancel: Cancel)!;
        Assert.Equal([20, 30, 40, 50, 60], picture.Profiles[0].At);
        Assert.Equal([1, 2, 3], picture.Profiles[1].At);
        Assert.All(picture.Map!.IsAllowed, Assert.True);
    }

    [Fact]
    public void There_is_none_before_a_model_no_map_of_one_factor_and_the_same_trials_give_the_same_picture()
    {
        var (planner, trials) = Campaign(new SearchSpace([Factor.Number("dial", "1", 0, 1)]), 6, x => [x[0]]);
        Assert.Null(planner.Picture([], cancel: Cancel));
        Assert.Null(planner.Picture([CampaignTrial.Pending([0.5]), CampaignTrial.Failed([0.1])], cancel: Cancel));
        var picture = planner.Picture(trials, cancel: Cancel)!;
        Assert.Null(picture.Map);
        Assert.Equal(picture.Profiles[0].Means, planner.Picture(trials, cancel: Cancel)!.Profiles[0].Means);
    }

    [Fact]
    public void Names_that_mean_nothing_are_refused()
    {
        var (planner, trials) = Campaign(Oven, 10, x => [x[0]]);
        foreach (var show in new[] { new PictureOptions { Outcome = "colour" }, new PictureOptions { Across = "colour" }, new PictureOptions { Across = "time", Up = "time" }, new PictureOptions { Around = 10 }, new PictureOptions { Around = -1 } })
            Assert.Throws<ProblemException>(() => planner.Picture(trials, show, Cancel));
    }

    [Fact]
    public void It_stays_cheap()
    {
        var space = new SearchSpace([.. Enumerable.Range(0, 6).Select(i => Factor.Number($"x{i}", "1", 0, 1))]);
        var (planner, trials) = Campaign(space, 80, x => [Math.Sin(5 * x[0]) + x[1] * x[2]]);
        planner.Picture(trials, cancel: Cancel);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 10; i++)
            planner.Picture(trials, cancel: Cancel);
        TestContext.Current.SendDiagnosticMessage($"{watch.Elapsed.TotalMilliseconds / 10} ms");
        Assert.True(watch.Elapsed.TotalMilliseconds / 10 < 500, $"{watch.Elapsed}"); // a tenth of it where nothing else runs
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static (TrialPlanner Planner, List<CampaignTrial> Trials) Campaign(SearchSpace space, int count, Func<double[], double[]> of) =>
        (new TrialPlanner(new CampaignProblem(space, [new Outcome("y", "1", Aim.More)])), [.. space.Sample(count, new Random(3)).Select(point => CampaignTrial.Measured(point, of(point)))]);
}
