using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Plants.TennesseeEastman;

/// <summary>What a mixture's density and vapour pressures are; ideal in all, as in the model.</summary>
internal static class Mixtures
{
    /// <summary>0 °C in kelvin, as the public code rounds it.</summary>
    public const double Kelvin = 273.15f;

    /// <summary>mmHg ft³ per lb-mol and K.</summary>
    public const double GasConstant = 998.9f;

    /// <summary>lb-mol per ft³ of liquid.</summary>
    public static double LiquidMolarDensity(Vector512<double> fractions, double celsius)
    {
        var density = Components.DensityA + (Components.DensityB + Components.DensityC * celsius) * celsius;
        return 1 / Vector512.Sum(fractions * Components.MolarMass / density);
    }

    /// <summary>mmHg; 1 for the components that never condense.</summary>
    public static Vector512<double> VapourPressures(double celsius) =>
        Vector512.Exp(Components.AntoineA + Components.AntoineB / (Components.AntoineC + Vector512.Create(celsius)));

    public static double MolarMass(Vector512<double> fractions) => Vector512.Sum(fractions * Components.MolarMass);
}

/// <summary>The molar enthalpy of a mixture over temperature: a cubic, since those of its components are.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct EnthalpyCurve(double Constant, double Linear, double Quadratic, double Cubic)
{
    /// <summary>The gas constant in the model's unit of heat per lb-mol and K.</summary>
    private const double GasConstant = 3.57696e-6;

    public static EnthalpyCurve OfLiquid(Vector512<double> fractions) => new(
        0,
        Vector512.Sum(fractions * Components.LiquidA),
        Vector512.Sum(fractions * Components.LiquidB),
        Vector512.Sum(fractions * Components.LiquidC));

    public static EnthalpyCurve OfGas(Vector512<double> fractions) => new(
        Vector512.Sum(fractions * Components.Vaporisation),
        Vector512.Sum(fractions * Components.GasA),
        Vector512.Sum(fractions * Components.GasB),
        Vector512.Sum(fractions * Components.GasC));

    /// <summary>The internal energy: less the work of an ideal gas, RT.</summary>
    public EnthalpyCurve WithoutWork() => this with { Constant = Constant - GasConstant * Mixtures.Kelvin, Linear = Linear - GasConstant };

    public double At(double celsius) => Constant + celsius * (Linear + celsius * (Quadratic + celsius * Cubic));

    /// <summary>The temperature at which the curve has a value: Newton from a temperature near it.</summary>
    public double TemperatureAt(double value, double start)
    {
        var celsius = start;
        for (var iteration = 0; iteration < 100; iteration++)
        {
            var step = (value - At(celsius)) / (Linear + celsius * (2 * Quadratic + celsius * 3 * Cubic));
            celsius += step;
            // The curve bends so little (less than 0.01 per K) that the error after such a step is below its rounding.
            if (Math.Abs(step) < 1e-7)
                return celsius;
        }
        return start;
    }
}

/// <summary>What flows from one unit to the next.</summary>
/// <param name="Flow">lb-mol/h.</param>
/// <param name="Fractions">Molar.</param>
/// <param name="Enthalpy">Per lb-mol.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProcessStream(double Flow, Vector512<double> Fractions, double Enthalpy)
{
    /// <summary>lb-mol/h of each component.</summary>
    public Vector512<double> Components => Fractions * Flow;

    public double Heat => Enthalpy * Flow;
}
