using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Processes;

/// <summary>
/// One step of a process: what came, what was delivered, what is to be sent. It is one journal entry, so all of it happens or none.
/// </summary>
public sealed record ProcessStep
{
    public const string NegotiationEntry = "negotiation-step";
    public const string TransferEntry = "transfer-step";

    /// <summary>Who the other side is and what it is about; in a process's first step only.</summary>
    public Beginning? Begins { get; init; }

    /// <summary>A message from the other side, with everything in it but tokens.</summary>
    public (MessageKind Kind, JsonObject Body)? Received { get; init; }

    /// <summary>The pending message was acknowledged, directly or by an answer that supposes it.</summary>
    public bool Delivers { get; init; }

    /// <summary>The pending message is given up.</summary>
    public bool Abandons { get; init; }

    /// <summary>The other side's id of the process, learnt from its answer to the first message.</summary>
    public string? PeerPid { get; init; }

    /// <summary>The message to send next.</summary>
    public (MessageKind Kind, JsonObject Body)? Sends { get; init; }

    /// <summary>Ends the process here without a message: the other side cannot be reached or did what the protocol forbids.</summary>
    public bool Ends { get; init; }

    public bool NeedsDecision { get; init; }

    /// <summary>Why it ends, is suspended or waits, in words.</summary>
    public string? Reason { get; init; }

    /// <summary>What a process's first step says of it.</summary>
    public sealed record Beginning(Role Role, string Peer, Uri PeerAddress, string Dataset, ImmutableArray<string> Purposes, string? AgreementId, string? Format, bool ThenFetches = false, long? Announced = null);

    public static string EntryKind(ProcessKind kind) => kind == ProcessKind.Negotiation ? NegotiationEntry : TransferEntry;

    /// <summary>The step as the body of its journal entry.</summary>
    public JsonObject ToJson()
    {
        var body = new JsonObject();
        if (Begins is { } begins)
        {
            body["role"] = begins.Role.ToString();
            body["peer"] = begins.Peer;
            body["peerAddress"] = begins.PeerAddress.AbsoluteUri;
            body["dataset"] = begins.Dataset;
            body["purposes"] = new JsonArray([.. begins.Purposes.Select(purpose => JsonValue.Create(purpose))]);
            Set(body, "agreement", begins.AgreementId);
            Set(body, "format", begins.Format);
            Set(body, "thenFetches", begins.ThenFetches);
            if (begins.Announced is { } announced)
                body["announced"] = announced;
        }
        if (Received is { } received)
            body["received"] = Message(received);
        if (Sends is { } sends)
            body["sends"] = Message(sends);
        Set(body, "peerPid", PeerPid);
        Set(body, "reason", Reason);
        Set(body, "delivers", Delivers);
        Set(body, "abandons", Abandons);
        Set(body, "ends", Ends);
        Set(body, "needsDecision", NeedsDecision);
        return body;
    }

    /// <summary>Reads back what <see cref="ToJson"/> wrote.</summary>
    public static ProcessStep Of(JsonObject body) => new()
    {
        Begins = body["role"] is null ? null : new Beginning(Enum.Parse<Role>(Text(body, "role")!), Text(body, "peer")!, new Uri(Text(body, "peerAddress")!), Text(body, "dataset")!,
            [.. body["purposes"]!.AsArray().Select(purpose => purpose!.GetValue<string>())], Text(body, "agreement"), Text(body, "format"), Is(body, "thenFetches"), (long?)body["announced"]?.GetValue<double>()),
        Received = Message(body, "received"),
        Sends = Message(body, "sends"),
        PeerPid = Text(body, "peerPid"),
        Reason = Text(body, "reason"),
        Delivers = Is(body, "delivers"),
        Abandons = Is(body, "abandons"),
        Ends = Is(body, "ends"),
        NeedsDecision = Is(body, "needsDecision"),
    };

    /// <summary>The process after this step.</summary>
    /// <param name="before">The process; null when this step begins it.</param>
    /// <param name="kind">Negotiation or transfer.</param>
    /// <param name="pid">This node's id of it.</param>
    /// <param name="entry">The step's entry in the journal.</param>
    /// <param name="at">When it was entered.</param>
    public ExchangeProcess After(ExchangeProcess? before, ProcessKind kind, string pid, EntryRef entry, DateTimeOffset at)
    {
        var process = before ?? new ExchangeProcess
        {
            Kind = kind,
            Role = Begins!.Role,
            Pid = pid,
            Peer = Begins.Peer,
            PeerAddress = Begins.PeerAddress,
            Dataset = Begins.Dataset,
            Purposes = Begins.Purposes,
            AgreementId = Begins.AgreementId,
            Format = Begins.Format,
            ThenFetches = Begins.ThenFetches,
            Announced = Begins.Announced,
            Began = at,
        };
        process = process with { Changed = at, Entries = process.Entries.Add(entry), PeerPid = PeerPid ?? process.PeerPid, Reason = Reason ?? process.Reason, NeedsDecision = NeedsDecision };
        if (Delivers && process.Pending is { } delivered)
            process = process.Entering(delivered.Kind.Target());
        if (Abandons)
            process = process with { Pending = null };
        if (Received is { } received)
            process = Take(process, received.Kind, received.Body, isOwn: false).Entering(received.Kind.Target()) with { LastReceived = CanonicalJson.Hash(received.Body) };
        if (Sends is { } sends)
            process = Take(process, sends.Kind, sends.Body, isOwn: true) with { Pending = new Outgoing(sends.Kind, sends.Body, entry.Entry) };
        if (Ends)
            process = process.Entering(ProcessState.Terminated);
        return process.Finalized is null && process.Heading == ProcessState.Finalized ? process with { Finalized = (entry, at) } : process;
    }

    private static ExchangeProcess Take(ExchangeProcess process, MessageKind kind, JsonObject body, bool isOwn) => kind switch
    {
        MessageKind.ContractRequest or MessageKind.ContractOffer => process with { Offer = body["offer"]!.AsObject() },
        MessageKind.ContractAgreement => process with
        {
            Agreement = body["agreement"]!.AsObject(),
            AgreementId = body["agreement"]!["@id"]!.GetValue<string>(),
            AgreementSignature = body["dure:signature"] is JsonValue value && value.TryGetValue<string>(out var signature) ? signature : null,
        },
        MessageKind.TransferSuspension => process with { IsHeldHere = isOwn },
        MessageKind.TransferStart => process with { AddressVersion = process.AddressVersion + (isOwn ? 1 : 0), IsHeldHere = !isOwn && process.IsHeldHere, DataAddress = body["dataAddress"] as JsonObject ?? process.DataAddress },
        MessageKind.TransferRequest => process with { DataAddress = body["dataAddress"] as JsonObject },
        _ => process,
    };

    private static JsonObject Message((MessageKind Kind, JsonObject Body) message) => new() { ["kind"] = message.Kind.ToString(), ["message"] = message.Body.DeepClone() };

    private static (MessageKind, JsonObject)? Message(JsonObject body, string name) =>
        body[name] is JsonObject message ? (Enum.Parse<MessageKind>(Text(message, "kind")!), message["message"]!.AsObject()) : null;

    private static string? Text(JsonObject body, string name) => body[name]?.GetValue<string>();

    private static bool Is(JsonObject body, string name) => body[name] is not null;

    private static void Set(JsonObject body, string name, string? value)
    {
        if (value is not null)
            body[name] = value;
    }

    private static void Set(JsonObject body, string name, bool value)
    {
        if (value)
            body[name] = true;
    }
}
