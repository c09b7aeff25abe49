using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// Reactor and separator: a liquid of D to H under its vapour, by Raoult's law, and A, B, C as ideal gases above it.
/// The state holds A to C in the gas and D to H in the liquid; what of D to H is gas follows from equilibrium and is not counted.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct TwoPhaseVessel
{
    /// <param name="state">lb-mol of A to H, then the energy held.</param>
    /// <param name="volume">ft³.</param>
    /// <param name="near">°C from which the temperature is searched.</param>
    public TwoPhaseVessel(ReadOnlySpan<double> state, double volume, double near)
    {
        var held = Vector512.Create(state);
        var liquid = held * Components.Condensable;
        var moles = Vector512.Sum(liquid);
        LiquidFractions = liquid / moles;
        LiquidEnthalpy = EnthalpyCurve.OfLiquid(LiquidFractions);
        Celsius = LiquidEnthalpy.TemperatureAt(state[Components.Count] / moles, near);
        LiquidDensity = Mixtures.LiquidMolarDensity(LiquidFractions, Celsius);
        LiquidVolume = moles / LiquidDensity;
        GasVolume = volume - LiquidVolume;
        PartialPressures = held * Components.Gaseous * (Mixtures.GasConstant * Kelvin / GasVolume) + Mixtures.VapourPressures(Celsius) * LiquidFractions;
        Pressure = Vector512.Sum(PartialPressures);
        GasFractions = PartialPressures / Pressure;
    }

    public double Celsius { get; }
    public double Kelvin => Celsius + Mixtures.Kelvin;

    /// <summary>mmHg absolute.</summary>
    public double Pressure { get; }

    public Vector512<double> PartialPressures { get; }
    public Vector512<double> LiquidFractions { get; }
    public Vector512<double> GasFractions { get; }
    public EnthalpyCurve LiquidEnthalpy { get; }

    /// <summary>lb-mol/ft³.</summary>
    public double LiquidDensity { get; }

    /// <summary>ft³.</summary>
    public double LiquidVolume { get; }

    /// <summary>ft³.</summary>
    public double GasVolume { get; }
}

/// <summary>The zone where fresh feeds, the stripper's overhead and the recycle meet before the reactor: gas only.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct MixingZone
{
    private const double Volume = 5000;

    public MixingZone(ReadOnlySpan<double> state, double near)
    {
        var held = Vector512.Create(state);
        var moles = Vector512.Sum(held);
        Fractions = held / moles;
        Enthalpy = EnthalpyCurve.OfGas(Fractions);
        Celsius = Enthalpy.WithoutWork().TemperatureAt(state[Components.Count] / moles, near);
        Pressure = moles * Mixtures.GasConstant * (Celsius + Mixtures.Kelvin) / Volume;
    }

    public double Celsius { get; }

    /// <summary>mmHg absolute.</summary>
    public double Pressure { get; }

    public Vector512<double> Fractions { get; }
    public EnthalpyCurve Enthalpy { get; }
}
