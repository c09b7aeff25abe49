using System.Text.Json.Nodes;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Conformance;

/// <summary>Conducts exchanges by a script, as a compatibility kit needs it. Never wired but by the operator's explicit wish.</summary>
public sealed class ScriptedConduct : IConduct
{
    /// <summary>Who calls with the script's header.</summary>
    public const string Caller = "did:web:kit.invalid";

    private readonly ExchangeScript script;
    private readonly string ownId;
    private readonly Uri dataAddress;
    private readonly TimeProvider time;

    public ScriptedConduct(ExchangeScript script, string ownId, Uri dataAddress, TimeProvider time)
    {
        (this.script, this.ownId, this.dataAddress, this.time) = (script, ownId, dataAddress, time);
        foreach (var action in script.Datasets.Values.SelectMany(dataset => dataset.Reactions ?? Nothing).SelectMany(reaction => reaction.Value))
            ScriptedAction.Parse(action, ProcessKind.Negotiation);
        foreach (var action in script.Agreements.Values.SelectMany(agreement => agreement.Reactions ?? Nothing).SelectMany(reaction => reaction.Value))
            ScriptedAction.Parse(action, ProcessKind.Transfer);
    }

    private static IReadOnlyDictionary<string, IReadOnlyList<string>> Nothing { get; } = new Dictionary<string, IReadOnlyList<string>>();

    public ProcessStep.Beginning Admit(string caller, IncomingMessage message)
    {
        if (message.Kind.Process() == ProcessKind.Transfer)
        {
            if (!script.Agreements.TryGetValue(message.AgreementId!, out var agreement))
                throw new ProblemException("urn:dure:exchange:unknown-agreement", "There is no such agreement of yours.", "agreementId", "Negotiate first.");
            return new ProcessStep.Beginning(Role.Provider, caller, message.CallbackAddress!, agreement.Dataset, [], message.AgreementId, message.Format);
        }
        var dataset = message.Policy!["target"]!.GetValue<string>();
        if (!script.Datasets.ContainsKey(dataset))
            throw new ProblemException("urn:dure:exchange:unknown-dataset", "There is no such dataset for you.", "offer.target", "Ask for the catalogue.");
        return new ProcessStep.Beginning(message.Kind == MessageKind.ContractRequest ? Role.Provider : Role.Consumer, caller, message.CallbackAddress!, dataset, [], null, null);
    }

    public ValueTask<Reaction> React(ExchangeProcess process, CancellationToken cancel)
    {
        var reactions = process.Kind == ProcessKind.Negotiation ? script.Datasets.GetValueOrDefault(process.Dataset)?.Reactions : script.Agreements.GetValueOrDefault(process.AgreementId ?? "")?.Reactions;
        if (reactions is null || !reactions.TryGetValue(process.State.Wire(), out var actions))
            return new(Reaction.None);
        var before = process.Visits.GetValueOrDefault(process.State) - 1;
        if (before >= actions.Count)
            return new(Reaction.None);
        var kind = ScriptedAction.Parse(actions[before], process.Kind);
        return new(Reaction.Send(kind, Message(kind, process)));
    }

    public ValueTask<JsonObject> TakeSecrets(string pid, IncomingMessage message, CancellationToken cancel) => new(message.Body);

    public JsonObject AddSecrets(ExchangeProcess process, Outgoing outgoing) => outgoing.Body;

    private JsonObject Message(MessageKind kind, ExchangeProcess process)
    {
        var (provider, consumer) = (process.ProviderPid, process.ConsumerPid);
        switch (kind)
        {
            case MessageKind.ContractOffer or MessageKind.ContractRequest:
                return Compose.Counter(kind, provider, consumer, process.Offer!);
            case MessageKind.ContractAgreement:
                return Compose.Agreement(provider, consumer, Compose.AgreementOf(process.Offer!, ownId, process.Peer, time.GetUtcNow()));
            case MessageKind.ContractTermination or MessageKind.TransferTermination or MessageKind.TransferSuspension:
                return Compose.Ending(kind, provider, consumer, "script", "The script wants it.");
            case MessageKind.TransferStart when process.Role == Role.Provider && process.Format != Dsp.PushFormat:
                var start = Compose.Later(kind, provider, consumer);
                start["dataAddress"] = Dsp.DataAddress(dataAddress, "scripted");
                return start;
            default:
                return Compose.Later(kind, provider, consumer);
        }
    }
}
