using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// A + C + D → G, A + C + E → H, A + E → F and 3 D → 2 F in the gas of the reactor, with rates of Arrhenius in the temperature and powers of
/// the partial pressures; heat leaves through a cooling bundle that the liquid must cover.
/// </summary>
internal static class Reactor
{
    public const double Volume = 1300;

    /// <summary>Activation energies over the gas constant, K.</summary>
    private const double ActivationOfG = 40000f / 1.987f, ActivationOfH = 20000f / 1.987f, ActivationOfF = 60000f / 1.987f;

    private const double LogFactorOfG = 31.5859536f, LogFactorOfH = 3.00094014f, LogFactorOfF = 53.4060443f;

    /// <summary>The rate of 3 D → 2 F against that of A + E → F.</summary>
    private const double FromDAlone = 0.767488334;

    /// <summary>Powers of the partial pressures of A and C in the rates of G and H.</summary>
    private const double OrderOfA = 1.1544f, OrderOfC = 0.3735f;

    private const double HeatOfG = 0.06899381054, HeatOfH = 0.05;

    /// <summary>Energy held by the water of the bundle per K, in 1/1.8 of the model's unit × 10⁻⁶.</summary>
    public const double CoolantCapacity = 7060;

    /// <summary>What each reaction makes (and uses) of A to H.</summary>
    private static readonly Vector512<double> MakingG = Vector512.Create(-1.0, 0, -1, -1, 0, 0, 1, 0);
    private static readonly Vector512<double> MakingH = Vector512.Create(-1.0, 0, -1, 0, -1, 0, 0, 1);
    private static readonly Vector512<double> MakingF = Vector512.Create(-1.0, 0, 0, 0, -1, 1, 0, 0);
    private static readonly Vector512<double> MakingFFromD = Vector512.Create(0, 0, 0, -1.5, 0, 1, 0, 0);

    /// <summary>lb-mol/h of each component, and the heat set free per hour.</summary>
    public static (Vector512<double> Making, double Heat) React(in TwoPhaseVessel reactor, double driftOfG, double driftOfH)
    {
        var (kelvin, pressures, volume) = (reactor.Kelvin, reactor.PartialPressures, reactor.GasVolume);
        var (a, c, d, e) = (pressures[Components.A], pressures[Components.C], pressures[Components.D], pressures[Components.E]);
        var together = a > 0 && c > 0 ? Math.Pow(a, OrderOfA) * Math.Pow(c, OrderOfC) * volume : 0;
        var g = Math.Exp(LogFactorOfG - ActivationOfG / kelvin) * driftOfG * together * d;
        var h = Math.Exp(LogFactorOfH - ActivationOfH / kelvin) * driftOfH * together * e;
        var f = Math.Exp(LogFactorOfF - ActivationOfF / kelvin) * a * volume;
        var making = MakingG * g + MakingH * h + MakingF * (f * e) + MakingFFromD * (f * FromDAlone * d);
        return (making, g * HeatOfG + h * HeatOfH);
    }

    /// <summary>Heat that the water gives to the reactor per hour and K: the bundle is covered from 10 to 50 % of level, the agitator helps.</summary>
    public static double CoolingPerKelvin(double liquidVolume, double agitatorPercent)
    {
        var level = liquidVolume / 7.8f;
        var covered = level > 50 ? 1 : level < 10 ? 0 : 0.025f * level - 0.25;
        var speed = (agitatorPercent + 150) / 100;
        return covered * (-0.5 * speed * speed + 2.75 * speed - 2.5) * 855490e-6;
    }
}
