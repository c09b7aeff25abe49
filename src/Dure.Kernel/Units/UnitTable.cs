using System.Collections.Frozen;

namespace Dure.Kernel;

/// <summary>What a unit atom means in base units: value in base = reading × Factor + Offset.</summary>
internal readonly record struct UnitMeaning(double Factor, Dimension Dimension, double Offset = 0)
{
    /// <summary>A unit whose zero is not the quantity's zero (Cel), or a logarithm: it stands alone.</summary>
    public bool StandsAlone => Offset != 0 || Dimension == Dimension.Level;
}

/// <summary>
/// The atoms of UCUM that plants, laboratories and vessels use, in metre, gram, second, ampere, kelvin, mole, candela,
/// radian and bel. Values: UCUM 2.1, with the 2019 SI constants where UCUM refers to measured ones.
/// </summary>
internal static class UnitTable
{
    private const double StandardGravity = 9.80665;
    private const double InchInMetres = 0.0254;
    private const double PoundInGrams = 453.59237;
    private const double KelvinOfZeroCelsius = 273.15;
    private const double FahrenheitBelowZero = 459.67;

    private readonly record struct Atom(UnitMeaning Meaning, bool TakesPrefix);

    private static readonly FrozenDictionary<string, double> Prefixes = new Dictionary<string, double>(StringComparer.Ordinal)
    {
        ["Y"] = 1e24,
        ["Z"] = 1e21,
        ["E"] = 1e18,
        ["P"] = 1e15,
        ["T"] = 1e12,
        ["G"] = 1e9,
        ["M"] = 1e6,
        ["k"] = 1e3,
        ["h"] = 1e2,
        ["da"] = 1e1,
        ["d"] = 1e-1,
        ["c"] = 1e-2,
        ["m"] = 1e-3,
        ["u"] = 1e-6,
        ["n"] = 1e-9,
        ["p"] = 1e-12,
        ["f"] = 1e-15,
        ["a"] = 1e-18,
        ["z"] = 1e-21,
        ["y"] = 1e-24,
        ["Ki"] = 1024,
        ["Mi"] = 1048576,
        ["Gi"] = 1073741824,
        ["Ti"] = 1099511627776,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Atom> Atoms = Build().ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Spellings that are not UCUM but are met, with what to write.</summary>
    private static readonly FrozenDictionary<string, string> Meant = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["°C"] = "Cel",
        ["℃"] = "Cel",
        ["degC"] = "Cel",
        ["°F"] = "[degF]",
        ["degF"] = "[degF]",
        ["°"] = "deg",
        ["kWh"] = "kW.h",
        ["Wh"] = "W.h",
        ["MWh"] = "MW.h",
        ["rpm"] = "/min",
        ["RPM"] = "/min",
        ["ppm"] = "[ppm]",
        ["psi"] = "[psi]",
        ["sec"] = "s",
        ["hr"] = "h",
        ["lpm"] = "L/min",
        ["m³/h"] = "m3/h",
        ["m³"] = "m3",
        ["m²"] = "m2",
        ["m/s²"] = "m/s2",
        ["µm"] = "um",
        ["μm"] = "um",
        ["Ω"] = "Ohm",
        ["ohm"] = "Ohm",
        ["kn"] = "[kn_i]",
        ["knot"] = "[kn_i]",
        ["in"] = "[in_i]",
        ["ft"] = "[ft_i]",
        ["lb"] = "[lb_av]",
        ["pct"] = "%",
        ["Nm3/h"] = "m3/h",
        ["VA"] = "V.A",
        ["kVA"] = "kV.A",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string? MeantBy(string text) => Meant.TryGetValue(text, out var unit) ? unit : null;

    public static bool TryFind(string code, out UnitMeaning meaning)
    {
        if (Atoms.TryGetValue(code, out var atom))
        {
            meaning = atom.Meaning;
            return true;
        }
        foreach (var length in (ReadOnlySpan<int>)[1, 2])
        {
            if (code.Length > length && Prefixes.TryGetValue(code[..length], out var prefix) && Atoms.TryGetValue(code[length..], out atom) && atom.TakesPrefix)
            {
                meaning = atom.Meaning with { Factor = prefix * atom.Meaning.Factor };
                return true;
            }
        }
        meaning = default;
        return false;
    }

    private static Dictionary<string, Atom> Build()
    {
        var atoms = new Dictionary<string, Atom>(StringComparer.Ordinal);
        var none = Dimension.None;
        var (length, mass, time, current) = (Dimension.Length, Dimension.Mass, Dimension.Time, Dimension.Current);
        var (area, volume, speed) = (Of((length, 2)), Of((length, 3)), Of((length, 1), (time, -1)));
        var force = Of((mass, 1), (length, 1), (time, -2));
        var pressure = Of((mass, 1), (length, -1), (time, -2));
        var energy = Of((mass, 1), (length, 2), (time, -2));
        var power = Of((mass, 1), (length, 2), (time, -3));
        var charge = Of((current, 1), (time, 1));
        var voltage = Of((power, 1), (current, -1));
        var perTime = Of((time, -1));
        var acceleration = Of((length, 1), (time, -2));

        // Base units.
        Metric("m", 1, length); Metric("g", 1, mass); Metric("s", 1, time); Metric("A", 1, current); Metric("K", 1, Dimension.Temperature);
        Metric("mol", 1, Dimension.Amount); Metric("cd", 1, Dimension.Luminosity); Metric("rad", 1, Dimension.Angle); Metric("B", 1, Dimension.Level);

        // Derived SI units with names.
        Metric("Hz", 1, perTime); Metric("N", 1e3, force); Metric("Pa", 1e3, pressure); Metric("J", 1e3, energy); Metric("W", 1e3, power);
        Metric("C", 1, charge); Metric("V", 1e3, voltage); Metric("Ohm", 1e3, Of((voltage, 1), (current, -1))); Metric("S", 1e-3, Of((current, 1), (voltage, -1)));
        Metric("F", 1e-3, Of((charge, 1), (voltage, -1))); Metric("Wb", 1e3, Of((voltage, 1), (time, 1))); Metric("T", 1e3, Of((voltage, 1), (time, 1), (length, -2)));
        Metric("H", 1e3, Of((voltage, 1), (time, 1), (current, -1))); Metric("sr", 1, Of((Dimension.Angle, 2)));
        Metric("lm", 1, Of((Dimension.Luminosity, 1), (Dimension.Angle, 2))); Metric("lx", 1, Of((Dimension.Luminosity, 1), (Dimension.Angle, 2), (length, -2)));
        Metric("Bq", 1, perTime); Metric("Gy", 1, Of((length, 2), (time, -2))); Metric("Sv", 1, Of((length, 2), (time, -2))); Metric("kat", 1, Of((Dimension.Amount, 1), (time, -1)));
        atoms["Cel"] = new Atom(new UnitMeaning(1, Dimension.Temperature, KelvinOfZeroCelsius), TakesPrefix: false);

        // Others used with the SI.
        Metric("L", 1e-3, volume); Metric("l", 1e-3, volume); Metric("t", 1e6, mass); Metric("bar", 1e8, pressure); Metric("eV", 1.602176634e-16, energy);
        Metric("ar", 100, area); Metric("[g]", StandardGravity, acceleration); Metric("cal", 4184, energy); Metric("u", 1.66053906660e-24, mass); Metric("st", 1, volume);
        Plain("min", 60, time); Plain("h", 3600, time); Plain("d", 86400, time); Plain("wk", 604800, time); Plain("mo", 2629800, time); Plain("a", 31557600, time);
        Plain("deg", Math.PI / 180, Dimension.Angle); Plain("'", Math.PI / 10800, Dimension.Angle); Plain("''", Math.PI / 648000, Dimension.Angle); Plain("gon", Math.PI / 200, Dimension.Angle);
        Plain("circ", 2 * Math.PI, Dimension.Angle); Plain("har", 1e4, area); Plain("atm", 101325e3, pressure); Plain("att", StandardGravity * 1e7, pressure);
        Metric("m[Hg]", 133322.387415e3, pressure); Metric("m[H2O]", StandardGravity * 1e6, pressure);
        Metric("gf", StandardGravity, force); Metric("dyn", 1e-2, force); Metric("erg", 1e-4, energy); Metric("P", 100, Of((pressure, 1), (time, 1))); Metric("St", 1e-4, Of((length, 2), (time, -1)));
        Metric("bit", 1, none); Metric("By", 8, none); Metric("Bd", 1, perTime);

        // Ratios.
        Plain("%", 1e-2, none); Plain("[ppth]", 1e-3, none); Plain("[ppm]", 1e-6, none); Plain("[ppb]", 1e-9, none); Plain("[pi]", Math.PI, none);

        // Customary units of the USA and of shipping.
        atoms["[degF]"] = new Atom(new UnitMeaning(5.0 / 9, Dimension.Temperature, FahrenheitBelowZero * 5 / 9), TakesPrefix: false);
        Plain("[degR]", 5.0 / 9, Dimension.Temperature);
        Plain("[in_i]", InchInMetres, length); Plain("[ft_i]", 12 * InchInMetres, length); Plain("[yd_i]", 36 * InchInMetres, length); Plain("[mi_i]", 1609.344, length);
        Plain("[nmi_i]", 1852, length); Plain("[kn_i]", 1852.0 / 3600, speed); Plain("[mil_i]", InchInMetres / 1000, length);
        Plain("[sin_i]", InchInMetres * InchInMetres, area); Plain("[sft_i]", 144 * InchInMetres * InchInMetres, area);
        Plain("[cin_i]", Math.Pow(InchInMetres, 3), volume); Plain("[cft_i]", Math.Pow(12 * InchInMetres, 3), volume);
        Plain("[gal_us]", 231 * Math.Pow(InchInMetres, 3), volume); Plain("[qt_us]", 231 * Math.Pow(InchInMetres, 3) / 4, volume);
        Plain("[gal_br]", 4.54609e-3, volume); Plain("[bbl_us]", 42 * 231 * Math.Pow(InchInMetres, 3), volume);
        Plain("[lb_av]", PoundInGrams, mass); Plain("[oz_av]", PoundInGrams / 16, mass); Plain("[ston_av]", 2000 * PoundInGrams, mass); Plain("[lton_av]", 2240 * PoundInGrams, mass);
        Plain("[lbf_av]", PoundInGrams * StandardGravity, force); Plain("[psi]", PoundInGrams * StandardGravity / (InchInMetres * InchInMetres), pressure);
        Plain("[Btu_IT]", 1055.05585262e3, energy); Plain("[HP]", 550 * 12 * InchInMetres * PoundInGrams * StandardGravity, power);
        Metric("cal_IT", 4186.8, energy);
        return atoms;

        void Metric(string code, double factor, Dimension dimension) => atoms[code] = new Atom(new UnitMeaning(factor, dimension), TakesPrefix: true);
        void Plain(string code, double factor, Dimension dimension) => atoms[code] = new Atom(new UnitMeaning(factor, dimension), TakesPrefix: false);
    }

    private static Dimension Of(params ReadOnlySpan<(Dimension Part, int Power)> parts)
    {
        var product = Dimension.None;
        foreach (var (part, power) in parts)
            product = product.Times(part, power)!.Value; // the table's exponents are small
        return product;
    }
}
