using System.Text.Json.Nodes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Processes;

/// <summary>What a node does next of its own accord on entering a state.</summary>
/// <param name="Sends">The message to send; null: nothing.</param>
/// <param name="NeedsDecision">A person has to decide.</param>
/// <param name="Reason">Why, in words.</param>
public readonly record struct Reaction((MessageKind Kind, JsonObject Body)? Sends, bool NeedsDecision, string? Reason)
{
    public static Reaction None => default;

    public static Reaction Send(MessageKind kind, JsonObject body, string? reason = null) => new((kind, body), false, reason);

    public static Reaction Wait(string reason) => new(null, true, reason);
}

/// <summary>How a node conducts its exchanges: by its policies, or by a script when it is tested for conformance.</summary>
public interface IConduct
{
    /// <summary>Judges a first message: what it is about, so that a process may begin.</summary>
    /// <exception cref="ProblemException">It cannot begin, with the reason for the other side.</exception>
    ProcessStep.Beginning Admit(string caller, IncomingMessage message);

    /// <summary>Checks the addresses that a message gives: where answers are to go, and where data are.</summary>
    /// <exception cref="ProblemException">An address is none of the caller's.</exception>
    ValueTask CheckAddresses(string caller, IncomingMessage message, CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>What speaks against taking a later message that the protocol allows; null when nothing does. It changes nothing.</summary>
    Problem? Objection(ExchangeProcess process, IncomingMessage message) => null;

    /// <summary>Decides what comes next, on entering a state. It is called before the step is entered, and its message becomes part of it.</summary>
    ValueTask<Reaction> React(ExchangeProcess process, CancellationToken cancel);

    /// <summary>Takes what must not be written down (a token) out of a message before it is entered, and keeps it.</summary>
    ValueTask<JsonObject> TakeSecrets(string pid, IncomingMessage message, CancellationToken cancel);

    /// <summary>The message as it is sent, with what must not be written down.</summary>
    JsonObject AddSecrets(ExchangeProcess process, Outgoing outgoing);
}

/// <summary>What the other side answered.</summary>
/// <param name="Status">The HTTP status; 0 when it could not be reached.</param>
/// <param name="Body">Its body, if it was an object of JSON.</param>
/// <param name="Failure">What went wrong, in words; null when it accepted.</param>
public sealed record PeerAnswer(int Status, JsonObject? Body, string? Failure)
{
    public bool IsAccepted => Failure is null;

    /// <summary>Whether sending the same again later may help.</summary>
    public bool IsTransient => Status is 0 or 401 or 403 or 408 or 425 or 429 or >= 500;
}

/// <summary>The line to other participants.</summary>
public interface IPeerLink
{
    Task<PeerAnswer> Post(string peer, Uri address, JsonObject body, CancellationToken cancel);

    Task<PeerAnswer> Get(string peer, Uri address, CancellationToken cancel);
}
