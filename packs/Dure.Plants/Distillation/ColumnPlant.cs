using Dure.Kernel;

namespace Dure.Plants.Distillation;

/// <summary>
/// Column A as a plant that can be run at any purity: the two purities are its set-points, reflux and boil-up its flows. Feed flow and composition
/// wander. Light product above its specification earns twice the feed's price, all else the feed's price, and boil-up costs (the economics of
/// Jacobsen and Skogestad 2011, with a price of heat of our choice): so purity that is given away costs, and so does a product that is off.
/// </summary>
public sealed class ColumnPlant : VirtualPlant
{
    /// <summary>Specification of the distillate: at least this mole fraction of the light component.</summary>
    public const double TopSpecification = 0.99;

    /// <summary>Specification of the bottoms: at most this mole fraction of the light component.</summary>
    public const double BottomSpecification = 0.02;

    /// <summary>Price of a kmol of boil-up for a feed of price 1 a kmol.</summary>
    public const double BoilUpPrice = 0.01;

    private const int TopSet = 0, BottomSet = 1;
    private const int AnalysisMinutes = 3, ColumnSteps = 2;
    private const double ReboilerLag = 2, FeedMeterLag = 2; // Minutes.
    private const int ControlAt = ColumnA.StateLength, BoilUp = ControlAt + PurityControl.StateLength, FeedMeter = BoilUp + 1;
    private const int Flow = FeedMeter + 1, Composition = Flow + 1, OffSpecification = Composition + 1, Earned = OffSpecification + 1, Length = Earned + 1;

    private readonly ColumnStepper stepper = new();
    private readonly double[] readings = new double[Its.Measurements.Count];

    /// <param name="disturbance">Size of what comes from outside; 0: a quiet plant, 1: as described.</param>
    public ColumnPlant(int seed, double disturbance = 1) : base(Its, TimeSpan.FromMinutes(1), Length, seed, disturbance)
    {
        var (inputs, column) = ColumnA.FlowsFor(Values[TopSet], Values[BottomSet]);
        column.CopyTo(Column);
        PurityControl.Settle(Control, inputs);
        (State[BoilUp], State[FeedMeter]) = (inputs.BoilUp, 1);
    }

    private static PlantDescription Its { get; } = new(
        "column-a", AssetId.Parse("plants/column-a"),
        "Skogestad's Column A with purity control, simulated; the mixture is a model of relative volatility 1.5.",
        [
            new Setpoint("distillate purity", "mol/mol", 0.97, 0.998, 0.995, 1e-4, "Light component in the distillate"),
            new Setpoint("bottoms impurity", "mol/mol", 0.002, 0.04, 0.005, 2e-4, "Light component in the bottoms"),
        ],
        [
            new Measurement("distillate purity", "mol/mol", "Analyser", 5e-5, 5e-8, Low: TopSpecification) { SampledEvery = TimeSpan.FromMinutes(AnalysisMinutes), Delay = TimeSpan.FromMinutes(3) },
            new Measurement("bottoms impurity", "mol/mol", "Analyser", 5e-5, 5e-8, High: BottomSpecification) { SampledEvery = TimeSpan.FromMinutes(AnalysisMinutes), Delay = TimeSpan.FromMinutes(3) },
            new Measurement("feed", "kmol/min", "Feed", 0.003),
            new Measurement("reflux", "kmol/min", "Reflux", 0.005),
            new Measurement("boil-up", "kmol/min", "Vapour from the reboiler", 0.005),
            new Measurement("distillate", "kmol/min", "Distillate", 0.002),
            new Measurement("bottoms", "kmol/min", "Bottoms", 0.002),
        ],
        [
            new Kpi("profit", "/min", IsBetterLow: false, "Value of the products less feed and boil-up, in prices of a kmol of feed, now"),
            new Kpi("earned", "1", IsBetterLow: false, "Profit since the start"),
            new Kpi("off-specification minutes", "min", IsBetterLow: true, "With a product truly outside its specification"),
        ],
        [
            new Fault("feed swinging", "Feed flow and composition swing three times as far."),
            new Fault("purity reads high", "The distillate's analyser reads too pure.", new SensorFault("distillate purity", Bias: 0.002)),
            new Fault("purity stuck", "The distillate's analyser repeats its last value.", new SensorFault("distillate purity", IsStuck: true)),
        ]);

    private Span<double> Column => State[..ColumnA.StateLength];

    private Span<double> Control => State.Slice(ControlAt, PurityControl.StateLength);

    private double Top => State[ColumnA.Stages - 1];

    private double Bottom => State[0];

    private double Feed => 1 + State[Flow];

    private double Reflux => Math.Max(0.5, State[BoilUp] - PurityControl.DistillateRatio(Control) * State[FeedMeter]);

    /// <summary>Profit per minute when all has settled, for set-points that meet the specifications, in a quiet plant.</summary>
    public static double SteadyProfit(double topPurity, double bottomImpurity)
    {
        var (inputs, _) = ColumnA.FlowsFor(topPurity, bottomImpurity);
        return Profit(inputs.BoilUp - inputs.Reflux, topPurity, inputs.BoilUp);
    }

    protected override void AdvanceOnce()
    {
        if (StepCount % AnalysisMinutes == 0)
        {
            Measure(readings);
            PurityControl.Act(Control, Values[TopSet], Values[BottomSet], readings[0], readings[1], AnalysisMinutes);
        }
        State[FeedMeter] += (Feed - State[FeedMeter]) * (1 - Math.Exp(-1 / FeedMeterLag));
        State[BoilUp] += (PurityControl.BoilUpRatio(Control) * State[FeedMeter] - State[BoilUp]) * (1 - Math.Exp(-1 / ReboilerLag));
        var inputs = new ColumnInputs(Reflux, State[BoilUp], Feed, 0.5 + State[Composition]);
        for (var n = 0; n < ColumnSteps; n++)
            stepper.Step(Column, inputs, 1.0 / ColumnSteps);
        State[Earned] += Profit(ColumnA.Distillate(Column), Top, State[BoilUp]);
        if (Top < TopSpecification || Bottom > BottomSpecification)
            State[OffSpecification]++;
        var size = DisturbanceSize * (IsOn(0) ? 3 : 1);
        Disturbance.Move(ref State[Flow], 0.015 * size, TimeSpan.FromHours(4), Interval, Seed, Flow, StepCount);
        Disturbance.Move(ref State[Composition], 0.006 * size, TimeSpan.FromHours(6), Interval, Seed, Composition, StepCount);
    }

    protected override void Sense(Span<double> truth)
    {
        truth[0] = Top;
        truth[1] = Bottom;
        truth[2] = Feed;
        truth[3] = Reflux;
        truth[4] = State[BoilUp];
        truth[5] = ColumnA.Distillate(Column);
        truth[6] = ColumnA.Bottoms(Column);
    }

    protected override void Assess(Span<double> kpis)
    {
        kpis[0] = Profit(ColumnA.Distillate(Column), Top, State[BoilUp]);
        kpis[1] = State[Earned];
        kpis[2] = State[OffSpecification];
    }

    /// <summary>Distillate on specification earns 1 a kmol more than the feed cost; all else earns what the feed cost.</summary>
    private static double Profit(double distillate, double top, double boilUp) => (top >= TopSpecification ? distillate : 0) - BoilUpPrice * boilUp;
}
