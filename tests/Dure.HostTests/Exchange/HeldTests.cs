using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>Who may let a suspended transfer go on, at two real nodes and on their pages.</summary>
public sealed class HeldTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_the_side_that_suspended_a_transfer_is_shown_the_way_to_let_it_go_on()
    {
        await using var maker = await SharingNode.Start();
        await using var lab = await SharingNode.Start();
        await lab.Join(await maker.Invite("Lab"));
        var version = await maker.CutDataset("pumps", 1);
        await maker.Stretch(version, 2L << 30);
        await maker.Offer(version, "pumps", "no conditions");
        await lab.Ask(maker.Did, "pumps");
        var mine = await SharingNode.Until(async () => (await lab.Transfers()).SingleOrDefault(), one => one?["bytes"]?.GetValue<long>() > 0);
        var given = (await maker.Transfers()).Single();
        await maker.Post($"exchange/transfers/{Id(given)}/suspend", new JsonObject { ["reason"] = "for now" });
        await SharingNode.Until(async () => (await lab.Transfers()).Single(), one => (string?)one["state"] == "SUSPENDED");

        var (status, refused) = await lab.TryPost($"exchange/transfers/{Id(mine!)}/resume", []);
        Assert.True(status >= HttpStatusCode.BadRequest, refused.ToJsonString());
        Assert.Contains(maker.Did, refused.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain($"{Id(mine!)}/resume", await lab.Process.Client.GetStringAsync(new Uri("sharing", UriKind.Relative), Cancel), StringComparison.Ordinal);
        Assert.Contains($"{Id(given)}/resume", await maker.Process.Client.GetStringAsync(new Uri("sharing", UriKind.Relative), Cancel), StringComparison.Ordinal);
        Assert.Equal("SUSPENDED", (string?)(await maker.Transfers()).Single()["state"]);
        await maker.Post($"exchange/transfers/{Id(given)}/resume", []);
        await SharingNode.Until(async () => (await lab.Transfers()).Single(), one => (string?)one["state"] == "STARTED");
    }

    private static string Id(JsonObject transfer) => Uri.EscapeDataString(SharingNode.Text(transfer, "id"));
}
