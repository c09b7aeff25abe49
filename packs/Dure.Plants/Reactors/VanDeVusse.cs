using Dure.Kernel;
using Dure.Plants.Integration;

namespace Dure.Plants.Reactors;

/// <summary>
/// The van de Vusse reactor with its jacket (Klatt and Engell 1998; Chen, Kremling and Allgöwer 1995): A → B → C and 2 A → D, where B is wanted.
/// Its gain changes sign near the best flow. State: cA and cB in mol/L, the tank's and the jacket's temperature in °C; time in hours.
/// </summary>
public static class VanDeVusse
{
    public const int StateLength = 4;

    private const double Density = 0.9342, HeatCapacity = 3.01, Transfer = 4032, Area = 0.215, Volume = 10, JacketMass = 5, JacketCapacity = 2;
    private const double FeedConcentration = 5.1;

    /// <summary>Usual temperature of the feed, °C.</summary>
    public const double FeedTemperature = 104.9;

    /// <summary>Rates of change per hour.</summary>
    /// <param name="dilution">F/V, per hour.</param>
    /// <param name="cooling">Q, kJ/h; below 0: heat is taken away.</param>
    public static void Rates(ReadOnlySpan<double> x, double dilution, double cooling, Span<double> rates, double feedTemperature = FeedTemperature, double transferShare = 1)
    {
        var kelvin = x[2] + 273.15;
        var r1 = 1.287e12 * Math.Exp(-9758.3 / kelvin) * x[0];
        var r2 = 1.287e12 * Math.Exp(-9758.3 / kelvin) * x[1];
        var r3 = 9.043e9 * Math.Exp(-8560 / kelvin) * x[0] * x[0];
        var exchanged = transferShare * Transfer * Area * (x[3] - x[2]);
        rates[0] = dilution * (FeedConcentration - x[0]) - r1 - r3;
        rates[1] = -dilution * x[1] + r1 - r2;
        rates[2] = dilution * (feedTemperature - x[2]) + exchanged / (Density * HeatCapacity * Volume) - (4.2 * r1 - 11 * r2 - 41.85 * r3) / (Density * HeatCapacity);
        rates[3] = (cooling - exchanged) / (JacketMass * JacketCapacity);
    }

    /// <summary>The state at rest.</summary>
    public static double[] SteadyStateOf(double dilution, double cooling)
    {
        double[] x = [2.14, 1.09, 114, 113];
        SteadyState.Solve((_, at, rates) => Rates(at, dilution, cooling, rates), x, 1e-10);
        return x;
    }
}

/// <summary>The van de Vusse reactor as a plant: flow and cooling are set-points.</summary>
public sealed class VanDeVussePlant : VirtualPlant
{
    private const int DilutionSet = 0, CoolingSet = 1;
    private const int FeedTemperature = VanDeVusse.StateLength, Length = FeedTemperature + 1;

    private readonly RungeKutta method;
    private double dilution, cooling, feedTemperature, transferShare;

    /// <param name="disturbance">Size of what comes from outside; 0: a quiet plant, 1: as described.</param>
    public VanDeVussePlant(int seed, double disturbance = 1) : base(Its, TimeSpan.FromSeconds(20), Length, seed, disturbance)
    {
        method = new RungeKutta((_, at, rates) => VanDeVusse.Rates(at, dilution, cooling, rates, feedTemperature, transferShare), VanDeVusse.StateLength);
        VanDeVusse.SteadyStateOf(Values[DilutionSet], Values[CoolingSet]).CopyTo(State);
    }

    private static PlantDescription Its { get; } = new(
        "van-de-vusse", AssetId.Parse("plants/van-de-vusse"),
        "The van de Vusse reactor, simulated: the yield of B has a maximum over the flow.",
        [
            new Setpoint("dilution", "/h", 3, 35, 14.19, 10, "Flow over volume"),
            new Setpoint("cooling", "kJ/h", -9000, 0, -1113.5, 2000, "Heat put into the jacket; below 0: taken away"),
        ],
        [
            new Measurement("A", "mol/L", "Concentration", 0.005),
            new Measurement("B", "mol/L", "Concentration", 0.003, 1e-5),
            new Measurement("temperature", "Cel", "Tank", 0.1, 1e-3, Low: 80, High: 140),
            new Measurement("jacket temperature", "Cel", "Jacket", 0.1, 1e-3),
        ],
        [
            new Kpi("B", "mol/L", IsBetterLow: false, "Concentration of the wanted product, now"),
            new Kpi("yield", "%", IsBetterLow: false, "B over the A fed, now"),
            new Kpi("productivity", "mol/L/h", IsBetterLow: false, "B that leaves, per volume"),
        ],
        [
            new Fault("jacket fouled", "The jacket passes on four fifths of its heat."),
            new Fault("B reads high", "The analyser of B reads too high.", new SensorFault("B", Bias: 0.05)),
        ]);

    protected override void AdvanceOnce()
    {
        Disturbance.Move(ref State[FeedTemperature], 0.5 * DisturbanceSize, TimeSpan.FromHours(1), Interval, Seed, FeedTemperature, StepCount);
        (dilution, cooling, feedTemperature) = (Values[DilutionSet], Values[CoolingSet], VanDeVusse.FeedTemperature + State[FeedTemperature]);
        transferShare = IsOn(0) ? 0.8 : 1;
        method.Fixed(State[..VanDeVusse.StateLength], 0, Interval.TotalHours / 4, 4);
    }

    protected override void Sense(Span<double> truth) => State[..VanDeVusse.StateLength].CopyTo(truth);

    protected override void Assess(Span<double> kpis)
    {
        kpis[0] = State[1];
        kpis[1] = 100 * State[1] / 5.1;
        kpis[2] = State[1] * Values[DilutionSet];
    }
}
