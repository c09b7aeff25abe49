namespace Dure.Exchange.Protocol;

/// <summary>The messages that move a process on, by what they do.</summary>
public enum MessageKind
{
    ContractRequest,
    ContractOffer,
    ContractAcceptance,
    ContractAgreement,
    ContractVerification,
    ContractFinalization,
    ContractTermination,
    TransferRequest,
    TransferStart,
    TransferCompletion,
    TransferSuspension,
    TransferTermination,
}

/// <summary>What each message is called, which state it leads to, who may send it when, and where it is posted.</summary>
public static class MessageKinds
{
    public static ProcessKind Process(this MessageKind kind) => kind < MessageKind.TransferRequest ? ProcessKind.Negotiation : ProcessKind.Transfer;

    /// <summary>The value of <c>@type</c>.</summary>
    public static string WireType(this MessageKind kind) => kind switch
    {
        MessageKind.ContractAcceptance or MessageKind.ContractFinalization => "ContractNegotiationEventMessage",
        MessageKind.ContractVerification => "ContractAgreementVerificationMessage",
        MessageKind.ContractTermination => "ContractNegotiationTerminationMessage",
        _ => $"{kind}Message",
    };

    /// <summary>The state a process is in once the message has been acknowledged.</summary>
    public static ProcessState Target(this MessageKind kind) => kind switch
    {
        MessageKind.ContractRequest or MessageKind.TransferRequest => ProcessState.Requested,
        MessageKind.ContractOffer => ProcessState.Offered,
        MessageKind.ContractAcceptance => ProcessState.Accepted,
        MessageKind.ContractAgreement => ProcessState.Agreed,
        MessageKind.ContractVerification => ProcessState.Verified,
        MessageKind.ContractFinalization => ProcessState.Finalized,
        MessageKind.TransferStart => ProcessState.Started,
        MessageKind.TransferCompletion => ProcessState.Completed,
        MessageKind.TransferSuspension => ProcessState.Suspended,
        _ => ProcessState.Terminated,
    };

    /// <summary>
    /// Whether <paramref name="sender"/> may send this message to a process in <paramref name="state"/> (the tables of Dataspace Protocol
    /// 2025-1, negotiation and transfer). Termination is taken from either side in every state that is not final.
    /// </summary>
    public static bool IsAllowed(this MessageKind kind, ProcessState state, Role sender) => kind switch
    {
        MessageKind.ContractRequest => sender == Role.Consumer && state is (ProcessState.None or ProcessState.Offered),
        MessageKind.ContractOffer => sender == Role.Provider && state is (ProcessState.None or ProcessState.Requested),
        MessageKind.ContractAcceptance => sender == Role.Consumer && state == ProcessState.Offered,
        MessageKind.ContractAgreement => sender == Role.Provider && state is (ProcessState.Requested or ProcessState.Accepted),
        MessageKind.ContractVerification => sender == Role.Consumer && state == ProcessState.Agreed,
        MessageKind.ContractFinalization => sender == Role.Provider && state == ProcessState.Verified,
        MessageKind.TransferRequest => sender == Role.Consumer && state == ProcessState.None,
        MessageKind.TransferStart => state == ProcessState.Suspended || (state == ProcessState.Requested && sender == Role.Provider),
        MessageKind.TransferCompletion or MessageKind.TransferSuspension => state == ProcessState.Started,
        _ => state != ProcessState.None && !state.IsFinal(),
    };

    /// <summary>Whether the other side mostly answers with a message of its own as soon as it has taken this one.</summary>
    public static bool IsAnswered(this MessageKind kind) => kind is MessageKind.ContractRequest or MessageKind.ContractAcceptance or MessageKind.ContractAgreement
        or MessageKind.ContractVerification or MessageKind.TransferRequest;

    /// <summary>Where the message is posted, relative to the other side's base address.</summary>
    /// <param name="kind">The message.</param>
    /// <param name="sender">Who sends it.</param>
    /// <param name="receiverPid">The receiver's own id of the process; null when it has none yet.</param>
    public static string Path(this MessageKind kind, Role sender, string? receiverPid)
    {
        var room = kind.Process() == ProcessKind.Negotiation ? "negotiations" : "transfers";
        if (receiverPid is null)
            return $"{room}/{(sender == Role.Consumer ? "request" : "offers")}";
        return $"{room}/{Uri.EscapeDataString(receiverPid)}/" + kind switch
        {
            MessageKind.ContractRequest => "request",
            MessageKind.ContractOffer => "offers",
            MessageKind.ContractAgreement => "agreement",
            MessageKind.ContractVerification => "agreement/verification",
            MessageKind.ContractAcceptance or MessageKind.ContractFinalization => "events",
            MessageKind.TransferStart => "start",
            MessageKind.TransferCompletion => "completion",
            MessageKind.TransferSuspension => "suspension",
            _ => "termination",
        };
    }
}
