using Dure.Kernel;

namespace Dure.Loop;

/// <summary>What moves a machine. The host supplies real ones; only the gate calls them.</summary>
public interface IActuator
{
    string Name { get; }

    /// <summary>True when nothing real moves; then every output says so.</summary>
    bool IsSimulated { get; }

    /// <summary>Does it and returns what was observed afterwards, in the action's unit.</summary>
    Task<double?> Act(ProposedAction action, CancellationToken cancel);
}

/// <summary>An actuator of no machine: it remembers what it was told and answers that it was done.</summary>
public sealed class SimulatedActuator(string what) : IActuator
{
    private const int MaxMachines = 100_000;
    private readonly Dictionary<AssetId, string> states = [];
    private readonly Lock guard = new();

    public string Name => $"simulated {what}";

    public bool IsSimulated => true;

    public Task<double?> Act(ProposedAction action, CancellationToken cancel)
    {
        lock (guard)
        {
            if (states.Count < MaxMachines || states.ContainsKey(action.Asset))
                states[action.Asset] = action.Action;
        }
        return Task.FromResult(action.Setpoint);
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
