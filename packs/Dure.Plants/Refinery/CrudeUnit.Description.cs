using Dure.Kernel;
using Dure.Plants.Distillation;
using Dure.Plants.Heating;

namespace Dure.Plants.Refinery;

public sealed partial class CrudeUnit
{
    // Places in the description below.
    private const int TopSet = 0, BottomSet = 1, OxygenSet = 2, StackSet = 3;
    private const int TopPurity = 0, BottomImpurity = 1, Oxygen = 8;
    private const int Burners = 0, Preheater = 1, FeedSwinging = 2;

    private static PlantDescription Its { get; } = new(
        "crude-unit", AssetId.Parse("plants/crude-unit"),
        "A fired heater that boils a distillation column with purity control. Simulated throughout; the mixture is a model, not crude oil.",
        [
            new Setpoint("distillate purity", "mol/mol", 0.985, 0.998, 0.995, 1e-4, "Light component in the distillate"),
            new Setpoint("bottoms impurity", "mol/mol", 0.002, 0.015, 0.005, 1e-4, "Light component in the bottoms"),
            new Setpoint("oxygen", "%", 2, 8, 6, 0.1, "Excess oxygen of the dry flue gas; the permit begins at 2 %"),
            new Setpoint("stack temperature", "Cel", 200, 320, 300, 2, "Flue gas after the air preheater, held by its bypass"),
        ],
        [
            new Measurement("distillate purity", "mol/mol", "Analyser", 5e-5, 5e-8, Low: TopSpecification) { SampledEvery = TimeSpan.FromMinutes(AnalysisMinutes), Delay = TimeSpan.FromMinutes(3) },
            new Measurement("bottoms impurity", "mol/mol", "Analyser", 5e-5, 5e-8, High: BottomSpecification) { SampledEvery = TimeSpan.FromMinutes(AnalysisMinutes), Delay = TimeSpan.FromMinutes(3) },
            new Measurement("feed", "kmol/min", "Feed to the column", 0.05),
            new Measurement("distillate", "kmol/min", "Distillate", 0.03),
            new Measurement("bottoms", "kmol/min", "Bottoms", 0.03),
            new Measurement("reflux", "kmol/min", "Reflux", 0.1),
            new Measurement("boil-up", "kmol/min", "Vapour from the reboiler, by its heat", 0.2),
            new Measurement("fuel", "kg/h", "Fuel gas to the heater", 8),
            new Measurement("oxygen", "%", "Dry flue gas", 0.03, 5e-5),
            new Measurement("stack temperature", "Cel", "After the air preheater", 0.5, 5e-4, Low: FiredHeaterPlant.AcidDewPoint),
            new Measurement("carbon monoxide", "[ppm]", "Dry flue gas", 2, High: FiredHeaterPlant.CarbonMonoxideLimit),
            new Measurement("nitrogen oxides", "mg/m3", "At 3 % oxygen", 1, High: FiredHeaterPlant.NitrogenOxidesLimit),
            new Measurement("tube skin temperature", "Cel", "Hottest tube of the heater", 1, High: 620),
            new Measurement("draft", "Pa", "Left of the stack's draft after its losses", 2, Low: 10),
            new Measurement("preheater bypass", "%", "Share of the air that goes round the preheater"),
            new Measurement("ambient temperature", "Cel", "Air", 0.1),
            new Measurement("fuel heating value", "MJ/kg", "Calorimeter", 0.1) { SampledEvery = TimeSpan.FromMinutes(15), Delay = TimeSpan.FromMinutes(10) },
        ],
        [
            new Kpi("specific fuel", "kg/kmol", IsBetterLow: true, "Fuel per feed since the start"),
            new Kpi("fuel used", "t", IsBetterLow: true, "Since the start"),
            new Kpi("feed processed", "kmol", IsBetterLow: false, "Since the start"),
            new Kpi("off-specification minutes", "min", IsBetterLow: true, "With a product truly outside its specification"),
            new Kpi("emission minutes", "min", IsBetterLow: true, "With carbon monoxide or nitrogen oxides truly above their limits"),
            new Kpi("fuel now", "kg/h", IsBetterLow: true, "Fuel flow"),
            new Kpi("heater efficiency", "%", IsBetterLow: false, "Share of the fuel's heat that the process gets"),
        ],
        [
            new Fault("burners fouled", "The burners mix badly: carbon monoxide rises at 1.2 % more oxygen."),
            new Fault("preheater leaking", "A fifth of the air preheater's surface is lost."),
            new Fault("feed swinging", "Feed flow and composition swing three times as far."),
            new Fault("purity reads high", "The distillate's analyser reads too pure.", new SensorFault("distillate purity", Bias: 0.002)),
            new Fault("purity stuck", "The distillate's analyser repeats its last value.", new SensorFault("distillate purity", IsStuck: true)),
            new Fault("impurity silent", "The bottoms' analyser is silent.", new SensorFault("bottoms impurity", IsSilent: true)),
            new Fault("oxygen reads high", "The oxygen analyser draws false air.", new SensorFault("oxygen", Bias: 0.8)),
            new Fault("oxygen drifting", "The oxygen analyser drifts.", new SensorFault("oxygen", DriftPerHour: 0.01)),
        ]);

    protected override void Sense(Span<double> truth)
    {
        ReadOnlySpan<double> heater = Heater;
        truth[TopPurity] = Top;
        truth[BottomImpurity] = Bottom;
        truth[2] = Size * Feed;
        truth[3] = Size * ColumnA.Distillate(Column);
        truth[4] = Size * ColumnA.Bottoms(Column);
        truth[5] = Size * Reflux;
        truth[6] = Size * BoilUp;
        truth[7] = HeaterDynamics.FuelKilogramsPerSecond(heater) * 3600;
        truth[Oxygen] = HeaterDynamics.OxygenPercent(heater);
        truth[9] = HeaterDynamics.StackCelsius(heater);
        truth[10] = HeaterDynamics.CarbonMonoxidePpm(heater);
        truth[11] = HeaterDynamics.NitrogenOxidesMilligrams(heater);
        truth[12] = HeaterDynamics.TubeSkinCelsius(heater);
        truth[13] = HeaterDynamics.DraftPascal(heater);
        truth[14] = 100 * HeaterDynamics.BypassShare(heater);
        truth[15] = Disturbance.Ambient(Elapsed, DisturbanceSize);
        truth[16] = HeaterDynamics.DesignHeatingValue * (1 + State[HeatingValue]);
    }

    protected override void Assess(Span<double> kpis)
    {
        kpis[0] = State[FeedKilomoles] > 0 ? 1000 * State[FuelTonnes] / State[FeedKilomoles] : 0;
        kpis[1] = State[FuelTonnes];
        kpis[2] = State[FeedKilomoles];
        kpis[3] = State[OffSpecification];
        kpis[4] = State[Emission];
        kpis[5] = HeaterDynamics.FuelKilogramsPerSecond(Heater) * 3600;
        kpis[6] = 100 * HeaterDynamics.EfficiencyShare(Heater);
    }
}
