using Dure.Kernel;

namespace Dure.Loop;

/// <summary>What a parameter of an action may be. A parameter that is not named in the envelope is refused.</summary>
public abstract record AllowedValue(string Name)
{
    /// <summary>Why a value is against it, or null.</summary>
    internal abstract string? Objection(ActionValue value);

    /// <summary>A number from low to high, in one unit: others are never converted here.</summary>
    public sealed record Range(string Name, double Low, double High, string Unit = "") : AllowedValue(Name)
    {
        internal override string? Objection(ActionValue value) => value switch
        {
            ActionValue.Number { Unit: var unit } when unit != Unit => $"is in '{unit}', not in '{Unit}'",
            ActionValue.Number { Value: var number } when !(number >= Low && number <= High) => $"is {number}, outside {Low} to {High} {Unit}".TrimEnd(),
            ActionValue.Number => null,
            _ => "is no number",
        };
    }

    /// <summary>One of some texts.</summary>
    public sealed record OneOf(string Name, IReadOnlyList<string> Texts) : AllowedValue(Name)
    {
        internal override string? Objection(ActionValue value) => value is ActionValue.Text { Value: var text } && Texts.Contains(text) ? null : $"is not one of {string.Join(", ", Texts)}";
    }

    /// <summary>Any short printable text that names something and sets nothing, such as a sample's barcode.</summary>
    public sealed record Label(string Name) : AllowedValue(Name)
    {
        private const int MaxLength = 64;

        internal override string? Objection(ActionValue value) => value is ActionValue.Text { Value: { Length: > 0 and <= MaxLength } text } && !text.Any(char.IsControl) ? null : $"is no text of 1 to {MaxLength} printable characters";
    }

    /// <summary>Yes or no.</summary>
    public sealed record Switch(string Name) : AllowedValue(Name)
    {
        internal override string? Objection(ActionValue value) => value is ActionValue.Flag ? null : "is neither true nor false";
    }
}

/// <summary>One thing that may be done within an envelope.</summary>
/// <param name="Name">The action's name; anything not named is refused.</param>
/// <param name="Low">Lowest setpoint, in <paramref name="Unit"/>; null where the action has no setpoint.</param>
/// <param name="High">Highest setpoint.</param>
/// <param name="MaxStep">Largest change from the last setpoint at once.</param>
/// <param name="CoolDown">How long the same machine rests between two such actions.</param>
/// <param name="NeedsPerson">Whether a person must agree each time.</param>
public sealed record AllowedAction(
    string Name, string Unit = "1", double? Low = null, double? High = null, double? MaxStep = null, TimeSpan CoolDown = default, bool NeedsPerson = false)
{
    /// <summary>What the action's parameters may be; none: it takes no parameters.</summary>
    public IReadOnlyList<AllowedValue> Values { get; init; } = [];
}

/// <summary>A condition that must hold for any action, such as a guard being closed.</summary>
/// <param name="Name">What must hold, in words.</param>
/// <param name="HoldsFor">Asked at the moment of decision about what is proposed; a condition that cannot be read must answer false.</param>
public sealed record Interlock(string Name, Func<ProposedAction, bool> HoldsFor)
{
    /// <summary>A condition that is the same for any action.</summary>
    public Interlock(string name, Func<bool> holds) : this(name, _ => holds()) { }
}

/// <summary>What a machine may be asked to do, by whom it was allowed, and under which conditions. The default allows nothing.</summary>
/// <param name="Name">Stands in every decision.</param>
/// <param name="AllowedBy">Who answers for these limits.</param>
public sealed record Envelope(string Name, string AllowedBy, IReadOnlyList<AllowedAction> Actions, IReadOnlyList<Interlock> Interlocks)
{
    public static Envelope Nothing { get; } = new("nothing is allowed", "nobody", [], []);

    public AllowedAction? Find(string action) => Actions.FirstOrDefault(allowed => allowed.Name == action);
}
