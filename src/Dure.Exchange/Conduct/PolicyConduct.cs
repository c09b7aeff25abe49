using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Dure.Exchange.Catalog;
using Dure.Exchange.Handover;
using Dure.Exchange.Identity;
using Dure.Exchange.Policies;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Conduct;

/// <summary>
/// Conducts exchanges by the policies of what is offered: agrees where the policy permits and no person wants to be asked, answers changed
/// rules with its own, refuses with the reason; and as consumer verifies that an agreement is what was asked for.
/// </summary>
public sealed class PolicyConduct(
    OfferingBook offerings, ProcessBook processes, UsageJudge judge, ExchangeIdentity identity, TransferTokens tokens, ReceivedTokens received, Func<ExchangeProcess, Uri> dataDoor, TimeProvider time) : IConduct
{
    /// <summary>Where a signature stands in an agreement's message and in its verification.</summary>
    public const string SignatureMember = "dure:signature";

    private const int MaxRounds = 3;

    public ProcessStep.Beginning Admit(string caller, IncomingMessage message)
    {
        var purposes = Compose.PurposesIn(message.Body) ?? [];
        switch (message.Kind)
        {
            case MessageKind.ContractRequest:
                var target = message.Policy!["target"]!.GetValue<string>();
                if (!IsOffered(target, message.Policy, out _))
                    throw new ProblemException("urn:dure:exchange:unknown-offer", "There is no such offer for you.", "offer", "Ask for the catalogue and take an offer from it as it stands.");
                PolicyJson.Read(message.Policy);
                return new ProcessStep.Beginning(Role.Provider, caller, message.CallbackAddress!, target, purposes, null, null);
            case MessageKind.ContractOffer:
                PolicyJson.Read(message.Policy!);
                return new ProcessStep.Beginning(Role.Consumer, caller, message.CallbackAddress!, message.Policy!["target"]!.GetValue<string>(), [], null, null);
            default:
                // The consumer may ask before its acknowledgement of the finalization has been read here: the request supposes it.
                if (!processes.TryFindAgreement(message.AgreementId!, out var negotiation) || negotiation.Peer != caller || negotiation.Role != Role.Provider || negotiation.Heading != ProcessState.Finalized)
                    throw new ProblemException("urn:dure:exchange:unknown-agreement", "There is no such agreement of yours.", "agreementId", "Negotiate first, and wait until it is FINALIZED.");
                var ways = Dsp.FormatsOf(offerings.TryFindOffer(UsageJudge.OfferIdOf(negotiation), out var offered) && offered.Series is not null);
                if (!ways.Contains(message.Format))
                    throw new ProblemException("urn:dure:exchange:unknown-format", "It cannot be handed over in that way.", "format", $"Ask for one that the catalogue names: {string.Join(", ", ways)}.");
                return new ProcessStep.Beginning(Role.Provider, caller, message.CallbackAddress!, negotiation.Dataset, purposes, message.AgreementId, message.Format);
        }
    }

    public async ValueTask CheckAddresses(string caller, IncomingMessage message, CancellationToken cancel)
    {
        if (message.CallbackAddress is { } callback)
            await identity.Hosts.Check(caller, callback, "callbackAddress", cancel);
        if (message is { Kind: MessageKind.TransferRequest, Format: Dsp.PushFormat })
            await identity.Hosts.Check(caller, PushDesk.AddressIn(message.DataAddress), "dataAddress.endpoint", cancel);
    }

    public ValueTask<Reaction> React(ExchangeProcess process, CancellationToken cancel) => (process.Kind, process.Role, process.State) switch
    {
        (ProcessKind.Negotiation, Role.Provider, ProcessState.Requested) => AnswerRequest(process, cancel),
        (ProcessKind.Negotiation, Role.Provider, ProcessState.Accepted) => Agree(process, cancel),
        (ProcessKind.Negotiation, Role.Provider, ProcessState.Verified) => new(Reaction.Send(MessageKind.ContractFinalization, Compose.Later(MessageKind.ContractFinalization, process.ProviderPid, process.ConsumerPid))),
        (ProcessKind.Negotiation, Role.Consumer, ProcessState.Offered) => new(Reaction.Wait("The provider offers other terms than those asked for; a person has to look at them.")),
        (ProcessKind.Negotiation, Role.Consumer, ProcessState.Agreed) => Verify(process, cancel),
        (ProcessKind.Transfer, Role.Provider, ProcessState.Requested) => Start(process, cancel),
        _ => new(Reaction.None),
    };

    /// <summary>A stop is one only if the other side cannot undo it: the protocol lets both sides start what is suspended, whoever suspended it.</summary>
    public Problem? Objection(ExchangeProcess process, IncomingMessage message) => message.Kind == MessageKind.TransferStart && process.IsHeldHere
        ? new Problem("urn:dure:exchange:held", $"The transfer was suspended by this side{(process.Reason is { } reason ? $": {reason}" : ".")}", "state", "Wait until it is started again from here.")
        : null;

    public ValueTask<JsonObject> TakeSecrets(string pid, IncomingMessage message, CancellationToken cancel) => received.Take(pid, message, cancel);

    public JsonObject AddSecrets(ExchangeProcess process, Outgoing outgoing)
    {
        // Data are handed over at the door of whoever does not bring them.
        if ((outgoing.Kind == MessageKind.TransferStart && process.Role == Role.Provider && process.Format != Dsp.PushFormat)
            || (outgoing.Kind is MessageKind.TransferRequest or MessageKind.TransferStart && process is { Role: Role.Consumer, Format: Dsp.PushFormat }))
        {
            var body = outgoing.Body.DeepClone().AsObject();
            body["dataAddress"] = Dsp.DataAddress(dataDoor(process), tokens.TokenOf(process));
            return body;
        }
        return outgoing.Body;
    }

    /// <summary>The agreement on an offering, as its message carries it, signed by this node.</summary>
    public JsonObject AgreementMessage(ExchangeProcess process)
    {
        var agreement = Compose.AgreementOf(process.Offer!, identity.Own.Did.Value, process.Peer, time.GetUtcNow());
        var message = Compose.Agreement(process.ProviderPid, process.ConsumerPid, agreement);
        message[SignatureMember] = DocumentSignature.SignDocument(agreement, identity.Own);
        return message;
    }

    /// <summary>Only the newest offer of a dataset counts: one that was replaced or withdrawn makes no new agreement.</summary>
    private bool IsOffered(string dataset, JsonObject offer, [NotNullWhen(true)] out Offering? offering) =>
        offerings.TryFind(dataset, out offering) && offering.OfferId == offer["@id"]!.GetValue<string>();

    private async ValueTask<Reaction> AnswerRequest(ExchangeProcess process, CancellationToken cancel)
    {
        if (!IsOffered(process.Dataset, process.Offer!, out var offering))
            return End(process, "unknown-offer", "The offer is no longer there.");
        if (await judge.MayAgree(offering, process, cancel) is PolicyDecision.Refused refused)
            return End(process, refused);
        if (!PolicyJson.Read(process.Offer!).SameRulesAs(offering.Policy))
        {
            return process.Visits[ProcessState.Requested] > MaxRounds
                ? End(process, "other-terms", "The terms asked for are not those offered.")
                : Reaction.Send(MessageKind.ContractOffer, Compose.Counter(MessageKind.ContractOffer, process.ProviderPid, process.ConsumerPid, Compose.OfferFor(PolicyJson.OfferOf(offering), offering.Id)),
                    "Other terms were asked for than are offered; ours were sent again.");
        }
        return offering.NeedsApproval ? Reaction.Wait("Each request for this dataset is decided by a person.") : Reaction.Send(MessageKind.ContractAgreement, AgreementMessage(process));
    }

    private async ValueTask<Reaction> Agree(ExchangeProcess process, CancellationToken cancel)
    {
        if (!IsOffered(process.Dataset, process.Offer!, out var offering))
            return End(process, "unknown-offer", "The offer is no longer there.");
        return await judge.MayAgree(offering, process, cancel) is PolicyDecision.Refused refused ? End(process, refused) : Reaction.Send(MessageKind.ContractAgreement, AgreementMessage(process));
    }

    private async ValueTask<Reaction> Verify(ExchangeProcess process, CancellationToken cancel)
    {
        var agreement = process.Agreement!;
        if (agreement["target"]!.GetValue<string>() != process.Dataset || agreement["assigner"]!.GetValue<string>() != process.Peer || agreement["assignee"]!.GetValue<string>() != identity.Own.Did.Value)
            return End(process, "wrong-agreement", "The agreement names another dataset or other parties.");
        if (processes.TryFindAgreement(process.AgreementId!, out var other) && other.Pid != process.Pid)
            return End(process, "wrong-agreement", "The agreement has the id of another one.");
        if (!PolicyJson.Read(agreement).SameRulesAs(PolicyJson.Read(process.Offer!)))
            return End(process, "wrong-agreement", "The agreement's rules are not those of the offer.");
        if (process.AgreementSignature is { } signature && !await DocumentSignature.Verify(agreement, signature, Did.Parse(process.Peer), identity.Resolver, cancel))
            return End(process, "wrong-signature", "The agreement's signature is not the provider's.");
        var message = Compose.Later(MessageKind.ContractVerification, process.ProviderPid, process.ConsumerPid);
        message[SignatureMember] = DocumentSignature.SignDocument(agreement, identity.Own);
        return Reaction.Send(MessageKind.ContractVerification, message);
    }

    private async ValueTask<Reaction> Start(ExchangeProcess process, CancellationToken cancel)
    {
        if (!processes.TryFindAgreement(process.AgreementId!, out var negotiation))
            return End(process, "unknown-agreement", "The agreement is no longer there.");
        IReadOnlyCollection<string>? purposes = process.Purposes.IsEmpty ? null : process.Purposes;
        return await judge.MayUse(negotiation, PolicyPhase.Transfer, purposes, isCounted: false, ahead: 0, cancel) is PolicyDecision.Refused refused
            ? End(process, refused)
            : Reaction.Send(MessageKind.TransferStart, Compose.Later(MessageKind.TransferStart, process.ProviderPid, process.ConsumerPid));
    }

    private static Reaction End(ExchangeProcess process, PolicyDecision.Refused refused) =>
        End(process, refused.Reasons[0].Reason, string.Join(" ", refused.Reasons.Take(8).Select(reason => reason.Sentence)));

    private static Reaction End(ExchangeProcess process, string code, string reason)
    {
        var kind = process.Kind == ProcessKind.Negotiation ? MessageKind.ContractTermination : MessageKind.TransferTermination;
        return Reaction.Send(kind, Compose.Ending(kind, process.ProviderPid, process.ConsumerPid, code, reason), reason);
    }
}
