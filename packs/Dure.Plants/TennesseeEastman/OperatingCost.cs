using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// What running costs per hour, in US dollars of 1990: reactants and product lost with the purge, reactants lost with the product, work and steam.
/// Downs and Vogel (1993), table 8 and the equation below it.
/// </summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct OperatingCost(double Purge, double Product, double Compressor, double Steam)
{
    internal const double KilogramPerPound = 0.45359237;
    private const double PerKilowattHour = 0.0536, PerKilogramOfSteam = 0.0318;

    /// <summary>Dollars per kmol of A to H that leave with the purge; the inert B is worth nothing.</summary>
    private static readonly Vector512<double> InPurge = Vector512.Create(2.206, 0, 6.177, 22.06, 14.56, 17.89, 30.44, 22.94);

    /// <summary>Dollars per kmol of D, E, F that leave with the product.</summary>
    private static readonly Vector512<double> InProduct = Vector512.Create(0, 0, 0, 22.06, 14.56, 17.89, 0, 0);

    public double Total => Purge + Product + Compressor + Steam;

    internal static OperatingCost Of(in Operation now) => new(
        now.Purge * KilogramPerPound * Vector512.Sum(now.PurgeFractions * InPurge),
        now.Product * KilogramPerPound * Vector512.Sum(now.ProductFractions * InProduct),
        now.CompressorWork * 0.29307e3 * PerKilowattHour,
        now.SteamHeat * 1.04e3 * 0.454 * PerKilogramOfSteam);
}
