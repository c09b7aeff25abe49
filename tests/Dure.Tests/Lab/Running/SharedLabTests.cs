using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Plan.Sharing;
using Xunit;

namespace Dure.Tests.Lab.Running;

public sealed class SharedLabTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab").FullName;
    private readonly TestLedger ledger = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Two_owners_get_the_laboratory_by_their_weights()
    {
        await using var lab = new TestLaboratory(ledger, folder); // not started: only who is let in is looked at
        var plan = TestLaboratory.Plan.Replace("\"budget\": 12", "\"budget\": 60", StringComparison.Ordinal);
        await lab.Begin(plan, "c1");
        await lab.Begin(plan, "c2", owner: "them");
        for (var i = 0; i < 50; i++)
            foreach (var id in (string[])["c1", "c2"])
                await lab.Book.Write(id, now => new LabEvent.Proposed(id, now!.Trials.Count + 1, [330 + i, 20, 0], null, 0), "kim", Cancel);
        var waiting = lab.Book.All.SelectMany(campaign => campaign.Trials.Select(trial => (campaign, trial))).ToList();
        var admission = new Dure.Lab.Running.Admission();
        admission.LetIn(waiting, [new Share("us", 3), new Share("them", 1)], lab.Book.All, room: 40, TimeProvider.System.GetUtcNow(), (_, _, why) => Assert.Fail(why));
        Assert.InRange(lab.Book.Find("c1").Trials.Count(trial => admission.IsIn(trial, lab.Book.Find("c1"))), 29, 31);
        Assert.InRange(lab.Book.Find("c2").Trials.Count(trial => admission.IsIn(trial, lab.Book.Find("c2"))), 9, 11);
    }

    [Fact]
    public async Task Who_has_no_share_waits_and_is_told_why()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish();
        await lab.Bench.Share([new Share("them", 1)], "kim", Cancel);
        lab.Start();
        await lab.Begin();
        await lab.UntilKept(1, "no share");
        Assert.Empty(ledger.Decisions);
    }

    [Fact]
    public async Task An_instrument_in_maintenance_gets_no_work_and_another_does_it()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish();
        var now = TimeProvider.System.GetUtcNow();
        await lab.Bench.Register(JsonNode.Parse($$"""
            { "name": "reactor-1", "driver": "virtual", "model": "reactor", "pace": 60000, "allowedBy": "test", "maintenance": [ { "from": "{{now.AddHours(-1):O}}", "to": "{{now.AddHours(1):O}}" } ],
              "actions": { "react": { "values": { "barcode": { "label": true }, "temperature": { "low": 20, "high": 120, "unit": "Cel" }, "time": { "low": 1, "high": 120, "unit": "min" } } } } }
            """)!.AsObject(), "test", Cancel);
        lab.Start();
        await lab.Begin();
        var campaign = await lab.Until(one => one.Stage == CampaignStage.Done);
        Assert.DoesNotContain(campaign.Trials.SelectMany(trial => trial.Steps), step => step.Instrument == "reactor-1");
    }

    [Fact]
    public async Task A_sample_that_waited_too_long_is_not_used()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish(pace: 6_000);
        lab.Start();
        await lab.Begin(TestLaboratory.Plan.Replace("\"step\": \"analyse\",", "\"step\": \"analyse\", \"waitAtMostSeconds\": 0.2,", StringComparison.Ordinal));
        await lab.Until(now => now.Trials.Any(trial => trial.At(2) is not null));
        await lab.Bench.SetAside("analyser", "cleaning", "kim", Cancel);
        await lab.Until(now => now.Trials.Any(trial => trial.At(2) is { HasEnded: true } && trial.At(3) is null));
        await Task.Delay(400, Cancel);
        await lab.Bench.Return("analyser", "", "kim", Cancel);
        var campaign = await lab.Until(now => now.Trials.Exists(trial => trial.Stage == TrialStage.Void));
        Assert.Contains("more than the 0.2 s", campaign.Trials.First(trial => trial.Stage == TrialStage.Void).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instrument_that_is_not_there_keeps_the_trial_with_the_reason()
    {
        await using var lab = new TestLaboratory(ledger, folder);
        await lab.Furnish();
        lab.Start();
        await lab.Begin(TestLaboratory.Plan.Replace("\"instrument\": \"analyser\"", "\"instrument\": \"balance\"", StringComparison.Ordinal));
        await lab.UntilKept(1, "balance");
    }
}
