using System.Globalization;
using Dure.Kernel;

namespace Dure.Devices.Scpi;

/// <summary>How an action is said in SCPI.</summary>
/// <param name="Description">The action for people and checks.</param>
/// <param name="Settings">Commands that only set, for example <c>SOUR:TEMP {temperature}</c>: a name in braces is replaced by the parameter.</param>
/// <param name="Trigger">The command that makes it begin, for example <c>INIT</c>.</param>
/// <param name="Results">For each result the query that fetches it.</param>
public sealed record ScpiAction(ActionDescription Description, IReadOnlyList<string> Settings, string Trigger, IReadOnlyDictionary<string, string> Results);

/// <summary>What a device's manual says of it.</summary>
/// <param name="Actions">What it can do.</param>
/// <param name="BusyQuery">Answers 1 while it works, 0 when not.</param>
/// <param name="AbortCommand">Stops what runs.</param>
/// <param name="EmergencyCommand">Makes it safe; the abort command where it has no other.</param>
public sealed record ScpiProfile(IReadOnlyList<ScpiAction> Actions, string BusyQuery, string AbortCommand = "ABOR", string? EmergencyCommand = null);

/// <summary>
/// A device that speaks SCPI. Such devices know no keys: the ledger keeps a key from being triggered twice, results are those of the last trigger, and whatever
/// breaks in between (a lost answer, a restart of driver or device) is told as unknown. One driver talks to a device at a time.
/// </summary>
public sealed class ScpiInstrument : InstrumentDriver
{
    private const int PowerOnBit = 128; // of the standard event status register, IEEE 488.2, 11.5.1.1
    private const int MaxRemembered = 10_000;
    private readonly ScpiLink link;
    private readonly ScpiProfile profile;
    private readonly KeyLedger ledger;
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Dictionary<string, ActionStatus> ended = new(StringComparer.Ordinal);
    private readonly Queue<string> endedOrder = [];
    private (string Key, ScpiAction Action)? current;

    private ScpiInstrument(ScpiLink link, ScpiProfile profile, KeyLedger ledger, InstrumentIdentity identity, TimeSpan timeout, TimeProvider time) : base(timeout, time)
    {
        (this.link, this.profile, this.ledger) = (link, profile, ledger);
        Description = new InstrumentDescription(identity, [.. profile.Actions.Select(action => action.Description)]);
    }

    public override InstrumentDescription Description { get; }
    public override bool CanAnswerByKey => false;

    /// <summary>Connects and asks who it is. The instrument owns the ledger from then on.</summary>
    /// <exception cref="LinkException">Nobody answers in time, or not in SCPI.</exception>
    public static async Task<ScpiInstrument> Connect(string host, int port, ScpiProfile profile, KeyLedger ledger, TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        var link = new ScpiLink(host, port);
        try
        {
            var nobody = new ScpiInstrument(link, profile, ledger, new InstrumentIdentity("", "", "", ""), timeout, time);
            var identity = await nobody.Within(async limit => ScpiReader.Identity(await link.Ask("*IDN?", limit)), cancel);
            return new ScpiInstrument(link, profile, ledger, identity, timeout, time);
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    public override ValueTask DisposeAsync()
    {
        link.Dispose();
        ledger.Dispose();
        turn.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task<InstrumentState> AskState(CancellationToken cancel) => InTurn(async () => await IsBusy(cancel) ? InstrumentState.Busy : InstrumentState.Idle, cancel);

    protected override Task<StartAnswer> AskStart(ActionRequest request, ActionDescription action, CancellationToken cancel) => InTurn(async () =>
    {
        if (ledger.TryFind(request.Key, out _))
            return ledger.Claim(request)!;
        if (current is not null && await Settle(cancel) is ActionStatus.Running || await IsBusy(cancel))
            return Refuse(request, "It is busy.", "Wait until it is idle.");
        var saying = profile.Actions.First(candidate => candidate.Description.Name == action.Name);
        await link.Send("*CLS", cancel); // what the event register says from here on concerns this run
        foreach (var setting in saying.Settings)
            await link.Send(Fill(setting, request.Parameters), cancel);
        if (ScpiReader.Error(await link.Ask("SYST:ERR?", cancel)) is { Number: not 0 } objection)
            return Refuse(request, $"It objects to the settings: {objection.Number} {objection.Text}.", "Give values that the device allows.");
        if (ledger.Claim(request) is { } answer)
            return answer;
        await link.Send(saying.Trigger, cancel);
        if (ScpiReader.Error(await link.Ask("SYST:ERR?", cancel)) is { Number: not 0 } refusal)
        {
            ledger.Name(request.Key, KeyLedger.Refused);
            return Refuse(request, $"It refuses to begin: {refusal.Number} {refusal.Text}.", "Mend what it says, and ask under a new key.");
        }
        ledger.Name(request.Key, request.Key);
        current = (request.Key, saying);
        return new StartAnswer.Accepted(request.Key);
    }, cancel);

    protected override Task<ActionStatus> AskStatus(string key, CancellationToken cancel) => InTurn(async () =>
    {
        if (ended.TryGetValue(key, out var status))
            return status;
        if (current?.Key == key)
            return await Settle(cancel);
        return !ledger.TryFind(key, out var claim) ? new ActionStatus.NotKnown()
            : claim.Execution == KeyLedger.Refused ? new ActionStatus.Failed("The device refused it: it never began.")
            : new ActionStatus.Unknown("It was sent; since then the answer was lost or the driver restarted, and the device knows no keys.");
    }, cancel);

    protected override async Task<bool> AskStop(bool isEmergency, CancellationToken cancel)
    {
        await link.Send(isEmergency ? profile.EmergencyCommand ?? profile.AbortCommand : profile.AbortCommand, cancel);
        return ScpiReader.Flag(await link.Ask("*OPC?", cancel));
    }

    /// <summary>Looks whether the current action has ended, and keeps how: the next trigger overwrites the device's results.</summary>
    private async Task<ActionStatus> Settle(CancellationToken cancel)
    {
        var (key, action) = current!.Value;
        var (events, _) = ScpiReader.Number(await link.Ask("*ESR?", cancel));
        ActionStatus status;
        if (((int)events & PowerOnBit) != 0)
            status = new ActionStatus.Unknown("The device was switched on again since it began.");
        else if (await IsBusy(cancel))
            return new ActionStatus.Running();
        else if (ScpiReader.Error(await link.Ask("SYST:ERR?", cancel)) is { Number: not 0 } error)
            status = new ActionStatus.Failed($"{error.Number} {error.Text}");
        else
            status = Judge(action.Description, await Fetch(action, cancel));
        current = null;
        if (endedOrder.Count >= MaxRemembered)
            ended.Remove(endedOrder.Dequeue());
        endedOrder.Enqueue(key);
        return ended[key] = status;
    }

    private async Task<Dictionary<string, ActionValue>> Fetch(ScpiAction action, CancellationToken cancel)
    {
        var results = new Dictionary<string, ActionValue>(StringComparer.Ordinal);
        foreach (var field in action.Description.Results)
        {
            var answer = await link.Ask(action.Results[field.Name], cancel);
            results[field.Name] = field.Kind switch
            {
                FieldKind.Text => new ActionValue.Text(answer.Trim().Trim('"')),
                FieldKind.Flag => new ActionValue.Flag(ScpiReader.Flag(answer)),
                _ => ScpiReader.Number(answer) is var (value, unit) ? new ActionValue.Number(value, unit.Length > 0 ? unit : field.Unit) : throw new System.Diagnostics.UnreachableException(),
            };
        }
        return results;
    }

    private async Task<bool> IsBusy(CancellationToken cancel) => ScpiReader.Flag(await link.Ask(profile.BusyQuery, cancel));

    private static string Fill(string template, IReadOnlyDictionary<string, ActionValue> parameters)
    {
        foreach (var (name, value) in parameters)
            template = template.Replace($"{{{name}}}", Say(value), StringComparison.Ordinal);
        return template;
    }

    private static string Say(ActionValue value) => value switch
    {
        ActionValue.Number number => number.Value.ToString("R", CultureInfo.InvariantCulture),
        ActionValue.Flag flag => flag.Value ? "1" : "0",
        ActionValue.Text text => $"\"{text.Value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private StartAnswer.Refused Refuse(ActionRequest request, string what, string mend) => new(new Problem("urn:dure:devices:refused", what, $"{Description.Identity.Model}, action {request.Action}", mend));

    private async Task<T> InTurn<T>(Func<Task<T>> work, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            return await work();
        }
        catch (ProblemException)
        {
            await link.Reset(cancel);
            throw;
        }
        finally
        {
            turn.Release();
        }
    }
}
