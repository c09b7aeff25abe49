using Dure.Optimize.SetPoints;

namespace Dure.Plants.Refinery;

/// <summary>
/// Saves the crude unit's fuel by its four set-points: less purity than is given away, less excess air, a cooler stack, and never beyond a specification or an
/// emission limit. Readings are a quarter of an hour's means; what disturbances swing around them is part of the stated noise bounds. The bounds on slopes
/// are from differences on the quiet plant with a margin; docs/set-points.md shows both.
/// </summary>
public sealed class FuelSaving
{
    private const int Top = 0, Bottom = 1, Feed = 2, Fuel = 7, Monoxide = 10, Nox = 11, Skin = 12, Draft = 13;

    internal static readonly string[] SetPoints = ["distillate purity", "bottoms impurity", "oxygen", "stack temperature"];

    private readonly CrudeUnit unit;
    private readonly double[] readings;
    private readonly double[] limited = new double[6];

    /// <param name="moves">Moves of set-points at most; at seventy minutes each eighteen fill most of a day.</param>
    public FuelSaving(CrudeUnit unit, int seed, int moves = 18)
    {
        (this.unit, readings) = (unit, new double[unit.Description.Measurements.Count]);
        Optimizer = new SetPointOptimizer(Problem, new SetPointOptimizerOptions
        {
            Moves = moves,
            SettlesAfter = TimeSpan.FromMinutes(50),
            Measures = TimeSpan.FromMinutes(20),
            Explorer = new SafeExplorerOptions { Seed = seed, ObjectiveNoise = 0.08, Model = Model, Candidates = 128 },
        }, [.. SetPoints.Select(unit.SetpointOf)]);
    }

    public SetPointOptimizer Optimizer { get; }

    /// <summary>Ranges are the permit's and the equipment's; a move is about an hour's change.</summary>
    public static SetPointProblem Problem { get; } = new(
        [
            new("distillate purity", "mol/mol", 0.9908, 0.997, 8e-4),
            new("bottoms impurity", "mol/mol", 0.003, 0.0092, 8e-4),
            new("oxygen", "%", 2, 7, 1),
            new("stack temperature", "Cel", 200, 310, 25),
        ],
        [
            new("distillate purity", "mol/mol", 6e-4, [new(0.9, 1.1), new(-0.01, 0.01), new(-1e-6, 1e-6), new(-1e-7, 1e-7)], Low: CrudeUnit.TopSpecification) { Swing = 2e-4 },
            new("bottoms impurity", "mol/mol", 6e-4, [new(-0.01, 0.01), new(0.9, 1.1), new(-1e-6, 1e-6), new(-1e-7, 1e-7)], High: CrudeUnit.BottomSpecification) { Swing = 2e-4 },
            new("carbon monoxide", "[ppm]", 8, [new(-5, 5), new(-5, 5), new(-10, 0), new(-0.01, 0.01)], High: Heating.FiredHeaterPlant.CarbonMonoxideLimit) { Swing = 20 },
            new("nitrogen oxides", "mg/m3", 10, [new(-1000, 1500), new(-1500, 1000), new(0, 12), new(-0.4, 0)], High: Heating.FiredHeaterPlant.NitrogenOxidesLimit) { Swing = 5 },
            new("tube skin temperature", "Cel", 20, [new(0, 12000), new(-9000, 0), new(0, 3), new(-0.06, 0.06)], High: 620) { Swing = 10 },
            new("draft", "Pa", 25, [new(-30000, 0), new(0, 20000), new(-36, 0), new(0.1, 0.9)], Low: 10) { Swing = 15 },
        ]);

    /// <summary>Lets the unit run under the optimiser.</summary>
    public void Run(TimeSpan time, CancellationToken cancel = default)
    {
        var end = unit.Elapsed + time;
        while (unit.Elapsed < end)
        {
            cancel.ThrowIfCancellationRequested();
            unit.Advance(unit.Interval, cancel);
            if (Watch() is { } command)
                for (var j = 0; j < SetPoints.Length; j++)
                    unit.Set(SetPoints[j], command.SetPoints[j]);
        }
    }

    /// <summary>Reads the instruments, once in each of the unit's steps, and says what to command now; null: nothing.</summary>
    public SetPointCommand? Watch()
    {
        unit.Measure(readings);
        (limited[0], limited[1], limited[2]) = (readings[Top], readings[Bottom], readings[Monoxide]);
        (limited[3], limited[4], limited[5]) = (readings[Nox], readings[Skin], readings[Draft]);
        return Optimizer.Sample(unit.Elapsed, -Specific(readings), limited);
    }

    /// <summary>kg of fuel for a kmol of feed.</summary>
    private static double Specific(double[] readings) => readings[Fuel] / (readings[Feed] * 60);

    /// <summary>What flows and losses at rest say: the objective from them, of the limits only the purities, which follow their set-points.</summary>
    private static void Model(ReadOnlySpan<double> at, Span<double> outputs)
    {
        outputs.Clear();
        outputs[0] = -CrudeUnit.SteadyFuel(at[0], at[1], at[2], at[3]) / (CrudeUnit.DesignFeed * 60);
        (outputs[1], outputs[2]) = (at[0], at[1]);
    }
}
