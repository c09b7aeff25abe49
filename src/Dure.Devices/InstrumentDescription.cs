using Dure.Kernel;

namespace Dure.Devices;

/// <summary>Which device this is, in its own words.</summary>
public sealed record InstrumentIdentity(string Maker, string Model, string Serial, string Firmware);

/// <summary>An instrument and what it can do.</summary>
public sealed record InstrumentDescription(InstrumentIdentity Identity, IReadOnlyList<ActionDescription> Actions)
{
    /// <exception cref="ProblemException">There is no such action.</exception>
    public ActionDescription Action(string name) =>
        Actions.FirstOrDefault(action => action.Name == name) ?? throw new ProblemException("urn:dure:devices:unknown-action", $"The instrument {Identity.Model} has no action '{name}'.", $"action {name}",
            $"Choose one of: {string.Join(", ", Actions.Select(action => action.Name))}.");
}

/// <summary>One thing an instrument does on request; enough to make a form of.</summary>
public sealed record ActionDescription(string Name, string Title, string Text, IReadOnlyList<FieldDescription> Parameters, IReadOnlyList<FieldDescription> Results);

/// <summary>What a field holds.</summary>
public enum FieldKind
{
    Number,
    Integer,
    Text,
    Flag,
}

/// <summary>
/// One parameter or result. Numbers have a unit (the device's own spelling, preferably UCUM; empty: a plain number) and limits that belong to the range.
/// </summary>
public sealed record FieldDescription(string Name, FieldKind Kind, string Unit = "", double Low = double.NegativeInfinity, double High = double.PositiveInfinity)
{
    public const int DefaultMaxTextLength = 4096;

    public string Title { get; init; } = Name;
    public string Text { get; init; } = "";
    public int MaxTextLength { get; init; } = DefaultMaxTextLength;

    /// <summary>The only texts it may be; empty: any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Why a value does not fit here, or null when it does.</summary>
    public string? Objection(ActionValue value) => (Kind, value) switch
    {
        (FieldKind.Number or FieldKind.Integer, ActionValue.Number number) => Objection(number),
        (FieldKind.Text, ActionValue.Text text) when text.Value.Length > MaxTextLength => $"has {text.Value.Length} characters, at most {MaxTextLength} are taken",
        (FieldKind.Text, ActionValue.Text text) when text.Value.Any(char.IsControl) => "has a control character",
        (FieldKind.Text, ActionValue.Text text) when Choices.Count > 0 && !Choices.Contains(text.Value) => $"is '{text.Value}', not one of {string.Join(", ", Choices)}",
        (FieldKind.Text, ActionValue.Text) or (FieldKind.Flag, ActionValue.Flag) => null,
        _ => $"is a {value.GetType().Name.ToLowerInvariant()}, expected is a {Kind.ToString().ToLowerInvariant()}",
    };

    private string? Objection(ActionValue.Number number) => number switch
    {
        { Value: var value } when !double.IsFinite(value) => $"is {value}, not a finite number",
        { Unit: var unit } when unit != Unit => $"is in '{unit}', expected is '{Unit}'",
        { Value: var value } when Kind == FieldKind.Integer && value != Math.Floor(value) => $"is {value}, not a whole number",
        { Value: var value } when value < Low || value > High => $"is {value} {Unit}, outside {Low} to {High} {Unit}".TrimEnd(),
        _ => null,
    };
}
