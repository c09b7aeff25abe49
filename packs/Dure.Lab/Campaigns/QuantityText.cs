using System.Globalization;
using System.Text.Json;
using Dure.Kernel;
using Dure.Optimize.Spaces;

namespace Dure.Lab.Campaigns;

/// <summary>Numbers as people give them: plain, or with a unit of the same kind.</summary>
internal static class QuantityText
{
    /// <exception cref="ProblemException">It is no finite number, or its unit measures something else.</exception>
    public static double Read(object given, string unit, string where)
    {
        if (given is JsonElement json)
            given = json.ValueKind switch { JsonValueKind.Number => json.GetDouble(), JsonValueKind.String => json.GetString()!, _ => "" };
        if (given is not string text)
            return given is IConvertible ? Finite(Convert.ToDouble(given, CultureInfo.InvariantCulture), where) : throw Bad($"'{given}' is no number.", where, unit);
        var (number, own) = text.Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) switch { [var first, var second] => (first, second), [var only] => (only, null), _ => ("", null) };
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            throw Bad($"'{text}' is no number.", where, unit);
        if (own is null)
            return Finite(value, where);
        return Unit.TryParse(own, out var from, out var why) && Unit.Parse(unit) is var to && from.CanConvertTo(to) ? Finite(from.ConversionTo(to, where).Apply(value), where)
            : throw Bad(why ?? $"'{text}' measures something else than {unit}.", where, unit);
    }

    /// <summary>A factor's value: in its unit where none is given.</summary>
    public static double ReadValue(this SearchSpace space, string factor, string given) => Read(given, space.Factors[space.NumberOf(factor)].UnitText, $"factor '{factor}'");

    private static double Finite(double value, string where) => double.IsFinite(value) ? value : throw Bad($"{value} is not a finite number.", where, "");

    private static ProblemException Bad(string what, string where, string unit) => new("urn:dure:lab:bad-value", what, where, $"Give a number{(unit is "" or "1" ? "" : $" in {unit}")}, with a point for decimals.");
}
