using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Processes;

/// <summary>An answer to a message: HTTP status and body.</summary>
public sealed record Answer(int Status, JsonObject Body)
{
    /// <summary>What failed in this house, for its own log; the body does not say it.</summary>
    public Problem? Trouble { get; init; }
}

/// <summary>
/// Takes messages of other participants and decisions of this one, and moves processes on. Steps of one process happen one after the
/// other; each is on the disk before it is answered or its message leaves.
/// </summary>
public sealed class ProcessDesk : IAsyncDisposable
{
    private const string TooManyOpen = "urn:dure:exchange:too-many-open";
    private const int MaxOpen = 100_000;
    private const int MaxOpenPerPeer = 10_000;
    private static readonly TimeSpan LongestAcknowledgement = TimeSpan.FromMilliseconds(500);

    private readonly ProcessBook book;
    private readonly IConduct conduct;
    private readonly AddressRules rules;
    private readonly ProcessGates gates = new();
    private readonly Courier courier;

    /// <param name="rules">Where this node may connect to: a first message whose callback address breaks them begins nothing.</param>
    public ProcessDesk(ProcessBook book, IConduct conduct, IPeerLink link, AddressRules rules, Uri ownAddress, TimeProvider time)
    {
        (this.book, this.conduct, this.rules, OwnAddress) = (book, conduct, rules, ownAddress);
        courier = new Courier(book, conduct, link, gates, time);
    }

    /// <summary>Where this node takes the protocol's messages, in either role.</summary>
    public Uri OwnAddress { get; }

    public ProcessBook Book => book;

    /// <summary>Sends what a former run of the node did not get delivered.</summary>
    public void Resume()
    {
        foreach (var process in book.All.Where(process => process.Pending is not null))
            courier.Send(process);
    }

    /// <summary>The state of a process, for its other side. Whoever asks right after it acknowledged a message sees the state that leads to.</summary>
    public async Task<Answer> Tell(ProcessKind kind, string pid, string caller, CancellationToken cancel)
    {
        if (!book.TryFind(kind, pid, out var process) || process.Peer != caller)
            return Unknown(kind, pid);
        if (process.Pending is not null)
            await courier.Rest(pid, LongestAcknowledgement, cancel);
        return new Answer(200, BodyOf(book.TryFind(kind, pid, out var now) ? now : process));
    }

    /// <summary>Takes the first message of a process that the other side begins.</summary>
    public async Task<Answer> Open(MessageKind expected, string caller, JsonObject body, CancellationToken cancel)
    {
        var kind = expected.Process();
        IncomingMessage message;
        try
        {
            message = MessageReader.Read(body, expected);
        }
        catch (ProblemException wrong)
        {
            return Refuse(kind, IdOf(body, "providerPid"), IdOf(body, "consumerPid"), wrong.Problem);
        }
        var peerPid = (expected == MessageKind.ContractOffer ? message.ProviderPid : message.ConsumerPid)!;
        using var _ = await gates.Enter($"{caller} {peerPid}", cancel);
        if (book.TryFindByPeer(kind, caller, peerPid, out var known))
            return known.Role == Role.Provider == (expected != MessageKind.ContractOffer) && (message.AgreementId is { } agreement ? known.AgreementId == agreement : known.Dataset == Target(message))
                ? new Answer(201, BodyOf(known))
                : Refuse(kind, peerPid, peerPid, new Problem("urn:dure:exchange:pid-in-use", "This id stands for another process already.", "pid", "Choose a new one for each process."));
        try
        {
            if (message.CallbackAddress is null)
                throw new ProblemException("urn:dure:exchange:bad-message", "A first message needs 'callbackAddress' and no id of ours.", "callbackAddress", "Send the address at which answers are taken.");
            rules.Check(message.CallbackAddress);
            await conduct.CheckAddresses(caller, message, cancel);
            if (book.Open >= MaxOpen || book.OpenWith(caller) >= MaxOpenPerPeer)
                throw new ProblemException(TooManyOpen, "Too many processes are open.", "provider", "End some, and try again later.");
            var pid = NewPid();
            var begins = conduct.Admit(caller, message);
            var kept = await conduct.TakeSecrets(pid, message, cancel);
            var step = new ProcessStep { Begins = begins, PeerPid = peerPid, Received = (message.Kind, kept) };
            var process = await Commit(kind, pid, null, step, caller, cancel);
            return new Answer(201, BodyOf(process, message.Kind.Target()));
        }
        catch (ProblemException refused)
        {
            return Refuse(kind, message.ProviderPid ?? peerPid, message.ConsumerPid ?? peerPid, refused.Problem);
        }
    }

    /// <summary>Takes a later message of the other side.</summary>
    public async Task<Answer> Receive(string pid, string caller, JsonObject body, MessageKind[] expected, CancellationToken cancel)
    {
        var kind = expected[0].Process();
        IncomingMessage message;
        try
        {
            message = MessageReader.Read(body, expected);
        }
        catch (ProblemException wrong)
        {
            return book.TryFind(kind, pid, out var own) && own.Peer == caller ? Refuse(kind, own.ProviderPid, own.ConsumerPid, wrong.Problem) : Unknown(kind, pid);
        }
        using var _ = await gates.Enter(pid, cancel);
        if (!book.TryFind(kind, pid, out var process) || process.Peer != caller)
            return Unknown(kind, pid);
        if (Mismatch(process, message) is { } mismatch)
            return Refuse(process, mismatch);
        try
        {
            var kept = await conduct.TakeSecrets(pid, message, cancel);
            if (IsRepetition(process, message, kept))
                return new Answer(200, BodyOf(process));
            var isAllowed = message.Kind.IsAllowed(process.State, process.PeerRole);
            // The other side may answer before its acknowledgement of our message has been read here: the answer supposes it.
            var supposesPending = !isAllowed && process.Pending is { } pending && message.Kind.IsAllowed(pending.Kind.Target(), process.PeerRole);
            if (!isAllowed && !supposesPending)
                return Refuse(process, new Problem("urn:dure:exchange:not-now", $"{message.Kind.WireType()} cannot be sent while the process is {process.State.Wire()}.", "state", "Ask for the state and send what fits it."));
            if (conduct.Objection(process, message) is { } objection)
                return Refuse(process, objection);
            var step = new ProcessStep { Delivers = supposesPending, PeerPid = process.PeerPid is null ? PeerPidIn(process, message) : null, Received = (message.Kind, kept), Reason = message.Reason };
            var after = await Commit(kind, pid, process, step, caller, cancel);
            return new Answer(200, BodyOf(after, message.Kind.Target()));
        }
        catch (ProblemException refused)
        {
            return Refuse(process, refused.Problem);
        }
    }

    /// <summary>Begins a process with another participant.</summary>
    /// <param name="kind">The first message.</param>
    /// <param name="begins">With whom and what about.</param>
    /// <param name="compose">Makes the message from this node's new id of the process.</param>
    /// <param name="actor">The person or machine that wants it.</param>
    public async Task<ExchangeProcess> Begin(MessageKind kind, ProcessStep.Beginning begins, Func<string, JsonObject> compose, string actor, CancellationToken cancel)
    {
        if (book.Open >= MaxOpen)
            throw new ProblemException(TooManyOpen, $"{MaxOpen} negotiations and transfers are open.", "exchange", "End some of them first.");
        var pid = NewPid();
        using var _ = await gates.Enter(pid, cancel);
        var process = await book.Commit(kind.Process(), pid, new ProcessStep { Begins = begins, Sends = (kind, compose(pid)) }, actor, cancel);
        courier.Send(process);
        return process;
    }

    /// <summary>Sends a message that a person (or a rule of this node) decided on.</summary>
    /// <exception cref="ProblemException">The process is unknown, or its state does not allow the message.</exception>
    public async Task<ExchangeProcess> Decide(ProcessKind kind, string pid, MessageKind decision, Func<ExchangeProcess, JsonObject> compose, string? reason, string actor, CancellationToken cancel)
    {
        await courier.Settle(pid, cancel);
        using var _ = await gates.Enter(pid, cancel);
        if (!book.TryFind(kind, pid, out var process))
            throw new ProblemException("urn:dure:exchange:unknown-process", $"There is no {kind.ToString().ToLowerInvariant()} {pid}.", "id", "List them with: dure exchange list");
        if (process.Heading == decision.Target())
            return process;
        var heading = process.Heading;
        var isEnding = decision.Target() == ProcessState.Terminated;
        if (!decision.IsAllowed(heading, process.Role) && !(isEnding && !heading.IsFinal()))
            throw new ProblemException("urn:dure:exchange:not-now", $"It is {heading.Wire()}; that does not allow {decision.WireType()}.", pid, "Look at its page for what can be done next.");
        // What the other side has not even heard of needs no word to it.
        var step = process.PeerPid is null && isEnding
            ? new ProcessStep { Abandons = true, Ends = true, Reason = reason }
            : new ProcessStep { Abandons = process.Pending is not null && isEnding, Delivers = process.Pending is not null && !isEnding, Sends = (decision, compose(process)), Reason = reason };
        var after = await book.Commit(kind, pid, step, actor, cancel);
        courier.Send(after);
        return after;
    }

    public ValueTask DisposeAsync() => courier.DisposeAsync();

    private async Task<ExchangeProcess> Commit(ProcessKind kind, string pid, ExchangeProcess? before, ProcessStep step, string actor, CancellationToken cancel)
    {
        var process = await book.Commit(kind, pid, await Reactions.Join(conduct, kind, pid, before, step, cancel), actor, cancel);
        courier.Send(process);
        return process;
    }

    private static Problem? Mismatch(ExchangeProcess process, IncomingMessage message)
    {
        var (own, peer) = process.Role == Role.Provider ? (message.ProviderPid, message.ConsumerPid) : (message.ConsumerPid, message.ProviderPid);
        if (own is not null && own != process.Pid)
            return new Problem("urn:dure:exchange:wrong-pid", "The message names another process than its address.", process.Role == Role.Provider ? "providerPid" : "consumerPid", "Send the id that stands in the address.");
        if (process.Kind == ProcessKind.Negotiation && message.Policy is not null && Target(message) != process.Dataset)
            return new Problem("urn:dure:exchange:wrong-target", "The message is about another dataset than this negotiation.", "target", "Begin a negotiation of its own for it.");
        if (peer is null || (process.PeerPid is { } known && peer != known))
            return new Problem("urn:dure:exchange:wrong-pid", "The message names another process of yours than the one this began with.", process.Role == Role.Provider ? "consumerPid" : "providerPid", "Send the id of the first message.");
        return null;
    }

    private static string? Target(IncomingMessage message) => message.Policy?["target"]?.GetValue<string>();

    private static string? PeerPidIn(ExchangeProcess process, IncomingMessage message) => process.Role == Role.Provider ? message.ConsumerPid : message.ProviderPid;

    /// <summary>Without an id of its own, a counter-request that equals the last one may be meant as a new one; any other equal message is the same one sent again.</summary>
    private static bool IsRepetition(ExchangeProcess process, IncomingMessage message, JsonObject kept) =>
        process.LastReceived is { } last && (message.Kind != MessageKind.ContractRequest || message.Body.ContainsKey("@id")) && CanonicalJson.Hash(kept) == last;

    private static JsonObject BodyOf(ExchangeProcess process, ProcessState? state = null) =>
        Dsp.ProcessBody(process.Kind, process.ProviderPid, process.ConsumerPid, state ?? (process.State == ProcessState.None ? ProcessState.Requested : process.State));

    private static Answer Refuse(ExchangeProcess process, Problem problem) => Refuse(process.Kind, process.ProviderPid, process.ConsumerPid, problem);

    private static Answer Refuse(ProcessKind kind, string providerPid, string consumerPid, Problem problem)
    {
        var told = OwnTrouble.Is(problem) ? OwnTrouble.Told : problem;
        return new Answer(StatusOf(told), Dsp.ProcessError(kind, providerPid, consumerPid, told.Type, $"{told.What} {told.Mend}")) { Trouble = told == problem ? null : problem };
    }

    /// <summary>A disk or a journal that fails is no fault of the other side: it has to try again, and not to give up.</summary>
    private static int StatusOf(Problem problem) => problem.Type == OwnTrouble.Type ? 503
        : problem.Type == TooManyOpen ? 429
        : 400;

    /// <summary>A process of somebody else is answered like one that does not exist.</summary>
    private static Answer Unknown(ProcessKind kind, string pid) =>
        new(404, Dsp.ProcessError(kind, pid, pid, "urn:dure:exchange:unknown-process", "There is no such process of yours."));

    private static string IdOf(JsonObject body, string name) => body[name] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length is > 0 and <= Dsp.MaxIdLength ? text : "unknown";

    private static string NewPid() => $"urn:uuid:{Guid.NewGuid()}";
}
