using System.Net;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>Whether what was received may be offered on is the provider's word, and its rules travel along.</summary>
public sealed class ResharingTests : IAsyncLifetime
{
    private SharingNode maker = null!; // InitializeAsync sets them
    private SharingNode lab = null!;

    public async ValueTask InitializeAsync()
    {
        maker = await SharingNode.Start();
        lab = await SharingNode.Start();
        await lab.Join(await maker.Invite("Lab"));
    }

    public async ValueTask DisposeAsync()
    {
        await maker.DisposeAsync();
        await lab.DisposeAsync();
    }

    [Fact]
    public async Task Data_are_offered_on_only_as_their_provider_allows()
    {
        var kept = await maker.CutDataset("kept", 1);
        await maker.Offer(kept, "kept", "three downloads");
        var open = await maker.CutDataset("open", 2);
        await maker.Offer(open, "open", "until 31 December 2998, may be passed on");
        Assert.Equal(kept, await Receive("kept"));
        Assert.Equal(open, await Receive("open"));

        var (status, refusal) = await lab.TryPost("exchange/offerings", new JsonObject { ["dataset"] = kept, ["terms"] = "no conditions" });
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("passing it on", refusal.ToJsonString(), StringComparison.Ordinal);

        var offering = await lab.Offer(open, "open", "no conditions");
        Assert.Contains("2999-01-01", offering["policy"]!.ToJsonString(), StringComparison.Ordinal);
        // A third party is held to both: what the lab grants, and what the maker granted the lab.
        await using var third = new ForeignParticipant();
        await third.Join(await lab.Invite("Third"));
        var (agreement, reason) = await third.Negotiate(lab, offering);
        Assert.True(agreement is not null, reason);
        Assert.NotNull((await third.Begin(lab, agreement)).Door);
    }

    [Fact]
    public async Task A_model_carries_the_rules_of_the_data_it_was_trained_on()
    {
        var kept = await maker.CutDataset("kept", 3);
        await maker.Offer(kept, "kept", "three downloads");
        var open = await maker.CutDataset("open", 4);
        await maker.Offer(open, "open", "until 31 December 2998, may be used to make something new");
        await Receive("kept");
        await Receive("open");

        var refused = await Train(kept, "kept");
        Assert.Equal("Failed", (string?)refused["state"]);
        Assert.Contains("making something new of it", refused.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty((await lab.Get("models"))["models"]!.AsArray());

        var trained = await Train(open, "watch");
        Assert.True((string?)trained["state"] == "Succeeded", trained.ToJsonString());
        var offering = await lab.Post("exchange/offerings", new JsonObject { ["model"] = "watch", ["terms"] = "no conditions" });
        Assert.Contains("2999-01-01", offering["policy"]!.ToJsonString(), StringComparison.Ordinal);
        // The data themselves may not be passed on, whatever may be made of them.
        Assert.Equal(HttpStatusCode.BadRequest, (await lab.TryPost("exchange/offerings", new JsonObject { ["dataset"] = open, ["terms"] = "no conditions" })).Status);

        // A third node gets the packed model, byte for byte.
        await using var third = await SharingNode.Start();
        await third.Join(await lab.Invite("Third"));
        var asked = SharingNode.Text(await third.Ask(lab.Did, "watch.durepkg"), "id");
        await SharingNode.Until(() => third.Get($"exchange/negotiations/{Uri.EscapeDataString(asked)}"), one => (string?)one["state"] is "FINALIZED" or "TERMINATED");
        var landed = (await SharingNode.Until(() => third.Transfers(), transfers => transfers is [var only] && (string?)only["fetch"] is "Landed" or "Failed")).Single();
        Assert.True((string?)landed["fetch"] == "Landed", landed.ToJsonString());
        var package = (await lab.Get("packages"))["packages"]!.AsArray().Single()!;
        var bytes = await third.Process.Client.GetByteArrayAsync($"api/v1/exchange/transfers/{Uri.EscapeDataString(SharingNode.Text(landed, "id"))}/file", TestContext.Current.CancellationToken);
        Assert.Equal(SharingNode.Text(package, "hash"), ContentHash.Of(bytes).ToString());
    }

    [Fact]
    public async Task Drift_is_told_only_of_data_of_which_something_may_be_made()
    {
        var kept = await maker.CutDataset("kept", 9);
        await maker.Offer(kept, "kept", "three downloads");
        var open = await maker.CutDataset("open", 10);
        await maker.Offer(open, "open", "until 31 December 2998, may be used to make something new");
        await Receive("kept");
        await Receive("open");
        var target = (await lab.Process.Client.GetStringAsync($"api/v1/datasets/{open}/csv", TestContext.Current.CancellationToken)).Split('\n')[0].Split(',').First(column => column.EndsWith('B'));
        var run = SharingNode.Text(await lab.Post("predictor-runs", new JsonObject { ["dataset"] = open, ["recipe"] = new JsonObject { ["version"] = 1, ["name"] = "own", ["target"] = target, ["ahead"] = 1, ["learner"] = new JsonObject { ["kind"] = "linear" } } }), "id");
        var trained = await SharingNode.Until(() => lab.Get($"runs/{run}"), answer => SharingNode.Text(answer, "state") is not ("Queued" or "Running"));
        Assert.True((string?)trained["state"] == "Succeeded", trained.ToJsonString());

        Assert.NotNull((await lab.Get($"predictors/own/drift?dataset={open}"))["severity"]);
        using var refused = await lab.Process.Client.GetAsync($"api/v1/predictors/own/drift?dataset={kept}", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("making something new of it", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        foreach (var (version, isTold) in new[] { (open, true), (kept, false) })
            Assert.Equal(isTold, (await lab.Process.Client.GetStringAsync($"models/own/drift?dataset={version}", TestContext.Current.CancellationToken)).Contains("data-drift", StringComparison.Ordinal));
        var (status, answer) = await lab.TryPost("retrainings", new JsonObject { ["model"] = "own", ["dataset"] = kept });
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("urn:dure:exchange:not-granted", (string?)answer["type"]);
    }

    [Fact]
    public async Task Newer_terms_for_the_same_data_count_and_days_go_on_from_their_agreement()
    {
        var version = await maker.CutDataset("pumps", 5);
        await maker.Offer(version, "pumps", "three downloads");
        await Receive("pumps");
        Assert.Equal(HttpStatusCode.BadRequest, (await lab.TryPost("exchange/offerings", new JsonObject { ["dataset"] = version, ["terms"] = "no conditions" })).Status);

        await maker.Offer(version, "pumps", "30 days after the agreement, may be passed on");
        await Receive("pumps");
        var policy = (await lab.Offer(version, "pumps", "no conditions"))["policy"]!.ToJsonString();
        // The thirty days are the lab's: whoever gets the data from it does not get thirty new ones.
        Assert.DoesNotContain("contractAgreement", policy, StringComparison.Ordinal);
        Assert.Contains("dateTime", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Received_data_do_not_take_the_place_of_own_data_of_the_same_name()
    {
        var theirs = await maker.CutDataset("pumps", 7);
        await maker.Offer(theirs, "pumps", "no conditions");
        var own = await lab.CutDataset("pumps", 8);
        Assert.Equal(theirs, await Receive("pumps"));
        Assert.Equal(own, SharingNode.Text(await lab.Get("datasets/pumps"), "version"));
        Assert.Equal(theirs, SharingNode.Text(await lab.Get($"datasets/{theirs}"), "version"));
    }

    [Fact]
    public async Task Own_data_that_come_back_stay_own()
    {
        var own = await maker.CutDataset("own", 6);
        await maker.Offer(own, "own", "may be passed on");
        await Receive("own");
        await lab.Offer(own, "back", "one download");
        await maker.Join(await lab.Invite("Maker"));
        var asked = SharingNode.Text(await maker.Ask(lab.Did, "back"), "id");
        await SharingNode.Until(() => maker.Get($"exchange/negotiations/{Uri.EscapeDataString(asked)}"), one => (string?)one["state"] == "FINALIZED");
        await SharingNode.Until(() => maker.Transfers(), transfers => transfers.Any(transfer => (string?)transfer["fetch"] == "Landed"));
        var offered = await maker.Offer(own, "own-again", "no conditions");
        Assert.DoesNotContain("count", offered["policy"]!.ToJsonString(), StringComparison.Ordinal);
    }

    private async Task<JsonObject> Train(string dataset, string name)
    {
        var run = SharingNode.Text(await lab.Post("training-runs", new JsonObject { ["dataset"] = dataset, ["name"] = name }), "id");
        return await SharingNode.Until(() => lab.Get($"runs/{run}"), answer => SharingNode.Text(answer, "state") is not ("Queued" or "Running"));
    }

    private async Task<string> Receive(string dataset)
    {
        var asked = await lab.Ask(maker.Did, dataset);
        var id = Uri.EscapeDataString(SharingNode.Text(asked, "id"));
        var agreed = await SharingNode.Until(() => lab.Get($"exchange/negotiations/{id}"), one => (string?)one["state"] is "FINALIZED" or "TERMINATED");
        var landed = await SharingNode.Until(() => lab.Transfers(SharingNode.Text(agreed, "agreement")), transfers => transfers is [var only] && (string?)only["fetch"] is "Landed" or "Failed");
        Assert.True((string?)landed.Single()["fetch"] == "Landed", landed.Single().ToJsonString());
        return SharingNode.Text(landed.Single(), "landed");
    }
}
