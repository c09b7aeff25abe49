using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Protocol;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Exchange.Protocol;

/// <summary>What comes from outside is either a message that the official schemas allow, or refused in words; nothing else happens.</summary>
public sealed class MessageReaderTests
{
    private static readonly JsonObject Offer = new()
    {
        ["@id"] = "o1", ["@type"] = "Offer", ["target"] = "press",
        ["permission"] = new JsonArray(new JsonObject { ["action"] = "use", ["constraint"] = new JsonArray(new JsonObject { ["leftOperand"] = "count", ["operator"] = "lteq", ["rightOperand"] = "5" }) }),
    };

    private static readonly JsonObject Request = Compose.FirstRequest("urn:uuid:c1", Offer, new Uri("https://lab.example/dsp"), ["research"]);

    public static TheoryData<string, string, string> Broken => new()
    {
        { "@context", "null", "@context" },
        { "@context", "\"https://w3id.org/dspace/2025/1/context.jsonld\"", "@context" },
        { "@type", "\"ContractOfferMessage\"", "@type" },
        { "consumerPid", "\"\"", "consumerPid" },
        { "consumerPid", "\"..\"", "consumerPid" },
        { "consumerPid", "\"a\\nb\"", "consumerPid" },
        { "providerPid", "\"urn:uuid:p1\"", "callbackAddress" },
        { "callbackAddress", "\"ftp://lab.example\"", "callbackAddress" },
        { "callbackAddress", "\"https://me:secret@lab.example/\"", "callbackAddress" },
        { "offer", "[]", "offer" },
        { "offer", "{\"@id\":\"o\",\"@type\":\"Offer\",\"target\":\"press\"}", "offer" },
        { "offer", "{\"@id\":\"o\",\"@type\":\"Offer\",\"target\":\"press\",\"permission\":[{\"action\":\"use\",\"constraint\":[{\"leftOperand\":\"count\",\"operator\":\"lteq\",\"rightOperand\":5}]}]}", "rightOperand" },
        { "offer", "{\"@id\":\"o\",\"@type\":\"Offer\",\"permission\":[{\"action\":\"use\"}]}", "target" },
    };

    [Fact]
    public void A_message_is_read_with_whatever_else_a_connector_adds()
    {
        var body = Request.DeepClone().AsObject();
        body["edc:callback"] = new JsonObject { ["any"] = 1 };
        body["@context"]!.AsArray().Add("https://w3id.org/edc/dspace/v0.0.1");
        var message = MessageReader.Read(body, MessageKind.ContractRequest);
        Assert.Equal("urn:uuid:c1", message.ConsumerPid);
        Assert.Equal(new Uri("https://lab.example/dsp"), message.CallbackAddress);
        Assert.Equal(["research"], Compose.PurposesIn(message.Body)!.Value);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_wrong_member_is_named(string member, string value, string named)
    {
        var body = Request.DeepClone().AsObject();
        body[member] = JsonNode.Parse(value);
        var problem = Assert.Throws<ProblemException>(() => MessageReader.Read(body, MessageKind.ContractRequest)).Problem;
        Assert.Contains(named, problem.Where + problem.What, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Mend);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"a\":123456789012345678901234567890}")]
    public void What_is_no_object_that_a_journal_can_hold_is_refused(string text) =>
        Assert.Throws<ProblemException>(() => MessageReader.ReadObject(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Too_long_and_too_deep_is_refused()
    {
        Assert.Throws<ProblemException>(() => MessageReader.ReadObject(new byte[Dsp.MaxMessageBytes + 1]));
        Assert.Throws<ProblemException>(() => MessageReader.ReadObject(Encoding.UTF8.GetBytes($"{{\"a\":{new string('[', Dsp.MaxDepth)}{new string(']', Dsp.MaxDepth)}}}")));
    }

    [Fact]
    public void Mutated_bytes_are_read_or_refused() => Mutate(20_000);

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_million_mutated_messages_are_read_or_refused() => Mutate(1_000_000);

    private static void Mutate(int times)
    {
        var random = new Random(4);
        var seeds = new[]
        {
            Request, Compose.Counter(MessageKind.ContractOffer, "p", "c", Offer), Compose.Agreement("p", "c", Compose.AgreementOf(Offer, "did:web:a.example", "did:web:b.example", DateTimeOffset.UnixEpoch)),
            Compose.Later(MessageKind.ContractFinalization, "p", "c"), Compose.Ending(MessageKind.TransferSuspension, "p", "c", "x", "why"),
            Compose.TransferRequest("c", "a", Dsp.PushFormat, new Uri("https://lab.example/"), Dsp.DataAddress(new Uri("https://lab.example/in"), "t"), []),
        }.Select(message => Encoding.UTF8.GetBytes(message.ToJsonString())).ToArray();
        var kinds = Enum.GetValues<MessageKind>();
        var read = 0;
        for (var i = 0; i < times; i++)
        {
            var bytes = (byte[])seeds[random.Next(seeds.Length)].Clone();
            for (var changes = random.Next(0, 4); changes > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                MessageReader.Read(MessageReader.ReadObject(random.Next(8) == 0 ? bytes.AsSpan(0, random.Next(bytes.Length)) : bytes), kinds);
                read++;
            }
            catch (ProblemException)
            {
                // refused in words
            }
        }
        Assert.True(read > times / 20, $"only {read} of {times} were read: the seeds are wrong");
    }
}
