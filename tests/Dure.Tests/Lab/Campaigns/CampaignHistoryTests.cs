using System.Text.Json.Nodes;
using Dure.Lab.Campaigns;
using Dure.Lab.Virtual;
using Dure.Optimize.Campaigns;
using Dure.Tests.Lab.Running;
using Xunit;

namespace Dure.Tests.Lab.Campaigns;

public sealed class CampaignHistoryTests : IDisposable
{
    private readonly TestLedger ledger = new();
    private readonly CampaignBook book;

    public CampaignHistoryTests() => book = CampaignBook.Open(ledger);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => book.Dispose();

    [Fact]
    public async Task A_history_is_read_from_the_journal_with_who_did_what_and_why()
    {
        var campaign = await Measured(8);
        await book.Write(new LabEvent.Edited(campaign.Id, null, [new Narrowing("temperature", 60, 80, null)], "steady"), "kim", Cancel);
        await book.Write(new LabEvent.Edited(campaign.Id, null, [], "enough"), "lee", Cancel);
        await book.Write(new LabEvent.Moved(campaign.Id, CampaignStage.Done, "found"), "kim", Cancel);
        var history = CampaignHistory.Read(ledger, campaign.Id)!;
        Assert.Equal(book.Find(campaign.Id).Trials.Select(trial => trial.Values), history.Campaign.Trials.Select(trial => trial.Values));
        Assert.Contains(history.Acts, act => act is { What: "narrowed", By: "kim", Factor: "temperature", Why: "60 … 80: steady" });
        Assert.Contains(history.Acts, act => act is { What: "loosened", By: "lee", Factor: "temperature" });
        Assert.Equal("done", history.Acts[^1].What);
        Assert.Equal((0, ledger.Entries.Count - 1), (history.First, history.Last));
        Assert.Null(CampaignHistory.Read(ledger, "nothing"));
    }

    [Fact]
    public async Task A_picture_is_computed_once_for_each_state_of_a_campaign()
    {
        using var sight = new CampaignSight();
        var campaign = await Measured(8);
        var picture = await sight.Picture(campaign, new PictureOptions(), Cancel);
        Assert.NotNull(picture?.Map);
        Assert.Same(picture, await sight.Picture(book.Find(campaign.Id), new PictureOptions(), Cancel));
        Assert.Same(picture, (await sight.Picture(campaign, new PictureOptions(), TimeSpan.FromSeconds(5), Cancel)).Value);
        var more = await Enter(campaign, 9);
        Assert.NotSame(picture, await sight.Picture(more, new PictureOptions(), Cancel));
        Assert.NotNull((await sight.Advice(more, Cancel)).Reason);
    }

    private async Task<Campaign> Measured(int trials)
    {
        var plan = JsonNode.Parse(VirtualExample.Plan, documentOptions: new System.Text.Json.JsonDocumentOptions { CommentHandling = System.Text.Json.JsonCommentHandling.Skip })!.AsObject();
        plan.Remove("protocol");
        await book.Write(new LabEvent.Drafted("c1", plan, "us"), "kim", Cancel);
        await book.Write(new LabEvent.Moved("c1", CampaignStage.Approved, ""), "kim", Cancel);
        var campaign = await book.Write(new LabEvent.Moved("c1", CampaignStage.Running, ""), "kim", Cancel);
        for (var trial = 1; trial <= trials; trial++)
            campaign = await Enter(campaign, trial);
        return campaign;
    }

    private async Task<Campaign> Enter(Campaign campaign, int trial)
    {
        double[] point = [.. campaign.Plan.Space.Sample(1, new Random(trial))[0]];
        await book.Write(new LabEvent.Proposed(campaign.Id, trial, point, null, trial - 1), "kim", Cancel);
        return await book.Write(new LabEvent.Entered(campaign.Id, trial, TrialState.Measured, [point[0] / 2, 1 + trial % 3], "by hand"), "kim", Cancel);
    }
}
