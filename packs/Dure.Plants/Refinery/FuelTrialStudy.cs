using System.Globalization;
using Dure.Effects;

namespace Dure.Plants.Refinery;

/// <summary>How a trial's effect is judged, and what has to be said with it.</summary>
public static class FuelTrialStudy
{
    /// <summary>What the trial claims, in per cent of fuel per feed.</summary>
    public const double Claimed = -20;

    /// <summary>The columns of the record, by the measurements' names.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["fuel", "feed", "carbon monoxide", "nitrogen oxides", "ambient temperature", "fuel heating value"];

    /// <summary>What is simulated, and how the figure stands to the published one.</summary>
    public static IReadOnlyList<string> Plainly { get; } =
    [
        "The heater, the column, their disturbances and all instruments are simulated: equations, not a refinery. The column separates a model of two components, not crude oil; side products, start-up, trips and people are not there.",
        "The base point is our choice and deliberately poor: both products purer than asked, 6 % oxygen, a stack at 300 °C. The best permitted point, also our choice, uses 23.2 % less.",
        "The programme's published -20 % fuel is a claim about a real plant. Nothing here tests it: this figure shows that the loop finds, keeps within limits and can prove what there is to find in equations.",
    ];

    /// <summary>Fuel per feed decides; emissions are reported beside it, and the feed, which no set-point moves, shows that nothing else was different.</summary>
    public static SwitchbackStudy Study(FuelTrialPlan plan) => new(new SwitchbackDesign(plan.Pairs, FuelTrialPlan.BlockLength, FuelTrialPlan.WashOut, plan.Seed),
        [
            new("specific-fuel", "fuel per feed to the column", "kg/kmol", "fuel", "feed", 1.0 / 60),
            new("fuel-flow", "mean fuel flow", "kg/h", "fuel"),
            new("carbon-monoxide", "mean carbon monoxide of the dry flue gas; allowed are 100 ppm", "[ppm]", "carbon monoxide"),
            new("nitrogen-oxides", "mean nitrogen oxides at 3 % oxygen; allowed are 150 mg/m3", "mg/m3", "nitrogen oxides"),
            new("feed-flow", "mean feed: no set-point moves it, so it should not differ", "kmol/min", "feed", HigherIsBetter: true),
        ],
        ["ambient temperature", "fuel heating value"]);

    /// <summary>The plan as it is registered, when the search has come to its point and no block has been run.</summary>
    public static EffectPlan EffectPlan(FuelTrialPlan plan, IReadOnlyList<double> baseline) => new()
    {
        Title = "Crude unit, simulated: fuel at the loop's operating point against the base",
        Metric = "specific-fuel",
        Claimed = Claimed,
        Boundary = $"the fired heater and column of {plan.Asset}: fuel gas to the heater per feed to the column",
        Design = "simulated plant, not a refinery; randomised switchback, planned before its first block",
        Baseline = $"the base operating point, our choice and deliberately poor: {Words(baseline)}",
        Study = Study(plan),
    };

    public static string Treatment(IReadOnlyList<double> optimised) => $"the operating point that the loop found: {Words(optimised)}";

    /// <summary>An operating point for people.</summary>
    public static string Words(IReadOnlyList<double> point) =>
        string.Create(CultureInfo.InvariantCulture, $"distillate {point[0]:0.0000}, bottoms {point[1]:0.0000} mol/mol, oxygen {point[2]:0.00} %, stack {point[3]:0.0} °C");
}
