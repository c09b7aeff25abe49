using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Identity.Dcp;
using Dure.Exchange.Partners;
using Dure.Tests.Mqtt;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>The Decentralized Claims Protocol as nodes of other makers speak it: presentations and issuance, with the attacks of its compatibility kit.</summary>
public sealed class ClaimsProtocolTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private readonly TestNetwork network = new();
    private TestNode alliance = null!; // InitializeAsync sets them
    private TestNode maker = null!;
    private TestNode lab = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        alliance = await TestNode.Start("https://alliance.example", "The alliance", network, time, asks: true);
        maker = await TestNode.Start("https://maker.example", "Press maker", network, time, asks: true, alliance.Did);
        lab = await TestNode.Start("https://lab.example", "Pump lab", network, time, asks: true);
        await lab.Join(alliance, InvitationKind.Member, ("region", "DE"));
        await maker.X.Partners.Add(lab.Did, "Lab", "operator", Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await alliance.DisposeAsync();
        await maker.DisposeAsync();
        await lab.DisposeAsync();
    }

    [Fact]
    public async Task A_verifier_asks_a_caller_that_brings_no_credentials()
    {
        Assert.Equal(lab.Did, await maker.X.Callers.Identify("Bearer " + Bare(lab, maker.Did, Granted(lab, maker)), Cancel));
        Assert.Contains("POST https://lab.example/exchange/credentials/presentations/query", network.Asked);
        Assert.Equal(["DE"], (await maker.ClaimsOf(lab)).Values["region"]);
    }

    [Fact]
    public async Task Credentials_are_shown_as_the_schemas_have_it_only_for_what_is_asked()
    {
        foreach (var (scope, count) in new[] { (DcpMessages.MembershipScope, 1), ("org.eclipse.dspace.dcp.vc.type:MembershipCredential", 1), ("org.eclipse.dspace.dcp.vc.type:OtherCredential:read", 0), ($"org.eclipse.dspace.dcp.vc.id:{lab.X.Shelf.All[0].Credential.Id}", 1) })
        {
            var query = DcpMessages.PresentationQuery([scope]);
            MessageSchemas.Check("presentation/presentation-query-message-schema.json", query);
            var answer = await Query(query);
            Assert.Equal(200, answer.Status);
            MessageSchemas.Check("presentation/presentation-response-message-schema.json", answer.Body);
            Assert.Equal(count, answer.Body!["presentation"]!.AsArray().Count);
        }
    }

    [Theory]
    [InlineData(400, """{"type":"PresentationQueryMessage","scope":["x"]}""")]
    [InlineData(400, """{"@context":["https://w3id.org/dspace-dcp/v1.0/dcp.jsonld"],"type":"Other","scope":["x"]}""")]
    [InlineData(400, """{"@context":["https://w3id.org/dspace-dcp/v1.0/dcp.jsonld"],"type":"PresentationQueryMessage"}""")]
    [InlineData(400, """{"@context":["https://w3id.org/dspace-dcp/v1.0/dcp.jsonld"],"type":"PresentationQueryMessage","scope":[]}""")]
    [InlineData(400, """{"@context":["https://w3id.org/dspace-dcp/v1.0/dcp.jsonld"],"type":"PresentationQueryMessage","scope":"x"}""")]
    [InlineData(400, """{"@context":["https://w3id.org/dspace-dcp/v1.0/dcp.jsonld"],"type":"PresentationQueryMessage","scope":["unknown:thing"]}""")]
    [InlineData(400, """{"@context":["https://w3id.org/dspace-dcp/v1.0/dcp.jsonld"],"type":"PresentationQueryMessage","scope":["x:y"],"presentationDefinition":{}}""")]
    [InlineData(501, """{"@context":["https://w3id.org/dspace-dcp/v1.0/dcp.jsonld"],"type":"PresentationQueryMessage","presentationDefinition":{}}""")]
    [InlineData(400, """not JSON""")]
    [InlineData(400, """[]""")]
    public async Task A_query_that_is_not_one_is_refused(int status, string body) =>
        Assert.Equal(status, (await lab.X.Service.Query(maker.X.Tokens.Header(lab.Did, Granted(lab, maker)), Encoding.UTF8.GetBytes(body), Cancel)).Status);

    [Fact]
    public async Task The_examples_of_the_specification_are_read()
    {
        var body = Encoding.UTF8.GetBytes(MessageSchemas.Example("presentation/example/presentation-query-message-w-presentation-definition.json"));
        Assert.Equal(501, (await lab.X.Service.Query(maker.X.Tokens.Header(lab.Did, Granted(lab, maker)), body, Cancel)).Status);
        var offer = (JsonObject)JsonNode.Parse(MessageSchemas.Example("issuance/example/credential-offer-message.json"))!;
        offer["issuer"] = alliance.Did.Value;
        Assert.Equal(200, (await lab.X.Service.Offer(alliance.X.Tokens.Header(lab.Did), Encoding.UTF8.GetBytes(offer.ToJsonString()), Cancel)).Status);
        Assert.Equal(["CompanyCredential"], Assert.Single(lab.X.Service.Offers).Types);
    }

    [Fact]
    public async Task Only_whom_this_node_wrote_to_may_ask_and_only_for_a_while()
    {
        var query = Encoding.UTF8.GetBytes(DcpMessages.PresentationQuery([DcpMessages.MembershipScope]).ToJsonString());
        var granted = Granted(lab, maker);
        network.Asked.Clear();
        foreach (var token in new[] { null, "", "Bearer x", maker.X.Tokens.Header(lab.Did, "made.up"), maker.X.Tokens.Header(lab.Did, Granted(lab, alliance)), alliance.X.Tokens.Header(lab.Did, granted), maker.X.Tokens.Header(lab.Did, granted[..^2] + "AA"), maker.X.Tokens.Header(lab.Did, Granted(maker, lab)) })
            Assert.Equal(401, (await lab.X.Service.Query(token, query, Cancel)).Status);
        Assert.Empty(network.Asked); // no look-up for any of them
        var once = maker.X.Tokens.Header(lab.Did, granted);
        Assert.Equal(200, (await lab.X.Service.Query(once, query, Cancel)).Status);
        Assert.Equal(401, (await lab.X.Service.Query(once, query, Cancel)).Status);
        Assert.Equal(401, (await lab.X.Service.Query(once[7..], query, Cancel)).Status);
        Assert.Equal(401, (await lab.X.Service.Query(maker.X.Tokens.Header(alliance.Did, granted), query, Cancel)).Status);
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(401, (await lab.X.Service.Query(maker.X.Tokens.Header(lab.Did, granted), query, Cancel)).Status);
    }

    [Theory]
    [InlineData("iss", "\"did:web:other.example\"")]
    [InlineData("holder", "\"did:web:other.example\"")]
    [InlineData("aud", "\"did:web:other.example\"")]
    [InlineData("aud", "null")]
    [InlineData("exp", "1")]
    [InlineData("exp", "null")]
    [InlineData("nbf", "4000000000")]
    [InlineData("iat", "4000000000")]
    [InlineData("type", "[\"Something\"]")]
    [InlineData("verifiableCredential", "[]")]
    [InlineData("verifiableCredential", "[{\"id\":\"data:application/vc+jwt,a.b.c\",\"type\":\"EnvelopedVerifiableCredential\"}]")]
    [InlineData("verifiableCredential", "\"a.b.c\"")]
    public async Task A_presentation_with_a_wrong_claim_brings_no_membership(string claim, string value)
    {
        await Present((payload, _) => payload[claim] = JsonNode.Parse(value));
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
    }

    [Fact]
    public async Task A_presentation_signed_by_another_or_of_anothers_credential_brings_no_membership()
    {
        await Present((_, _) => { }, signer: alliance);
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
        await Present((_, _) => { }, type: "JWT");
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
        await using var member = await TestNode.Start("https://member.example", "Member", network, time, asks: true);
        await member.Join(alliance, InvitationKind.Member);
        await Present((payload, _) => payload["verifiableCredential"] = new JsonArray(new JsonObject { ["id"] = "data:application/vc+jwt," + member.X.Shelf.All[0].Credential.Text, ["type"] = "EnvelopedVerifiableCredential" }));
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
        await Present((_, _) => { });
        Assert.True((await maker.ClaimsOf(lab)).IsMember);
    }

    [Fact]
    public async Task A_revoked_credential_is_of_no_use_in_a_presentation()
    {
        await alliance.X.Members.Revoke(lab.Did, "left", "operator", Cancel);
        Assert.Equal(lab.Did, await maker.X.Callers.Identify("Bearer " + Bare(lab, maker.Did, Granted(lab, maker)), Cancel));
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
    }

    [Theory]
    [InlineData("iss")]
    [InlineData("sub")]
    [InlineData("aud")]
    [InlineData("exp")]
    [InlineData("nbf")]
    [InlineData("iat")]
    [InlineData("jti")]
    [InlineData("key")]
    [InlineData("bearer")]
    public async Task Each_door_of_the_protocol_refuses_a_wrong_token(string wrong)
    {
        string Token(TestNode from, TestNode to)
        {
            var now = time.GetUtcNow().ToUnixTimeSeconds();
            var claims = new JsonObject { ["iss"] = from.Did.Value, ["sub"] = from.Did.Value, ["aud"] = to.Did.Value, ["jti"] = Guid.NewGuid().ToString(), ["iat"] = now, ["exp"] = now + 60, ["token"] = Granted(to, from) };
            if (wrong is "iss" or "sub" or "aud")
                claims[wrong] = "did:web:other.example";
            else if (wrong == "jti")
                claims.Remove("jti");
            else if (wrong is "exp" or "nbf" or "iat")
                claims[wrong] = wrong == "exp" ? now - 60 : now + 60;
            var text = Jws.Sign(claims, "JWT", from.X.Own.KeyId, wrong == "key" ? maker.X.Keys : from.X.Keys);
            return wrong == "bearer" ? text : "Bearer " + text;
        }
        var query = Encoding.UTF8.GetBytes(DcpMessages.PresentationQuery([DcpMessages.MembershipScope]).ToJsonString());
        var delivery = Encoding.UTF8.GetBytes(DcpMessages.CredentialDelivery("1", null, null, "no").ToJsonString());
        var request = Encoding.UTF8.GetBytes(DcpMessages.CredentialRequest("1", IssuerDesk.MembershipId).ToJsonString());
        Assert.Equal(401, (await lab.X.Service.Query(Token(alliance, lab), query, Cancel)).Status);
        Assert.Equal(401, (await lab.X.Service.Receive(Token(alliance, lab), delivery, Cancel)).Status);
        Assert.Equal(401, (await lab.X.Service.Offer(Token(alliance, lab), query, Cancel)).Status);
        Assert.Equal(401, (await alliance.X.Issuer.Ask(Token(lab, alliance), request, _ => { }, Cancel)).Status);
        Assert.Equal(401, (await alliance.X.Issuer.Tell(Token(lab, alliance), "1", Cancel)).Status);
        Assert.Equal(401, (await alliance.X.Issuer.Metadata(Token(lab, alliance), Cancel)).Status);
    }

    [Fact]
    public async Task A_member_asks_for_its_credential_and_gets_it_brought()
    {
        var metadata = await alliance.X.Issuer.Metadata(lab.X.Tokens.Header(alliance.Did), Cancel);
        MessageSchemas.Check("issuance/issuer-metadata-schema.json", metadata.Body);
        var before = lab.X.Shelf.All[0].Credential.Id;
        var request = DcpMessages.CredentialRequest("holder-1", metadata.Body!["credentialsSupported"]![0]!["id"]!.GetValue<string>());
        MessageSchemas.Check("issuance/credential-request-message-schema.json", request);
        using var message = new HttpRequestMessage(HttpMethod.Post, "https://alliance.example/exchange/issuer/credentials") { Content = new StringContent(request.ToJsonString()) };
        message.Headers.TryAddWithoutValidation("Authorization", lab.X.Tokens.Header(alliance.Did));
        var answer = await network.Send(message, 1000, Cancel);
        Assert.Equal(HttpStatusCode.Created, answer.Status);
        var pid = answer.Tag!.Split('/')[^1];

        Assert.Equal("RECEIVED", (await Status(lab, pid)).Body!["status"]!.GetValue<string>());
        await network.DoLater();
        var status = await Status(lab, pid);
        MessageSchemas.Check("issuance/credential-status-schema.json", status.Body);
        Assert.Equal(("ISSUED", "holder-1"), (status.Body!["status"]!.GetValue<string>(), status.Body["holderPid"]!.GetValue<string>()));
        Assert.NotEqual(before, Assert.Single(lab.X.Shelf.All).Credential.Id);

        await using var other = await TestNode.Start("https://other.example", "Other", network, time);
        await alliance.X.Partners.Add(other.Did, "Other", "operator", Cancel);
        Assert.Equal(404, (await Status(other, pid)).Status);
    }

    [Fact]
    public async Task Who_is_no_member_is_told_so()
    {
        await using var other = await TestNode.Start("https://other.example", "Other", network, time);
        await alliance.X.Partners.Add(other.Did, "Other", "operator", Cancel);
        var answer = await alliance.X.Issuer.Ask(other.X.Tokens.Header(alliance.Did), Encoding.UTF8.GetBytes(DcpMessages.CredentialRequest("1", "membership").ToJsonString()), _ => { }, Cancel);
        Assert.Equal(201, answer.Status);
        Assert.Equal("REJECTED", (await Status(other, answer.Location!.Split('/')[^1])).Body!["status"]!.GetValue<string>());
        MessageSchemas.Check("issuance/credential-message-schema.json", DcpMessages.CredentialDelivery("1", "2", null, "not a member"));
    }

    [Fact]
    public async Task A_holder_takes_only_what_is_its_own_and_of_an_alliance_it_joined()
    {
        var good = await alliance.X.Members.Issue(lab.Did, "operator", Cancel);
        async Task<int> Deliver(TestNode from, Action<JsonObject> change)
        {
            var message = DcpMessages.CredentialDelivery("1", null, good, null);
            change(message);
            return (await lab.X.Service.Receive(from.X.Tokens.Header(lab.Did), Encoding.UTF8.GetBytes(message.ToJsonString()), Cancel)).Status;
        }
        MessageSchemas.Check("issuance/credential-message-schema.json", DcpMessages.CredentialDelivery("1", null, good, null));
        await lab.X.Partners.Add(maker.Did, "Maker", "operator", Cancel);
        await alliance.X.Members.Admit(maker.Did, "Maker", new Dictionary<string, IReadOnlyList<string>>(), "operator", Cancel);
        var makers = await alliance.X.Members.Issue(maker.Did, "operator", Cancel);
        Assert.Equal(401, await Deliver(maker, _ => { }));
        Assert.Equal(400, await Deliver(alliance, message => message["credentials"]![0]!["payload"] = makers));
        Assert.Equal(400, await Deliver(alliance, message => message["credentials"]![0]!["payload"] = good[..^4] + "AAAA"));
        Assert.Equal(400, await Deliver(alliance, message => message["credentials"]![0]!["payload"] = new JsonObject()));
        Assert.Equal(400, await Deliver(alliance, message => message["credentials"]![0]!["format"] = "ldp_vc"));
        Assert.Equal(400, await Deliver(alliance, message => message["credentials"]![0]!["credentialType"] = "OtherCredential"));
        Assert.Equal(400, await Deliver(alliance, message => message["credentials"] = new JsonArray()));
        Assert.Equal(400, await Deliver(alliance, message => message.Remove("issuerPid")));
        Assert.Equal(400, await Deliver(alliance, message => message["status"] = "PERHAPS"));
        Assert.Equal(400, await Deliver(alliance, message => message["type"] = "Other"));
        Assert.Equal(200, await Deliver(alliance, _ => { }));
        Assert.Equal(good, Assert.Single(lab.X.Shelf.All).Credential.Text);
    }

    [Fact]
    public async Task An_offer_of_another_issuer_than_its_sender_is_refused()
    {
        Assert.Null(await alliance.X.Issuer.OfferMembership(lab.Did, "reissue", Cancel));
        Assert.Single(lab.X.Service.Offers);
        var offer = DcpMessages.Of("CredentialOfferMessage");
        offer["issuer"] = maker.Did.Value;
        offer["credentials"] = new JsonArray(DcpMessages.MembershipObject("1", new Uri("https://x.example"), "reissue"));
        MessageSchemas.Check("issuance/credential-offer-message-schema.json", offer);
        Assert.Equal(401, (await lab.X.Service.Offer(alliance.X.Tokens.Header(lab.Did), Encoding.UTF8.GetBytes(offer.ToJsonString()), Cancel)).Status);
        offer["issuer"] = alliance.Did.Value;
        offer["credentials"] = new JsonArray(new JsonObject { ["id"] = "1" });
        Assert.Equal(400, (await lab.X.Service.Offer(alliance.X.Tokens.Header(lab.Did), Encoding.UTF8.GetBytes(offer.ToJsonString()), Cancel)).Status);
    }

    private ValueTask<DcpAnswer> Status(TestNode holder, string pid) => alliance.X.Issuer.Tell(holder.X.Tokens.Header(alliance.Did), pid, Cancel);

    private ValueTask<DcpAnswer> Query(JsonObject query) => lab.X.Service.Query(maker.X.Tokens.Header(lab.Did, Granted(lab, maker)), Encoding.UTF8.GetBytes(query.ToJsonString()), Cancel);

    /// <summary>The access token that a node gave another in a message to it.</summary>
    private static string Granted(TestNode holder, TestNode verifier)
    {
        Assert.True(Jws.TryParse(holder.X.Tokens.Issue(verifier.Did), out var token, out _));
        return token.Payload["token"]!.GetValue<string>();
    }

    /// <summary>A token as other makers send it: without credentials.</summary>
    private string Bare(TestNode from, Did audience, string access)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return Jws.Sign(new JsonObject { ["iss"] = from.Did.Value, ["sub"] = from.Did.Value, ["aud"] = audience.Value, ["jti"] = Guid.NewGuid().ToString(), ["iat"] = now, ["exp"] = now + 300, ["token"] = access }, "JWT", from.X.Own.KeyId, from.X.Keys);
    }

    /// <summary>Lets the lab greet the maker and answer its question with a presentation that was changed and signed again.</summary>
    private async Task Present(Action<JsonObject, TestNode> change, TestNode? signer = null, string type = "vp+jwt")
    {
        time.Advance(TimeSpan.FromSeconds(61)); // whoever showed nothing is not asked again at once
        network.Change = (request, answer) =>
        {
            if (!request.RequestUri!.AbsolutePath.EndsWith("presentations/query", StringComparison.Ordinal))
                return answer;
            var message = (JsonObject)JsonNode.Parse(answer.Body)!;
            Assert.True(Jws.TryParse(message["presentation"]![0]!.GetValue<string>(), out var presentation, out _));
            var payload = (JsonObject)presentation.Payload.DeepClone();
            change(payload, lab);
            message["presentation"] = new JsonArray(Jws.Sign(payload, type, lab.X.Own.KeyId, (signer ?? lab).X.Keys));
            return answer with { Body = Encoding.UTF8.GetBytes(message.ToJsonString()) };
        };
        Assert.Equal(lab.Did, await maker.X.Callers.Identify("Bearer " + Bare(lab, maker.Did, Granted(lab, maker)), Cancel));
        network.Change = null;
    }
}
