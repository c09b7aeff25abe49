using System.Text.Json.Nodes;
using Dure.Effects;
using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Effects;

public sealed class ClaimTests : IAsyncLifetime
{
    private TemporaryEvidence node = null!; // made by InitializeAsync

    private Journal Journal => node.Journal;

    private BlobStore Blobs => node.Blobs;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => node = await TemporaryEvidence.Create(Cancel);

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task An_improvement_planned_before_the_model_was_judged_is_confirmed()
    {
        var book = ClaimBook.Open(Journal, Blobs);
        var plan = await book.Plan(Plan(), [], "engineer", Cancel);
        var claim = (await book.Write(Plan(), Evidence(await Model()), "engineer", Cancel)).Claim;
        Assert.Equal(ClaimVerdict.Confirmed, claim.Verdict);
        Assert.Equal(plan.Entry.Time, claim.PreRegisteredAt);
        Assert.Contains("retrospective", claim.Design, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outcome_that_could_be_known_when_the_plan_was_made_is_never_confirmed()
    {
        var book = ClaimBook.Open(Journal, Blobs);
        var plan = Plan() with { OutcomeKnownBefore = true };
        await book.Plan(plan, [], "engineer", Cancel);
        var claim = (await book.Write(plan, Evidence(await Model()), "engineer", Cancel)).Claim;
        Assert.Equal(ClaimVerdict.NotVerifiable, claim.Verdict);
        Assert.Contains("nobody knew", claim.VerdictReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_plan_nothing_is_ever_confirmed()
    {
        var claim = (await ClaimBook.Open(Journal, Blobs).Write(Plan(), Evidence(await Model()), "engineer", Cancel)).Claim;
        Assert.Equal(ClaimVerdict.NotVerifiable, claim.Verdict);
        Assert.Null(claim.PreRegisteredAt);
    }

    [Fact]
    public async Task A_plan_made_after_the_model_was_judged_does_not_count()
    {
        var book = ClaimBook.Open(Journal, Blobs);
        var model = await Model();
        await book.Plan(Plan(), [], "engineer", Cancel);
        Assert.Equal(ClaimVerdict.NotVerifiable, (await book.Write(Plan(), Evidence(model), "engineer", Cancel)).Claim.Verdict);
    }

    [Fact]
    public async Task A_changed_plan_does_not_count_as_the_registered_one()
    {
        var book = ClaimBook.Open(Journal, Blobs);
        await book.Plan(Plan(), [], "engineer", Cancel);
        var claim = (await book.Write(Plan() with { Study = new AlarmStudy(Seed: 2) }, Evidence(await Model()), "engineer", Cancel)).Claim;
        Assert.Equal(ClaimVerdict.NotVerifiable, claim.Verdict);
    }

    [Fact]
    public async Task A_claim_larger_than_its_interval_is_real_but_smaller()
    {
        var book = ClaimBook.Open(Journal, Blobs);
        await book.Plan(Plan() with { Claimed = -1e6 }, [], "engineer", Cancel);
        var claim = (await book.Write(Plan() with { Claimed = -1e6 }, Evidence(await Model()), "engineer", Cancel)).Claim;
        Assert.Equal(ClaimVerdict.EffectRealSmaller, claim.Verdict);
    }

    [Fact]
    public async Task The_opposite_effect_refutes_the_claim()
    {
        var book = ClaimBook.Open(Journal, Blobs);
        await book.Plan(Plan(), [], "engineer", Cancel);
        var evidence = Evidence(await Model());
        var swapped = evidence with { Machines = [.. evidence.Machines.Select(m => m with { Treated = m.Baseline, Baseline = m.Treated })] };
        Assert.Equal(ClaimVerdict.Refuted, (await book.Write(Plan(), swapped, "engineer", Cancel)).Claim.Verdict);
    }

    [Fact]
    public async Task A_reopened_book_holds_the_same_claims_and_plans()
    {
        var book = ClaimBook.Open(Journal, Blobs);
        await book.Plan(Plan(), [], "engineer", Cancel);
        var written = await book.Write(Plan(), Evidence(await Model()), "engineer", Cancel);
        var reopened = ClaimBook.Open(Journal, Blobs);
        Assert.Equal(written.Entry, reopened.Claims.Single().Entry);
        Assert.Equal(written.Claim.Headline, reopened.Find(written.Claim.ClaimId)!.Claim.Headline);
        Assert.Equal(Plan().Digest(), reopened.Plans.Single().Plan.Digest());
    }

    [Fact]
    public async Task The_entry_refers_to_the_plan_the_evidence_and_the_blobs()
    {
        var book = ClaimBook.Open(Journal, Blobs);
        var plan = await book.Plan(Plan(), [], "engineer", Cancel);
        var model = await Model();
        var entry = (await book.Write(Plan(), Evidence(model), "engineer", Cancel)).Entry;
        Assert.Equal([plan.Entry.Hash.ToString(), model.Hash.ToString()], entry.Body["refs"]!.AsArray().Select(r => (string)r!["hash"]!));
        Assert.All(entry.Body["artefacts"]!.AsArray(), a => Assert.True(Blobs.Has(ContentHash.Parse((string)a!["hash"]!))));
    }

    [Fact]
    public async Task The_same_plan_and_data_give_the_same_claim_id()
    {
        var book = ClaimBook.Open(Journal, Blobs);
        var model = await Model();
        var first = await book.Write(Plan(), Evidence(model), "a", Cancel);
        var second = await book.Write(Plan(), Evidence(model), "b", Cancel);
        Assert.Equal(first.Claim.ClaimId, second.Claim.ClaimId);
    }

    [Fact]
    public async Task A_plan_for_an_unknown_metric_is_refused_naming_those_there_are()
    {
        var problem = (await Assert.ThrowsAsync<ProblemException>(async () => await ClaimBook.Open(Journal, Blobs)
            .Write(Plan() with { Metric = "oee" }, Evidence(await Model()), "engineer", Cancel))).Problem;
        Assert.Contains("detection-rate", problem.Mend, StringComparison.Ordinal);
    }

    private static EffectPlan Plan() => new() { Title = "Model against static limits", Boundary = "eight pumps", Design = "retrospective, recorded test bed" };

    private ValueTask<JournalEntry> Model() => Journal.Append("model-registered", "anomaly", new JsonObject(), "engineer", Cancel);

    private static EffectEvidence Evidence(JournalEntry model)
    {
        var machines = Enumerable.Range(0, 8).Select(i => new MachineAlarms($"pump/{i}", [.. Enumerable.Range(0, 60).Select(s => s * 1_000_000L)],
            [.. Enumerable.Range(0, 60).Select(s => s >= 40)], [.. Enumerable.Range(0, 60).Select(s => s >= 42)], [.. Enumerable.Range(0, 60).Select(s => s % 5 == i % 5)]));
        return new([.. machines], "anomaly 0123", ["Current"], [ContentHash.Of("dataset"u8)], null, [model]);
    }
}
