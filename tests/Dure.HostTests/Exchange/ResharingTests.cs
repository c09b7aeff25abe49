using System.Net;
using System.Text.Json.Nodes;
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
