using Dure.Kernel;
using Dure.Lab;
using Dure.Optimize.Campaigns;
using Xunit;

namespace Dure.Tests.Lab;

/// <summary>Plans that begin from earlier campaigns, have a cheap twin or costs.</summary>
public sealed class EarlierTrialsTests
{
    private const string Factors = """
        "factors":[{"name":"temperature","unit":"Cel","low":20,"high":120},{"name":"solvent","options":["water","ethanol"]}]
        """;

    private static readonly CampaignPlan Plan = Parse($$"""{{Factors}},"outcomes":[{"name":"yield","unit":"%","aim":"more"}],"earlier":["last.json"]""");

    [Fact]
    public void Factors_are_matched_by_name_units_converted_and_what_is_unknown_left_out()
    {
        var last = Parse("""
            "factors":[{"name":"solvent","options":["toluene","ethanol","water"]},{"name":"pressure","unit":"bar","low":1,"high":5},{"name":"temperature","unit":"K","low":300,"high":400}],"outcomes":[{"name":"loss","unit":"kg","aim":"less"}]
            """);
        var read = EarlierTrials.Of(Plan, last,
        [
            CampaignTrial.Measured([2, 1, 353.15], 4), CampaignTrial.Measured([0, 1, 353.15], 1), CampaignTrial.Pending([1, 1, 353.15]), CampaignTrial.Failed([1, 1, 353.15]), CampaignTrial.Measured([1, 1, 313.15], 7),
        ]);
        Assert.Equal("x", read.Name);
        Assert.Equal([-4, -7], read.Values); // less was better there
        Assert.Equal(80, read.Points[0][0], 1e-9);
        Assert.Equal([0, 1], read.Points.Select(point => point[1]));
        Assert.Equal(40, read.Points[1][0], 1e-9);
    }

    [Theory]
    [InlineData("""{"name":"solvent","options":["water"]}""", "no factor 'temperature'")]
    [InlineData("""{"name":"solvent","options":["water"]},{"name":"temperature","options":["hot"]}""", "another kind")]
    [InlineData("""{"name":"solvent","options":["water"]},{"name":"temperature","unit":"kg","low":1,"high":2}""", "kg")]
    public void What_has_no_counterpart_is_named(string factors, string what)
    {
        var last = Parse($$"""
            "factors":[{{factors}}],"outcomes":[{"name":"yield","unit":"%","aim":"more"}]
            """);
        var wrong = Assert.Throws<ProblemException>(() => EarlierTrials.Of(Plan, last, []));
        Assert.Contains(what, wrong.Message + wrong.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sheet_remembers_who_proposed_a_trial_and_how_it_is_made()
    {
        var sheet = TrialSheet.Empty(Plan);
        sheet.Add(new Suggestion { Point = [80, 1], Reason = SuggestionReason.Transfers, Earlier = "last" }, "so");
        sheet.Add(new Suggestion { Point = [81, 1], Reason = SuggestionReason.Improves }, "so");
        Assert.Equal([true, false], TrialSheet.Read(Plan, sheet.Write(), "t.csv").Trials.Select(trial => trial.IsByEarlier));
        var twin = Parse($$"""{{Factors}},"outcomes":[{"name":"yield","unit":"%","aim":"more"}],"fidelity":{"name":"simulator","cost":0.1}""");
        var two = TrialSheet.Empty(twin);
        two.Add(new Suggestion { Point = [80, 1], Reason = SuggestionReason.Start, IsCheap = true }, "so");
        two.Add(new Suggestion { Point = [81, 1], Reason = SuggestionReason.Improves }, "so");
        Assert.Equal([true, false], TrialSheet.Read(twin, two.Write(), "t.csv").Trials.Select(trial => trial.IsCheap));
        Assert.Contains("| simulator |", CampaignReport.Write(twin, two.Trials, two.Numbers), StringComparison.Ordinal);
        Assert.Contains("Make it with simulator", CampaignWords.Why(twin, new Suggestion { Point = [80, 1], Reason = SuggestionReason.Start, IsCheap = true }, _ => ""), StringComparison.Ordinal);
        Assert.DoesNotContain("fidelity", sheet.Write(), StringComparison.Ordinal);
        Assert.Contains("'guess'", Assert.Throws<ProblemException>(() => TrialSheet.Read(twin, "trial,fidelity,temperature,solvent,yield\n1,guess,80,water,3", "t.csv")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Costs_are_read_by_option()
    {
        var plan = Parse($$"""{{Factors}},"outcomes":[{"name":"yield","unit":"%","aim":"more"}],"cost":{"base":10,"extras":{"solvent":{"ethanol":5} } }""");
        Assert.Equal((10, 15), (plan.Cost!.Of(plan.Space, [80, 0]), plan.Cost.Of(plan.Space, [80, 1])));
        Assert.Equal(0.5, Parse($$"""{{Factors}},"outcomes":[{"name":"yield","unit":"%","aim":"more"}],"fidelity":{"name":"simulator","cost":0.5}""").Problem.Cheap!.Cost);
    }

    [Theory]
    [InlineData("""
        "earlier":[" "]
        """)]
    [InlineData("""
        "earlier":["a.json"],"fidelity":{"name":"simulator","cost":0.5}
        """)]
    [InlineData("""
        "fidelity":{"name":"full","cost":0.5}
        """)]
    [InlineData("""
        "fidelity":{"name":"simulator","cost":2}
        """)]
    [InlineData("""
        "fidelity":{"name":"simulator"}
        """)]
    [InlineData("""
        "cost":{"extras":{}}
        """)]
    [InlineData("""
        "cost":{"base":1,"extras":{"solvent":{"toluene":1}}}
        """)]
    [InlineData("""
        "cost":{"base":1,"extras":{"temperature":{"80":1}}}
        """)]
    [InlineData("""
        "cost":{"base":1,"extras":{"solvent":null}}
        """)]
    public void What_means_nothing_is_refused(string members) =>
        Assert.Throws<ProblemException>(() => Parse($$"""{{Factors}},"outcomes":[{"name":"yield","unit":"%","aim":"more"}],{{members}}"""));

    [Fact]
    public void Advice_is_told_in_words_and_in_the_report()
    {
        var advice = new StopAdvice(true, "After each of the last 3 trials nothing.", 0.01, 0.1234, 0.5, 0.97, 3);
        Assert.Equal("Stop is advised: After each of the last 3 trials nothing. The next trial promises 0.01 %, ten more 0.1234 %, if the model is right.", CampaignWords.Stop(Plan, advice));
        Assert.Contains("Stop is advised", CampaignReport.Write(Plan, [], [], advice), StringComparison.Ordinal);
        Assert.Equal("Go on: Too few.", CampaignWords.Stop(Plan, new StopAdvice(false, "Too few.", null, null, null, null, 0)));
    }

    private static CampaignPlan Parse(string members) => CampaignText.Parse($$"""{"version":1,"name":"x","budget":5,{{members}}}""");
}
