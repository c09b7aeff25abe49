using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab;
using Dure.Lab.Campaigns;
using Dure.Lab.Rehearsals;
using Dure.Lab.Virtual;
using Dure.Optimize.Campaigns;
using Xunit;

namespace Dure.Tests.Lab.Rehearsals;

public sealed class CampaignRehearsalTests
{
    private static readonly CampaignPlan Plan = CampaignText.Parse("""
        { "version": 1, "name": "hill", "budget": 20, "seed": 2, "parallel": 2,
          "factors": [ { "name": "x", "low": 0, "high": 1 }, { "name": "y", "low": 0, "high": 1 } ],
          "outcomes": [ { "name": "height", "unit": "m", "aim": "more" }, { "name": "slope", "unit": "1", "atMost": 0.8 } ] }
        """);

    [Fact]
    public void The_planner_comes_near_the_best_sooner_than_chance_and_the_same_rehearsal_gives_the_same_figures()
    {
        var rehearsal = CampaignRehearsal.Play(Plan, new Hill(), 6, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(10, rehearsal.Best, 1e-3); // at 0.7, 0.3, where the slope is 0.7
        Assert.NotNull(rehearsal.Planned.Within5);
        Assert.True(rehearsal.Planned.Within5 < (rehearsal.ByChance.Within5 ?? int.MaxValue), $"{rehearsal.Planned.Within5} against {rehearsal.ByChance.Within5}");
        Assert.True(rehearsal.Planned.Course[^1] > rehearsal.ByChance.Course[^1]);
        Assert.InRange(rehearsal.ByChance.ShareOutside, 0.1, 0.3); // a fifth of the square is beyond 0.8
        var again = CampaignRehearsal.Play(Plan, new Hill(), 6, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(RehearsalText.ToJson(rehearsal).ToJsonString(), RehearsalText.ToJson(again).ToJsonString());
        var (kind, body) = LabEventText.Write(new LabEvent.Rehearsed("c1", rehearsal));
        var kept = Assert.IsType<LabEvent.Rehearsed>(LabEventText.Read(kind, "c1", JsonNode.Parse(body.ToJsonString())!.AsObject()));
        Assert.Equal(body.ToJsonString(), LabEventText.Write(kept).Body.ToJsonString());
    }

    [Fact]
    public void Surrogates_stand_in_for_the_laboratory_whose_trials_they_learnt()
    {
        var (hill, random) = (new Hill(), new Random(5));
        CampaignTrial[] earlier = [.. Plan.Space.Sample(40, random).Select(point => hill.Measure(point, random))];
        var standIn = SurrogateStandIn.Fit(Plan, earlier, TestContext.Current.CancellationToken);
        Assert.Equal(hill.Means([0.6, 0.4])[0], standIn.Means([0.6, 0.4])[0], 0.5);
        Assert.InRange(standIn.Noise[0], 0.02, 0.4); // 0.1 was put in
        Assert.NotEqual(standIn.DataHash, SurrogateStandIn.Fit(Plan, earlier[..^1], TestContext.Current.CancellationToken).DataHash);
        Assert.Throws<ProblemException>(() => SurrogateStandIn.Fit(Plan, earlier[..5], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_virtual_laboratory_is_asked_in_the_plans_units()
    {
        var plan = JsonNode.Parse(VirtualExample.Plan, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })!.AsObject();
        var space = CampaignText.Read(plan).Space;
        var point = space.Sample(1, new Random(1))[0];
        var celsius = VirtualStandIn.Of(plan).Means(point);
        var temperature = plan["factors"]!.AsArray().Single(factor => factor!["name"]!.GetValue<string>() == "temperature")!;
        (temperature["unit"], temperature["low"], temperature["high"]) = ("K", 303.15, 393.15);
        plan["constraints"] = new JsonArray();
        point[space.NumberOf("temperature")] += 273.15;
        Assert.Equal(celsius[0], VirtualStandIn.Of(plan).Means(point)[0], 1e-6);
        Assert.InRange(celsius[0], 0.01, 100);
        plan["protocol"] = null;
        Assert.Throws<ProblemException>(() => VirtualStandIn.Of(plan));
    }

    /// <summary>A hill with its top at 0.7, 0.3; its slope grows with x.</summary>
    private sealed class Hill : StandIn
    {
        public override string Origin => "a hill";

        public override IReadOnlyList<double> Noise { get; } = [0.1, 0.01];

        public override double[] Means(double[] point) => [10 - 30 * (Math.Pow(point[0] - 0.7, 2) + Math.Pow(point[1] - 0.3, 2)), point[0]];
    }
}
