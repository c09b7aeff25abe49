using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>A unit read from how a device, a certificate or a column head spells it.</summary>
/// <param name="IsCertain">False where the spelling has another meaning in UCUM or stands in a name only: a person should look.</param>
public sealed record UnderstoodUnit(Unit Unit, bool IsCertain);

/// <summary>Reads units as plants write them: °C, l/min, m³/h, rpm, % RH, bar(g).</summary>
public static class UnitSpelling
{
    /// <summary>Spellings that plants use for something else than UCUM does: C is coulomb there, F farad, Nm nanometre.</summary>
    private static readonly FrozenDictionary<string, string> Ambiguous = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["C"] = "Cel",
        ["F"] = "[degF]",
        ["Nm"] = "N.m",
        ["G"] = "[g]",
        ["a"] = "A",
        ["v"] = "V",
        ["w"] = "W",
        ["pH"] = "1",
        ["ph"] = "1",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>By the spelling in lower case, without spaces, with ² ³ · µ written plainly.</summary>
    private static readonly FrozenDictionary<string, string> Customary = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["celsius"] = "Cel",
        ["degc"] = "Cel",
        ["deg.c"] = "Cel",
        ["°c"] = "Cel",
        ["degreecelsius"] = "Cel",
        ["degreescelsius"] = "Cel",
        ["fahrenheit"] = "[degF]",
        ["degf"] = "[degF]",
        ["°f"] = "[degF]",
        ["kelvin"] = "K",
        ["percent"] = "%",
        ["pct"] = "%",
        ["%rh"] = "%",
        ["%r.h."] = "%",
        ["rh%"] = "%",
        ["bar(g)"] = "bar",
        ["bar(a)"] = "bar",
        ["barg"] = "bar",
        ["bara"] = "bar",
        ["mbar"] = "mbar",
        ["pa"] = "Pa",
        ["kpa"] = "kPa",
        ["hpa"] = "hPa",
        ["mpa"] = "MPa",
        ["psi"] = "[psi]",
        ["psig"] = "[psi]",
        ["psia"] = "[psi]",
        ["lpm"] = "L/min",
        ["ltr/min"] = "L/min",
        ["liter/min"] = "L/min",
        ["lph"] = "L/h",
        ["gpm"] = "[gal_us]/min",
        ["m^3/h"] = "m3/h",
        ["m3/hr"] = "m3/h",
        ["cbm/h"] = "m3/h",
        ["nm3/h"] = "m3/h",
        ["m^3"] = "m3",
        ["m^2"] = "m2",
        ["m/s^2"] = "m/s2",
        ["kg/hr"] = "kg/h",
        ["rpm"] = "/min",
        ["r/min"] = "/min",
        ["u/min"] = "/min",
        ["rev/min"] = "/min",
        ["1/min"] = "/min",
        ["min-1"] = "/min",
        ["min^-1"] = "/min",
        ["1/s"] = "/s",
        ["hz"] = "Hz",
        ["khz"] = "kHz",
        ["kw"] = "kW",
        ["watt"] = "W",
        ["wh"] = "W.h",
        ["kwh"] = "kW.h",
        ["mwh"] = "MW.h",
        ["va"] = "V.A",
        ["kva"] = "kV.A",
        ["volt"] = "V",
        ["volts"] = "V",
        ["amp"] = "A",
        ["amps"] = "A",
        ["ampere"] = "A",
        ["ma"] = "mA",
        ["mv"] = "mV",
        ["ohms"] = "Ohm",
        ["ohm"] = "Ohm",
        ["Ω"] = "Ohm",
        ["ω"] = "Ohm",
        ["sec"] = "s",
        ["secs"] = "s",
        ["hr"] = "h",
        ["hrs"] = "h",
        ["hours"] = "h",
        ["°"] = "deg",
        ["degree"] = "deg",
        ["degrees"] = "deg",
        ["n.m"] = "N.m",
        ["newton"] = "N",
        ["ppm"] = "[ppm]",
        ["ppb"] = "[ppb]",
        ["kn"] = "[kn_i]",
        ["knots"] = "[kn_i]",
        ["us/cm"] = "uS/cm",
        ["ntu"] = "1",
        ["count"] = "1",
        ["counts"] = "1",
        ["pcs"] = "1",
        ["pieces"] = "1",
        ["unitless"] = "1",
        ["dimensionless"] = "1",
        ["none"] = "1",
        ["n/a"] = "1",
        ["-"] = "1",
        ["bool"] = "1",
        ["boolean"] = "1",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Endings of names that say a unit clearly enough to propose it.</summary>
    private static readonly FrozenSet<string> Endings = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "degC", "degF", "bar", "mbar", "kPa", "MPa", "psi", "rpm", "Hz", "kHz", "kW", "kWh", "pct", "percent", "mA", "mV", "lpm", "ppm", "mm", "Celsius");

    /// <summary>Reads a unit as a source wrote it. Empty means that it said none: not understood.</summary>
    public static bool TryUnderstand(string? text, [NotNullWhen(true)] out UnderstoodUnit? understood)
    {
        understood = null;
        if (string.IsNullOrWhiteSpace(text) || text.Length > Unit.MaxLength)
            return false;
        var written = text.Trim();
        if (Ambiguous.TryGetValue(written, out var code))
            understood = new UnderstoodUnit(Unit.Parse(code), IsCertain: false);
        else if (Unit.TryParse(written, out var unit, out _))
            understood = new UnderstoodUnit(unit, IsCertain: true);
        else if (Unit.MeantBy(written) is { } meant)
            understood = new UnderstoodUnit(Unit.Parse(meant), IsCertain: true);
        else if (Plainly(written) is var plain && Customary.TryGetValue(plain.ToLowerInvariant(), out var customary))
            understood = new UnderstoodUnit(Unit.Parse(customary), IsCertain: true);
        else if (Unit.TryParse(plain, out unit, out _))
            understood = new UnderstoodUnit(unit, IsCertain: true);
        return understood is not null;
    }

    /// <summary>Finds a unit in a name, such as <c>Flow [l/min]</c>, <c>Temp (°C)</c> or <c>pressure_bar</c>: never certain.</summary>
    public static UnderstoodUnit? GuessFromName(string name)
    {
        var inBrackets = InBrackets(name, '[', ']') ?? InBrackets(name, '(', ')');
        if (inBrackets is not null && TryUnderstand(inBrackets, out var understood))
            return understood with { IsCertain = false };
        var ending = name[(name.LastIndexOfAny(['_', ' ', '-', '.']) + 1)..];
        return ending.Length < name.Length && Endings.Contains(ending) && TryUnderstand(ending, out understood) ? understood with { IsCertain = false } : null;
    }

    /// <summary>The unit a person typed.</summary>
    /// <exception cref="ProblemException">It is none.</exception>
    public static Unit Parse(string text, string where) => TryUnderstand(text, out var understood)
        ? understood.Unit
        : throw new ProblemException("urn:dure:sources:bad-unit", $"'{Shown(text)}' is not a unit that is known here.", where,
            "Write a UCUM code such as bar, Cel, L/min, m3/h, A, /min, % or, for a plain number, 1.");

    private static string Plainly(string text) => text
        .Replace(" ", "", StringComparison.Ordinal).Replace('º', '°').Replace('˚', '°').Replace("℃", "°C", StringComparison.Ordinal).Replace("℉", "°F", StringComparison.Ordinal)
        .Replace('µ', 'u').Replace('μ', 'u').Replace('²', '2').Replace('³', '3').Replace('·', '.').Replace('⋅', '.').Replace('*', '.').Replace('×', '.')
        .Replace("⁻¹", "-1", StringComparison.Ordinal);

    private static string? InBrackets(string name, char open, char close)
    {
        var to = name.LastIndexOf(close);
        var from = to < 0 ? -1 : name.LastIndexOf(open, to);
        return from >= 0 && to - from > 1 ? name[(from + 1)..to] : null;
    }

    private static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
