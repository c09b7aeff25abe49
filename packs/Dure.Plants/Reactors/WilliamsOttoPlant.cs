using Dure.Kernel;
using Dure.Plants.Integration;

namespace Dure.Plants.Reactors;

/// <summary>The Williams-Otto reactor as a plant: feed of B and temperature are set-points, and two impurities of the product have limits.</summary>
public sealed class WilliamsOttoPlant : VirtualPlant
{
    /// <summary>Highest mass fraction of A left over.</summary>
    public const double LimitOfA = 0.12;

    /// <summary>Highest mass fraction of the by-product G.</summary>
    public const double LimitOfG = 0.08;

    private const int FeedSet = 0, TemperatureSet = 1;
    private const int Fouled = 0, WetFeed = 1;
    private const int FeedWander = WilliamsOtto.StateLength, TemperatureWander = FeedWander + 1, Earned = TemperatureWander + 1, Off = Earned + 1, Length = Off + 1;

    private readonly RungeKutta method;
    private double feedOfB, celsius;

    /// <param name="disturbance">Size of what comes from outside; 0: a quiet plant, 1: as described.</param>
    public WilliamsOttoPlant(int seed, double disturbance = 1) : base(Its, TimeSpan.FromSeconds(30), Length, seed, disturbance)
    {
        method = new RungeKutta((_, at, rates) => WilliamsOtto.Rates(at, feedOfB, celsius, rates), WilliamsOtto.StateLength);
        WilliamsOtto.SteadyStateOf(Values[FeedSet], Values[TemperatureSet]).CopyTo(State);
    }

    private static PlantDescription Its { get; } = new(
        "williams-otto", AssetId.Parse("plants/williams-otto"),
        "The Williams-Otto reactor, simulated: a test problem of set-point optimisation, not a real product.",
        [
            new Setpoint("feed of B", "kg/s", 3, 6, 5.5, 0.25, "Feed of B; A flows by itself"),
            new Setpoint("temperature", "Cel", 70, 100, 78, 1, "Reactor temperature"),
        ],
        [
            new Measurement("A", "kg/kg", "Mass fraction", 0.0005, High: LimitOfA),
            new Measurement("B", "kg/kg", "Mass fraction", 0.0005),
            new Measurement("C", "kg/kg", "Mass fraction", 0.0005),
            new Measurement("P", "kg/kg", "Mass fraction of the product", 0.0005, 1e-6),
            new Measurement("E", "kg/kg", "Mass fraction of the second product", 0.0005, 1e-6),
            new Measurement("G", "kg/kg", "Mass fraction of the waste", 0.0005, High: LimitOfG),
            new Measurement("feed of B", "kg/s", "Flow meter", 0.01),
            new Measurement("temperature", "Cel", "In the tank", 0.1),
        ],
        [
            new Kpi("profit", "/s", IsBetterLow: false, "Products less feeds in $, now"),
            new Kpi("earned", "1", IsBetterLow: false, "Profit since the start, $"),
            new Kpi("off-specification minutes", "min", IsBetterLow: true, "With A or G truly above its limit"),
        ],
        [
            new Fault("jacket fouled", "The tank runs 2 °C hotter than told."),
            new Fault("feed diluted", "A twentieth of the feed of B is missing."),
            new Fault("G reads low", "The analyser of G reads too low.", new SensorFault("G", Bias: -0.01)),
            new Fault("thermometer drifting", "The thermometer drifts.", new SensorFault("temperature", DriftPerHour: 0.1)),
        ]);

    protected override void AdvanceOnce()
    {
        Disturbance.Move(ref State[FeedWander], 0.01 * DisturbanceSize, TimeSpan.FromMinutes(30), Interval, Seed, FeedWander, StepCount);
        Disturbance.Move(ref State[TemperatureWander], 0.1 * DisturbanceSize, TimeSpan.FromMinutes(10), Interval, Seed, TemperatureWander, StepCount);
        (feedOfB, celsius) = (FeedOfB, Celsius);
        method.Fixed(State[..WilliamsOtto.StateLength], 0, Interval.TotalSeconds / 6, 6);
        State[Earned] += Profit * Interval.TotalSeconds;
        if (State[0] > LimitOfA || State[5] > LimitOfG)
            State[Off] += Interval.TotalMinutes;
    }

    protected override void Sense(Span<double> truth)
    {
        State[..WilliamsOtto.StateLength].CopyTo(truth);
        truth[6] = FeedOfB;
        truth[7] = Celsius;
    }

    protected override void Assess(Span<double> kpis)
    {
        kpis[0] = Profit;
        kpis[1] = State[Earned];
        kpis[2] = State[Off];
    }

    private double FeedOfB => Values[FeedSet] * (1 + State[FeedWander]) * (IsOn(WetFeed) ? 0.95 : 1);

    private double Celsius => Values[TemperatureSet] + State[TemperatureWander] + (IsOn(Fouled) ? 2 : 0);

    private double Profit => WilliamsOtto.Profit(State[3], State[4], FeedOfB);
}
