using System.Text.Json.Nodes;
using Dure.Devices;
using Dure.Kernel;
using Dure.Lab;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Xunit;

namespace Dure.Tests.Lab.Running;

/// <summary>What happens at the worst moment.</summary>
public sealed class LabRaceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab").FullName;
    private readonly TestLedger ledger = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_veto_is_refused_while_a_step_is_on_its_way_through_the_gate()
    {
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var lab = new TestLaboratory(ledger, folder, (all, card, link) => card.Name == "doser" ? new SlowToBegin(all.Instrument(card, link), reached, go.Task) : all.Instrument(card, link));
        await lab.Furnish();
        lab.Start();
        await lab.Begin();
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => lab.Book.Write(new LabEvent.Answered("c1", 1, IsApproved: false, "no"), "kim", Cancel));
        Assert.Contains("this very moment", refused.Problem.What, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ProblemException>(() => lab.Book.Write(new LabEvent.Entered("c1", 1, Dure.Optimize.Campaigns.TrialState.Measured, [1, 1], ""), "kim", Cancel));
        go.SetResult();
        await lab.Until(now => now.Trials[0].Stage == TrialStage.Measured);
    }

    [Fact]
    public async Task What_was_on_its_way_when_all_was_stopped_is_stopped_too()
    {
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var lab = new TestLaboratory(ledger, folder, (all, card, link) => card.Name == "doser" ? new SlowToBegin(all.Instrument(card, link), reached, go.Task) : all.Instrument(card, link));
        await lab.Furnish(pace: 60);
        lab.Start();
        await lab.Begin();
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        var stop = lab.Bench.EmergencyStop("smoke", "kim", Cancel);
        go.SetResult(); // the device begins after it was told to stop
        Assert.True((await stop)["doser"]);
        Assert.Equal(InstrumentState.Idle, await lab.Bench.Find("doser").State(Cancel));
    }

    [Fact]
    public async Task A_returned_instrument_is_asked_once_more_for_what_nobody_knew()
    {
        Forgetful? analyser = null;
        await using var lab = new TestLaboratory(ledger, folder, (all, card, link) => card.Name == "analyser" ? analyser = new Forgetful(all.Instrument(card, link)) { IsSilent = true } : all.Instrument(card, link));
        await lab.Furnish();
        lab.Start();
        await lab.Begin();
        await lab.Until(now => now.Trials.Exists(trial => trial.Stage == TrialStage.Unknown));
        await lab.Until(_ => lab.Bench.Find("analyser").SetAside is not null);
        analyser!.IsSilent = false;
        await lab.Bench.Return("analyser", "the cable was loose", "kim", Cancel);
        var campaign = await lab.Until(now => now.Stage == CampaignStage.Done);
        Assert.All(campaign.Trials, trial => Assert.Equal(TrialStage.Measured, trial.Stage));
        Assert.All(campaign.Trials, trial => Assert.Equal(1, trial.Run)); // nothing was made twice
    }

    [Theory]
    [InlineData("\"measure\": { \"yield\": \"yield\", \"impurity\": \"impurity\" }", "\"measure\": { \"yield\": null, \"impurity\": \"impurity\" }", "without a name")]
    [InlineData("\"instruments\": [\"reactor-1\", \"reactor-2\"]", "\"instruments\": [null]", "which instrument")]
    [InlineData("\"seconds\": 0.05", "\"seconds\": 0", "no time")]
    [InlineData("{ \"factor\": \"solvent\" }", "{ \"factor\": \"solvents\" }", "solvents")]
    [InlineData("\"measure\": { \"yield\": \"yield\", \"impurity\": \"impurity\" }", "\"measure\": { \"yield\": \"yield\" }", "No step measures it")]
    public void A_plan_that_could_not_be_made_is_refused(string from, string to, string named)
    {
        Assert.Contains(from, TestLaboratory.Plan, StringComparison.Ordinal);
        var refused = Assert.Throws<ProblemException>(() => CampaignText.Parse(TestLaboratory.Plan.Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains(named, refused.Problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../administrator.token")]
    [InlineData("/etc/passwd")]
    [InlineData(".hidden")]
    [InlineData("")]
    public void A_card_names_no_file_outside_the_folder_of_tokens(string file)
    {
        var card = new JsonObject { ["name"] = "x", ["driver"] = "http", ["address"] = "http://127.0.0.1:1/", ["tokenFile"] = file, ["allowedBy"] = "kim", ["actions"] = new JsonObject { ["work"] = new JsonObject() } };
        Assert.Contains("is no file's name", Assert.Throws<ProblemException>(() => InstrumentCardText.Read(card)).Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trial_that_measured_nothing_is_for_a_person_to_judge()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish();
        lab.Start();
        await lab.Begin(TestLaboratory.Plan.Replace("\"yield\": \"yield\", \"impurity\": \"impurity\"", "\"yield\": \"yeild\", \"impurity\": \"impurity\"", StringComparison.Ordinal));
        var campaign = await lab.Until(now => now.Trials.Exists(trial => trial.HasEnded));
        Assert.Contains("gives no 'yeild'", campaign.Trials[0].Why, StringComparison.Ordinal); // before anything was analysed
        Assert.Equal(0, campaign.Known);
    }

    /// <summary>Takes its time to begin.</summary>
    private sealed class SlowToBegin(IInstrument real, TaskCompletionSource reached, Task go) : Wrapped(real)
    {
        public override async Task<StartAnswer> Start(ActionRequest request, CancellationToken cancel)
        {
            reached.TrySetResult();
            await go.WaitAsync(cancel);
            return await base.Start(request, cancel);
        }
    }

    /// <summary>Works, but does not say what came of it for a while.</summary>
    private sealed class Forgetful(IInstrument real) : Wrapped(real)
    {
        public bool IsSilent { get; set; }

        public override async Task<ActionStatus> Query(string key, CancellationToken cancel) => IsSilent ? new ActionStatus.Unknown("The line is dead.") : await base.Query(key, cancel);
    }

    private abstract class Wrapped(IInstrument real) : IInstrument
    {
        public InstrumentDescription Description => real.Description;
        public bool CanAnswerByKey => real.CanAnswerByKey;
        public Task<InstrumentState> State(CancellationToken cancel) => real.State(cancel);
        public virtual Task<StartAnswer> Start(ActionRequest request, CancellationToken cancel) => real.Start(request, cancel);
        public virtual Task<ActionStatus> Query(string key, CancellationToken cancel) => real.Query(key, cancel);
        public Task<bool> Stop(bool isEmergency, CancellationToken cancel) => real.Stop(isEmergency, cancel);
        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
