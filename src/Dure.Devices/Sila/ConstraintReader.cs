using System.Globalization;
using System.Xml.Linq;

namespace Dure.Devices.Sila;

/// <summary>Reads the constraints of a constrained data type.</summary>
internal static class ConstraintReader
{
    private const int MaxChoices = 1000;

    public static SilaConstraints Read(XElement element)
    {
        var constraints = new SilaConstraints();
        var others = new List<string>();
        foreach (var part in element.Elements())
        {
            var name = part.Name.LocalName;
            constraints = name switch
            {
                "MinimalInclusive" => constraints with { Minimum = Limit(part) },
                "MinimalExclusive" => constraints with { Minimum = Limit(part), IsMinimumExcluded = true },
                "MaximalInclusive" => constraints with { Maximum = Limit(part) },
                "MaximalExclusive" => constraints with { Maximum = Limit(part), IsMaximumExcluded = true },
                "Length" => constraints with { MinimumLength = Count(part), MaximumLength = Count(part) },
                "MinimalLength" => constraints with { MinimumLength = Count(part) },
                "MaximalLength" => constraints with { MaximumLength = Count(part) },
                "ElementCount" => constraints with { MinimumCount = Count(part), MaximumCount = Count(part) },
                "MinimalElementCount" => constraints with { MinimumCount = Count(part) },
                "MaximalElementCount" => constraints with { MaximumCount = Count(part) },
                "Pattern" => constraints with { Pattern = part.Value },
                "Set" => constraints with { Set = part.Elements().Take(MaxChoices).Select(value => value.Value).ToArray() },
                "Unit" => Unit(constraints, part),
                _ => Other(constraints, others, name),
            };
        }
        return constraints with { Unchecked = others };
    }

    private static SilaConstraints Unit(SilaConstraints constraints, XElement unit)
    {
        XElement? Part(string name) => unit.Elements().FirstOrDefault(part => part.Name.LocalName == name);
        return constraints with
        {
            Unit = Part("Label")?.Value.Trim() ?? throw FeatureReader.Refusal("A unit", "Unit", "has no label"),
            UnitFactor = Part("Factor") is { } factor ? Number(factor) : 1,
            UnitOffset = Part("Offset") is { } offset ? Number(offset) : 0,
        };
    }

    private static SilaConstraints Other(SilaConstraints constraints, List<string> others, string name)
    {
        if (others.Count < 20 && name.Length <= 60)
            others.Add(name);
        return constraints;
    }

    /// <summary>A limit of a number; of a date or time (not checked here) it says nothing.</summary>
    private static double? Limit(XElement part) => part.Value.Contains(':', StringComparison.Ordinal) || part.Value.Trim().LastIndexOf('-') > 0 && !part.Value.Contains('e', StringComparison.OrdinalIgnoreCase) ? null : Number(part);

    private static double Number(XElement part) =>
        double.TryParse(part.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
            : throw FeatureReader.Refusal("A constraint", part.Name.LocalName, "is not a finite number");

    private static long Count(XElement part) =>
        long.TryParse(part.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= 0 ? number
            : throw FeatureReader.Refusal("A constraint", part.Name.LocalName, "is not a whole number from 0");
}
