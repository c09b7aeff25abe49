using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Plants.TennesseeEastman;

/// <summary>How the plant runs at a moment, in the model's units (lb-mol/h, lb/h, ft³, mmHg absolute, °C): what measurements, limits and costs are made of.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct Operation
{
    public double AFeed { get; init; }
    public double DFeedMass { get; init; }
    public double EFeedMass { get; init; }
    public double CFeed { get; init; }
    public double Recycle { get; init; }
    public double ReactorFeed { get; init; }
    public double ReactorPressure { get; init; }
    public double ReactorLiquid { get; init; }
    public double ReactorCelsius { get; init; }
    public double Purge { get; init; }
    public double SeparatorCelsius { get; init; }
    public double SeparatorLiquid { get; init; }
    public double SeparatorPressure { get; init; }

    /// <summary>Of the separator's liquid, ft³/h.</summary>
    public double Underflow { get; init; }

    public double StripperLiquid { get; init; }

    /// <summary>Measured at the stripper, which is open to the mixing zone.</summary>
    public double MixingPressure { get; init; }

    public double Product { get; init; }

    /// <summary>ft³/h.</summary>
    public double ProductVolume { get; init; }

    public double StripperCelsius { get; init; }
    public double SteamHeat { get; init; }
    public double CompressorWork { get; init; }
    public double ReactorCoolantCelsius { get; init; }
    public double CondenserCoolantCelsius { get; init; }
    public Vector512<double> FeedFractions { get; init; }
    public Vector512<double> PurgeFractions { get; init; }
    public Vector512<double> ProductFractions { get; init; }
}
