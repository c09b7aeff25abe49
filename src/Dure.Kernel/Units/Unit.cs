using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Dure.Kernel;

/// <summary>
/// A unit of measure by its UCUM code: <c>bar</c>, <c>L/min</c>, <c>kW.h</c>, <c>m/s2</c>, <c>Cel</c>, <c>[g]</c>, <c>1</c>.
/// Two units are equal when their codes are; use <see cref="ConversionTo"/> to see whether they measure the same.
/// </summary>
public sealed class Unit : IEquatable<Unit>
{
    public const int MaxLength = 80;
    private const string MismatchType = "urn:dure:kernel:unit-mismatch";

    private readonly UnitMeaning meaning;

    internal Unit(string code, UnitMeaning meaning) => (Code, this.meaning) = (code, meaning);

    /// <summary>A plain number.</summary>
    public static Unit One { get; } = Parse("1");

    /// <summary>The code as it was written.</summary>
    public string Code { get; }

    public Dimension Dimension => meaning.Dimension;

    public static Unit Parse(string text) => TryParse(text, out var unit, out var why)
        ? unit
        : throw new ProblemException("urn:dure:kernel:bad-unit", why, $"unit '{PathRules.Shown(text)}'", Mend(text));

    /// <summary>Never throws; <paramref name="why"/> says what is wrong and at which place.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Unit? unit, [NotNullWhen(false)] out string? why)
    {
        unit = null;
        if (string.IsNullOrEmpty(text))
        {
            why = "The unit is empty; a plain number has the unit 1.";
            return false;
        }
        if (text.Length > MaxLength)
        {
            why = $"The unit has {text.Length} characters; {MaxLength} are allowed.";
            return false;
        }
        if (UnitTable.MeantBy(text) is { } meant)
        {
            why = $"'{text}' is not a UCUM unit; '{meant}' is.";
            return false;
        }
        if (!UnitParser.TryParse(text, out var meaning, out why))
            return false;
        unit = new Unit(text, meaning);
        return true;
    }

    /// <summary>The UCUM code behind a spelling that is often met and is not UCUM, such as <c>°C</c>; null for all others.</summary>
    public static string? MeantBy(string text) => UnitTable.MeantBy(text);

    public bool CanConvertTo(Unit other) => meaning.Dimension == other.meaning.Dimension;

    /// <summary>How readings in this unit become readings in <paramref name="target"/>.</summary>
    /// <param name="target">The unit wanted.</param>
    /// <param name="what">Which quantity, for the message: a signal's name.</param>
    public UnitConversion ConversionTo(Unit target, string what = "The quantity")
    {
        if (!CanConvertTo(target))
            throw new ProblemException(MismatchType, $"{what} cannot be converted: '{Code}' is {Dimension}, '{target.Code}' is {target.Dimension}.",
                $"unit '{Code}'", $"Give it in a unit of {target.Dimension}, such as '{target.Code}'.");
        if (Code == target.Code)
            return UnitConversion.Identity;
        var (from, to) = (meaning, target.meaning);
        return new UnitConversion(from.Factor / to.Factor, (from.Offset - to.Offset) / to.Factor);
    }

    public bool Equals(Unit? other) => other is not null && other.Code == Code;

    public override bool Equals(object? obj) => Equals(obj as Unit);

    public override int GetHashCode() => Code.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Code;

    private static string Mend(string? text) => UnitTable.MeantBy(text ?? "") is { } meant
        ? $"Write '{meant}'."
        : "Write a UCUM code (ucum.org): bar, Cel, L/min, m/s2, kW.h, %, [g], {count} or 1.";
}

/// <summary>reading × <paramref name="Factor"/> + <paramref name="Offset"/>.</summary>
public readonly record struct UnitConversion(double Factor, double Offset)
{
    public static UnitConversion Identity { get; } = new(1, 0);

    public bool IsIdentity => this == Identity;

    public double Apply(double reading) => reading * Factor + Offset;

    public void Apply(Span<double> readings)
    {
        foreach (ref var reading in readings)
            reading = Apply(reading);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"× {Factor} + {Offset}");
}
