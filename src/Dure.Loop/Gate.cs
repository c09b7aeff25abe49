using Dure.Kernel;

namespace Dure.Loop;

/// <summary>
/// The only way to an actuator: a proposed action is checked against the machine's envelope, recorded, done, and compared with what was
/// expected. What is not allowed by name is refused.
/// </summary>
public sealed class Gate : IDisposable
{
    private const double SetpointTolerance = 1e-6;
    private const int MaxRemembered = 100_000;

    private readonly Func<AssetId, Envelope> envelopeOf;
    private readonly IActuator actuator;
    private readonly IDecisionLedger ledger;
    private readonly DecisionLog log;
    private readonly SemaphoreSlim oneAtATime = new(1, 1);
    private readonly Dictionary<(AssetId Asset, string Action), (DateTimeOffset At, double? Setpoint)> lastActions = [];

    /// <param name="log">What was decided before: rests between actions and the last setpoints go on from there.</param>
    public Gate(Func<AssetId, Envelope> envelopeOf, IActuator actuator, IDecisionLedger ledger, DecisionLog log)
    {
        (this.envelopeOf, this.actuator, this.ledger, this.log) = (envelopeOf, actuator, ledger, log);
        foreach (var logged in log.Recent.Reverse())
            if (logged.Record is { Decision: Decision.Allowed, Proposal: var proposal } && envelopeOf(proposal.Asset).Find(proposal.Action) is not null)
                Remember(proposal);
    }

    /// <summary>Decides on a proposal and, when it is allowed, acts. Proposals are taken one at a time.</summary>
    /// <returns>The decision, with the outcome when it was allowed.</returns>
    public async Task<DecisionRecord> Propose(ProposedAction proposal, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            var envelope = envelopeOf(proposal.Asset);
            var record = new DecisionRecord(proposal, envelope.Name, Decide(proposal, envelope), Outcome: null);
            var entry = await ledger.Decided(record, cancel);
            if (record.Decision is Decision.Allowed)
            {
                Remember(proposal);
                record = record with { Outcome = Opened(proposal, envelope) ?? await Act(proposal, cancel) };
                await ledger.Acted(entry, record, CancellationToken.None);
            }
            log.Add(record, entry);
            return record;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose() => oneAtATime.Dispose();

    /// <summary>Waits until no proposal is being decided or begun; false where one still is after a time. What comes after is decided by the interlocks of then.</summary>
    public async Task<bool> Settle(TimeSpan most, CancellationToken cancel)
    {
        if (!await oneAtATime.WaitAsync(most, cancel))
            return false;
        oneAtATime.Release();
        return true;
    }

    /// <summary>An interlock that opened while the decision was being written: asked once more, as late as can be.</summary>
    private Outcome? Opened(ProposedAction proposal, Envelope envelope) => envelope.Interlocks.FirstOrDefault(interlock => !interlock.HoldsFor(proposal)) is { } open
        ? new Outcome(actuator.Name, actuator.IsSimulated, proposal.Setpoint, null, AsExpected: false, $"{actuator.Name}: {proposal.Action} was not sent: the interlock '{open.Name}' opened") { State = ActuationState.Refused, IsForNow = true } : null;

    /// <summary>The rules in the order in which they are asked; the first that speaks against it is the answer.</summary>
    private Decision Decide(ProposedAction proposal, Envelope envelope)
    {
        if (envelope.Find(proposal.Action) is not { } allowed)
            return new Decision.Refused($"'{proposal.Action}' is not among the actions of the envelope '{envelope.Name}'.", "Whoever answers for the machine may add it.");
        if (envelope.Interlocks.FirstOrDefault(interlock => !interlock.HoldsFor(proposal)) is { } open)
            return new Decision.Refused($"The interlock '{open.Name}' does not hold.", "Restore it at the machine, then propose again.") { IsForNow = true };
        if ((SetpointFault(proposal, allowed) ?? ValueFault(proposal, allowed)) is { } fault)
            return fault;
        if (lastActions.TryGetValue((proposal.Asset, proposal.Action), out var last))
        {
            if (proposal.At - last.At < allowed.CoolDown)
                return new Decision.Refused($"The last '{proposal.Action}' was at {last.At:HH:mm:ss}; the machine rests {allowed.CoolDown.TotalSeconds:0} s between two.", "Wait until the time has passed.") { IsForNow = true };
            if (allowed.MaxStep is { } step && proposal.Setpoint is { } wanted && last.Setpoint is { } now && Math.Abs(wanted - now) > step)
                return new Decision.Refused($"From {now} to {wanted} {allowed.Unit} is more than {step} at once.", "Go in smaller steps.");
        }
        return allowed.NeedsPerson ? new Decision.NeedsPerson($"'{proposal.Action}' is done only when a person agrees.") : new Decision.Allowed();
    }

    private static Decision.Refused? SetpointFault(ProposedAction proposal, AllowedAction allowed) => (proposal.Setpoint, allowed.Low, allowed.High) switch
    {
        (null, null, null) => null,
        (null, _, _) => new Decision.Refused($"'{proposal.Action}' needs a setpoint in {allowed.Unit}.", "Name one within the envelope."),
        ({ } value, _, _) when !double.IsFinite(value) => new Decision.Refused($"The setpoint is {value}.", "Name a finite number."),
        ({ } value, { } low, _) when value < low => new Decision.Refused($"The setpoint {value} lies below {low} {allowed.Unit}.", $"Choose {low} or more."),
        ({ } value, _, { } high) when value > high => new Decision.Refused($"The setpoint {value} lies above {high} {allowed.Unit}.", $"Choose {high} or less."),
        (_, null, null) => new Decision.Refused($"'{proposal.Action}' takes no setpoint.", "Propose it without one."),
        _ => null,
    };

    private static Decision.Refused? ValueFault(ProposedAction proposal, AllowedAction allowed)
    {
        foreach (var (name, value) in proposal.Values)
        {
            if (allowed.Values.FirstOrDefault(one => one.Name == name) is not { } limit)
                return new Decision.Refused($"'{proposal.Action}' may not be given '{name}': the envelope does not name it.", "Whoever answers for the machine may add its limits.");
            if (limit.Objection(value) is { } objection)
                return new Decision.Refused($"'{name}' of '{proposal.Action}' {objection}.", "Stay within the envelope.");
        }
        return null;
    }

    private async Task<Outcome> Act(ProposedAction proposal, CancellationToken cancel)
    {
        var actuation = await actuator.Act(proposal, cancel);
        var observed = actuation.Observed;
        var isReached = proposal.Setpoint is not { } wanted || (observed is { } got && Math.Abs(got - wanted) <= SetpointTolerance * Math.Max(1, Math.Abs(wanted)));
        var asExpected = actuation.State is ActuationState.Done or ActuationState.Begun && isReached;
        var words = $"{actuator.Name}: {proposal.Action}{(proposal.Setpoint is { } value ? $" to {value}" : "")} {actuation.Words ?? (isReached ? "done" : $"ended at {observed}")}";
        return new Outcome(actuator.Name, actuator.IsSimulated, proposal.Setpoint, observed, asExpected, words) { State = actuation.State };
    }

    private void Remember(ProposedAction proposal)
    {
        // Forgetting the oldest would end a cool-down early; a full memory is a fault of the host, which bounds its machines.
        if (lastActions.Count >= MaxRemembered && !lastActions.ContainsKey((proposal.Asset, proposal.Action)))
            throw new ProblemException("urn:dure:loop:too-many-machines", $"The gate guards {MaxRemembered:N0} machines and actions already.", $"asset {proposal.Asset}", "Run a second node for the rest.");
        lastActions[(proposal.Asset, proposal.Action)] = (proposal.At, proposal.Setpoint);
    }
}
