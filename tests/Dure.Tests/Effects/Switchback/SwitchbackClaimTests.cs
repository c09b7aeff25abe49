using System.Text;
using System.Text.Json.Nodes;
using Dure.Effects;
using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Effects.Switchback;

public sealed class SwitchbackClaimTests : IAsyncLifetime
{
    private static readonly SimulatedSwitchback Plant = new() { Effect = -0.22, Kept = 0.5, HistoryBlocks = 28 };
    private TemporaryEvidence node = null!; // made by InitializeAsync

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => node = await TemporaryEvidence.Create(Cancel);

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task A_saving_planned_before_the_first_block_is_confirmed_with_its_interval_blocks_and_attachments()
    {
        var book = ClaimBook.Open(node.Journal, node.Blobs);
        await book.Plan(Plan(), [], "engineer", Cancel);
        var recorded = await book.Write(Plan(), Evidence(await Batch()) with { Attachments = [new("trial", "trial.json", "{}"u8.ToArray())] }, "engineer", Cancel);
        var claim = recorded.Claim;
        Assert.Equal((ClaimVerdict.Confirmed, "%", 12), (claim.Verdict, claim.Unit, claim.NEff));
        Assert.InRange(claim.Estimate!.Value, -24, -20);
        Assert.Equal(24, claim.Blocks!.Count);
        Assert.Equal("{}"u8.ToArray(), book.Read(recorded, "trial"));
        Assert.StartsWith("from,to,phase", Encoding.UTF8.GetString(book.Read(recorded, "block-table")!), StringComparison.Ordinal);
        Assert.True(ClaimBundle.Verify(ClaimBundle.Build(node.Journal, node.Blobs, recorded.Entry.Index), null).IsValid);
    }

    [Fact]
    public async Task A_plan_made_after_the_first_block_was_measured_does_not_count()
    {
        var book = ClaimBook.Open(node.Journal, node.Blobs);
        var batch = await Batch();
        await book.Plan(Plan(), [], "engineer", Cancel);
        Assert.Equal(ClaimVerdict.NotVerifiable, (await book.Write(Plan(), Evidence(batch), "engineer", Cancel)).Claim.Verdict);
    }

    [Fact]
    public async Task What_is_carried_over_makes_the_claim_not_verifiable()
    {
        var slow = Plant with { Lag = 0.9, WashOut = TimeSpan.Zero };
        var book = ClaimBook.Open(node.Journal, node.Blobs);
        var plan = Plan() with { Study = slow.Study(1) };
        await book.Plan(plan, [], "engineer", Cancel);
        var claim = (await book.Write(plan, Evidence(await Batch()) with { Record = slow.Record(1) }, "engineer", Cancel)).Claim;
        Assert.Equal(ClaimVerdict.NotVerifiable, claim.Verdict);
        Assert.Contains("wash-out", claim.VerdictReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reopened_book_holds_the_plan_the_claim_and_its_blocks()
    {
        var book = ClaimBook.Open(node.Journal, node.Blobs);
        await book.Plan(Plan(), [], "engineer", Cancel);
        var written = await book.Write(Plan(), Evidence(await Batch()), "engineer", Cancel);
        var reopened = ClaimBook.Open(node.Journal, node.Blobs);
        Assert.Equal(Plan().Study, reopened.Plans.Single().Plan.Study);
        Assert.Equal(Plan().Digest(), reopened.Plans.Single().Plan.Digest());
        Assert.Equal(written.Claim.Blocks, reopened.Claims.Single().Claim.Blocks);
        Assert.Equal(written.Claim.Headline, reopened.Claims.Single().Claim.Headline);
    }

    [Fact]
    public async Task A_plan_for_alarms_is_refused_for_a_switchback() =>
        Assert.Equal("urn:dure:effects:other-study", (await Assert.ThrowsAsync<ProblemException>(async () =>
            await ClaimBook.Open(node.Journal, node.Blobs).Write(Plan() with { Study = new AlarmStudy() }, Evidence(await Batch()), "engineer", Cancel))).Problem.Type);

    /// <summary>Written out as plans stood in journals before there were switchbacks.</summary>
    [Fact]
    public void A_plan_for_alarms_has_the_digest_that_it_always_had()
    {
        var plan = new EffectPlan { Title = "t", Boundary = "b", Design = "d", OutcomeKnownBefore = true };
        var before = JsonNode.Parse("""
            {"title":"t","metric":"false-alarms-per-hour","claimed":0,"boundary":"b","design":"d","baseline":"static limits at mean ± 3 sigma of the commissioning rows, per signal","outcomeKnownBefore":true,"level":0.95,"resamples":2000,"seed":1}
            """);
        Assert.Equal(CanonicalJson.Hash(before!), plan.Digest());
    }

    private static EffectPlan Plan() => new()
    {
        Title = "An operating point that saves fuel", Metric = "specific-fuel", Claimed = -20, Boundary = "one unit", Design = "randomised switchback, simulated", Baseline = "the usual operating point",
        Study = Plant.Study(1),
    };

    private ValueTask<JournalEntry> Batch() => node.Journal.Append("ingested", "batch", new JsonObject(), "plant", Cancel);

    private static SwitchbackEvidence Evidence(JournalEntry batch) =>
        new(Plant.Record(1), Plant.Start, Plant.History, batch, "operating point B", ["fuel", "feed"], [ContentHash.Of("batch"u8)], null, [batch]);
}
