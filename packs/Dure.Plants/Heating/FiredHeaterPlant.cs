using Dure.Kernel;

namespace Dure.Plants.Heating;

/// <summary>
/// A fired heater by itself: duty, excess oxygen and the stack's temperature are set-points; fuel, air and the bypass of the air preheater move.
/// Heating value, ambient temperature and gusts disturb it. It can be run into carbon monoxide, acid condensate or short draft: that is what it is for.
/// </summary>
public sealed class FiredHeaterPlant : VirtualPlant
{
    /// <summary>Lowest stack temperature without acid condensate, °C; above the dew points of 120 to 150 °C of usual fuels.</summary>
    public const double AcidDewPoint = 150;

    /// <summary>Highest carbon monoxide, ppm.</summary>
    public const double CarbonMonoxideLimit = 100;

    /// <summary>Highest nitrogen oxides, mg/m3 at 3 % O2.</summary>
    public const double NitrogenOxidesLimit = 150;

    private const int DutySet = 0, OxygenSet = 1, StackSet = 2;
    private const int Burners = 0, Preheater = 1;
    private const int OxygenMeasurement = 1;
    private const int Weather = HeaterDynamics.StateLength, EmissionMinutes = Weather + 2, FuelTonnes = EmissionMinutes + 1, Length = FuelTonnes + 1;

    private readonly double[] readings = new double[9];

    /// <param name="disturbance">Size of what comes from outside; 0: a quiet heater, 1: as described.</param>
    public FiredHeaterPlant(int seed, double disturbance = 1) : base(Its, TimeSpan.FromMinutes(1), Length, seed, disturbance)
    {
        HeaterDynamics.Settle(State[..HeaterDynamics.StateLength], Inputs(Values[OxygenSet]));
    }

    private static PlantDescription Its { get; } = new(
        "fired-heater", AssetId.Parse("plants/fired-heater"),
        "A fired heater on natural gas with an air preheater; losses by Siegert, emissions by stated curves.",
        [
            new Setpoint("duty", "MW", 20, 45, 38, 1, "Heat that the process asks for"),
            new Setpoint("oxygen", "%", 0.5, 8, 6, 0.2, "Excess oxygen of the dry flue gas"),
            new Setpoint("stack temperature", "Cel", 120, 320, 300, 2, "Flue gas after the air preheater, held by its bypass"),
        ],
        [
            new Measurement("fuel", "kg/h", "Fuel gas", NoiseStandardDeviation: 8),
            new Measurement("oxygen", "%", "Dry flue gas", NoiseStandardDeviation: 0.03, DriftPerHour: 5e-5),
            new Measurement("stack temperature", "Cel", "After the air preheater", NoiseStandardDeviation: 0.5, DriftPerHour: 5e-4, Low: AcidDewPoint),
            new Measurement("carbon monoxide", "[ppm]", "Dry flue gas", NoiseStandardDeviation: 2, High: CarbonMonoxideLimit),
            new Measurement("nitrogen oxides", "mg/m3", "At 3 % oxygen", NoiseStandardDeviation: 1, High: NitrogenOxidesLimit),
            new Measurement("tube skin temperature", "Cel", "Hottest tube", NoiseStandardDeviation: 1, High: 620),
            new Measurement("draft", "Pa", "Left of the stack's draft after its losses", NoiseStandardDeviation: 2, Low: 10),
            new Measurement("preheater bypass", "%", "Share of the air that goes round the preheater"),
            new Measurement("ambient temperature", "Cel", "Air", NoiseStandardDeviation: 0.1),
        ],
        [
            new Kpi("efficiency", "%", IsBetterLow: false, "Share of the fuel's heat that the process gets"),
            new Kpi("fuel used", "t", IsBetterLow: true, "Since the start"),
            new Kpi("emission minutes", "min", IsBetterLow: true, "With carbon monoxide or nitrogen oxides truly above their limits"),
        ],
        [
            new Fault("burners fouled", "The burners mix badly: carbon monoxide rises at 1.2 % more oxygen."),
            new Fault("preheater leaking", "A fifth of the air preheater's surface is lost."),
            new Fault("oxygen reads high", "The oxygen analyser draws false air.", new SensorFault("oxygen", Bias: 0.8)),
            new Fault("oxygen stuck", "The oxygen analyser repeats its last value.", new SensorFault("oxygen", IsStuck: true)),
        ]);

    protected override void AdvanceOnce()
    {
        Measure(readings);
        HeaterDynamics.Advance(State[..HeaterDynamics.StateLength], Inputs(readings[OxygenMeasurement]), Interval.TotalMinutes);
        var weather = State.Slice(Weather, 2);
        Disturbance.Move(ref weather[0], 0.01 * DisturbanceSize, TimeSpan.FromHours(6), Interval, Seed, 0, StepCount);
        Disturbance.Move(ref weather[1], 0.01 * DisturbanceSize, TimeSpan.FromMinutes(5), Interval, Seed, 1, StepCount);
        State[FuelTonnes] += HeaterDynamics.FuelKilogramsPerSecond(State) * Interval.TotalSeconds / 1000;
        if (HeaterDynamics.CarbonMonoxidePpm(State) > CarbonMonoxideLimit || HeaterDynamics.NitrogenOxidesMilligrams(State) > NitrogenOxidesLimit)
            State[EmissionMinutes] += Interval.TotalMinutes;
    }

    protected override void Sense(Span<double> truth)
    {
        truth[0] = HeaterDynamics.FuelKilogramsPerSecond(State) * 3600;
        truth[1] = HeaterDynamics.OxygenPercent(State);
        truth[2] = HeaterDynamics.StackCelsius(State);
        truth[3] = HeaterDynamics.CarbonMonoxidePpm(State);
        truth[4] = HeaterDynamics.NitrogenOxidesMilligrams(State);
        truth[5] = HeaterDynamics.TubeSkinCelsius(State);
        truth[6] = HeaterDynamics.DraftPascal(State);
        truth[7] = 100 * HeaterDynamics.BypassShare(State);
        truth[8] = Ambient;
    }

    protected override void Assess(Span<double> kpis)
    {
        kpis[0] = 100 * HeaterDynamics.EfficiencyShare(State);
        kpis[1] = State[FuelTonnes];
        kpis[2] = State[EmissionMinutes];
    }

    private double Ambient => Disturbance.Ambient(Elapsed, DisturbanceSize);

    private HeaterInputs Inputs(double oxygenReading) => new(
        Values[DutySet], Values[OxygenSet], Values[StackSet], double.IsNaN(oxygenReading) ? Values[OxygenSet] : oxygenReading,
        HeaterDynamics.DesignHeatingValue * (1 + State[Weather]), Ambient, State[Weather + 1],
        MixingFault: IsOn(Burners) ? 1.2 : 0, IsPreheaterLeaking: IsOn(Preheater));
}
