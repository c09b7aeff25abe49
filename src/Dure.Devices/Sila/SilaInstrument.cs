using System.Collections.Concurrent;
using Dure.Kernel;

namespace Dure.Devices.Sila;

/// <summary>
/// Any SiLA 2 server as an instrument: the observable commands of one feature are its actions, described by the feature's definition. A server with
/// <see cref="SilaCore.IdempotencyKey"/> remembers keys; for others the ledger remembers the execution's UUID, and a key whose confirmation was lost stays unknown.
/// </summary>
public sealed class SilaInstrument : InstrumentDriver
{
    private readonly SilaClient client;
    private readonly SilaFeature feature;
    private readonly KeyLedger ledger;
    private readonly ConcurrentDictionary<string, string> running = new(StringComparer.Ordinal); // key to command

    private SilaInstrument(SilaClient client, SilaFeature feature, KeyLedger ledger, bool hasKeys, TimeSpan timeout, TimeProvider time) : base(timeout, time)
    {
        (this.client, this.feature, this.ledger, CanAnswerByKey) = (client, feature, ledger, hasKeys);
        Description = new InstrumentDescription(new InstrumentIdentity("", client.ServerType, client.ServerUuid, client.ServerVersion), SilaForms.Actions(feature));
    }

    public override InstrumentDescription Description { get; }
    public override bool CanAnswerByKey { get; }

    /// <summary>Connects and reads what the server can do. The instrument owns the ledger from then on.</summary>
    /// <param name="featureIdentifier">The feature whose observable commands are the actions, for example <c>org.maker/lab/Heating/v1</c>.</param>
    /// <exception cref="ProblemException">The server has no such feature, or its definition cannot be read.</exception>
    /// <exception cref="GrpcException">The server cannot be reached.</exception>
    public static async Task<SilaInstrument> Connect(Uri address, string featureIdentifier, KeyLedger ledger, TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        var client = await SilaClient.Connect(address, new SilaClientOptions { Timeout = timeout }, time, cancel);
        try
        {
            var feature = client.Feature(featureIdentifier);
            var affected = client.Has(SilaCore.IdempotencyKeyIdentifier) ? await client.AffectedBy(SilaCore.IdempotencyKeyIdentifier, "Key", cancel) : [];
            return new SilaInstrument(client, feature, ledger, affected.Contains(feature.QualifiedIdentifier), timeout, time);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        client.Dispose();
        ledger.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async Task<InstrumentState> AskState(CancellationToken cancel)
    {
        await client.Get(SilaCore.QualifiedIdentifier, "ServerUUID", cancel);
        foreach (var key in running.Keys)
        {
            if (await AskStatus(key, cancel) is ActionStatus.Running)
                return InstrumentState.Busy;
            running.TryRemove(key, out _);
        }
        return InstrumentState.Idle;
    }

    protected override async Task<StartAnswer> AskStart(ActionRequest request, ActionDescription action, CancellationToken cancel)
    {
        // A server that knows keys decides itself; the ledger then only remembers which command a key was for.
        if (ledger.Claim(request) is { } before && (before is StartAnswer.Refused || !CanAnswerByKey))
            return before;
        var parameters = SilaForms.Parameters(feature.Command(action.Name), request.Parameters);
        try
        {
            KeyValuePair<string, string>[] headers = CanAnswerByKey ? [client.Metadata(SilaCore.IdempotencyKeyIdentifier, "Key", new SilaValue.Text(request.Key))] : [];
            var execution = await client.Begin(feature.QualifiedIdentifier, action.Name, parameters, cancel, headers);
            if (!CanAnswerByKey)
                ledger.Name(request.Key, execution);
            running[request.Key] = action.Name;
            return new StartAnswer.Accepted(execution);
        }
        catch (SilaException refusal) when (refusal.Kind != SilaErrorKind.Undefined)
        {
            if (!CanAnswerByKey)
                ledger.Name(request.Key, KeyLedger.Refused);
            return new StartAnswer.Refused(new Problem("urn:dure:devices:refused", $"The server refuses: {refusal.Message}", $"{feature.QualifiedIdentifier}/Command/{action.Name} {refusal.Identifier}".TrimEnd(),
                "Mend what the server names, and ask under a new key."));
        }
        catch (SilaException failure)
        {
            return new StartAnswer.Unknown(failure.Message);
        }
    }

    protected override Task<ActionStatus> AskStatus(string key, CancellationToken cancel) => CanAnswerByKey ? AskServer(key, cancel) : AskExecution(key, cancel);

    protected override async Task<bool> AskStop(bool isEmergency, CancellationToken cancel)
    {
        // CancelController of the standard, whichever of its versions: CancelAll stops what runs and takes no parameters.
        var controller = client.Features.FirstOrDefault(known => known.Identifier == "CancelController" && known.Commands.Any(command => command is { Identifier: "CancelAll", Parameters.Count: 0, IsObservable: false }));
        if (controller is null)
            return false;
        try
        {
            await client.Call(controller.QualifiedIdentifier, "CancelAll", SilaValue.Structure.Empty, cancel);
            return true;
        }
        catch (SilaException)
        {
            return false;
        }
    }

    private async Task<ActionStatus> AskServer(string key, CancellationToken cancel)
    {
        SilaValue.Structure answer;
        try
        {
            answer = await client.Call(SilaCore.IdempotencyKeyIdentifier, "QueryKey", SilaValue.Of(("Key", new SilaValue.Text(key))), cancel);
        }
        catch (SilaException failure)
        {
            return new ActionStatus.Unknown(failure.Message);
        }
        switch (((SilaValue.Text)answer["State"]).Value)
        {
            case "notKnown": return new ActionStatus.NotKnown();
            case "running": return new ActionStatus.Running();
            case "failed": return new ActionStatus.Failed(((SilaValue.Text)answer["Cause"]).Value);
            case "done":
                if (!ledger.TryFind(key, out var claim))
                    return new ActionStatus.Unknown("The server does not say which command the key was for, and this ledger does not know it.");
                var command = feature.Command(claim.Action);
                return Judge(Description.Action(claim.Action), SilaForms.Results(command, client.Codec(feature.QualifiedIdentifier).Read(command.Responses, ((SilaValue.Binary)answer["Responses"]).Value.Span)));
            case var other: return new ActionStatus.Unknown($"The server answers '{other}', which is no state of a key.");
        }
    }

    private async Task<ActionStatus> AskExecution(string key, CancellationToken cancel)
    {
        if (!ledger.TryFind(key, out var claim))
            return new ActionStatus.NotKnown();
        if (claim.Execution.Length == 0)
            return new ActionStatus.Unknown("It was sent, and the server's confirmation never came: whether it runs, only the server knows.");
        if (claim.Execution == KeyLedger.Refused)
            return new ActionStatus.Failed("The server refused it: it never began.");
        try
        {
            await foreach (var info in client.Watch(feature.QualifiedIdentifier, claim.Action, claim.Execution, cancel))
            {
                if (!info.IsFinished)
                    return new ActionStatus.Running();
                break;
            }
            var results = await client.Result(feature.QualifiedIdentifier, claim.Action, claim.Execution, cancel);
            return Judge(Description.Action(claim.Action), SilaForms.Results(feature.Command(claim.Action), results));
        }
        catch (SilaException failure) when (failure.Identifier == nameof(SilaFrameworkError.InvalidCommandExecutionUuid))
        {
            return new ActionStatus.Unknown("The server no longer knows the execution; it may have been restarted.");
        }
        catch (SilaException failure)
        {
            return new ActionStatus.Failed(failure.Message);
        }
    }
}
