using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Kernel;
using Dure.Tests.Mqtt;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>Identifiers, the documents they stand for, and finding these.</summary>
public sealed class DidTests
{
    private readonly ManualTime time = new();
    private readonly TestWeb web = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("https://maker.example", "did:web:maker.example", "https://maker.example/.well-known/did.json", "https://maker.example/")]
    [InlineData("https://maker.example:8443/press/", "did:web:maker.example%3A8443:press", "https://maker.example:8443/press/did.json", "https://maker.example:8443/press/")]
    [InlineData("http://127.0.0.1:5210", "did:web:127.0.0.1%3A5210", "http://127.0.0.1:5210/.well-known/did.json", "http://127.0.0.1:5210/")]
    [InlineData("http://[::1]:5210", "did:web:%5B%3A%3A1%5D%3A5210", "http://[::1]:5210/.well-known/did.json", "http://[::1]:5210/")]
    [InlineData("https://müller.example", "did:web:xn--mller-kva.example", "https://xn--mller-kva.example/.well-known/did.json", "https://xn--mller-kva.example/")]
    public void An_address_has_one_identifier_and_leads_back(string address, string did, string document, string back)
    {
        var made = Did.OfAddress(new Uri(address));
        Assert.Equal(did, made.Value);
        Assert.Equal(document, made.DocumentAddress.ToString());
        Assert.Equal(back, made.Address.ToString());
        Assert.Equal(made, Did.Parse(did));
    }

    [Theory]
    [InlineData("did:web:")]
    [InlineData("did:key:z6Mk")]
    [InlineData("did:web:maker.example/path")]
    [InlineData("did:web:maker.example%2Fpath")]
    [InlineData("did:web:maker.example%40evil.example")]
    [InlineData("did:web:user%3Asecret@evil.example")]
    [InlineData("did:web:maker.example%3a8443")]
    [InlineData("did:web:MAKER.example")]
    [InlineData("did:web:%6Daker.example")]
    [InlineData("did:web:maker.example:..:secret")]
    [InlineData("did:web:maker.example:%2e%2e")]
    [InlineData("did:web:maker.example::a")]
    [InlineData("did:web:2130706433")]
    [InlineData("did:web:0x7f.1")]
    [InlineData("did:web:maker.example#key")]
    [InlineData("did:web:maker.example?x=1")]
    [InlineData("did:web:maker.example%3A99999")]
    [InlineData("did:web:mak\ner.example")]
    public void Other_spellings_are_no_identifiers(string text) => Assert.False(Did.TryParse(text, out _));

    [Fact]
    public void Own_document_is_read_back_as_it_was_written()
    {
        using var lab = new Participant("https://lab.example:8443/node", web, time);
        lab.Keys.Rotate();
        var read = DidDocument.Parse(Encoding.UTF8.GetBytes(lab.Own.Document().ToJson().ToJsonString()), lab.Did);
        Assert.Equal(2, read.Methods.Count);
        Assert.All(read.Methods, method => Assert.Equal(KeyPurposes.All, method.Purposes));
        Assert.Equal("https://lab.example:8443/node/.well-known/dspace-version", read.Service("DataService")!.Endpoint);
        Assert.Equal("https://lab.example:8443/node/exchange/credentials", read.Service("CredentialService")!.Endpoint);
        Assert.NotNull(read.Service("CatalogService"));
        Assert.True(read.IsVouchedFor(lab.Keys.Current, new HashSet<string> { lab.Keys.Retired[0].Key.Id }));
        Assert.Null(read.Find(null)); // two keys: a token must say which
    }

    [Fact]
    public void A_foreign_document_is_read_with_what_can_be_used_of_it()
    {
        using var lab = new Participant("https://lab.example", web, time);
        var jwk = lab.Keys.Current.ToJwk();
        (jwk["kid"], jwk["use"], jwk["alg"]) = ("key-1", "sig", "ES256");
        var secret = jwk.DeepClone();
        secret["d"] = "AAAA";
        var document = DidDocument.Parse(Encoding.UTF8.GetBytes(new JsonObject
        {
            ["@context"] = "https://www.w3.org/ns/did/v1",
            ["id"] = lab.Did.Value,
            ["verificationMethod"] = new JsonArray(
                new JsonObject { ["id"] = "#key-1", ["type"] = "JsonWebKey2020", ["controller"] = lab.Did.Value, ["publicKeyJwk"] = jwk },
                new JsonObject { ["id"] = "#ed", ["type"] = "JsonWebKey2020", ["controller"] = lab.Did.Value, ["publicKeyJwk"] = new JsonObject { ["kty"] = "OKP", ["crv"] = "Ed25519", ["x"] = "abc" } },
                new JsonObject { ["id"] = "#theirs", ["type"] = "JsonWebKey2020", ["controller"] = "did:web:other.example", ["publicKeyJwk"] = jwk.DeepClone() },
                new JsonObject { ["id"] = "#secret", ["type"] = "JsonWebKey2020", ["controller"] = lab.Did.Value, ["publicKeyJwk"] = secret },
                new JsonObject { ["id"] = "#multibase", ["type"] = "Multikey", ["controller"] = lab.Did.Value, ["publicKeyMultibase"] = "z6Mk" }),
            ["authentication"] = new JsonArray("key-1", "#nobody", 7),
            ["capabilityInvocation"] = new JsonArray(new JsonObject { ["id"] = $"{lab.Did}#embedded", ["type"] = "JsonWebKey2020", ["controller"] = lab.Did.Value, ["publicKeyJwk"] = jwk.DeepClone() }),
            ["service"] = new JsonArray(new JsonObject { ["id"] = "x", ["type"] = "CredentialService", ["serviceEndpoint"] = "https://lab.example/cs" }, new JsonObject { ["type"] = new JsonArray("A") }, 3),
        }.ToJsonString()), lab.Did);
        Assert.Equal([$"{lab.Did}#key-1", $"{lab.Did}#embedded"], document.Methods.Select(method => method.Id));
        Assert.Equal(KeyPurposes.Authentication, document.Find("key-1")!.Purposes);
        Assert.Equal(KeyPurposes.Invocation, document.Find("#embedded")!.Purposes);
        Assert.Equal("https://lab.example/cs", document.Service("CredentialService")!.Endpoint);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":"did:web:other.example"}""")]
    [InlineData("""{"id":"did:web:lab.example","id":"did:web:lab.example"}""")]
    [InlineData("""{"id":"did:web:lab.example","verificationMethod":{}}""")]
    [InlineData("""{"id":"did:web:lab.example","verificationMethod":[{"id":"#a"},{"id":"#a"}]}""")]
    [InlineData("""{"id":"did:web:lab.example","x":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}""")]
    [InlineData("""{"id":"did:web:lab.example","service":"none"}""")]
    public void A_document_that_is_broken_or_anothers_is_refused(string text) =>
        Assert.Throws<ProblemException>(() => DidDocument.Parse(Encoding.UTF8.GetBytes(text), Did.Parse("did:web:lab.example")));

    [Fact]
    public void Documents_beyond_their_bounds_are_refused()
    {
        var did = Did.Parse("did:web:lab.example");
        Assert.Throws<ProblemException>(() => DidDocument.Parse(new byte[DidDocument.MaxBytes + 1], did));
        var many = new JsonObject { ["id"] = did.Value, ["service"] = new JsonArray([.. Enumerable.Range(0, 65).Select(_ => (JsonNode)new JsonObject())]) };
        Assert.Throws<ProblemException>(() => DidDocument.Parse(Encoding.UTF8.GetBytes(many.ToJsonString()), did));
    }

    [Fact]
    public void No_bytes_in_a_document_or_a_token_cause_anything_but_a_refusal()
    {
        using var lab = new Participant("https://lab.example", web, time);
        var document = Encoding.UTF8.GetBytes(lab.Own.Document().ToJson().ToJsonString());
        var token = lab.Tokens.Issue(lab.Did);
        var changes = ArbMap.Default.GeneratorFor<(int At, byte Value, int Cut)[]>();
        Prop.ForAll(changes.ToArbitrary(), edits =>
        {
            var bytes = document.ToArray();
            var text = token.ToCharArray();
            foreach (var (at, value, cut) in edits)
            {
                bytes[(at & int.MaxValue) % bytes.Length] = value;
                text[(at & int.MaxValue) % text.Length] = (char)(value % 128);
                if (cut % 5 == 0)
                    (bytes, text) = (bytes[..((cut & int.MaxValue) % bytes.Length + 1)], text[..((cut & int.MaxValue) % text.Length + 1)]);
            }
            try
            {
                DidDocument.Parse(bytes, lab.Did);
            }
            catch (ProblemException)
            {
                // the only way to say no
            }
            var isRead = Jws.TryParse(new string(text), out var jws, out var refusal);
            return isRead ? refusal.Length == 0 && (!jws!.IsSignedBy(lab.Keys.Current) || new string(text) == token) : refusal.Length > 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public async Task Many_who_ask_at_once_cause_one_look_up_and_an_unknown_key_one_more_every_few_seconds()
    {
        using var maker = new Participant("https://maker.example", web, time);
        using var lab = new Participant("https://lab.example", web, time);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => maker.Resolver.Resolve(lab.Did, Cancel).AsTask()));
        Assert.Equal(1, web.Fetches);
        for (var i = 0; i < 10; i++)
            Assert.Null(await maker.Resolver.FindKey(lab.Did, "#nothing", KeyPurposes.Invocation, Cancel));
        Assert.Equal(1, web.Fetches);
        time.Advance(TimeSpan.FromSeconds(6));
        for (var i = 0; i < 10; i++)
            Assert.Null(await maker.Resolver.FindKey(lab.Did, "#nothing", KeyPurposes.Invocation, Cancel));
        Assert.Equal(2, web.Fetches);
        time.Advance(TimeSpan.FromMinutes(3));
        await maker.Resolver.Resolve(lab.Did, Cancel);
        Assert.Equal(3, web.Fetches);
    }

    [Fact]
    public async Task A_look_up_that_failed_is_not_repeated_at_once()
    {
        using var maker = new Participant("https://maker.example", web, time);
        var nobody = Did.Parse("did:web:nobody.example");
        for (var i = 0; i < 5; i++)
            await Assert.ThrowsAsync<ProblemException>(() => maker.Resolver.Resolve(nobody, Cancel).AsTask());
        Assert.Equal(1, web.Fetches);
        time.Advance(TimeSpan.FromSeconds(6));
        await Assert.ThrowsAsync<ProblemException>(() => maker.Resolver.Resolve(nobody, Cancel).AsTask());
        Assert.Equal(2, web.Fetches);
    }
}
