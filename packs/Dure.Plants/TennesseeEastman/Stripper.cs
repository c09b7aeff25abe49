using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The C feed strips what is light out of the separator's liquid: a fixed or flow-dependent share of each component goes up,
/// the rest to the sump, which steam warms.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct Stripper
{
    public const double Volume = 156.5;

    /// <summary>The share of A to C that goes up; D to H follow from <see cref="Ease"/>.</summary>
    private static readonly Vector512<double> ShareOfGases = Vector512.Create(0.995f, 0.991f, 0.99f, 0, 0, 0, 0, 0);
    private static readonly Vector512<double> ShareWithoutLiquid = Vector512.Create(0.995f, 0.991f, 0.99f, 0.9999f, 0.999f, 0.999f, 0.99f, 0.98f);

    /// <summary>How easily D to H go up.</summary>
    private static readonly Vector512<double> Ease = Vector512.Create(0, 0, 0, 8.5010f, 11.402f, 11.795f, 0.0480f, 0.0242f);

    /// <param name="state">lb-mol of A to H in the sump, then the energy held.</param>
    public Stripper(ReadOnlySpan<double> state, double near)
    {
        var held = Vector512.Create(state);
        var moles = Vector512.Sum(held);
        Fractions = held / moles;
        Enthalpy = EnthalpyCurve.OfLiquid(Fractions);
        Celsius = Enthalpy.TemperatureAt(state[Components.Count] / moles, near);
        Density = Mixtures.LiquidMolarDensity(Fractions, Celsius);
        LiquidVolume = moles / Density;
    }

    public double Celsius { get; }
    public Vector512<double> Fractions { get; }
    public EnthalpyCurve Enthalpy { get; }

    /// <summary>lb-mol/ft³.</summary>
    public double Density { get; }

    /// <summary>ft³.</summary>
    public double LiquidVolume { get; }

    /// <summary>lb-mol/h of each component going up and going down to the sump.</summary>
    public (Vector512<double> Up, Vector512<double> Down) Split(in ProcessStream gas, in ProcessStream liquid)
    {
        var entering = gas.Components + liquid.Components;
        var up = entering * ShareGoingUp(gas.Flow, liquid.Flow);
        return (up, entering - up);
    }

    /// <summary>Heat from steam per hour; it condenses at 100 °C.</summary>
    public double Steam(double perKelvin) => Celsius < 100 ? perKelvin * (100 - Celsius) : 0;

    private Vector512<double> ShareGoingUp(double gasFlow, double liquidFlow)
    {
        if (liquidFlow <= 0.1f)
            return ShareWithoutLiquid;
        var warmth = Celsius switch
        {
            > 170 => Celsius - 120.262f,
            < 5.292f => 0.1f,
            _ => 363.744f / (177 - Celsius) - 2.22579488f,
        };
        var eased = Ease * (gasFlow / liquidFlow * warmth);
        return ShareOfGases + eased / (Vector512<double>.One + eased);
    }
}
