using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Partners;
using Dure.Exchange.Policies;
using Dure.Kernel;
using Dure.Tests.Mqtt;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>Memberships: admitted by an alliance, shown to others, believed while they hold.</summary>
public sealed class MembershipTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private readonly TestNetwork network = new();
    private TestNode alliance = null!; // InitializeAsync sets them
    private TestNode maker = null!;
    private TestNode lab = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        alliance = await TestNode.Start("https://alliance.example", "The alliance", network, time);
        maker = await TestNode.Start("https://maker.example", "Press maker", network, time);
        lab = await TestNode.Start("https://lab.example", "Pump lab", network, time);
        await maker.Join(alliance, InvitationKind.Member, ("region", "KR"));
        await lab.Join(alliance, InvitationKind.Member, ("region", "DE"), ("BusinessPartnerNumber", "BPNL00000000024R"));
    }

    public async ValueTask DisposeAsync()
    {
        await alliance.DisposeAsync();
        await maker.DisposeAsync();
        await lab.DisposeAsync();
    }

    [Fact]
    public async Task Members_of_one_alliance_know_each_other_without_an_invitation()
    {
        Assert.Null(maker.X.Partners.Find(lab.Did));
        Assert.Equal(lab.Did, await lab.Greet(maker));
        var claims = await maker.ClaimsOf(lab);
        Assert.True(claims.IsMember);
        Assert.Equal(["active"], claims.Values["Membership"]);
        Assert.Equal(["DE"], claims.Values["region"]);
        Assert.Equal(["BPNL00000000024R"], claims.Values["BusinessPartnerNumber"]);
        Assert.Equal([alliance.Did.Value], claims.Values["memberOf"]);
        var policy = await maker.X.Callers.Of(lab.Did.Value, TimeSpan.FromSeconds(30), Cancel);
        Assert.Equal(["DE"], policy["region"]);
    }

    [Fact]
    public async Task The_alliance_itself_believes_its_own_credentials_without_a_request()
    {
        network.Asked.Clear();
        Assert.Equal(lab.Did, await lab.Greet(alliance));
        Assert.Equal(["DE"], (await alliance.ClaimsOf(lab)).Values["region"]);
        Assert.DoesNotContain(network.Asked, asked => asked.Contains("status", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_revocation_is_seen_by_a_stream_within_its_half_second_and_by_messages_within_half_a_minute()
    {
        await lab.Greet(maker);
        Assert.True((await maker.ClaimsOf(lab, StatusFreshness.Stream)).IsMember);
        await alliance.X.Members.Revoke(lab.Did, "left", "operator", Cancel);
        time.Advance(TimeSpan.FromMilliseconds(600));
        Assert.True((await maker.ClaimsOf(lab, StatusFreshness.Message)).IsMember);
        var claims = await maker.ClaimsOf(lab, StatusFreshness.Stream);
        Assert.False(claims.IsMember);
        Assert.Empty(claims.Values);
        Assert.Contains("revoked", Assert.Single(claims.Refusals), StringComparison.Ordinal);
        Assert.Null(claims.IfAllHold); // it is known that it does not
        Assert.False((await maker.ClaimsOf(lab, StatusFreshness.Message)).IsMember);
        Assert.Null(await lab.Greet(maker)); // a stranger again
        Assert.Equal(TokenRefusal.Stranger, maker.Refused[^1].Code);
        await alliance.Restart();
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await lab.Greet(maker));
    }

    [Fact]
    public async Task When_the_alliance_is_away_messages_have_a_grace_and_streams_have_none()
    {
        await lab.Greet(maker);
        network.Away.Add("alliance.example");
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await maker.ClaimsOf(lab, StatusFreshness.Message)).IsMember);
        var stream = await maker.ClaimsOf(lab, StatusFreshness.Stream);
        Assert.False(stream.IsMember);
        Assert.Contains("cannot be learned", Assert.Single(stream.Refusals), StringComparison.Ordinal);
        Assert.Empty(stream.ForPolicies()[PolicyClaims.Membership]);
        Assert.Equal(["active"], stream.ForPolicies().IfAllHold![PolicyClaims.Membership]);
        time.Advance(TimeSpan.FromMinutes(8));
        Assert.True((await maker.ClaimsOf(lab, StatusFreshness.Message)).IsMember);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.False((await maker.ClaimsOf(lab, StatusFreshness.Message)).IsMember);
        network.Away.Clear();
        time.Advance(TimeSpan.FromSeconds(6)); // that it did not answer is remembered for five
        Assert.True((await maker.ClaimsOf(lab, StatusFreshness.Stream)).IsMember);
    }

    [Fact]
    public async Task A_list_that_has_not_changed_is_not_sent_again()
    {
        await lab.Greet(maker);
        time.Advance(TimeSpan.FromMinutes(1));
        var sizes = new List<int>();
        network.Change = (request, answer) =>
        {
            if (request.RequestUri!.AbsolutePath.Contains("status", StringComparison.Ordinal))
                sizes.Add(answer.Body.Length);
            return answer;
        };
        Assert.True((await maker.ClaimsOf(lab)).IsMember);
        Assert.Equal([0], sizes);
    }

    [Fact]
    public async Task What_was_shown_counts_after_a_restart_too_as_long_as_it_holds()
    {
        await lab.Greet(maker);
        await maker.Restart();
        Assert.Equal(["DE"], (await maker.ClaimsOf(lab)).Values["region"]);
        await alliance.X.Members.Revoke(lab.Did, "left", "operator", Cancel);
        await maker.Restart();
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
    }

    [Fact]
    public async Task Saying_something_else_of_a_member_revokes_what_was_said_before()
    {
        await lab.Greet(maker);
        await alliance.X.Members.Admit(lab.Did, "Pump lab", new Dictionary<string, IReadOnlyList<string>> { ["region"] = ["KR", "JP"] }, "operator", Cancel);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
        Assert.Null(await alliance.X.Issuer.DeliverMembership(lab.Did, "operator", Cancel));
        Assert.Equal(lab.Did, await lab.Greet(maker));
        Assert.Equal(["KR", "JP"], (await maker.ClaimsOf(lab)).Values["region"]);
    }

    [Fact]
    public async Task Another_members_credential_is_of_no_use()
    {
        await using var thief = await TestNode.Start("https://thief.example", "Thief", network, time);
        var stolen = lab.X.Shelf.All[0].Credential;
        await thief.X.Shelf.Keep(stolen, "test", Cancel);
        network.Asked.Clear();
        Assert.Null(await thief.Greet(maker));
        Assert.Equal(TokenRefusal.Stranger, maker.Refused[^1].Code);
        Assert.DoesNotContain(network.Asked, asked => asked.Contains("thief", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_alliance_that_nobody_here_joined_counts_for_nothing_unless_the_operator_lists_it()
    {
        await using var other = await TestNode.Start("https://other.example", "Other alliance", network, time);
        await using var member = await TestNode.Start("https://member.example", "Member", network, time);
        await member.Join(other, InvitationKind.Member);
        Assert.Null(await member.Greet(maker));
        await using var open = await TestNode.Start("https://open.example", "Open", network, time, false, other.Did);
        Assert.Equal(member.Did, await member.Greet(open));
        Assert.True((await open.ClaimsOf(member)).IsMember);
    }

    [Fact]
    public async Task A_blocked_alliance_and_a_blocked_member_count_for_nothing()
    {
        await lab.Greet(maker);
        await maker.X.Partners.Block(alliance.Did, "", "operator", Cancel);
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
        await maker.X.Partners.Unblock(alliance.Did, "operator", Cancel);
        Assert.True((await maker.ClaimsOf(lab)).IsMember);
        await maker.X.Partners.Add(lab.Did, "Lab", "operator", Cancel);
        await maker.X.Partners.Block(lab.Did, "", "operator", Cancel);
        Assert.Empty((await maker.ClaimsOf(lab)).Values);
    }

    [Theory]
    [InlineData("validUntil", "2020-01-01T00:00:00Z", "expired")]
    [InlineData("validFrom", "2030-01-01T00:00:00Z", "valid from")]
    [InlineData("validUntil", "soon", "times")]
    [InlineData("issuer", "did:web:other.example", "not trusted")]
    [InlineData("issuer", "nobody", "not a did:web")]
    [InlineData("iss", "did:web:other.example", "named differently")]
    [InlineData("sub", "did:web:other.example", "named differently")]
    [InlineData("type", "MembershipCredential", "verifiable credential")]
    [InlineData("exp", "T", "times")]
    public async Task A_credential_with_a_wrong_claim_counts_for_nothing(string claim, string value, string reason)
    {
        var refusal = await Refusal(payload => payload[claim] = value);
        Assert.Contains(reason, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_ways_to_make_a_credential_that_counts_for_nothing()
    {
        Assert.Contains("about did:web:other.example", await Refusal(payload => payload["credentialSubject"]!["id"] = "did:web:other.example"), StringComparison.Ordinal);
        Assert.Contains("nobody", await Refusal(payload => payload["credentialSubject"]!.AsObject().Remove("id")), StringComparison.Ordinal);
        Assert.Contains("one subject", await Refusal(payload => payload["credentialSubject"] = new JsonArray(new JsonObject(), new JsonObject())), StringComparison.Ordinal);
        Assert.Contains("not known here", await Refusal(payload => payload["credentialStatus"]!["type"] = "MyOwnList"), StringComparison.Ordinal);
        Assert.Contains("not known here", await Refusal(payload => payload["credentialStatus"]!["statusListIndex"] = "-1"), StringComparison.Ordinal);
        Assert.Contains("not known here", await Refusal(payload => payload["credentialStatus"]!["statusListIndex"] = "99999999"), StringComparison.Ordinal);
        Assert.Contains("cannot be learned", await Refusal(payload => payload["credentialStatus"]!["statusListIndex"] = "131072"), StringComparison.Ordinal);
        Assert.Contains("cannot be learned", await Refusal(payload => payload["credentialStatus"]!["statusPurpose"] = "suspension"), StringComparison.Ordinal);
        Assert.Contains("cannot be learned", await Refusal(payload => payload["credentialStatus"]!["statusListCredential"] = "https://maker.example/nothing"), StringComparison.Ordinal);
        Assert.Contains("not of the key", await Refusal(_ => { }, signer: lab), StringComparison.Ordinal);
        Assert.Contains("not a credential", await Refusal(_ => { }, type: "JWT"), StringComparison.Ordinal);
        Assert.Contains("not a credential", await Refusal(_ => { }, type: "vp+jwt"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_cannot_pass_for_a_conclusion()
    {
        var text = Made(payload =>
        {
            payload["type"] = new JsonArray("VerifiableCredential", "OtherCredential");
            payload["credentialSubject"]!["Membership"] = "active";
        });
        var claims = await maker.X.Credentials.ClaimsOf(lab.Did, [text], StatusFreshness.Message, Cancel);
        Assert.Empty(claims.Refusals);
        Assert.False(claims.IsMember);
        Assert.Equal(["DE"], claims.Values["region"]);
    }

    [Fact]
    public async Task A_credential_of_the_older_form_counts_too()
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var text = Jws.Sign(new JsonObject
        {
            ["iss"] = alliance.Did.Value,
            ["sub"] = lab.Did.Value,
            ["jti"] = "urn:uuid:1",
            ["nbf"] = now,
            ["exp"] = now + 3600,
            ["vc"] = new JsonObject
            {
                ["@context"] = new JsonArray("https://www.w3.org/2018/credentials/v1"),
                ["type"] = new JsonArray("VerifiableCredential", "MembershipCredential"),
                ["credentialSubject"] = new JsonObject { ["region"] = "DE" },
            },
        }, "JWT", alliance.X.Own.KeyId, alliance.X.Keys);
        var claims = await maker.X.Credentials.ClaimsOf(lab.Did, [text], StatusFreshness.Message, Cancel);
        Assert.Empty(claims.Refusals);
        Assert.True(claims.IsMember);
    }

    [Fact]
    public async Task Memberships_survive_the_alliances_change_of_keys_but_not_a_compromise()
    {
        await lab.Greet(maker);
        time.Advance(TimeSpan.FromMinutes(3));
        alliance.X.Keys.Rotate();
        Assert.True((await maker.ClaimsOf(lab)).IsMember);
        time.Advance(TimeSpan.FromHours(3));
        Assert.True((await maker.ClaimsOf(lab)).IsMember);
        alliance.X.Keys.Rotate(isCompromised: true);
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
    }

    [Fact]
    public async Task A_member_asks_for_a_new_credential_before_the_old_one_ends_and_after_the_alliance_lost_its_keys()
    {
        Assert.Empty(await lab.X.Renewals.AskForDue(Cancel));
        Assert.Empty(network.Later);
        var old = lab.X.Shelf.All[0].Credential;
        var ending = Made(payload => payload["validUntil"] = time.GetUtcNow().AddDays(29).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"));
        Assert.True(Credential.TryParse(ending, out var due, out _));
        await lab.X.Shelf.Keep(due, "test", Cancel);
        Assert.Empty(await lab.X.Renewals.AskForDue(Cancel));
        await network.DoLater();
        Assert.True(Assert.Single(lab.X.Shelf.All).Credential.ValidUntil > time.GetUtcNow().AddDays(300));
        Assert.NotEqual(old.Id, lab.X.Shelf.All[0].Credential.Id);

        alliance.X.Keys.Rotate(isCompromised: true);
        await lab.X.Partners.TrustKey(alliance.Did, alliance.X.Keys.Current.Id, "operator", Cancel);
        await maker.X.Partners.TrustKey(alliance.Did, alliance.X.Keys.Current.Id, "operator", Cancel);
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Null(await lab.Greet(maker));
        Assert.Empty(await lab.X.Renewals.AskForDue(Cancel));
        await network.DoLater();
        Assert.Equal(lab.Did, await lab.Greet(maker));

        network.Away.Add("alliance.example");
        alliance.X.Keys.Rotate(isCompromised: true);
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Single(await lab.X.Renewals.AskForDue(Cancel));
    }

    [Fact]
    public async Task A_member_that_asks_for_credentials_again_and_again_is_slowed_and_does_not_fill_journals()
    {
        await lab.Greet(maker);
        var before = maker.Journal.Count;
        for (var i = 0; i < 5; i++)
        {
            Assert.True(Credential.TryParse(await alliance.X.Members.Issue(lab.Did, "test", Cancel), out var another, out _));
            await lab.X.Shelf.Keep(another, "test", Cancel);
            Assert.Equal(lab.Did, await lab.Greet(maker));
        }
        Assert.Equal(before, maker.Journal.Count); // the one that was shown first still counts
        var request = System.Text.Encoding.UTF8.GetBytes(Dure.Exchange.Identity.Dcp.DcpMessages.CredentialRequest("1", "membership").ToJsonString());
        Assert.Equal(201, (await alliance.X.Issuer.Ask(lab.X.Tokens.Header(alliance.Did), request, _ => { }, Cancel)).Status);
        Assert.Equal(429, (await alliance.X.Issuer.Ask(lab.X.Tokens.Header(alliance.Did), request, _ => { }, Cancel)).Status);
    }

    [Fact]
    public async Task A_list_of_another_signer_or_issuer_is_not_believed()
    {
        await using var forger = await TestNode.Start("https://forger.example", "Forger", network, time);
        network.Change = (request, answer) =>
        {
            if (!request.RequestUri!.AbsolutePath.Contains("status", StringComparison.Ordinal) || answer.Body.Length == 0)
                return answer;
            var list = StatusList.Of([]).ToCredential(alliance.Did, alliance.X.Members.ListAddress, time.GetUtcNow(), time.GetUtcNow().AddDays(1));
            return answer with { Body = System.Text.Encoding.UTF8.GetBytes(Jws.Sign(list, "vc+jwt", alliance.X.Own.KeyId, forger.X.Keys)) };
        };
        await alliance.X.Members.Revoke(lab.Did, "left", "operator", Cancel);
        time.Advance(TimeSpan.FromMinutes(15));
        Assert.False((await maker.ClaimsOf(lab)).IsMember);
        Assert.Null(await lab.Greet(maker));
    }

    [Theory]
    [InlineData("Membership")]
    [InlineData("id")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("9x")]
    public async Task Claims_that_no_credential_should_carry_are_refused(string name) =>
        Assert.Equal("urn:dure:exchange:bad-claims", (await Assert.ThrowsAsync<ProblemException>(() => alliance.Invite("x", InvitationKind.Member, (name, "1")))).Problem.Type);

    [Fact]
    public async Task A_credential_with_all_claims_that_are_allowed_still_travels_with_each_message()
    {
        await alliance.X.Members.Admit(lab.Did, new string('ä', 100), new Dictionary<string, IReadOnlyList<string>> { ["group"] = [.. Enumerable.Range(0, 9).Select(i => new string('g', 150) + i)] }, "operator", Cancel);
        var text = await alliance.X.Members.Issue(lab.Did, "operator", Cancel);
        Assert.InRange(text.Length, 2000, SelfIssuedTokens.MostCredentialCharacters);
    }

    [Fact]
    public void Lists_are_packed_bounded_and_read_bit_by_bit()
    {
        var list = StatusList.Of([0, 7, 8, 131_071]);
        Assert.InRange(list.Encode().Length, 10, 200);
        var read = StatusList.Decode(list.Encode())!;
        Assert.Equal([true, false, true, true, false], new[] { 0, 1, 7, 8, 9 }.Select(index => read[index]!.Value));
        Assert.True(read[131_071]);
        Assert.Null(read[131_072]);
        Assert.NotNull(StatusList.Decode(list.Encode()[1..])); // Status List 2021
        foreach (var broken in new[] { null, "", "u", "uAAAA", "!", list.Encode()[..20] })
            Assert.True(StatusList.Decode(broken) is not { } half || half[131_071] is null);
        using var bomb = new MemoryStream();
        using (var zip = new System.IO.Compression.GZipStream(bomb, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
            zip.Write(new byte[8 * 1024 * 1024]);
        Assert.Null(StatusList.Decode("u" + System.Buffers.Text.Base64Url.EncodeToString(bomb.ToArray())));
    }

    private async Task<string> Refusal(Action<JsonObject> change, TestNode? signer = null, string type = "vc+jwt")
    {
        var claims = await maker.X.Credentials.ClaimsOf(lab.Did, [Made(change, signer, type)], StatusFreshness.Message, Cancel);
        Assert.Empty(claims.Values);
        return Assert.Single(claims.Refusals);
    }

    /// <summary>The lab's credential with a change that the alliance would not make, signed again.</summary>
    private string Made(Action<JsonObject> change, TestNode? signer = null, string type = "vc+jwt")
    {
        var payload = (JsonObject)lab.X.Shelf.All[0].Credential.Jws.Payload.DeepClone();
        change(payload);
        return Jws.Sign(payload, type, alliance.X.Own.KeyId, (signer ?? alliance).X.Keys);
    }
}
