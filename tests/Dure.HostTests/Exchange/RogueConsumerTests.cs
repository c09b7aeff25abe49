using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>What a partner can try that asks a node for data, with another partner beside it.</summary>
public sealed class RogueConsumerTests(EnforcementFixture fixture) : IClassFixture<EnforcementFixture>
{
    private readonly SharingNode maker = fixture.Maker;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_reaches_into_the_processes_of_another()
    {
        await using var partner = await Partner();
        await using var rogue = await Partner();
        var offering = await maker.Offer(fixture.Version, $"pumps-{Guid.NewGuid():N}", "no conditions");
        var (agreement, why) = await partner.Negotiate(maker, offering);
        Assert.True(agreement is not null, why);
        var (door, _) = await partner.Begin(maker, agreement);
        var negotiation = Uri.EscapeDataString(SharingNode.Text((await maker.Negotiations()).Single(one => (string?)one["agreement"] == agreement), "id"));
        var transfer = Uri.EscapeDataString(door!.ProviderPid);

        Assert.Equal(HttpStatusCode.NotFound, (await rogue.Get(maker, $"negotiations/{negotiation}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await rogue.Get(maker, $"transfers/{transfer}")).Status);
        foreach (var (path, type) in new[] { ("suspension", "TransferSuspensionMessage"), ("completion", "TransferCompletionMessage"), ("termination", "TransferTerminationMessage"), ("start", "TransferStartMessage") })
            Assert.Equal(HttpStatusCode.NotFound, (await rogue.Post(maker, $"transfers/{transfer}/{path}", ForeignParticipant.Message(type, door.ProviderPid, door.ConsumerPid))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await rogue.Post(maker, $"negotiations/{negotiation}/termination", ForeignParticipant.Message("ContractNegotiationTerminationMessage", Uri.UnescapeDataString(negotiation), "urn:uuid:1"))).Status);
        Assert.Null((await rogue.Begin(maker, agreement)).Door); // another's agreement

        var (own, reason) = await rogue.Negotiate(maker, offering);
        Assert.True(own is not null, reason);
        var (mine, _) = await rogue.Begin(maker, own);
        using var crossed = await rogue.Ask(door with { Token = mine!.Token });
        Assert.Equal(HttpStatusCode.Unauthorized, crossed.StatusCode);
        using var other = await rogue.Ask(mine with { Token = door.Token });
        Assert.Equal(HttpStatusCode.Unauthorized, other.StatusCode);
        Assert.Equal("STARTED", (string?)(await maker.Transfers(agreement)).Single()["state"]);
    }

    [Fact]
    public async Task Answers_go_to_the_callers_own_host_and_to_no_one_elses()
    {
        await using var partner = await Partner();
        await using var rogue = await Partner();
        var offering = await maker.Offer(fixture.Version, $"pumps-{Guid.NewGuid():N}", "no conditions");
        var (agreement, why) = await rogue.Negotiate(maker, offering, change: request => request["callbackAddress"] = partner.Protocol.AbsoluteUri);
        Assert.Null(agreement);
        Assert.Contains("is not a host of", why, StringComparison.Ordinal);
        Assert.Empty(partner.Received);
    }

    [Fact]
    public async Task A_token_is_good_once_for_one_receiver_and_one_sender()
    {
        await using var partner = await Partner();
        await using var rogue = await Partner();
        var address = new Uri($"{maker.Protocol}/catalog/request");
        var body = ForeignParticipant.Message("CatalogRequestMessage");
        var token = partner.TokenFor(maker.Did);
        Assert.Equal(HttpStatusCode.OK, (await partner.Send(HttpMethod.Post, address, maker.Did, body, token)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await rogue.Send(HttpMethod.Post, address, maker.Did, body, token)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await partner.Send(HttpMethod.Post, address, maker.Did, body, partner.TokenFor(rogue.Did))).Status);
        await using var stranger = new ForeignParticipant();
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.Send(HttpMethod.Post, address, maker.Did, body)).Status);
    }

    [Fact]
    public async Task Rules_that_were_changed_are_answered_with_those_offered()
    {
        await using var rogue = await Partner();
        var offering = await maker.Offer(fixture.Version, $"pumps-{Guid.NewGuid():N}", "three downloads");
        var (agreement, answer) = await rogue.Negotiate(maker, offering, null, request => request["offer"]!["permission"]!.AsArray().Clear());
        Assert.Null(agreement);
        Assert.True(answer.Contains("offers", StringComparison.Ordinal) || answer.Contains("permission", StringComparison.Ordinal), answer);
        (agreement, answer) = await rogue.Negotiate(maker, offering, null, request => request["offer"]!["permission"]![0]!.AsObject().Remove("constraint"));
        Assert.Null(agreement);
        Assert.EndsWith("/offers", answer, StringComparison.Ordinal);
        (agreement, answer) = await rogue.Negotiate(maker, offering, null, request => request["offer"]!["@id"] = "another");
        Assert.Null(agreement);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("file:///etc/passwd")]
    [InlineData("{self}api/v1/exchange/partners")]
    public async Task A_callback_where_no_partner_can_be_begins_nothing(string callback)
    {
        await using var rogue = await Partner();
        var offering = await maker.Offer(fixture.Version, $"pumps-{Guid.NewGuid():N}", "no conditions");
        var (agreement, answer) = await rogue.Negotiate(maker, offering, null, request => request["callbackAddress"] = callback.Replace("{self}", maker.Process.Address.AbsoluteUri, StringComparison.Ordinal));
        Assert.Null(agreement);
        Assert.Contains("BadRequest", answer, StringComparison.Ordinal);
    }

    private async Task<ForeignParticipant> Partner()
    {
        var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        return partner;
    }
}
