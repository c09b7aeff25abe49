using Dure.Kernel;
using Dure.Lab;
using Dure.Optimize.Campaigns;
using Xunit;

namespace Dure.Tests.Lab;

public sealed class TrialSheetTests
{
    private const string Head = "trial,state,temperature,time,equivalents,solvent,yield,impurity,why,note\n";

    private static readonly CampaignPlan Plan = CampaignText.Parse(CampaignText.Example);

    [Fact]
    public void What_people_fill_in_becomes_trials_and_what_they_added_stays()
    {
        var sheet = TrialSheet.Read(Plan, """
            trial,state,temperature,time,equivalents,solvent,yield,impurity,why,note,operator
            1,pending,70,10,1.2,ethanol,61.5,2.1,Start,"smelt, a little",Kim
            2,,353.15 K,600 s,1,water,,,Start,,
            3,failed,110,5,2,toluene,,,,,Lee
            4,void,30,5,2,toluene,,,,pump stood still,
            """, "t.csv");
        Assert.Equal([TrialState.Measured, TrialState.Pending, TrialState.Failed, TrialState.Void], sheet.Trials.Select(trial => trial.State));
        Assert.Equal([61.5, 2.1], sheet.Trials[0].Values);
        Assert.Equal(80, sheet.Trials[1].Point[0], 1e-9); // in the plan's unit
        Assert.Equal(10, sheet.Trials[1].Point[1], 1e-9);
        sheet.Add(new Suggestion { Point = [55, 2, 1.5, 0], Reason = SuggestionReason.Improves }, "because, \"so\"");
        var again = TrialSheet.Read(Plan, sheet.Write(), "t.csv");
        Assert.Equal(5, again.Trials.Count);
        Assert.Equal([55, 2, 1.5, 0], again.Trials[4].Point);
        Assert.Contains("\"smelt, a little\",Kim", again.Write(), StringComparison.Ordinal);
        Assert.Equal(sheet.Write(), again.Write());
    }

    [Fact]
    public void A_trial_keeps_its_number_when_rows_are_sorted_or_taken_out()
    {
        var sheet = TrialSheet.Read(Plan, "Trial,State,temperature,time,equivalents,solvent,yield,impurity\n5,,60,10,1,water,70,1\n3,failed,70,10,1,water,,\n,,75,10,1,water,71,1\n", "t.csv");
        Assert.Equal([5, 3, 6], sheet.Numbers);
        Assert.Equal(TrialState.Failed, sheet.Trials[1].State);
        sheet.Add(new Suggestion { Point = [55, 2, 1.5, 0], Reason = SuggestionReason.Improves }, "so");
        Assert.Equal(7, TrialSheet.Read(Plan, sheet.Write(), "t.csv").Numbers[^1]);
        Assert.Contains("- trial 6: temperature = 75", CampaignReport.Write(Plan, sheet.Trials, sheet.Numbers), StringComparison.Ordinal);
    }

    [Fact]
    public void Semicolons_and_a_mark_at_the_beginning_are_read_too()
    {
        var sheet = TrialSheet.Read(Plan, "\uFEFF" + (Head + "1,,70,10,1.2,ethanol,61,2,,\r\n").Replace(',', ';'), "t.csv");
        Assert.Equal(TrialState.Measured, Assert.Single(sheet.Trials).State);
    }

    [Theory]
    [InlineData("trial,state,temperature\n1,,70", "'time'")]
    [InlineData(Head + "1,,seventy,10,1.2,ethanol,61,2,,", "row 2")]
    [InlineData(Head + "1,,70 kg,10,1.2,ethanol,61,2,,", "temperature")]
    [InlineData(Head + "1,,70,10,1.2,acetone,61,2,,", "acetone")]
    [InlineData(Head + "1,,70,,1.2,ethanol,61,2,,", "'time'")]
    [InlineData(Head + "1,,70,10,1.2,ethanol,lots,2,,", "'yield'")]
    [InlineData(Head + "1,,70,10,1.2,ethanol,NaN,2,,", "'yield'")]
    [InlineData(Head + "1,measured,70,10,1.2,ethanol,,,,", "measured")]
    [InlineData(Head + "1,maybe,70,10,1.2,ethanol,,,,", "maybe")]
    [InlineData(Head + "1,,70,10,1.2,ethanol,61,2,,,,,", "cells")]
    [InlineData("temperature,time,equivalents,solvent,yield,impurity\n80,10,1,water,45,2,1", "cells")]
    [InlineData(Head + "1,,70,10,1.2,ethanol,61,2,,\n1,,60,10,1.2,ethanol,61,2,,", "number 1")]
    [InlineData(Head + "one,,70,10,1.2,ethanol,61,2,,", "'one'")]
    [InlineData(Head + "1,,70,10,1.2,\"ethanol,61,2,,", "line 2")]
    public void A_cell_that_cannot_be_read_is_named(string text, string word)
    {
        var refused = Assert.Throws<ProblemException>(() => TrialSheet.Read(Plan, text, "t.csv"));
        Assert.Contains(word, refused.Message, StringComparison.Ordinal);
        Assert.Contains("t.csv", refused.Problem.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_in_words()
    {
        var random = new Random(2);
        var good = Head + "1,,70,10,1.2,ethanol,61,2,,\n2,failed,70,10,1,water,,,,\n";
        for (var i = 0; i < 3_000; i++)
        {
            var text = good.ToCharArray();
            for (var change = random.Next(1, 5); change > 0; change--)
                text[random.Next(text.Length)] = (char)random.Next(32, 127);
            try
            {
                TrialSheet.Read(Plan, new string(text), "t.csv");
            }
            catch (ProblemException)
            {
                // in words
            }
        }
    }

    [Fact]
    public void The_report_names_the_best_and_every_trial_and_a_reason_says_what_is_expected()
    {
        var sheet = TrialSheet.Read(Plan, Head + "1,,70,10,1.2,ethanol,61,2,,\n2,,80,10,1.2,water,75,4,,\n3,,60,20,1.2,toluene,68,2.5,,\n4,failed,20,20,1,toluene,,,,\n", "t.csv");
        Assert.Equal([2], CampaignReport.BestOf(Plan, sheet.Trials)); // the second has too much impurity
        var report = CampaignReport.Write(Plan, sheet.Trials, sheet.Numbers);
        Assert.Contains("trial 3: temperature = 60 Cel", report, StringComparison.Ordinal);
        Assert.Contains("3 measured, 1 failed", report, StringComparison.Ordinal);
        Assert.Contains("| 4 | failed | 20 | 20 | 1 | toluene |", report, StringComparison.Ordinal);
        var suggestion = Assert.Single(new TrialPlanner(Plan.Problem).Suggest(sheet.Trials, cancel: TestContext.Current.CancellationToken));
        var why = CampaignWords.Why(Plan, suggestion, trial => $"trial {trial + 1}");
        Assert.Contains("Expected: yield", why, StringComparison.Ordinal);
        Assert.Contains("most like trial", why, StringComparison.Ordinal);
    }
}
