using System.Globalization;
using System.Text.Json;
using Dure.Kernel;

namespace Dure.Optimize.Spaces;

/// <summary>Points as names with values, as people and JSON write them: a number, a text with a unit (<c>"80 Cel"</c>), or an option's name.</summary>
public static class NamedPoints
{
    /// <summary>A point from its values; numbers are in the factor's unit, texts may give another unit of the same kind.</summary>
    /// <exception cref="ProblemException">A value is missing, unknown or unreadable. Whether the point is feasible is not looked at.</exception>
    public static double[] Read(this SearchSpace space, IReadOnlyDictionary<string, object?> values)
    {
        var point = new double[space.Factors.Count];
        for (var i = 0; i < point.Length; i++)
            point[i] = values.TryGetValue(space.Factors[i].Name, out var value) ? Value(space, i, value)
                : throw Bad(space.Factors[i], "It has no value.", "Give one for each factor.");
        foreach (var name in values.Keys)
            space.NumberOf(name);
        return point;
    }

    /// <summary>A point's values by name: numbers in the factor's unit, whole numbers as <see cref="long"/>, options by name.</summary>
    public static Dictionary<string, object?> Write(this SearchSpace space, ReadOnlySpan<double> point)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        for (var i = 0; i < point.Length; i++)
            values[space.Factors[i].Name] = space.Factors[i] switch
            {
                Factor.Category category => category.Options[(int)point[i]],
                Factor.Integer => (long)point[i],
                _ => point[i],
            };
        return values;
    }

    /// <summary>A point as a line: <c>temperature = 80 Cel, solvent = 'water'</c>.</summary>
    public static string Describe(this SearchSpace space, ReadOnlySpan<double> point)
    {
        var parts = new string[point.Length];
        for (var i = 0; i < point.Length; i++)
            parts[i] = $"{space.Factors[i].Name} = {space.Factors[i].Shown(point[i])}";
        return string.Join(", ", parts);
    }

    internal static string Options(SearchSpace space, int factor) => space.Factors[factor] is Factor.Category category
        ? $"Choose one of: {string.Join(", ", category.Options.Where((_, i) => space.IsAllowed(factor, i)).Take(12))}."
        : "It is a number: give a range.";

    private static double Value(SearchSpace space, int number, object? value)
    {
        var factor = space.Factors[number];
        if (value is JsonElement json)
            value = json.ValueKind switch { JsonValueKind.Number => json.GetDouble(), JsonValueKind.String => json.GetString(), _ => null };
        if (factor is Factor.Category category)
            return value is string option && category.NumberOf(option) is var at and >= 0 ? at
                : throw Bad(factor, $"It has no option '{value}'.", Options(space, number));
        var read = value switch
        {
            double plain => plain,
            float or int or long or short or byte or uint or decimal => Convert.ToDouble(value, CultureInfo.InvariantCulture),
            string text => Parsed(factor, text),
            _ => throw Bad(factor, $"'{value}' is not a number.", $"Give a number in {factor.UnitText}."),
        };
        return double.IsFinite(read) ? read : throw Bad(factor, $"{read} is not a finite number.", $"Give a number in {factor.UnitText}.");
    }

    private static double Parsed(Factor factor, string text)
    {
        var parts = text.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 0 || !double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            throw Bad(factor, $"'{text}' is not a number.", $"Write it as in '{factor.Shown(factor.Low)}'.");
        if (parts.Length == 1)
            return number;
        if (!Unit.TryParse(parts[1], out var unit, out var why))
            throw Bad(factor, why, $"Write it as in '{factor.Shown(factor.Low)}'.");
        var target = Unit.Parse(factor.UnitText);
        if (!unit.CanConvertTo(target))
            throw Bad(factor, $"'{text}' is in {unit.Code}, and the factor is in {target.Code}, which measures something else.", $"Give it in {target.Code}.");
        return unit.ConversionTo(target, factor.Name).Apply(number);
    }

    private static ProblemException Bad(Factor factor, string what, string mend) => new("urn:dure:optimize:bad-value", what, $"factor '{factor.Name}'", mend);
}
