using System.Diagnostics;
using System.Text.Json.Nodes;
using Dure.Exchange.Conformance;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Xunit;

namespace Dure.Tests.Exchange.Processes;

/// <summary>Two sides that lose messages and answers, and fall and start again, end in the same state, and nothing happens twice.</summary>
public sealed class ConvergenceTests
{
    /// <summary>A message that is lost again and again is sent after pauses that grow.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly JsonObject Offer = new()
    {
        ["@id"] = "offer-1", ["@type"] = "Offer", ["target"] = "press", ["permission"] = new JsonArray(new JsonObject { ["action"] = "use" }),
    };

    private static readonly ExchangeScript Provider = Script(
        ("REQUESTED", ["agree"]), ("VERIFIED", ["finalize"]), ("start", ["start"]));

    private static readonly ExchangeScript Consumer = Script(("AGREED", ["verify"]));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0.3)]
    [InlineData(2, 0.4)]
    public async Task A_negotiation_is_agreed_on_once_whatever_is_lost(int seed, double loss)
    {
        var line = new TestLine(seed, loss);
        await using var provider = await TestParty.Open("maker", Provider, line);
        await using var consumer = await TestParty.Open("lab", Consumer, line);
        var begun = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Ask(consumer, provider)));
        foreach (var negotiation in begun)
            await Settles(consumer, provider, negotiation.Pid);
        Assert.Equal(8, provider.Book.All.Count());
        Assert.Equal(8, provider.Book.All.Select(process => process.AgreementId).Distinct().Count());
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task A_negotiation_survives_either_side_falling_again_and_again(int seed)
    {
        var random = new Random(seed);
        var line = new TestLine(seed, 0.1);
        await using var provider = await TestParty.Open("maker", Provider, line);
        await using var consumer = await TestParty.Open("lab", Consumer, line);
        var pids = new List<string>();
        for (var round = 0; round < 10; round++)
        {
            pids.Add((await Ask(consumer, provider)).Pid);
            await Task.Delay(random.Next(0, 20), Cancel);
            await (random.Next(2) == 0 ? provider : consumer).Restart();
        }
        foreach (var pid in pids)
            await Settles(consumer, provider, pid);
        Assert.Equal(pids.Count, provider.Book.All.Count());
        Assert.True(provider.Journal.Verify(null, Cancel).IsIntact);
    }

    [Fact]
    public async Task A_refused_message_says_why_and_changes_nothing()
    {
        var line = new TestLine(0, 0);
        await using var provider = await TestParty.Open("maker", Script(), line);
        var answer = await provider.Desk.Open(MessageKind.ContractRequest, "did:web:lab.example", Compose.FirstRequest("c1", Offer, new Uri("https://lab.example/dsp"), []), Cancel);
        var pid = answer.Body["providerPid"]!.GetValue<string>();
        var entries = provider.Journal.Count;
        var refused = await provider.Desk.Receive(pid, "did:web:lab.example", Compose.Later(MessageKind.ContractVerification, pid, "c1"), [MessageKind.ContractVerification], Cancel);
        Assert.Equal(400, refused.Status);
        Assert.Contains("REQUESTED", refused.Body["reason"]![0]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(entries, provider.Journal.Count);
    }

    [Fact]
    public async Task Somebody_elses_process_is_answered_like_one_that_does_not_exist()
    {
        var line = new TestLine(0, 0);
        await using var provider = await TestParty.Open("maker", Script(), line);
        var answer = await provider.Desk.Open(MessageKind.ContractRequest, "did:web:lab.example", Compose.FirstRequest("c1", Offer, new Uri("https://lab.example/dsp"), []), Cancel);
        var pid = answer.Body["providerPid"]!.GetValue<string>();
        var foreign = await provider.Desk.Tell(ProcessKind.Negotiation, pid, "did:web:thief.example", Cancel);
        var unknown = await provider.Desk.Tell(ProcessKind.Negotiation, "urn:uuid:nowhere", "did:web:thief.example", Cancel);
        Assert.Equal(404, foreign.Status);
        Assert.Equal(unknown.Body.ToJsonString().Replace("urn:uuid:nowhere", pid, StringComparison.Ordinal), foreign.Body.ToJsonString());
    }

    [Fact]
    public async Task A_first_message_that_comes_twice_begins_one_process()
    {
        var line = new TestLine(0, 0);
        await using var provider = await TestParty.Open("maker", Script(), line);
        var request = Compose.FirstRequest("c1", Offer, new Uri("https://lab.example/dsp"), []);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => provider.Desk.Open(MessageKind.ContractRequest, "did:web:lab.example", request.DeepClone().AsObject(), Cancel)));
        Assert.All(answers, answer => Assert.Equal(201, answer.Status));
        Assert.Single(answers.Select(answer => answer.Body["providerPid"]!.GetValue<string>()).Distinct());
        Assert.Single(provider.Book.All);
    }

    [Fact]
    public async Task Of_two_messages_at_once_one_wins_and_the_other_is_refused()
    {
        var line = new TestLine(0, 0);
        await using var provider = await TestParty.Open("maker", Script(("REQUESTED", ["offer"])), line);
        await using var consumer = await TestParty.Open("lab", Script(), line);
        for (var round = 0; round < 20; round++)
        {
            var begun = await Ask(consumer, provider);
            await Eventually.Holds(() => consumer.Book.TryFind(ProcessKind.Negotiation, begun.Pid, out var now) && now.State == ProcessState.Offered);
            consumer.Book.TryFind(ProcessKind.Negotiation, begun.Pid, out var offered);
            var (providerPid, consumerPid) = (offered!.ProviderPid, offered.ConsumerPid);
            var answers = await Task.WhenAll(
                provider.Desk.Receive(providerPid, consumer.Id, Compose.Later(MessageKind.ContractAcceptance, providerPid, consumerPid), [MessageKind.ContractAcceptance], Cancel),
                provider.Desk.Receive(providerPid, consumer.Id, Compose.Ending(MessageKind.ContractTermination, providerPid, consumerPid, "no", null), [MessageKind.ContractTermination], Cancel));
            // Accepting and then ending is allowed; ending and then accepting is not: both ways it ends.
            Assert.Equal(200, answers[1].Status);
            provider.Book.TryFind(ProcessKind.Negotiation, providerPid, out var ended);
            Assert.Equal(ProcessState.Terminated, ended!.State);
        }
    }

    [Fact]
    public async Task What_was_acknowledged_is_known_as_delivered_also_when_no_answer_comes()
    {
        var line = new TestLine(0, 0);
        await using var provider = await TestParty.Open("maker", Script(), line);
        await using var consumer = await TestParty.Open("lab", Script(), line);
        var begun = await Ask(consumer, provider);
        await Eventually.Holds(() => consumer.Book.TryFind(ProcessKind.Negotiation, begun.Pid, out var now) && now is { State: ProcessState.Requested, Pending: null, PeerPid: not null });
        Assert.Equal(2, consumer.Journal.Count);
    }

    [Fact]
    public async Task Whoever_asks_for_the_state_is_told_of_what_was_just_delivered()
    {
        var line = new TestLine(0, 0);
        await using var provider = await TestParty.Open("maker", Script(("REQUESTED", ["agree"])), line);
        await using var consumer = await TestParty.Open("lab", Script(), line);
        await Ask(consumer, provider);
        await Eventually.Holds(() => consumer.Book.All.Single().State == ProcessState.Agreed);
        var told = await provider.Desk.Tell(ProcessKind.Negotiation, provider.Book.All.Single().Pid, consumer.Id, Cancel);
        Assert.Equal("AGREED", told.Body["state"]!.GetValue<string>());
        Assert.Null(provider.Book.All.Single().Pending);
    }

    private static Task<ExchangeProcess> Ask(TestParty consumer, TestParty provider) => consumer.Desk.Begin(MessageKind.ContractRequest,
        new ProcessStep.Beginning(Role.Consumer, provider.Id, provider.Address, "press", [], null, null), pid => Compose.FirstRequest(pid, Offer, consumer.Address, []), "tester", Cancel);

    private static async Task Settles(TestParty consumer, TestParty provider, string pid)
    {
        ExchangeProcess? Mine() => consumer.Book.TryFind(ProcessKind.Negotiation, pid, out var process) ? process : null;
        ExchangeProcess? Theirs() => provider.Book.TryFind(ProcessKind.Negotiation, Mine()?.PeerPid ?? "", out var process) ? process : null;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience && !(Mine()?.State == ProcessState.Finalized && Theirs() is { State: ProcessState.Finalized, Pending: null });)
            await Task.Delay(20, Cancel);
        Assert.Equal("Finalized, Finalized", $"{Mine()?.State} {Mine()?.Reason}, {Theirs()?.State} {Theirs()?.Reason}".Replace(" ,", ",", StringComparison.Ordinal).Trim());
        Assert.Equal(Mine()!.AgreementId, Theirs()!.AgreementId);
        Assert.Equal(pid, Theirs()!.PeerPid);
    }

    private static ExchangeScript Script(params (string State, string[] Actions)[] reactions) => new()
    {
        Authorization = "secret",
        Datasets = new Dictionary<string, ScriptedDataset>
        {
            ["press"] = new("offer-1", reactions.Where(reaction => char.IsUpper(reaction.State[0])).ToDictionary(reaction => reaction.State, reaction => (IReadOnlyList<string>)reaction.Actions)),
        },
    };
}
