using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Partners;
using Dure.Kernel;
using Dure.Tests.Exchange.Identity;
using Dure.Tests.Mqtt;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Exchange.Partners;

/// <summary>How two nodes come to know each other, and each way to get in without being invited.</summary>
public sealed class IntroductionTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private readonly TestNetwork network = new();
    private TestNode maker = null!; // InitializeAsync sets them
    private TestNode lab = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        maker = await TestNode.Start("https://maker.example", "Press maker", network, time);
        lab = await TestNode.Start("https://lab.example:8443/node", "Pump lab", network, time);
    }

    public async ValueTask DisposeAsync()
    {
        await maker.DisposeAsync();
        await lab.DisposeAsync();
    }

    [Fact]
    public async Task After_an_invitation_both_know_each_other_and_each_has_pinned_the_others_key()
    {
        var partner = await lab.Join(maker);
        Assert.Equal(("Press maker", Introduction.Joined, false), (partner.Name, partner.Introduction, partner.IsAlliance));
        Assert.Equal([maker.X.Keys.Current.Id], partner.Keys);
        var seen = maker.X.Partners.Get(lab.Did);
        Assert.Equal(("Pump lab", Introduction.Invited), (seen.Name, seen.Introduction));
        Assert.Equal([lab.X.Keys.Current.Id], seen.Keys);
        Assert.Equal("https://lab.example:8443/node/", seen.Address.ToString());
        Assert.Equal(lab.Did, await lab.Greet(maker));
        Assert.Equal(maker.Did, await maker.Greet(lab));
        Assert.True(maker.X.Partners.IsIntroduced("lab.example", 8443));
        Assert.False(maker.X.Partners.IsIntroduced("lab.example", 443));
    }

    [Fact]
    public async Task Acquaintance_outlives_a_restart_and_an_invitation_works_once_even_then()
    {
        var code = await maker.Invite("lab");
        await lab.X.Introductions.Join(code, "operator", Cancel);
        await maker.Restart();
        await lab.Restart();
        Assert.Equal(lab.Did, await lab.Greet(maker));
        await using var other = await TestNode.Start("https://other.example", "Other", network, time);
        await Refused("invitation-refused", () => other.X.Introductions.Join(code, "operator", Cancel));
        Assert.Null(maker.X.Partners.Find(other.Did));
        Assert.Equal(lab.Did, Assert.Single(maker.X.Invitations.All).AcceptedBy);
    }

    [Fact]
    public async Task A_node_that_moved_to_another_address_says_that_its_partners_do_not_know_it()
    {
        Assert.Null(lab.Note);
        await lab.Restart("https://moved.example");
        Assert.Null(lab.Note); // nobody knew it
        await lab.Join(maker);
        await lab.Restart("https://elsewhere.example");
        Assert.Contains("did:web:moved.example", lab.Note, StringComparison.Ordinal);
        await lab.Restart();
        Assert.Null(lab.Note); // it is told once
    }

    [Fact]
    public async Task The_same_node_may_accept_again_when_the_first_answer_was_lost()
    {
        var code = await maker.Invite("lab");
        network.Change = (_, answer) => answer.Body.Length > 0 && Encoding.UTF8.GetString(answer.Body).Contains("proof") ? throw new ProblemException("test:lost", "lost", "", "") : answer;
        await Assert.ThrowsAsync<ProblemException>(() => lab.X.Introductions.Join(code, "operator", Cancel));
        Assert.Null(lab.X.Partners.Find(maker.Did));
        network.Change = null;
        await lab.X.Introductions.Join(code, "operator", Cancel);
        Assert.Equal(lab.Did, await lab.Greet(maker));
    }

    [Fact]
    public async Task The_journal_and_the_lists_hold_no_secret()
    {
        var code = InvitationCode.Parse(await maker.Invite("lab"));
        var all = string.Concat(maker.Journal.Read().Select(entry => Encoding.UTF8.GetString(entry.Bytes.Span)));
        Assert.DoesNotContain(code.Secret, all, StringComparison.Ordinal);
        Assert.Contains(code.Id, all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_or_revoked_invitation_is_refused_on_both_sides()
    {
        var code = await maker.Invite("lab");
        time.Advance(Invitations.DefaultLife);
        await Refused("invitation-expired", () => lab.X.Introductions.Join(code, "operator", Cancel));
        // Also when the joining side's clock is wrong.
        var parsed = InvitationCode.Parse(code);
        await Refused("invitation-refused", () => lab.X.Introductions.Join((parsed with { Expires = parsed.Expires.AddDays(1) }).ToString(), "operator", Cancel));

        var second = await maker.Invite("lab");
        await maker.X.Invitations.Revoke(InvitationCode.Parse(second).Id, "operator", Cancel);
        await Refused("invitation-refused", () => lab.X.Introductions.Join(second, "operator", Cancel));
        Assert.Empty(maker.X.Partners.Partners);
    }

    [Fact]
    public async Task Ten_wrong_secrets_end_an_invitation()
    {
        var code = InvitationCode.Parse(await maker.Invite("lab"));
        var wrong = code with { Secret = new string('A', 43) };
        for (var i = 0; i < 10; i++)
            await Refused("invitation-refused", () => lab.X.Introductions.Join(wrong.ToString(), "operator", Cancel));
        await Refused("invitation-refused", () => lab.X.Introductions.Join(code.ToString(), "operator", Cancel));
        await maker.Restart();
        Assert.True(maker.X.Invitations.Get(code.Id).IsRevoked);
    }

    [Fact]
    public async Task Too_many_failures_close_the_door_for_a_minute()
    {
        var message = new JsonObject { ["id"] = "none", ["secret"] = "none" };
        for (var i = 0; i < 60; i++)
            Assert.Null(await maker.X.Introductions.Accept("Bearer x", Encoding.UTF8.GetBytes(message.ToJsonString()), _ => { }, Cancel));
        var refused = await Assert.ThrowsAsync<ProblemException>(() => maker.X.Introductions.Accept("Bearer x", Encoding.UTF8.GetBytes(message.ToJsonString()), _ => { }, Cancel));
        Assert.EndsWith("too-many-attempts", refused.Problem.Type, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(61));
        await lab.Join(maker);
    }

    [Fact]
    public async Task Without_the_secret_nothing_is_looked_up_for_a_stranger()
    {
        network.Asked.Clear();
        Assert.Null(await maker.X.Introductions.Accept(lab.X.Tokens.Header(maker.Did), Encoding.UTF8.GetBytes("""{"id":"none","secret":"none","name":"x"}"""), _ => { }, Cancel));
        Assert.Empty(network.Asked);
    }

    [Fact]
    public async Task The_secret_alone_is_not_enough()
    {
        var code = InvitationCode.Parse(await maker.Invite("lab"));
        byte[] Message() => Encoding.UTF8.GetBytes(new JsonObject { ["id"] = code.Id, ["secret"] = code.Secret, ["name"] = "Thief" }.ToJsonString());
        await using var thief = await TestNode.Start("https://thief.example", "Thief", network, time);
        var victims = Jws.Sign(new JsonObject { ["iss"] = lab.Did.Value, ["sub"] = lab.Did.Value, ["aud"] = maker.Did.Value, ["jti"] = "1", ["iat"] = time.GetUtcNow().ToUnixTimeSeconds(), ["exp"] = time.GetUtcNow().ToUnixTimeSeconds() + 60 }, "JWT", $"{lab.Did}#x", thief.X.Keys);
        foreach (var token in new[] { null, "", "Bearer x", $"Bearer {victims}", thief.X.Tokens.Header(lab.Did) })
            Assert.Null(await maker.X.Introductions.Accept(token, Message(), _ => { }, Cancel));
        Assert.Empty(maker.X.Partners.Partners);
    }

    [Fact]
    public async Task Whoever_answers_at_the_inviters_address_without_its_key_is_found_out()
    {
        var code = await maker.Invite("lab");
        await using var impostor = await TestNode.Start("https://maker.example", "Press maker", network, time);
        await Refused("not-the-inviter", () => lab.X.Introductions.Join(code, "operator", Cancel));
        Assert.Empty(lab.X.Partners.Partners);
        Assert.DoesNotContain(network.Asked, asked => asked.Contains("accept", StringComparison.Ordinal)); // the secret was not told
    }

    [Fact]
    public async Task An_answer_without_the_inviters_proof_is_refused()
    {
        await using var thief = await TestNode.Start("https://thief.example", "Thief", network, time);
        foreach (var proof in new[] { null, "x", thief.X.Tokens.Issue(lab.Did), maker.X.Tokens.Issue(thief.Did) })
        {
            network.Change = (request, answer) => request.RequestUri!.AbsolutePath.EndsWith("accept", StringComparison.Ordinal)
                ? new PartnerAnswer(HttpStatusCode.OK, Encoding.UTF8.GetBytes(new JsonObject { ["name"] = "Press maker", ["proof"] = proof }.ToJsonString()))
                : answer;
            await Refused("not-the-inviter", () => lab.Join(maker));
        }
        Assert.Empty(lab.X.Partners.Partners);
    }

    [Fact]
    public async Task A_changed_key_after_a_loss_needs_a_new_invitation_which_then_counts()
    {
        await lab.Join(maker);
        lab.X.Keys.Rotate(isCompromised: true);
        time.Advance(TimeSpan.FromSeconds(6)); // the document is not asked for again at once
        Assert.Null(await lab.Greet(maker));
        Assert.Equal(TokenRefusal.KeyNotPinned, maker.Refused[^1].Code);
        Assert.Equal("KeyNotPinned", maker.X.Partners.Get(lab.Did).Trouble!.Code);
        await lab.Join(maker);
        Assert.Equal(lab.Did, await lab.Greet(maker));

        maker.X.Keys.Rotate(isCompromised: true);
        await lab.Join(maker);
        Assert.Equal(maker.Did, await maker.Greet(lab));
        maker.X.Keys.Rotate(isCompromised: true);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Null(await maker.Greet(lab));
        await lab.X.Partners.TrustKey(maker.Did, maker.X.Keys.Current.Id, "operator", Cancel);
        Assert.Equal(maker.Did, await maker.Greet(lab));
    }

    [Fact]
    public async Task A_blocked_partner_is_refused_at_once_and_cannot_come_back_by_an_invitation()
    {
        await lab.Join(maker);
        await maker.X.Partners.Block(lab.Did, "dispute", "operator", Cancel);
        Assert.Null(await lab.Greet(maker));
        Assert.Equal(TokenRefusal.Blocked, maker.Refused[^1].Code);
        await Refused("invitation-refused", async () => await lab.Join(maker));
        Assert.False(maker.X.Partners.IsIntroduced("lab.example", 8443));
        await maker.Restart();
        Assert.Null(await lab.Greet(maker));
        await maker.X.Partners.Unblock(lab.Did, "operator", Cancel);
        Assert.Equal(lab.Did, await lab.Greet(maker));
    }

    [Fact]
    public async Task A_node_does_not_join_itself_nor_a_partner_it_blocked()
    {
        await Refused("own-identifier", async () => await maker.Join(maker));
        await Refused("own-identifier", () => maker.X.Partners.Add(maker.Did, "me", "operator", Cancel));
        await lab.Join(maker);
        await lab.X.Partners.Block(maker.Did, "", "operator", Cancel);
        await Refused("partner-blocked", async () => await lab.Join(maker));
    }

    [Fact]
    public async Task A_partner_can_be_entered_by_hand_named_and_renamed()
    {
        await maker.X.Partners.Add(lab.Did, "Lab", "operator", Cancel);
        Assert.Equal(lab.Did, await lab.Greet(maker));
        Assert.False(maker.X.Partners.IsIntroduced("lab.example", 8443)); // its private address is not reached
        await maker.X.Partners.Rename(lab.Did, "The lab", "operator", Cancel);
        Assert.Equal("The lab", maker.X.Partners.Get(lab.Did).Name);
        await Refused("bad-name", () => maker.X.Partners.Rename(lab.Did, "two\nlines", "operator", Cancel));
        await Refused("no-such-partner", () => maker.X.Partners.Rename(Did.Parse("did:web:nobody.example"), "x", "operator", Cancel));
    }

    [Fact]
    public void A_code_survives_being_broken_into_lines_by_mail()
    {
        var code = new InvitationCode("0a1b2c3d4e5f6071", Did.Parse("did:web:maker.example"), "Presse Müller", new string('s', 43), [new string('k', 43)], DateTimeOffset.FromUnixTimeSeconds(1_800_000_000), InvitationKind.Member);
        var text = code.ToString();
        var broken = " " + text[..50] + "\r\n  " + text[50..] + "\n";
        var read = InvitationCode.Parse(broken);
        Assert.Equal(code.ToString(), read.ToString());
        Assert.Equal("Presse Müller", read.Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("{}")]
    public void What_is_no_code_is_refused_with_a_hint(string text) =>
        Assert.Contains("Copy the whole line", Assert.Throws<ProblemException>(() => InvitationCode.Parse(text)).Problem.Mend, StringComparison.Ordinal);

    [Fact]
    public void No_change_to_a_code_causes_anything_but_a_refusal_or_another_code()
    {
        var text = new InvitationCode("0a1b2c3d4e5f6071", Did.Parse("did:web:maker.example"), "Press", new string('s', 43), [new string('k', 43)], DateTimeOffset.FromUnixTimeSeconds(1_800_000_000), InvitationKind.Partner).ToString();
        var json = Base64Url.DecodeFromChars(text);
        Prop.ForAll<int, byte, bool>((seed, value, isJson) =>
        {
            var at = (seed & int.MaxValue) % json.Length;
            var changed = isJson ? Base64Url.EncodeToString([.. json[..at], value, .. json[(at + 1)..]]) : text[..at] + (char)value + text[(at + 1)..];
            try
            {
                InvitationCode.Parse(changed);
            }
            catch (ProblemException)
            {
                // the only way to say no
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public async Task Invitations_are_bounded_in_time_and_number()
    {
        var none = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var life in new[] { TimeSpan.Zero, TimeSpan.FromDays(-1), TimeSpan.FromDays(91) })
            await Refused("bad-expiry", () => maker.X.Invitations.Make("Press maker", "lab", InvitationKind.Partner, none, life, "operator", Cancel));
        for (var i = 0; i < 500; i++)
            await maker.Invite("lab");
        await Refused("too-many-invitations", () => maker.Invite("lab"));
        time.Advance(Invitations.DefaultLife + TimeSpan.FromMinutes(1));
        await maker.Invite("lab");
    }

    private static async Task Refused(string type, Func<Task> work) =>
        Assert.Equal($"urn:dure:exchange:{type}", (await Assert.ThrowsAsync<ProblemException>(work)).Problem.Type);
}
