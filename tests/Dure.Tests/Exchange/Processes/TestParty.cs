using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Conformance;
using Dure.Exchange.Identity;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Tests.Evidence;

namespace Dure.Tests.Exchange.Processes;

/// <summary>One side of an exchange on a journal of its own; the line to the other side is a <see cref="TestLine"/>.</summary>
internal sealed class TestParty : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly string name;
    private readonly ExchangeScript script;
    private readonly IPeerLink link;
    private readonly NodeKey key;
    private Journal journal = null!;

    private TestParty(string name, ExchangeScript script, IPeerLink link) => (this.name, this.script, this.link, key) = (name, script, link, NodeKey.LoadOrCreate(folder.Sub("keys")));

    public string Id => $"did:web:{name}.example";
    public Uri Address => new($"https://{name}.example/dsp");
    public ProcessBook Book { get; private set; } = null!;
    public ProcessDesk Desk { get; private set; } = null!;
    public Journal Journal => journal;

    public static async Task<TestParty> Open(string name, ExchangeScript script, TestLine line)
    {
        var party = new TestParty(name, script, line.From($"did:web:{name}.example"));
        await party.Start();
        line.Join(party);
        return party;
    }

    /// <summary>Forgets everything in memory and starts again from the journal, as after a crash.</summary>
    public async Task Restart()
    {
        await Stop();
        await Start();
        Desk.Resume();
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        key.Dispose();
        folder.Dispose();
    }

    private async Task Start()
    {
        journal = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, CancellationToken.None);
        Book = ProcessBook.Read(journal);
        Desk = new ProcessDesk(Book, new ScriptedConduct(script, Id, new Uri(Address, "/data/"), TimeProvider.System), link, new AddressRules([], (_, _) => false, () => Address), Address, TimeProvider.System);
    }

    private async Task Stop()
    {
        await Desk.DisposeAsync();
        await journal.DisposeAsync();
    }
}

/// <summary>Carries messages between parties in memory, and loses some, or their answers, as a line does.</summary>
internal sealed class TestLine(int seed, double loss)
{
    private readonly Dictionary<string, TestParty> parties = new(StringComparer.Ordinal);
    private readonly Random random = new(seed);
    private readonly Lock drawing = new();

    public void Join(TestParty party) => parties[party.Id] = party;

    public IPeerLink From(string caller) => new End(this, caller);

    private bool Loses()
    {
        lock (drawing)
            return random.NextDouble() < loss;
    }

    private sealed class End(TestLine line, string caller) : IPeerLink
    {
        public Task<PeerAnswer> Get(string peer, Uri address, CancellationToken cancel) => Ask(peer, party =>
        {
            var parts = Parts(address);
            return party.Desk.Tell(parts[0] == "negotiations" ? ProcessKind.Negotiation : ProcessKind.Transfer, parts[1], caller, cancel);
        });

        public Task<PeerAnswer> Post(string peer, Uri address, JsonObject body, CancellationToken cancel) => Ask(peer, party =>
        {
            var sent = body.DeepClone().AsObject();
            return Parts(address) switch
            {
                ["negotiations", "request"] => party.Desk.Open(MessageKind.ContractRequest, caller, sent, cancel),
                ["negotiations", "offers"] => party.Desk.Open(MessageKind.ContractOffer, caller, sent, cancel),
                ["transfers", "request"] => party.Desk.Open(MessageKind.TransferRequest, caller, sent, cancel),
                [_, var pid, .. var door] => party.Desk.Receive(pid, caller, sent, KindsAt(string.Join('/', door), address), cancel),
                _ => throw new InvalidOperationException(address.ToString()),
            };
        });

        private async Task<PeerAnswer> Ask(string peer, Func<TestParty, Task<Answer>> ask)
        {
            await Task.Yield();
            if (line.Loses())
                return new PeerAnswer(0, null, "the message was lost");
            try
            {
                var answer = await ask(line.parties[peer]);
                return line.Loses() ? new PeerAnswer(0, null, "the answer was lost") : new PeerAnswer(answer.Status, answer.Body, answer.Status < 300 ? null : answer.Body.ToJsonString());
            }
            catch (Exception fallen) when (fallen is ObjectDisposedException or OperationCanceledException or InvalidOperationException or Dure.Kernel.ProblemException)
            {
                return new PeerAnswer(0, null, "the other side fell");
            }
        }

        private static string[] Parts(Uri address) => [.. address.AbsolutePath.Split('/').Skip(2).Select(Uri.UnescapeDataString)];

        private static MessageKind[] KindsAt(string door, Uri address) => door switch
        {
            "request" => [MessageKind.ContractRequest],
            "offers" => [MessageKind.ContractOffer],
            "agreement" => [MessageKind.ContractAgreement],
            "agreement/verification" => [MessageKind.ContractVerification],
            "events" => [MessageKind.ContractAcceptance, MessageKind.ContractFinalization],
            "start" => [MessageKind.TransferStart],
            "completion" => [MessageKind.TransferCompletion],
            "suspension" => [MessageKind.TransferSuspension],
            _ => [address.AbsolutePath.Contains("/negotiations/", StringComparison.Ordinal) ? MessageKind.ContractTermination : MessageKind.TransferTermination],
        };
    }
}
