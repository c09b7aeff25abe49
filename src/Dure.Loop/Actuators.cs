using Dure.Kernel;

namespace Dure.Loop;

/// <summary>What moves a machine. The host supplies real ones; only the gate calls them.</summary>
public interface IActuator
{
    string Name { get; }

    /// <summary>True when nothing real moves; then every output says so.</summary>
    bool IsSimulated { get; }

    /// <summary>Does it, or begins it, and says what came of that.</summary>
    Task<Actuation> Act(ProposedAction action, CancellationToken cancel);
}

/// <summary>How far an actuator came.</summary>
public enum ActuationState
{
    Done,

    /// <summary>It goes on; whoever proposed it watches it by its key.</summary>
    Begun,

    /// <summary>The device would not, and did nothing.</summary>
    Refused,

    /// <summary>It may or may not have begun: nobody can say yet.</summary>
    Unknown,
}

/// <summary>What an actuator answers.</summary>
/// <param name="Observed">What was observed afterwards, in the action's unit; null where it has no setpoint.</param>
/// <param name="Words">More than a word on it; null: there is no more to say.</param>
public sealed record Actuation(double? Observed = null, ActuationState State = ActuationState.Done, string? Words = null);

/// <summary>An actuator of no machine: it remembers what it was told and answers that it was done.</summary>
public sealed class SimulatedActuator(string what) : IActuator
{
    private const int MaxMachines = 100_000;
    private readonly Dictionary<AssetId, string> states = [];
    private readonly Lock guard = new();

    public string Name => $"simulated {what}";

    public bool IsSimulated => true;

    public Task<Actuation> Act(ProposedAction action, CancellationToken cancel)
    {
        lock (guard)
        {
            if (states.Count < MaxMachines || states.ContainsKey(action.Asset))
                states[action.Asset] = action.Action;
        }
        return Task.FromResult(new Actuation(action.Setpoint));
    }

    /// <summary>The last action a machine was told; null when none was.</summary>
    public string? LastActionOf(AssetId asset)
    {
        lock (guard)
            return states.GetValueOrDefault(asset);
    }
}

/// <summary>Where decisions are recorded so that they survive. The host supplies it; an action that cannot be recorded is not taken.</summary>
public interface IDecisionLedger
{
    /// <summary>Records a decision before anything moves; durable when it returns.</summary>
    Task<EntryReference> Decided(DecisionRecord decision, CancellationToken cancel);

    /// <summary>Records what came of an allowed action.</summary>
    Task Acted(EntryReference decision, DecisionRecord record, CancellationToken cancel);
}
