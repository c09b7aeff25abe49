using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Identity;
using Dure.Kernel;
using Dure.Tests.Evidence;
using Dure.Tests.Mqtt;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>Keys of the exchange: kept, changed, followed by partners who pinned them.</summary>
public sealed class KeyTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly ManualTime time = new();
    private readonly TestWeb web = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Keys_outlive_the_process_and_only_the_owner_can_read_them()
    {
        string first, second;
        using (var keys = ExchangeKeys.Open(folder.Path, time))
        {
            first = keys.Current.Id;
            second = keys.Rotate().Id;
        }
        using var again = ExchangeKeys.Open(folder.Path, time);
        Assert.Equal(second, again.Current.Id);
        Assert.Equal(first, Assert.Single(again.Retired).Key.Id);
        var data = "what is signed"u8;
        Assert.True(again.Current.Verify(data, again.Sign(data)));
        if (!OperatingSystem.IsWindows())
            foreach (var file in Directory.GetFiles(folder.Path))
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void What_a_crash_left_of_a_rotation_is_removed()
    {
        string id;
        using (var keys = ExchangeKeys.Open(folder.Path, time))
            id = keys.Current.Id;
        var left = folder.Sub("exchange-keys.json.0123.tmp");
        File.WriteAllText(left, "half a key");
        using var again = ExchangeKeys.Open(folder.Path, time);
        Assert.Equal(id, again.Current.Id);
        Assert.False(File.Exists(left));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"version":1,"current":"no key","retired":[],"successions":[]}""")]
    [InlineData("""{"version":1,"current":7,"retired":[],"successions":[]}""")]
    public void A_broken_key_file_is_refused_and_not_replaced(string content)
    {
        var file = folder.Sub("exchange-keys.json");
        File.WriteAllText(file, content);
        Assert.Equal("urn:dure:exchange:bad-keys", Assert.Throws<ProblemException>(() => ExchangeKeys.Open(folder.Path, time)).Problem.Type);
        Assert.Equal(content, File.ReadAllText(file));
    }

    [Fact]
    public async Task A_partner_follows_a_rotation_at_once_and_old_tokens_still_work_for_an_hour()
    {
        using var maker = new Participant("https://maker.example", web, time);
        using var lab = new Participant("https://lab.example", web, time);
        maker.Knows(lab, lab.Keys.Current.Id);
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(lab.Tokens.Issue(maker.Did)));

        time.Advance(TimeSpan.FromSeconds(6));
        var before = lab.Tokens.Issue(maker.Did);
        lab.Keys.Rotate();
        lab.Keys.Rotate();
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(lab.Tokens.Issue(maker.Did)));
        Assert.Equal([lab.Keys.Current.Id], maker.Followed);
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(before));
        Assert.Equal(2, web.Fetches);
    }

    [Fact]
    public async Task Tokens_of_a_retired_key_end_with_the_grace_while_what_it_stated_can_still_be_checked()
    {
        using var maker = new Participant("https://maker.example", web, time);
        using var lab = new Participant("https://lab.example", web, time);
        maker.Knows(lab);
        var old = lab.Own.KeyId;
        var agreement = new JsonObject { ["@id"] = "a1", ["target"] = "ds-1" };
        var signature = DocumentSignature.SignDocument(agreement, lab.Own);
        lab.Keys.Rotate();
        time.Advance(ExchangeKeys.TokenGrace + TimeSpan.FromMinutes(1));
        Assert.NotNull(await maker.Resolver.FindKey(lab.Did, old, KeyPurposes.Assertion, TestContext.Current.CancellationToken));
        Assert.Null(await maker.Resolver.FindKey(lab.Did, old, KeyPurposes.Invocation, TestContext.Current.CancellationToken));
        Assert.True(await DocumentSignature.Verify(agreement, signature, lab.Did, maker.Resolver, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task After_a_compromise_nothing_of_the_old_keys_counts_and_a_person_must_trust_the_new_one()
    {
        using var maker = new Participant("https://maker.example", web, time);
        using var lab = new Participant("https://lab.example", web, time);
        maker.Knows(lab, lab.Keys.Current.Id);
        var stolen = lab.Tokens.Issue(maker.Did);
        lab.Keys.Rotate(isCompromised: true);
        Assert.Equal(TokenRefusal.UnknownKey, Assert.IsType<TokenVerdict.Refused>(await maker.Verify(stolen)).Code);
        Assert.Equal(TokenRefusal.KeyNotPinned, Assert.IsType<TokenVerdict.Refused>(await maker.Verify(lab.Tokens.Issue(maker.Did))).Code);
        maker.Knows(lab, lab.Keys.Current.Id);
        Assert.IsType<TokenVerdict.Accepted>(await maker.Verify(lab.Tokens.Issue(maker.Did)));
    }

    [Fact]
    public async Task Whoever_takes_over_a_partners_web_address_does_not_become_that_partner()
    {
        using var maker = new Participant("https://maker.example", web, time);
        using var lab = new Participant("https://lab.example", web, time);
        maker.Knows(lab, lab.Keys.Current.Id);
        using var thief = new Participant("https://lab.example", web, time); // serves its own document there from now on
        Assert.Equal(TokenRefusal.KeyNotPinned, Assert.IsType<TokenVerdict.Refused>(await maker.Verify(thief.Tokens.Issue(maker.Did))).Code);

        // Also not with the real keys shown beside its own and a statement that the real key never signed.
        var document = thief.Own.Document().ToJson();
        var shown = lab.Own.Document().ToJson()["verificationMethod"]![0]!.DeepClone();
        document["verificationMethod"]!.AsArray().Add(shown);
        var forged = Jws.Sign(new JsonObject { ["old"] = lab.Keys.Current.Id, ["new"] = thief.Keys.Current.Id, ["iat"] = 1 }, ExchangeKeys.SuccessionType, lab.Keys.Current.Id, thief.Keys);
        var wrongType = Jws.Sign(new JsonObject { ["old"] = lab.Keys.Current.Id, ["new"] = thief.Keys.Current.Id, ["iat"] = 1 }, "JWT", lab.Keys.Current.Id, lab.Keys);
        document["keySuccession"] = new JsonArray(forged, wrongType);
        web.Serve(lab.Did.DocumentAddress, () => Encoding.UTF8.GetBytes(document.ToJsonString()));
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(TokenRefusal.KeyNotPinned, Assert.IsType<TokenVerdict.Refused>(await maker.Verify(thief.Tokens.Issue(maker.Did))).Code);
    }

    [Fact]
    public void A_documents_signature_is_of_its_meaning_not_of_its_spelling()
    {
        using var lab = new Participant("https://lab.example", web, time);
        var agreement = (JsonObject)JsonNode.Parse("""{"b":[1,2.0],"a":{"x":"é"}}""")!;
        var signature = DocumentSignature.SignDocument(agreement, lab.Own);
        Assert.Contains("..", signature, StringComparison.Ordinal);
        Assert.Equal(lab.Own.KeyId, DocumentSignature.KeyIdOf(signature));
        Assert.True(DocumentSignature.Verify((JsonObject)JsonNode.Parse("""{ "a": {"x":"\u00e9"}, "b":[1.0, 2] }""")!, signature, lab.Keys.Current));
        Assert.False(DocumentSignature.Verify((JsonObject)JsonNode.Parse("""{"a":{"x":"é"},"b":[2,1]}""")!, signature, lab.Keys.Current));
        lab.Keys.Rotate();
        Assert.False(DocumentSignature.Verify(agreement, signature, lab.Keys.Current));
        foreach (var broken in new[] { "", "..", "a..b", signature[1..], signature[..^1], signature.Replace("..", "."), signature.Replace("..", ".e30.") })
            Assert.False(DocumentSignature.Verify(agreement, broken, lab.Keys.Retired[0].Key));
        // A token is no signature of a document, whatever it says.
        var token = Jws.Sign(agreement, "JWT", lab.Own.KeyId, lab.Keys).Split('.');
        Assert.False(DocumentSignature.Verify(agreement, $"{token[0]}..{token[2]}", lab.Keys.Current));
    }
}
