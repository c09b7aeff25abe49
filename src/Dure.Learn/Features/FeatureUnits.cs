using Dure.Kernel;

namespace Dure.Learn.Features;

/// <summary>Which unit a feature has. What is made of a quantity without a known unit has no known unit either.</summary>
internal static class FeatureUnits
{
    public static Unit Second { get; } = Unit.Parse("s");
    public static Unit Hertz { get; } = Unit.Parse("Hz");

    /// <summary>The unit of a difference of two readings: of temperatures above an arbitrary zero a kelvin or degree Rankine.</summary>
    public static Unit? OfDifference(Unit? unit) => unit?.Code switch
    {
        "Cel" => Unit.Parse("K"),
        "[degF]" => Unit.Parse("[degR]"),
        _ => unit,
    };

    public static Unit? Product(Unit? left, Unit? right, string where) => Combined(left, right, '.', where);

    public static Unit? Ratio(Unit? left, Unit? right, string where) =>
        left is not null && left.Equals(right) && !StandsAlone(left) ? Unit.One : Combined(left, right, '/', where);

    /// <summary>How the right side's readings become readings in the left side's unit.</summary>
    public static UnitConversion ToLeft(Unit? left, Unit? right, string where)
    {
        if (left is null || right is null)
            return UnitConversion.Identity;
        if (!right.CanConvertTo(left))
            throw new ProblemException("urn:dure:learn:feature-units", $"'{left.Code}' and '{right.Code}' measure different things: {left.Dimension} and {right.Dimension}.", where,
                "Take 'times' or 'over', or signals of one kind.");
        return right.ConversionTo(left);
    }

    public static bool StandsAlone(Unit? unit) => unit is not null && (unit.Dimension == Dimension.Level || unit.Code is "Cel" or "[degF]");

    private static Unit? Combined(Unit? left, Unit? right, char sign, string where)
    {
        foreach (var unit in (Unit?[])[left, right])
            if (StandsAlone(unit))
                throw new ProblemException("urn:dure:learn:feature-units", $"'{unit!.Code}' cannot be multiplied: its zero is not the quantity's zero.", where,
                    unit.Dimension == Dimension.Level ? "Give the signal as a ratio instead of a level." : "Give the signal in K, or take a difference of two temperatures first.");
        if (left is null || right is null)
            return null;
        if (right.Equals(Unit.One))
            return left;
        if (left.Equals(Unit.One) && sign == '.')
            return right;
        // A unit too long to be written is one that is not known.
        return Unit.TryParse($"{Bracketed(left, isRight: false)}{sign}{Bracketed(right, isRight: true)}", out var combined, out _) ? combined : null;
    }

    private static string Bracketed(Unit unit, bool isRight) => isRight && unit.Code.AsSpan().ContainsAny('.', '/') ? $"({unit.Code})" : unit.Code;
}
