using Dure.Kernel;
using Dure.Plants.Distillation;
using Dure.Plants.Heating;

namespace Dure.Plants.Refinery;

/// <summary>
/// A fired heater that boils a distillation column: Column A, twenty times larger, with purity control, and a heater with air preheater, by the minute.
/// Feed flow, feed composition, the fuel's heating value, weather and fouling disturb it. It counts by its true state when a product is off
/// specification or an emission above its limit. The column separates a model mixture; crude oil is not simulated.
/// </summary>
public sealed partial class CrudeUnit : VirtualPlant
{
    /// <summary>Specification of the distillate: at least this mole fraction of the light component.</summary>
    public const double TopSpecification = 0.99;

    /// <summary>Specification of the bottoms: at most this mole fraction of the light component.</summary>
    public const double BottomSpecification = 0.01;

    /// <summary>kmol/min of the plant for one of Column A.</summary>
    private const double Size = 20;

    /// <summary>Feed of the design case, kmol/min.</summary>
    internal const double DesignFeed = Size;

    /// <summary>Heat of vaporisation, MJ/kmol.</summary>
    private const double HeatOfVaporisation = 30;

    /// <summary>Column steps in a minute; the error at this step is shown by a test.</summary>
    private const int ColumnSteps = 2;

    /// <summary>How long the unit runs between cleanings.</summary>
    private static readonly TimeSpan Run = TimeSpan.FromDays(180);

    private const int AnalysisMinutes = 3;
    private const double FeedMeterLag = 2;

    // Where things lie in the state.
    private const int ColumnAt = 0, HeaterAt = ColumnA.StateLength, ControlAt = HeaterAt + HeaterDynamics.StateLength, FeedMeter = ControlAt + PurityControl.StateLength;
    private const int FlowWander = FeedMeter + 1, FastComposition = FlowWander + 1, SlowComposition = FastComposition + 1, HeatingValue = SlowComposition + 1, Gust = HeatingValue + 1;
    private const int FuelTonnes = Gust + 1, FeedKilomoles = FuelTonnes + 1, OffSpecification = FeedKilomoles + 1, Emission = OffSpecification + 1, Length = Emission + 1;

    private readonly ColumnStepper stepper = new();
    private readonly double[] readings = new double[Its.Measurements.Count];

    /// <param name="disturbance">Size of what comes from outside; 0: a quiet plant, 1: as described.</param>
    public CrudeUnit(int seed, double disturbance = 1) : base(Its, TimeSpan.FromMinutes(1), Length, seed, disturbance)
    {
        var (inputs, column) = ColumnA.FlowsFor(Values[TopSet], Values[BottomSet]);
        column.CopyTo(Column);
        PurityControl.Settle(Control, inputs);
        State[FeedMeter] = 1;
        HeaterDynamics.Settle(Heater, Outside(DutyFor(inputs.BoilUp), Values[OxygenSet]));
    }

    private Span<double> Column => State.Slice(ColumnAt, ColumnA.StateLength);

    private Span<double> Heater => State.Slice(HeaterAt, HeaterDynamics.StateLength);

    private Span<double> Control => State.Slice(ControlAt, PurityControl.StateLength);

    private double Feed => 1 + State[FlowWander];

    private double FeedComposition => 0.5 + State[FastComposition] + State[SlowComposition];

    private double Top => State[ColumnAt + ColumnA.Stages - 1];

    private double Bottom => State[ColumnAt];

    /// <summary>0: clean; towards 1: at the end of a run.</summary>
    private double Fouling => DisturbanceSize == 0 ? 0 : 1 - Math.Exp(-2 * (Elapsed.TotalDays % Run.TotalDays) / Run.TotalDays);

    /// <summary>The heater's heat for one unit of boil-up; fouled exchangers before the heater leave more of the work to it.</summary>
    private double DutyPerBoilUp => Size * HeatOfVaporisation / 60 * (1 + 0.02 * Fouling);

    private double BoilUp => HeaterDynamics.DutyMegawatts(Heater) / DutyPerBoilUp;

    /// <summary>All vapour that is not to leave as distillate: so a change of heat moves the internal flow only, as where the reflux holds the drum's level.</summary>
    private double Reflux => Math.Max(0.5, BoilUp - PurityControl.DistillateRatio(Control) * State[FeedMeter]);

    /// <summary>Fuel in kg/h when all has settled, for set-points in a quiet plant at 20 °C: the column's flows and the heater's losses, no simulation.</summary>
    /// <exception cref="ProblemException">Products that no reflux gives, or a heater that would give no heat.</exception>
    public static double SteadyFuel(double topPurity, double bottomImpurity, double oxygen, double stack)
    {
        var (inputs, _) = ColumnA.FlowsFor(topPurity, bottomImpurity);
        var efficiency = oxygen is >= 0 and < FiredHeater.AirOxygen ? FiredHeater.Efficiency(stack, 20, oxygen) : double.NaN;
        if (!(efficiency is > 0 and < 1))
            throw new ProblemException("urn:dure:plants:no-heat", $"A heater with {oxygen} % oxygen and a stack of {stack} °C gives no heat.", "crude unit", "Give oxygen from 0 to below 21 % and the stack's temperature in °C.");
        return inputs.BoilUp * Size * HeatOfVaporisation * 60 / (efficiency * HeaterDynamics.DesignHeatingValue);
    }

    protected override void AdvanceOnce()
    {
        Measure(readings);
        if (StepCount % AnalysisMinutes == 0)
            PurityControl.Act(Control, Values[TopSet], Values[BottomSet], readings[TopPurity], readings[BottomImpurity], AnalysisMinutes);
        State[FeedMeter] += (Feed - State[FeedMeter]) * (1 - Math.Exp(-1 / FeedMeterLag));
        HeaterDynamics.Advance(Heater, Outside(DutyFor(PurityControl.BoilUpRatio(Control) * State[FeedMeter]), readings[Oxygen]), 1);
        var inputs = new ColumnInputs(Reflux, BoilUp, Feed, FeedComposition);
        for (var n = 0; n < ColumnSteps; n++)
            stepper.Step(Column, inputs, 1.0 / ColumnSteps);
        Count();
        Disturb();
    }

    private double DutyFor(double boilUp) => boilUp * DutyPerBoilUp;

    private HeaterInputs Outside(double dutyMegawatts, double oxygenReading) => new(
        dutyMegawatts, Values[OxygenSet], Values[StackSet], double.IsNaN(oxygenReading) ? Values[OxygenSet] : oxygenReading,
        HeaterDynamics.DesignHeatingValue * (1 + State[HeatingValue]), Disturbance.Ambient(Elapsed, DisturbanceSize), State[Gust], Fouling,
        MixingFault: IsOn(Burners) ? 1.2 : 0, IsPreheaterLeaking: IsOn(Preheater));

    private void Count()
    {
        State[FuelTonnes] += HeaterDynamics.FuelKilogramsPerSecond(Heater) * 60 / 1000;
        State[FeedKilomoles] += Feed * Size;
        if (Top < TopSpecification || Bottom > BottomSpecification)
            State[OffSpecification]++;
        if (HeaterDynamics.CarbonMonoxidePpm(Heater) > FiredHeaterPlant.CarbonMonoxideLimit || HeaterDynamics.NitrogenOxidesMilligrams(Heater) > FiredHeaterPlant.NitrogenOxidesLimit)
            State[Emission]++;
    }

    private void Disturb()
    {
        var switched = IsOn(FeedSwinging) ? 3 : 1;
        Wander(FlowWander, 0.015 * switched, TimeSpan.FromHours(4));
        Wander(FastComposition, 0.004 * switched, TimeSpan.FromHours(6));
        Wander(SlowComposition, 0.008, TimeSpan.FromDays(3));
        Wander(HeatingValue, 0.015, TimeSpan.FromHours(8));
        Wander(Gust, 0.006, TimeSpan.FromMinutes(5));

        void Wander(int at, double standardDeviation, TimeSpan memory) =>
            Disturbance.Move(ref State[at], DisturbanceSize * standardDeviation, memory, Interval, Seed, at, StepCount);
    }
}
