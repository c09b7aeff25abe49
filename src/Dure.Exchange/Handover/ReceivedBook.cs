using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Exchange.Policies;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>Something this node received, and the rules that came with it.</summary>
/// <param name="TransferPid">The transfer that brought it.</param>
/// <param name="Artefact">What it is here: a dataset version's id, or a file's hash.</param>
/// <param name="Provider">Who gave it.</param>
/// <param name="Dataset">Its id in the provider's catalogue.</param>
/// <param name="Agreement">The agreement, as both sides signed it.</param>
/// <param name="Content">The hash of what was received.</param>
/// <param name="Bytes">How much was received.</param>
/// <param name="At">When.</param>
/// <param name="Entry">The journal entry that says so.</param>
public sealed record Received(string TransferPid, string Artefact, string Provider, string Dataset, JsonObject Agreement, ContentHash Content, long Bytes, DateTimeOffset At, EntryRef Entry)
{
    /// <summary>The rules that travel with it.</summary>
    public UsagePolicy Policy { get; } = PolicyJson.Read(Agreement);

    public string? AgreementId => Agreement["@id"] is JsonValue id && id.TryGetValue<string>(out var text) ? text : null;
}

/// <summary>What was received under which rules: a fold of the journal. What is made from it carries the rules on.</summary>
public sealed class ReceivedBook : IDisposable
{
    public const string Arrived = "data-received";

    /// <summary>So many signals' names fit into one entry of the journal.</summary>
    private const int MostInEntry = 1000;

    private readonly Journal journal;
    private readonly ConcurrentDictionary<string, Received> byTransfer = new(StringComparer.Ordinal);
    private readonly ReceivedSignals signals = new();
    private readonly SemaphoreSlim naming = new(1, 1);

    private ReceivedBook(Journal journal) => this.journal = journal;

    public IReadOnlyList<Received> All => [.. byTransfer.Values.OrderByDescending(received => received.At)];

    public static ReceivedBook Read(Journal journal)
    {
        var book = new ReceivedBook(journal);
        foreach (var entry in journal.ReadKinds(Arrived, ReceivedSignals.Arrived))
        {
            if (entry.Kind == Arrived)
                book.Apply(entry);
            else
                book.signals.Apply(entry);
        }
        return book;
    }

    public Received? OfTransfer(string pid) => byTransfer.GetValueOrDefault(pid);

    /// <summary>Everything under whose rules an artefact stands.</summary>
    public IReadOnlyList<Received> Of(string artefact) => [.. byTransfer.Values.Where(received => received.Artefact == artefact).OrderBy(received => received.At)];

    /// <summary>What came under an agreement.</summary>
    public IReadOnlyList<Received> UnderAgreement(string agreementId) => [.. byTransfer.Values.Where(received => received.AgreementId == agreementId).OrderBy(received => received.At)];

    /// <summary>The signals whose samples come from partners, by path; one that stands under several agreements comes once for each.</summary>
    public IReadOnlyList<ReceivedSignal> Signals => signals.All;

    /// <summary>The agreements under whose rules a signal's samples stand, oldest first; empty for a signal of this plant. What is made from it carries all of them on.</summary>
    /// <param name="path">The signal's path here.</param>
    public IReadOnlyList<ReceivedSignal> OriginsOfSignal(string path) => signals.OriginsOf(path);

    /// <summary>The signals of a machine whose samples come from partners, once for each agreement.</summary>
    public IEnumerable<ReceivedSignal> SignalsUnder(string assetPath) => signals.All.Where(signal => signal.Path.StartsWith($"{assetPath}/", StringComparison.Ordinal));

    /// <summary>Whether signals may still come: a partner may bring many, but not fill this node with their names.</summary>
    /// <exception cref="ProblemException">They would be too many.</exception>
    internal void CheckRoomFor(Origin origin, IEnumerable<string> originals) => signals.CheckRoomFor(origin.Provider, origin.Agreement["@id"]!.GetValue<string>(), originals);

    /// <summary>What partners' signals are called here, all of them entered under the agreement when this returns.</summary>
    /// <param name="originals">What the partner calls them.</param>
    /// <param name="isTaken">Whether this plant has a signal of that name.</param>
    internal async Task<IReadOnlyList<string>> EnterSignals(Origin origin, IReadOnlyList<string> originals, Func<string, bool> isTaken, CancellationToken cancel)
    {
        var agreement = origin.Agreement["@id"]!.GetValue<string>();
        // Names are given one after the other: two partners may call their signals alike.
        await naming.WaitAsync(cancel);
        try
        {
            var isNew = originals.Where(original => !signals.TryFind(origin.Provider, original, agreement, out _)).Distinct(StringComparer.Ordinal).ToList();
            foreach (var some in isNew.Chunk(MostInEntry))
                signals.Apply(await journal.Append(ReceivedSignals.Arrived, origin.TransferPid, ReceivedSignals.BodyOf(origin, Named(origin, some, isTaken)), origin.Provider, cancel));
        }
        finally
        {
            naming.Release();
        }
        return [.. originals.Select(original => signals.NameFor(origin.Provider, original, isTaken))];
    }

    /// <summary>For each agreement under which signals came one entry that says so, and so leads to the agreement.</summary>
    public static IReadOnlyList<EntryRef> EntriesOf(IEnumerable<ReceivedSignal> origins) => [.. origins.DistinctBy(origin => ReceivedSignals.IdOf(origin.Agreement)).Select(origin => origin.Entry)];

    public void Dispose() => naming.Dispose();

    private List<(string Path, string Original)> Named(Origin origin, IEnumerable<string> originals, Func<string, bool> isTaken)
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        return [.. originals.Select(original =>
        {
            var path = signals.NameFor(origin.Provider, original, candidate => given.Contains(candidate) || isTaken(candidate));
            given.Add(path);
            return (path, original);
        })];
    }

    internal async Task<Received> Enter(Origin origin, string artefact, ContentHash content, long bytes, CancellationToken cancel)
    {
        var body = Lineage.Of(origin.Negotiation.Entries).Into(new JsonObject
        {
            ["artefact"] = artefact,
            ["provider"] = origin.Provider,
            ["dataset"] = origin.Dataset,
            ["agreement"] = origin.Agreement.DeepClone(),
            ["content"] = content.ToString(),
            ["bytes"] = bytes,
        });
        return Apply(await journal.Append(Arrived, origin.TransferPid, body, origin.Provider, cancel));
    }

    private Received Apply(JournalEntry entry)
    {
        var body = entry.Body;
        return byTransfer[entry.Subject] = new Received(entry.Subject, body["artefact"]!.GetValue<string>(), body["provider"]!.GetValue<string>(), body["dataset"]!.GetValue<string>(),
            body["agreement"]!.AsObject(), ContentHash.Parse(body["content"]!.GetValue<string>()), (long)body["bytes"]!.GetValue<double>(), entry.Time, EntryRef.To(entry));
    }
}
