using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Handover;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;
using Dure.Tests.Evidence;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Exchange.Handover;

/// <summary>A partner's signal has a name of its own here, and its rules are known before its samples are.</summary>
public sealed class ReceivedSignalTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private NodeKey key = null!; // InitializeAsync sets these
    private Journal journal = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        key = NodeKey.LoadOrCreate(folder.Sub("keys"));
        journal = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await journal.DisposeAsync();
        key.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_received_signal_is_never_called_as_one_that_is_here()
    {
        var book = ReceivedBook.Read(journal);
        var own = new HashSet<string> { "received/lab.example/plant/pump/A" };
        var names = await book.EnterSignals(Origin("did:web:lab.example", "a1"), ["plant/pump/A", "plant/pump/B"], own.Contains, Cancel);
        Assert.Equal(["received/lab.example 2/plant/pump/A", "received/lab.example/plant/pump/B"], names);
        Assert.Empty(book.OriginsOfSignal("received/lab.example/plant/pump/A"));
        // Two identifiers that look alike as names do not share a signal.
        var port = await book.EnterSignals(Origin("did:web:lab.example%3A8443", "a2"), ["x/y"], own.Contains, Cancel);
        var path = await book.EnterSignals(Origin("did:web:lab.example:8443", "a3"), ["x/y"], own.Contains, Cancel);
        Assert.NotEqual(port, path);
        Assert.Equal("did:web:lab.example:8443", Assert.Single(book.OriginsOfSignal(path[0])).Provider);
    }

    [Fact]
    public async Task A_signal_stands_under_every_agreement_that_brought_it_also_after_a_restart()
    {
        var book = ReceivedBook.Read(journal);
        var first = await book.EnterSignals(Origin("did:web:lab.example", "a1"), ["plant/pump/A"], _ => false, Cancel);
        var entries = journal.Count;
        Assert.Equal(first, await book.EnterSignals(Origin("did:web:lab.example", "a1"), ["plant/pump/A"], path => path == first[0], Cancel));
        Assert.Equal(entries, journal.Count);
        Assert.Equal(first, await book.EnterSignals(Origin("did:web:lab.example", "a2"), ["plant/pump/A"], path => path == first[0], Cancel));
        foreach (var read in new[] { book, ReceivedBook.Read(journal) })
        {
            Assert.Equal(["a1", "a2"], read.OriginsOfSignal(first[0]).Select(origin => (string)origin.Agreement["@id"]!));
            Assert.Equal("plant/pump/A", read.OriginsOfSignal(first[0])[0].Original);
            Assert.Equal(2, read.Signals.Count);
        }
    }

    [Fact]
    public async Task A_partner_brings_only_so_many_signals_under_an_agreement_and_in_all()
    {
        var book = ReceivedBook.Read(journal);
        for (var agreement = 1; agreement <= 5; agreement++)
        {
            var origin = Origin("did:web:lab.example", $"a{agreement}");
            var names = Enumerable.Range(0, ReceivedSignals.MostOfAgreement).Select(i => $"{agreement}/{i}").ToList();
            book.CheckRoomFor(origin, names);
            await book.EnterSignals(origin, names, _ => false, Cancel);
        }
        foreach (var read in new[] { book, ReceivedBook.Read(journal) })
        {
            read.CheckRoomFor(Origin("did:web:lab.example", "a1"), ["1/0", "1/1"]); // known
            read.CheckRoomFor(Origin("did:web:lab.example", "a6"), ["1/0", "1/1"]); // under another agreement too
            read.CheckRoomFor(Origin("did:web:other.example", "b1"), ["x/y"]);
            Assert.Throws<ProblemException>(() => read.CheckRoomFor(Origin("did:web:lab.example", "a1"), ["2/0"]));
            Assert.Throws<ProblemException>(() => read.CheckRoomFor(Origin("did:web:lab.example", "a6"), ["x/y"]));
        }
    }

    [Fact]
    public void Whatever_a_partner_calls_a_signal_its_name_here_is_one_a_signal_can_have() =>
        Prop.ForAll<NonNull<string>, NonNull<string>>((provider, original) =>
        {
            var name = new ReceivedSignals().NameFor($"did:web:{provider.Get}", original.Get, _ => false);
            return SignalId.TryParse(name, out _, out _) && name.StartsWith("received/", StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();

    internal static Origin Origin(string provider, string agreement) => new(provider, "pumps", "urn:uuid:t1",
        new ExchangeProcess { Kind = ProcessKind.Negotiation, Role = Role.Consumer, Pid = "urn:uuid:n1", Peer = provider, PeerAddress = new Uri("https://lab.example/dsp"), Dataset = "pumps" },
        new JsonObject { ["@id"] = agreement, ["@type"] = "Agreement", ["target"] = "pumps", ["permission"] = new JsonArray(new JsonObject { ["action"] = "use" }) });
}
