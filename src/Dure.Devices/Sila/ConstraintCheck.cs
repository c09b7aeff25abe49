using System.Text.RegularExpressions;

namespace Dure.Devices.Sila;

/// <summary>Whether a value keeps the constraints of its type.</summary>
public static class ConstraintCheck
{
    /// <summary>Why it does not, or null when it does.</summary>
    public static string? Objection(SilaType type, SilaValue value, IReadOnlyDictionary<string, SilaType> types) => (type, value) switch
    {
        (SilaType.Defined defined, _) => Objection(types[defined.Name], value, types),
        (SilaType.Constrained constrained, _) => Objection(constrained.Inner, value, types) ?? Objection(constrained.Constraints, value),
        (SilaType.List list, SilaValue.List items) => items.Items.Select(item => Objection(list.Item, item, types)).FirstOrDefault(objection => objection is not null),
        (SilaType.Structure structure, SilaValue.Structure values) => structure.Elements
            .Select(element => Objection(element.Type, values[element.Identifier], types) is { } objection ? $"{element.Identifier} {objection}" : null).FirstOrDefault(objection => objection is not null),
        (_, SilaValue.Real real) when !double.IsFinite(real.Value) => $"is {real.Value}, not a finite number",
        _ => null,
    };

    private static string? Objection(SilaConstraints constraints, SilaValue value) => value switch
    {
        SilaValue.Real real => OfNumber(constraints, real.Value) ?? OfSet(constraints, Number(real.Value)),
        SilaValue.Integer integer => OfNumber(constraints, integer.Value) ?? OfSet(constraints, integer.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        SilaValue.Text text => OfCount(constraints.MinimumLength, constraints.MaximumLength, text.Value.Length, "characters") ?? OfSet(constraints, text.Value) ?? OfPattern(constraints, text.Value),
        SilaValue.Binary binary => OfCount(constraints.MinimumLength, constraints.MaximumLength, binary.Value.Length, "bytes"),
        SilaValue.List list => OfCount(constraints.MinimumCount, constraints.MaximumCount, list.Items.Count, "elements"),
        _ => null,
    };

    private static string Number(double value) => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);

    private static string? OfNumber(SilaConstraints constraints, double value) =>
        value < constraints.Minimum || constraints.IsMinimumExcluded && value == constraints.Minimum ? $"is {value}, below {constraints.Minimum}"
        : value > constraints.Maximum || constraints.IsMaximumExcluded && value == constraints.Maximum ? $"is {value}, above {constraints.Maximum}"
        : null;

    private static string? OfCount(long? low, long? high, long count, string of) => count < low ? $"has {count} {of}, at least {low} are needed" : count > high ? $"has {count} {of}, at most {high} are taken" : null;

    private static string? OfSet(SilaConstraints constraints, string value) => constraints.Set.Count == 0 || constraints.Set.Contains(value) ? null : $"is none of {string.Join(", ", constraints.Set.Take(10))}";

    private static string? OfPattern(SilaConstraints constraints, string value)
    {
        if (constraints.Pattern is not { } pattern)
            return null;
        try
        {
            return Regex.IsMatch(value, $"^(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)) ? null : $"does not match {pattern}";
        }
        catch (Exception failure) when (failure is ArgumentException or NotSupportedException or RegexMatchTimeoutException)
        {
            return $"cannot be checked against the pattern {pattern}";
        }
    }
}
