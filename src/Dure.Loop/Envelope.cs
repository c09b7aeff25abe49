namespace Dure.Loop;

/// <summary>One thing that may be done within an envelope.</summary>
/// <param name="Name">The action's name; anything not named is refused.</param>
/// <param name="Low">Lowest setpoint, in <paramref name="Unit"/>; null where the action has no setpoint.</param>
/// <param name="High">Highest setpoint.</param>
/// <param name="MaxStep">Largest change from the last setpoint at once.</param>
/// <param name="CoolDown">How long the same machine rests between two such actions.</param>
/// <param name="NeedsPerson">Whether a person must agree each time.</param>
public sealed record AllowedAction(
    string Name, string Unit = "1", double? Low = null, double? High = null, double? MaxStep = null, TimeSpan CoolDown = default, bool NeedsPerson = false);

/// <summary>A condition that must hold for any action, such as a guard being closed.</summary>
/// <param name="Name">What must hold, in words.</param>
/// <param name="Holds">Asked at the moment of decision; a condition that cannot be read must answer false.</param>
public sealed record Interlock(string Name, Func<bool> Holds);

/// <summary>What a machine may be asked to do, by whom it was allowed, and under which conditions. The default allows nothing.</summary>
/// <param name="Name">Stands in every decision.</param>
/// <param name="AllowedBy">Who answers for these limits.</param>
public sealed record Envelope(string Name, string AllowedBy, IReadOnlyList<AllowedAction> Actions, IReadOnlyList<Interlock> Interlocks)
{
    public static Envelope Nothing { get; } = new("nothing is allowed", "nobody", [], []);

    public AllowedAction? Find(string action) => Actions.FirstOrDefault(allowed => allowed.Name == action);
}
