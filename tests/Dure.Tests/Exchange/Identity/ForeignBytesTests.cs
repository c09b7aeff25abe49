using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Identity.Dcp;
using Dure.Exchange.Partners;
using Dure.Tests.Mqtt;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>No bytes of a stranger cause anything but an answer.</summary>
public sealed class ForeignBytesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_stands_in_a_credential_it_is_read_or_refused()
    {
        var (time, network) = (new ManualTime(), new TestNetwork());
        await using var alliance = await TestNode.Start("https://alliance.example", "Alliance", network, time);
        await using var lab = await TestNode.Start("https://lab.example", "Lab", network, time);
        await lab.Join(alliance, InvitationKind.Member, ("region", "DE"));
        var credential = lab.X.Shelf.All[0].Credential;
        var parts = credential.Text.Split('.');
        var payload = Encoding.UTF8.GetBytes(credential.Jws.Payload.ToJsonString());
        Prop.ForAll(Edits(), edits =>
        {
            var text = $"{parts[0]}.{Base64Url.EncodeToString(Changed(payload, edits))}.{parts[2]}";
            var isRead = Credential.TryParse(text, out var read, out var refusal);
            return isRead ? read is not null : refusal.Length > 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public async Task Whatever_is_sent_to_the_doors_for_claims_they_answer()
    {
        var (time, network) = (new ManualTime(), new TestNetwork());
        await using var alliance = await TestNode.Start("https://alliance.example", "Alliance", network, time, asks: true);
        await using var lab = await TestNode.Start("https://lab.example", "Lab", network, time, asks: true);
        await lab.Join(alliance, InvitationKind.Member, ("region", "DE"));
        var messages = new[]
        {
            DcpMessages.PresentationQuery([DcpMessages.MembershipScope]),
            DcpMessages.CredentialDelivery("1", "2", lab.X.Shelf.Valid[0], null),
            OfferOf(alliance),
            DcpMessages.CredentialRequest("1", IssuerDesk.MembershipId),
        };
        var random = new Random(7);
        for (var i = 0; i < 1500; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(messages[i % 4].ToJsonString());
            bytes = Changed(bytes, [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (random.Next(), (byte)random.Next(256), random.Next()))]);
            var token = alliance.X.Tokens.Header(lab.Did);
            var answer = (i % 4) switch
            {
                0 => await lab.X.Service.Query(alliance.X.Tokens.Header(lab.Did, GrantOf(lab, alliance)), bytes, Cancel),
                1 => await lab.X.Service.Receive(token, bytes, Cancel),
                2 => await lab.X.Service.Offer(token, bytes, Cancel),
                _ => await alliance.X.Issuer.Ask(lab.X.Tokens.Header(alliance.Did), bytes, _ => { }, Cancel),
            };
            Assert.InRange(answer.Status, 200, 501);
        }
    }

    [Fact]
    public void Whatever_is_packed_in_a_list_it_is_read_within_its_bounds_or_refused() =>
        Prop.ForAll(Edits(), edits =>
        {
            var list = Base64Url.DecodeFromChars(StatusList.Of([1, 17, 4711]).Encode().AsSpan(1));
            _ = StatusList.Decode("u" + Base64Url.EncodeToString(Changed(list, edits)))?[4711];
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static JsonObject OfferOf(TestNode issuer)
    {
        var offer = DcpMessages.Of("CredentialOfferMessage");
        offer["issuer"] = issuer.Did.Value;
        offer["credentials"] = new JsonArray(DcpMessages.MembershipObject("1", new Uri("https://x.example"), "reissue"));
        return offer;
    }

    private static string GrantOf(TestNode holder, TestNode verifier) =>
        Dure.Exchange.Identity.Jws.TryParse(holder.X.Tokens.Issue(verifier.Did), out var token, out _) ? token.Payload["token"]!.GetValue<string>() : "";

    private static Arbitrary<(int At, byte Value, int Cut)[]> Edits() => ArbMap.Default.GeneratorFor<(int At, byte Value, int Cut)[]>().ToArbitrary();

    private static byte[] Changed(byte[] bytes, (int At, byte Value, int Cut)[] edits)
    {
        bytes = [.. bytes];
        foreach (var (at, value, cut) in edits)
        {
            bytes[(at & int.MaxValue) % bytes.Length] = value;
            if (cut % 7 == 0)
                bytes = bytes[..((cut & int.MaxValue) % bytes.Length + 1)];
        }
        return bytes;
    }
}
