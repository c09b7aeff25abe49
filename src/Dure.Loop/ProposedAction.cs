using Dure.Kernel;

namespace Dure.Loop;

/// <summary>What someone or something wants done to a machine, and why. Nothing happens by proposing.</summary>
/// <param name="Action">Name of the action, such as <c>stop-pump</c>.</param>
/// <param name="Setpoint">The value to set, in the action's unit; null for an action without one.</param>
/// <param name="Reason">Why, in words a person on shift understands.</param>
/// <param name="ProposedBy">The device, model or person.</param>
/// <param name="Cause">The journal entry that led here, such as the alarm's; null where there is none.</param>
public sealed record ProposedAction(
    AssetId Asset, string Action, double? Setpoint, string Reason, string ProposedBy, DateTimeOffset At, EntryReference? Cause = null)
{
    private static readonly IReadOnlyDictionary<string, ActionValue> None = new Dictionary<string, ActionValue>();

    /// <summary>What a device that takes more than one setpoint is given, by the parameter's name.</summary>
    public IReadOnlyDictionary<string, ActionValue> Values { get; init; } = None;

    /// <summary>The key under which the device does it at most once; null where the device knows no keys.</summary>
    public string? Key { get; init; }
}

/// <summary>A journal entry by number and hash, as the host knows it.</summary>
public readonly record struct EntryReference(long Entry, ContentHash Hash);
