using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Tests.Mqtt;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>Self-issued tokens: what is taken, and each way to cheat.</summary>
public sealed class TokenTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly TestWeb web = new();
    private readonly Participant maker;
    private readonly Participant lab;

    public TokenTests()
    {
        maker = new Participant("https://maker.example", web, time);
        lab = new Participant("https://lab.example:8443/node", web, time);
        maker.Knows(lab);
    }

    public void Dispose()
    {
        maker.Dispose();
        lab.Dispose();
    }

    [Fact]
    public async Task A_partner_is_known_by_its_token()
    {
        lab.Credentials.Add("one.two.three");
        var accepted = Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(lab.Tokens.Issue(maker.Did, "open sesame")));
        Assert.Equal(lab.Did, accepted.Caller);
        Assert.Equal("open sesame", accepted.AccessToken);
        Assert.Equal(["one.two.three"], accepted.Credentials);
        Assert.Equal("did:web:lab.example%3A8443:node", accepted.Caller.Value);
    }

    [Fact]
    public async Task A_token_works_once()
    {
        var token = lab.Tokens.Issue(maker.Did);
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(token));
        Assert.Equal(TokenRefusal.UsedBefore, await Refusal(token));
    }

    [Fact]
    public async Task A_number_works_once_even_in_another_token()
    {
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(lab.Forge(maker.Did, claims => claims["jti"] = "7")));
        Assert.Equal(TokenRefusal.UsedBefore, await Refusal(lab.Forge(maker.Did, claims => { claims["jti"] = "7"; claims["exp"] = claims["exp"]!.GetValue<long>() + 400; })));
    }

    [Theory]
    [InlineData(TokenRefusal.WrongAudience, "aud", "\"did:web:other.example\"")]
    [InlineData(TokenRefusal.WrongAudience, "aud", "[\"did:web:maker.example\",\"did:web:other.example\"]")]
    [InlineData(TokenRefusal.WrongAudience, "aud", "null")]
    [InlineData(TokenRefusal.WrongAudience, "aud", "{\"did:web:maker.example\":1}")]
    [InlineData(TokenRefusal.NotSelfIssued, "sub", "\"did:web:other.example\"")]
    [InlineData(TokenRefusal.NotSelfIssued, "sub", "null")]
    [InlineData(TokenRefusal.NotSelfIssued, "iss", "\"did:web:other.example\"")]
    [InlineData(TokenRefusal.Malformed, "iss", "\"https://lab.example\"")]
    [InlineData(TokenRefusal.Malformed, "iss", "\"did:key:z6Mk\"")]
    [InlineData(TokenRefusal.Malformed, "iss", "17")]
    [InlineData(TokenRefusal.Expired, "exp", "T-31")]
    [InlineData(TokenRefusal.Malformed, "exp", "null")]
    [InlineData(TokenRefusal.Malformed, "exp", "\"T\"")]
    [InlineData(TokenRefusal.Malformed, "exp", "-1")]
    [InlineData(TokenRefusal.Malformed, "exp", "1e300")]
    [InlineData(TokenRefusal.LivesTooLong, "exp", "T+901")]
    [InlineData(TokenRefusal.NotYetValid, "iat", "T+31")]
    [InlineData(TokenRefusal.Malformed, "iat", "null")]
    [InlineData(TokenRefusal.LivesTooLong, "iat", "T-700")]
    [InlineData(TokenRefusal.NotYetValid, "nbf", "T+31")]
    [InlineData(TokenRefusal.Malformed, "nbf", "\"soon\"")]
    [InlineData(TokenRefusal.NoNumber, "jti", "null")]
    [InlineData(TokenRefusal.NoNumber, "jti", "\"\"")]
    [InlineData(TokenRefusal.NoNumber, "jti", "4")]
    public async Task A_token_with_a_wrong_claim_is_refused(TokenRefusal expected, string claim, string value)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var written = value.StartsWith('T') ? (now + (value.Length > 1 ? int.Parse(value[1..]) : 0)).ToString() : value;
        Assert.Equal(expected, await Refusal(lab.Forge(maker.Did, claims =>
        {
            if (claim == "iat" && value.Length > 3 && written.Length > 0 && long.TryParse(written, out var at) && at < now)
                claims["exp"] = now + 300;
            claims[claim] = JsonNode.Parse(written);
        })));
        Assert.Equal(0, web.Fetches); // a wrong claim costs no look-up
    }

    [Theory]
    [InlineData("exp", -29)]
    [InlineData("iat", 29)]
    [InlineData("nbf", 29)]
    public async Task Clocks_may_lie_half_a_minute_apart(string claim, int seconds) =>
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(lab.Forge(maker.Did, claims =>
        {
            claims["iat"] = time.GetUtcNow().ToUnixTimeSeconds() - 60;
            claims[claim] = time.GetUtcNow().ToUnixTimeSeconds() + seconds;
        })));

    [Fact]
    public async Task An_audience_in_a_list_of_one_is_taken() =>
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(lab.Forge(maker.Did, claims => claims["aud"] = new JsonArray(maker.Did.Value))));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("{\"region\":\"eu\"}")]
    public async Task A_header_without_Bearer_is_refused(string? header)
    {
        var refused = Assert.IsType<TokenVerdict.Refused>(await maker.Verifier.Verify(header, TestContext.Current.CancellationToken));
        Assert.Equal(TokenRefusal.Missing, refused.Code);
        var bare = Assert.IsType<TokenVerdict.Refused>(await maker.Verifier.Verify(lab.Tokens.Issue(maker.Did), TestContext.Current.CancellationToken));
        Assert.Equal(TokenRefusal.Missing, bare.Code);
    }

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"None","kid":"#a"}""")]
    [InlineData("""{"alg":"HS256","kid":"#a"}""")]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{"alg":"ES384"}""")]
    [InlineData("""{"alg":"es256"}""")]
    [InlineData("""{"alg":["ES256"]}""")]
    [InlineData("""{"kid":"#a"}""")]
    [InlineData("""{"alg":"ES256","alg":"none"}""")]
    [InlineData("""{"alg":"none","alg":"ES256"}""")]
    [InlineData("""{"alg":"ES256","crit":["exp"]}""")]
    [InlineData("""{"alg":"ES256","crit":null}""")]
    [InlineData("""{"alg":"ES256","b64":false}""")]
    [InlineData("""{"alg":"ES256","kid":7}""")]
    [InlineData("""{"alg":"ES256","typ":{}}""")]
    [InlineData("""{"alg":"ES256","kid":""}""")]
    [InlineData("""["ES256"]""")]
    [InlineData("null")]
    public async Task A_header_that_asks_for_anything_but_ES256_is_refused(string header)
    {
        var good = lab.Tokens.Issue(maker.Did).Split('.');
        var forged = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{good[1]}";
        Assert.Equal(TokenRefusal.Malformed, await Refusal($"{forged}.{good[2]}"));
        Assert.Equal(TokenRefusal.Malformed, await Refusal($"{forged}."));
        // HS256 with the public key as the secret: the old trick.
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(lab.Keys.Current.ToJwk().ToJsonString()), Encoding.ASCII.GetBytes(forged));
        Assert.Equal(TokenRefusal.Malformed, await Refusal($"{forged}.{Base64Url.EncodeToString(mac)}"));
    }

    [Fact]
    public async Task A_token_of_another_form_is_refused_before_it_is_decoded()
    {
        var good = lab.Tokens.Issue(maker.Did);
        foreach (var bad in new[] { "", ".", "..", "a.b", $"{good}.x", good[..^1], good + "=", good.Replace('.', ' '), good[..20] + "\n" + good[20..], good[..30] + "+" + good[31..], new string('a', 20_000), $"{new string('a', 17_000)}.b.c" })
            Assert.Equal(TokenRefusal.Malformed, await Refusal(bad));
        // The last character of 64 bytes holds four spare bits: only one spelling is good.
        var last = good[^1];
        var other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        Assert.Equal(TokenRefusal.Malformed, await Refusal(good[..^1] + other[(other.IndexOf(last) & ~15) | ((other.IndexOf(last) + 1) & 15)]));
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(good));
    }

    [Fact]
    public async Task Deep_nesting_and_members_named_twice_are_refused()
    {
        Assert.Equal(TokenRefusal.Malformed, await Refusal(lab.Forge(maker.Did, claims => claims["deep"] = JsonNode.Parse(new string('[', 20) + new string(']', 20)))));
        var payload = Encoding.UTF8.GetBytes($$"""{"iss":"{{lab.Did}}","iss":"{{lab.Did}}","sub":"{{lab.Did}}"}""");
        Assert.Equal(TokenRefusal.Malformed, await Refusal(Jws.Sign(payload, "JWT", lab.Own.KeyId, lab.Keys.Sign)));
    }

    [Fact]
    public async Task Another_participants_signature_is_refused()
    {
        using var thief = new Participant("https://thief.example", web, time);
        Assert.Equal(TokenRefusal.BadSignature, await Refusal(thief.Forge(maker.Did, claims => (claims["iss"], claims["sub"]) = (lab.Did.Value, lab.Did.Value), keyId: lab.Own.KeyId)));
        Assert.Equal(TokenRefusal.UnknownKey, await Refusal(thief.Forge(maker.Did, claims => (claims["iss"], claims["sub"]) = (lab.Did.Value, lab.Did.Value))));
        Assert.Equal(TokenRefusal.UnknownKey, await Refusal(thief.Forge(maker.Did, claims => (claims["iss"], claims["sub"]) = (lab.Did.Value, lab.Did.Value), keyId: "#" + thief.Keys.Current.Id)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_changed_payload_or_header_breaks_the_signature(int part)
    {
        var parts = lab.Tokens.Issue(maker.Did).Split('.');
        var members = (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(parts[part]))!;
        members["extra"] = true;
        parts[part] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(members.ToJsonString()));
        Assert.Equal(TokenRefusal.BadSignature, await Refusal(string.Join('.', parts)));
    }

    [Theory]
    [InlineData("vc+jwt")]
    [InlineData("vp+jwt")]
    [InlineData("dure-document+jws")]
    public async Task What_was_signed_as_something_else_is_not_a_token(string type) =>
        Assert.Equal(TokenRefusal.Malformed, await Refusal(lab.Forge(maker.Did, type: type)));

    [Fact]
    public async Task A_stranger_is_refused_without_a_look_up()
    {
        using var stranger = new Participant("https://stranger.example", web, time);
        Assert.Equal(TokenRefusal.Stranger, await Refusal(stranger.Tokens.Issue(maker.Did)));
        Assert.Equal(0, web.Fetches);
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verifier.Verify("Bearer " + stranger.Tokens.Issue(maker.Did), Admission.Anyone, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_stranger_with_a_trusted_credential_is_let_in()
    {
        using var member = new Participant("https://member.example", web, time);
        member.Credentials.Add("a.b.c");
        maker.Vouches = (did, credentials, _) => ValueTask.FromResult(did == member.Did && credentials.Contains("a.b.c"));
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(member.Tokens.Issue(maker.Did)));
    }

    [Fact]
    public async Task A_blocked_partner_is_refused_at_once()
    {
        maker.Partners[lab.Did] = maker.Partners[lab.Did] with { IsBlocked = true };
        Assert.Equal(TokenRefusal.Blocked, await Refusal(lab.Tokens.Issue(maker.Did)));
        var anyone = await maker.Verifier.Verify("Bearer " + lab.Tokens.Issue(maker.Did), Admission.Anyone, TestContext.Current.CancellationToken);
        Assert.Equal(TokenRefusal.Blocked, Assert.IsType<TokenVerdict.Refused>(anyone).Code);
        Assert.Equal(0, web.Fetches);
    }

    [Fact]
    public async Task A_document_that_is_another_participants_is_refused()
    {
        using var thief = new Participant("https://thief.example", web, time);
        maker.Knows(thief);
        web.Serve(thief.Did.DocumentAddress, () => Encoding.UTF8.GetBytes(lab.Own.Document().ToJson().ToJsonString()));
        Assert.Equal(TokenRefusal.NoDocument, await Refusal(thief.Tokens.Issue(maker.Did)));
    }

    [Fact]
    public async Task A_key_that_is_not_for_invoking_capabilities_signs_no_tokens()
    {
        var document = lab.Own.Document().ToJson();
        document["capabilityInvocation"] = new JsonArray();
        web.Serve(lab.Did.DocumentAddress, () => Encoding.UTF8.GetBytes(document.ToJsonString()));
        Assert.Equal(TokenRefusal.UnknownKey, await Refusal(lab.Tokens.Issue(maker.Did)));
    }

    private async Task<TokenRefusal> Refusal(string token)
    {
        var refused = Assert.IsType<TokenVerdict.Refused>(await maker.Verify(token));
        Assert.NotEmpty(refused.Reason);
        return refused.Code;
    }
}
