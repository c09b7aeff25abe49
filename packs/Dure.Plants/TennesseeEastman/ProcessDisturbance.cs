using System.Runtime.InteropServices;

namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The twenty process disturbances of Downs and Vogel (1993), table 8, by number. What they call unknown (16 to 20) is named by what the
/// public code does.
/// </summary>
public enum ProcessDisturbance
{
    CFeedRatioStep = 1,
    CFeedInertStep = 2,
    DFeedTemperatureStep = 3,
    ReactorCoolantTemperatureStep = 4,
    CondenserCoolantTemperatureStep = 5,
    AFeedLoss = 6,
    CFeedPressureLoss = 7,
    CFeedCompositionVaries = 8,
    DFeedTemperatureVaries = 9,
    CFeedTemperatureVaries = 10,
    ReactorCoolantTemperatureVaries = 11,
    CondenserCoolantTemperatureVaries = 12,
    KineticsDrift = 13,
    ReactorCoolantValveSticks = 14,
    CondenserCoolantValveSticks = 15,
    SteamSupplyVaries = 16,
    ReactorFouling = 17,
    CondenserFouling = 18,
    OtherValvesStick = 19,
    EffluentLineBlocks = 20,
}

/// <summary>Which disturbances are on: a bit for each.</summary>
internal readonly record struct DisturbanceSet(uint Bits)
{
    public bool Has(ProcessDisturbance one) => (Bits >> (int)one & 1) != 0;

    public DisturbanceSet With(ProcessDisturbance one, bool isOn) => new(isOn ? Bits | 1u << (int)one : Bits & ~(1u << (int)one));
}

/// <summary>What the surroundings do to the plant at a moment.</summary>
/// <param name="FractionA">Molar fraction of A in the C feed.</param>
/// <param name="FractionB">Molar fraction of B in the C feed.</param>
/// <param name="DFeedCelsius">Temperature of the D feed.</param>
/// <param name="CFeedCelsius">Temperature of the C feed.</param>
/// <param name="ReactorCoolantCelsius">Temperature of the water to the reactor.</param>
/// <param name="CondenserCoolantCelsius">Temperature of the water to the condenser.</param>
/// <param name="DriftOfG">Factor on the rate that makes G.</param>
/// <param name="DriftOfH">Factor on the rate that makes H.</param>
/// <param name="SteamSupply">Share by which steam gives more heat.</param>
/// <param name="ReactorFouling">0 clean, 1 worst.</param>
/// <param name="CondenserFouling">0 clean, 1 worst.</param>
/// <param name="Blockage">Of the line from reactor to separator: 0 open, 1 worst.</param>
/// <param name="AvailableA">Share of the A feed that its valve can pass.</param>
/// <param name="AvailableC">Share of the C feed that its valve can pass.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Surroundings(
    double FractionA, double FractionB, double DFeedCelsius, double CFeedCelsius, double ReactorCoolantCelsius, double CondenserCoolantCelsius,
    double DriftOfG, double DriftOfH, double SteamSupply, double ReactorFouling, double CondenserFouling, double Blockage,
    double AvailableA, double AvailableC)
{
    /// <summary>With no disturbance.</summary>
    public static Surroundings Nominal { get; } = new(0.485, 0.005, 45, 45, 35, 40, 1, 1, 0, 0, 0, 0, 1, 1);

    public static Surroundings At(double hours, ReadOnlySpan<double> walks, DisturbanceSet active) => new(
        RandomWalks.At(walks, 0, hours) - If(ProcessDisturbance.CFeedRatioStep, 0.03, active) - If(ProcessDisturbance.CFeedInertStep, 2.43719e-3, active),
        RandomWalks.At(walks, 1, hours) + If(ProcessDisturbance.CFeedInertStep, 0.005, active),
        RandomWalks.At(walks, 2, hours) + If(ProcessDisturbance.DFeedTemperatureStep, 5, active),
        RandomWalks.At(walks, 3, hours),
        RandomWalks.At(walks, 4, hours) + If(ProcessDisturbance.ReactorCoolantTemperatureStep, 5, active),
        RandomWalks.At(walks, 5, hours) + If(ProcessDisturbance.CondenserCoolantTemperatureStep, 5, active),
        RandomWalks.At(walks, 6, hours),
        RandomWalks.At(walks, 7, hours),
        RandomWalks.At(walks, 8, hours),
        RandomWalks.At(walks, 9, hours),
        RandomWalks.At(walks, 10, hours),
        RandomWalks.At(walks, 11, hours),
        1 - If(ProcessDisturbance.AFeedLoss, 1, active),
        1 - If(ProcessDisturbance.CFeedPressureLoss, 0.2, active));

    private static double If(ProcessDisturbance one, double size, DisturbanceSet active) => active.Has(one) ? size : 0;
}
