using Dure.Kernel;
using Dure.Plants.Integration;

namespace Dure.Plants.Fermentation;

/// <summary>
/// A fed-batch fermentation of fifteen hours whose only handle is the feed; what counts is the secreted protein at the end. Optical density is read at
/// once, glucose and protein by an analyser that takes its time. The batch ends by itself and then stays as it is.
/// </summary>
public sealed class FedBatchPlant : VirtualPlant
{
    private const int FeedSet = 0;
    private const int Secreted = 0, Total = 1, Cells = 2, Glucose = 3, Volume = 4;
    private const int Pump = 0, Contaminated = 1;
    private const int GrowthWander = SecretedProtein.StateLength, Length = GrowthWander + 1;

    private readonly RungeKutta method;
    private double feed, growthShare;

    /// <param name="disturbance">Size of what differs from batch to batch; 0: the published batch, 1: as described.</param>
    public FedBatchPlant(int seed, double disturbance = 1) : base(Its, TimeSpan.FromMinutes(1), Length, seed, disturbance)
    {
        method = new RungeKutta((_, at, rates) => SecretedProtein.Rates(at, feed, rates, growthShare), SecretedProtein.StateLength);
        SecretedProtein.Start.CopyTo(State);
        State[Cells] *= 1 + 0.03 * DisturbanceSize * SeededNoise.Normal(seed, Cells, 0);
        State[Glucose] *= 1 + 0.01 * DisturbanceSize * SeededNoise.Normal(seed, Glucose, 0);
    }

    private static PlantDescription Its { get; } = new(
        "fed-batch", AssetId.Parse("plants/fed-batch"),
        "A fed-batch fermentation that secretes a protein, simulated by the model of Park and Ramirez.",
        [new Setpoint("feed", "L/h", 0, SecretedProtein.MaxFeed, 0, null, "Glucose solution")],
        [
            new Measurement("secreted protein", "g/L", "Analyser; the model's own unit", 0.02) { SampledEvery = TimeSpan.FromMinutes(30), Delay = TimeSpan.FromMinutes(20) },
            new Measurement("total protein", "g/L", "Analyser; the model's own unit", 0.02) { SampledEvery = TimeSpan.FromMinutes(30), Delay = TimeSpan.FromMinutes(20) },
            new Measurement("cells", "g/L", "By optical density", 0.02, 1e-3),
            new Measurement("glucose", "g/L", "Analyser", 0.02) { SampledEvery = TimeSpan.FromMinutes(10), Delay = TimeSpan.FromMinutes(5) },
            new Measurement("volume", "L", "By weight", 0.002, High: 25),
        ],
        [
            new Kpi("secreted protein", "g", IsBetterLow: false, "In the whole tank, now"),
            new Kpi("productivity", "g/h", IsBetterLow: false, "Secreted protein in the tank over the time run"),
        ],
        [
            new Fault("pump worn", "The feed pump delivers a tenth less than told."),
            new Fault("contaminated", "The cells grow a quarter slower."),
            new Fault("glucose stuck", "The glucose analyser repeats its last value.", new SensorFault("glucose", IsStuck: true)),
        ]);

    /// <summary>The batch ends after fifteen hours.</summary>
    public override string? ShutdownReason => Elapsed.TotalHours >= SecretedProtein.BatchHours ? "The batch is at its end." : null;

    protected override void AdvanceOnce()
    {
        Disturbance.Move(ref State[GrowthWander], 0.02 * DisturbanceSize, TimeSpan.FromHours(3), Interval, Seed, GrowthWander, StepCount);
        feed = Values[FeedSet] * (IsOn(Pump) ? 0.9 : 1);
        growthShare = (1 + State[GrowthWander]) * (IsOn(Contaminated) ? 0.75 : 1);
        method.Fixed(State[..SecretedProtein.StateLength], 0, Interval.TotalHours, 1);
    }

    protected override void Sense(Span<double> truth) => State[..SecretedProtein.StateLength].CopyTo(truth);

    protected override void Assess(Span<double> kpis)
    {
        kpis[0] = State[Secreted] * State[Volume];
        kpis[1] = StepCount > 0 ? kpis[0] / Math.Min(Elapsed.TotalHours, SecretedProtein.BatchHours) : 0;
    }
}
