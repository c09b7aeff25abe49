using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Processes;

/// <summary>A message that has been decided on and must reach the other side.</summary>
/// <param name="Kind">What it does; once it is acknowledged the process is in <see cref="MessageKinds.Target"/>.</param>
/// <param name="Body">All of it, but for tokens, which are added when it is sent.</param>
/// <param name="Entry">The journal entry in which it was decided.</param>
public sealed record Outgoing(MessageKind Kind, JsonObject Body, long Entry);

/// <summary>One negotiation or transfer as this node knows it: a fold of its entries in the journal.</summary>
public sealed record ExchangeProcess
{
    public required ProcessKind Kind { get; init; }
    public required Role Role { get; init; }

    /// <summary>This node's own id of the process.</summary>
    public required string Pid { get; init; }

    /// <summary>The other side's id; null until it has answered the first message.</summary>
    public string? PeerPid { get; init; }

    /// <summary>Who the other side is, by its verified identity.</summary>
    public required string Peer { get; init; }

    /// <summary>Where the other side takes messages.</summary>
    public required Uri PeerAddress { get; init; }

    public ProcessState State { get; init; }

    /// <summary>How often it has entered each state.</summary>
    public ImmutableDictionary<ProcessState, int> Visits { get; init; } = ImmutableDictionary<ProcessState, int>.Empty;

    /// <summary>The dataset that is negotiated about or transferred.</summary>
    public required string Dataset { get; init; }

    /// <summary>The offer on the table: the newest one that was sent or received.</summary>
    public JsonObject? Offer { get; init; }

    /// <summary>The agreement as the provider sent it; it counts once the negotiation is finalized.</summary>
    public JsonObject? Agreement { get; init; }

    /// <summary>The provider's signature of the agreement, where it gave one.</summary>
    public string? AgreementSignature { get; init; }

    /// <summary>The agreement that has come about, or that a transfer rests on.</summary>
    public string? AgreementId { get; init; }

    /// <summary>What the consumer says it will use the data for.</summary>
    public ImmutableArray<string> Purposes { get; init; } = [];

    /// <summary>The data are fetched as soon as the agreement is final.</summary>
    public bool ThenFetches { get; init; }

    /// <summary>How many bytes the provider's catalogue announced when it was asked for (negotiations, as consumer).</summary>
    public long? Announced { get; init; }

    /// <summary>Where the other side hands the data over, without the token (transfers).</summary>
    public JsonObject? DataAddress { get; init; }

    /// <summary>How the data are handed over; of a negotiation, how they will be.</summary>
    public string? Format { get; init; }

    /// <summary>How often the data address was made anew: part of what its token is made from, so that an old token opens nothing.</summary>
    public int AddressVersion { get; init; }

    /// <summary>The hash of the newest message that came, by which a repetition is known.</summary>
    public ContentHash? LastReceived { get; init; }

    /// <summary>What is on its way to the other side.</summary>
    public Outgoing? Pending { get; init; }

    /// <summary>Why it was ended or suspended, in words.</summary>
    public string? Reason { get; init; }

    /// <summary>This side suspended it: then only this side starts it again.</summary>
    public bool IsHeldHere { get; init; }

    /// <summary>Waits for a person of this organisation.</summary>
    public bool NeedsDecision { get; init; }

    /// <summary>The step that made a negotiation final, and when that was: later steps only say that the other side knows.</summary>
    public (EntryRef Entry, DateTimeOffset At)? Finalized { get; init; }

    public DateTimeOffset Began { get; init; }
    public DateTimeOffset Changed { get; init; }

    /// <summary>The journal entries that made it what it is, oldest first.</summary>
    public ImmutableArray<EntryRef> Entries { get; init; } = [];

    public string ProviderPid => Role == Role.Provider ? Pid : PeerPid ?? "";
    public string ConsumerPid => Role == Role.Consumer ? Pid : PeerPid ?? "";
    public Role PeerRole => Role == Role.Provider ? Role.Consumer : Role.Provider;

    /// <summary>The process in another state.</summary>
    public ExchangeProcess Entering(ProcessState state) => this with { State = state, Pending = null, Visits = Visits.SetItem(state, Visits.GetValueOrDefault(state) + 1) };

    /// <summary>The state once everything on its way has been acknowledged.</summary>
    public ProcessState Heading => Pending?.Kind.Target() ?? State;
}
