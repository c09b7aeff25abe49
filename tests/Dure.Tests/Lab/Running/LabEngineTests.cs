using System.Text.Json.Nodes;
using Dure.Devices;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Loop;
using Xunit;

namespace Dure.Tests.Lab.Running;

public sealed class LabEngineTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab").FullName;
    private readonly TestLedger ledger = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_campaign_makes_its_budget_of_trials_by_itself_and_is_done()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish();
        lab.Start();
        await lab.Begin();
        var campaign = await lab.Until(now => now.Stage == CampaignStage.Done);
        Assert.Equal(12, campaign.Trials.Count);
        Assert.All(campaign.Trials, trial => Assert.Equal(TrialStage.Measured, trial.Stage));
        Assert.All(campaign.Trials, trial => Assert.All(trial.Values, value => Assert.InRange(value, 0, 100)));
        Assert.All(campaign.Trials, trial => Assert.Equal(3, trial.Steps.Count));
        Assert.True(campaign.Trials.Max(trial => trial.Values[0]) > campaign.Trials[0].Values[0]);
        Assert.Empty(lab.Failures);
    }

    [Fact]
    public async Task The_journal_alone_gives_the_same_campaign_again()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish();
        lab.Start();
        await lab.Begin();
        var campaign = await lab.Until(now => now.Stage == CampaignStage.Done);
        using var again = CampaignBook.Open(ledger);
        var read = again.Find("c1");
        Assert.Equal(campaign.Trials.Select(trial => (trial.Stage, string.Join(' ', trial.Values), string.Join(' ', trial.Steps.Select(step => (step.Key, step.Stage, step.Instrument))))),
            read.Trials.Select(trial => (trial.Stage, string.Join(' ', trial.Values), string.Join(' ', trial.Steps.Select(step => (step.Key, step.Stage, step.Instrument))))));
        Assert.Equal((campaign.Made, campaign.Known, campaign.Open.Count), (read.Made, read.Known, read.Open.Count));
    }

    [Fact]
    public async Task A_laboratory_that_was_cut_off_goes_on_and_runs_nothing_twice()
    {
        await using (var first = new TestLaboratory(ledger, folder))
        {
            await first.Furnish(pace: 6_000);
            first.Start();
            await first.Begin();
            await first.Until(now => now.Known >= 3 && !now.Open.IsEmpty);
        }
        await using var second = new TestLaboratory(ledger, folder);
        second.Start();
        var campaign = await second.Until(now => now.Stage == CampaignStage.Done);
        Assert.Equal(12, campaign.Known);
        var sent = ledger.Decisions.Where(one => one.Decision is Decision.Allowed).GroupBy(one => one.Proposal.Key).ToList();
        var executed = (await File.ReadAllLinesAsync(Path.Combine(folder, "virtual.lab"), Cancel)).Select(line => (string)JsonNode.Parse(line)!["key"]!).ToList();
        Assert.Equal(executed.Count, executed.Distinct().Count());
        Assert.Equal(sent.Select(one => one.Key).Order(), executed.Order());
    }

    [Fact]
    public async Task What_lies_outside_the_instruments_limits_is_never_sent()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish();
        lab.Start();
        await lab.Begin(TestLaboratory.Plan.Replace("\"low\": 300, \"high\": 390", "\"low\": 395, \"high\": 400", StringComparison.Ordinal)); // above 120 Cel
        var campaign = await lab.Until(now => now.Stage == CampaignStage.Paused);
        Assert.All(campaign.Trials.Where(trial => trial.HasEnded), trial => Assert.Contains("outside 20 to 120 Cel", trial.Why, StringComparison.Ordinal));
        Assert.DoesNotContain(ledger.Decisions, one => one.Decision is Decision.Allowed && one.Proposal.Action == "react");
        Assert.Contains("faults", campaign.Moves[^1].Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_of_another_sample_is_nobodys_and_the_instrument_is_set_aside()
    {
        await using var lab = new TestLaboratory(ledger, folder, (all, card, link) => card.Name == "analyser" ? new SwappingAnalyser(all.Instrument(card, link)) : all.Instrument(card, link));
        await lab.Furnish();
        lab.Start();
        await lab.Begin();
        var campaign = await lab.Until(now => now.Trials.Exists(trial => trial.Stage == TrialStage.Void));
        Assert.Contains("saw the sample", campaign.Trials.First(trial => trial.Stage == TrialStage.Void).Why, StringComparison.Ordinal);
        await lab.Until(_ => lab.Bench.Find("analyser").SetAside is not null);
        Assert.Equal(0, lab.Book.Find("c1").Known);
    }

    [Fact]
    public async Task An_emergency_stop_halts_everything_until_a_person_releases_it()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish(pace: 6_000);
        lab.Start();
        await lab.Begin();
        await lab.Until(now => now.Known >= 1);
        Assert.All((await lab.Bench.EmergencyStop("smoke", "kim", Cancel)).Values, Assert.True);
        await Task.Delay(200, Cancel);
        var before = ledger.Decisions.Count(one => one.Decision is Decision.Allowed);
        await Task.Delay(500, Cancel);
        Assert.Equal(before, ledger.Decisions.Count(one => one.Decision is Decision.Allowed));
        await lab.Bench.Release("looked after", "kim", Cancel);
        await lab.Until(now => now.Stage is CampaignStage.Done or CampaignStage.Paused);
    }

    [Fact]
    public async Task A_person_vetoes_adds_pins_and_corrects_in_mid_run()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        lab.Start();
        await lab.Begin(TestLaboratory.Plan.Replace("\"parallel\": 2", "\"parallel\": 2, \"askForEachTrial\": true", StringComparison.Ordinal));
        await lab.Until(now => now.Trials.Count == 2);
        await lab.Book.Write(new LabEvent.Answered("c1", 1, IsApproved: false, "too hot for the vial"), "kim", Cancel);
        var campaign = await lab.Until(now => now.Trials.Count == 3);
        Assert.Equal(TrialStage.Void, campaign.Trials[0].Stage);
        await lab.Book.Write(new LabEvent.Edited("c1", null, [new Narrowing("temperature", 330, 330, null), new Narrowing("solvent", double.NaN, double.NaN, ["ethanol"])], "the bath is at 57 °C"), "kim", Cancel);
        await lab.Book.Write(new LabEvent.Proposed("c1", 4, [350, 10, 0], null, 0), "kim", Cancel);
        await lab.Book.Write(new LabEvent.Entered("c1", 4, Dure.Optimize.Campaigns.TrialState.Measured, [44, 3], "made by hand"), "kim", Cancel);
        await lab.Book.Write(new LabEvent.Answered("c1", 2, IsApproved: false, "as well"), "kim", Cancel);
        campaign = await lab.Until(now => now.Trials.Count == 5);
        Assert.Equal(330, campaign.Trials[4].Point[0]);
        Assert.Equal(1, campaign.Trials[4].Point[2]);
        Assert.Equal(1, campaign.Known);
    }

    /// <summary>Answers with the barcode of another vial, as a robot does that took the wrong one.</summary>
    private sealed class SwappingAnalyser(IInstrument real) : IInstrument
    {
        public InstrumentDescription Description => real.Description;
        public bool CanAnswerByKey => real.CanAnswerByKey;
        public Task<InstrumentState> State(CancellationToken cancel) => real.State(cancel);
        public Task<StartAnswer> Start(ActionRequest request, CancellationToken cancel) => real.Start(request, cancel);

        public async Task<ActionStatus> Query(string key, CancellationToken cancel) => await real.Query(key, cancel) is ActionStatus.Done done
            ? new ActionStatus.Done(new Dictionary<string, ActionValue>(done.Results) { ["barcode"] = new ActionValue.Text("C1-99-1-0") }) : await real.Query(key, cancel);

        public Task<bool> Stop(bool isEmergency, CancellationToken cancel) => real.Stop(isEmergency, cancel);
        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
