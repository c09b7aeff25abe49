using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Dure.Evidence;
using Dure.Exchange.Protocol;

namespace Dure.Exchange.Processes;

/// <summary>All negotiations and transfers of this node: a fold of their steps in the journal.</summary>
public sealed class ProcessBook
{
    private readonly Journal journal;
    private readonly ConcurrentDictionary<string, ExchangeProcess> processes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(ProcessKind Kind, string Peer, string PeerPid), string> byPeer = new();
    private readonly ConcurrentDictionary<string, string> agreements = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> fetched = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> openWith = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Offer, string Peer), DateTimeOffset> firstAgreements = new();
    private int open;

    private ProcessBook(Journal journal) => this.journal = journal;

    /// <summary>Raised after a step is on the disk and in the book.</summary>
    public event Action<ExchangeProcess>? Changed;

    /// <summary>How many processes are not ended.</summary>
    public int Open => Volatile.Read(ref open);

    /// <summary>How many processes with one participant are not ended.</summary>
    public int OpenWith(string peer) => openWith.GetValueOrDefault(peer);

    public IEnumerable<ExchangeProcess> All => processes.Values;

    /// <summary>Reads the journal.</summary>
    public static ProcessBook Read(Journal journal)
    {
        var book = new ProcessBook(journal);
        foreach (var entry in journal.ReadKinds(ProcessStep.NegotiationEntry, ProcessStep.TransferEntry))
            book.Apply(entry, ProcessStep.Of(entry.Body));
        return book;
    }

    public bool TryFind(ProcessKind kind, string pid, [NotNullWhen(true)] out ExchangeProcess? process) =>
        processes.TryGetValue(pid, out process) && process.Kind == kind;

    /// <summary>The process that the other side calls <paramref name="peerPid"/>.</summary>
    public bool TryFindByPeer(ProcessKind kind, string peer, string peerPid, [NotNullWhen(true)] out ExchangeProcess? process)
    {
        process = null;
        return byPeer.TryGetValue((kind, peer, peerPid), out var pid) && processes.TryGetValue(pid, out process);
    }

    /// <summary>The negotiation in which an agreement came about; it counts once that is finalized.</summary>
    public bool TryFindAgreement(string agreementId, [NotNullWhen(true)] out ExchangeProcess? negotiation)
    {
        negotiation = null;
        return agreements.TryGetValue(agreementId, out var pid) && processes.TryGetValue(pid, out negotiation);
    }

    /// <summary>Whether this node has begun a transfer under an agreement as its consumer, however that went.</summary>
    public bool HasAskedForData(string agreementId) => fetched.ContainsKey(agreementId);

    /// <summary>
    /// When a partner's first agreement on an offer came about; null when there is none. Spans "after the agreement" count from it, so that
    /// negotiating again does not begin them anew.
    /// </summary>
    public DateTimeOffset? FirstAgreement(string offerId, string peer) => firstAgreements.TryGetValue((offerId, peer), out var at) ? at : null;

    /// <summary>Enters a step into the journal; when this returns it is on the disk. Steps of one process are committed one after the other by its desk.</summary>
    public async Task<ExchangeProcess> Commit(ProcessKind kind, string pid, ProcessStep step, string actor, CancellationToken cancel)
    {
        var entry = await journal.Append(ProcessStep.EntryKind(kind), pid, step.ToJson(), actor, cancel);
        var process = Apply(entry, step);
        Changed?.Invoke(process);
        return process;
    }

    private ExchangeProcess Apply(JournalEntry entry, ProcessStep step)
    {
        var kind = entry.Kind == ProcessStep.NegotiationEntry ? ProcessKind.Negotiation : ProcessKind.Transfer;
        var before = processes.GetValueOrDefault(entry.Subject);
        var process = step.After(before, kind, entry.Subject, EntryRef.To(entry), entry.Time);
        processes[entry.Subject] = process;
        if (process.PeerPid is { } peerPid)
            byPeer.TryAdd((kind, process.Peer, peerPid), process.Pid);
        if (kind == ProcessKind.Negotiation && process.AgreementId is { } agreement)
            agreements.TryAdd(agreement, process.Pid);
        if (kind == ProcessKind.Transfer && process is { Role: Role.Consumer, AgreementId: { } rested })
            fetched.TryAdd(rested, true);
        if (process is { State: ProcessState.Finalized, Role: Role.Provider, Offer: { } offer } && before?.State != ProcessState.Finalized)
            firstAgreements.TryAdd((offer["@id"]!.GetValue<string>(), process.Peer), entry.Time);
        var change = (process.State.IsFinal() ? 0 : 1) - (before is null || before.State.IsFinal() ? 0 : 1);
        Interlocked.Add(ref open, change);
        openWith.AddOrUpdate(process.Peer, change, (_, count) => count + change);
        return process;
    }
}
