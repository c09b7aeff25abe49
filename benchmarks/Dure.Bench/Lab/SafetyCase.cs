using System.Globalization;
using Dure.Optimize.SetPoints;
using Dure.Plants;
using Dure.Plants.Distillation;
using Dure.Plants.Reactors;
using Dure.Plants.TennesseeEastman;

namespace Dure.Bench.Lab;

/// <summary>A true plant at rest, with limits, noise and the best it could do.</summary>
/// <param name="Truth">The objective, then each limited quantity, without noise.</param>
/// <param name="Noises">Standard deviations: of the objective, then of each reading.</param>
internal sealed record SafetyCase(string Name, string Unit, SetPointProblem Problem, SteadyStateModel Truth, double[] Noises, double Optimum, double[] At)
{
    /// <summary>Noise bound in standard deviations: beyond it a normal reading lies once in 31,500.</summary>
    public const double NoiseDeviations = 4;

    public double[] Of(ReadOnlySpan<double> setPoints)
    {
        var outputs = new double[Noises.Length];
        Truth(setPoints, outputs);
        return outputs;
    }

    /// <summary>By how much the worst limit is truly exceeded; 0 or below: all hold.</summary>
    public double Excess(ReadOnlySpan<double> outputs)
    {
        var excess = double.NegativeInfinity;
        for (var i = 0; i < Problem.Limits.Count; i++)
            excess = Math.Max(excess, Math.Max(outputs[1 + i] - Problem.Limits[i].High ?? excess, Problem.Limits[i].Low - outputs[1 + i] ?? excess));
        return excess;
    }

    public SettledPoint Measure(double[] setPoints, int seed, int place)
    {
        var outputs = Of(setPoints);
        for (var i = 0; i < outputs.Length; i++)
            outputs[i] += Noises[i] * SeededNoise.Normal(seed, i, place);
        return new SettledPoint(setPoints, outputs[0], outputs[1..], TimeSpan.FromHours(place));
    }

    /// <summary>A random point of the ranges at which every limit truly holds by twice its noise bound.</summary>
    public double[] Start(Random random)
    {
        while (true)
        {
            double[] at = [.. Problem.SetPoints.Select(range => range.Low + random.NextDouble() * (range.High - range.Low))];
            var outputs = Of(at);
            var isSafe = true;
            for (var i = 0; i < Problem.Limits.Count; i++)
                isSafe &= !(outputs[1 + i] + 2 * Problem.Limits[i].NoiseBound > Problem.Limits[i].High) && !(outputs[1 + i] - 2 * Problem.Limits[i].NoiseBound < Problem.Limits[i].Low);
            if (isSafe)
                return at;
        }
    }

    /// <summary>
    /// States slope bounds from the truth on a grid, forward differences, moved outwards by a factor: what a benchmark may do and a plant cannot. And finds the optimum, by
    /// ever finer grids.
    /// </summary>
    public static SafetyCase Of(string name, string unit, SetPointRange[] ranges, OperatingLimit[] limits, SteadyStateModel truth, double[] noises, int perSide, double margin)
    {
        var outputs = noises.Length;
        var slopes = limits.Select(_ => Enumerable.Repeat(new SlopeBound(double.PositiveInfinity, double.NegativeInfinity), ranges.Length).ToArray()).ToArray();
        var (here, there, at) = (new double[outputs], new double[outputs], new double[ranges.Length]);
        for (var number = 0; number < (int)Math.Pow(perSide, ranges.Length); number++)
        {
            for (int j = 0, rest = number; j < at.Length; j++, rest /= perSide)
                at[j] = ranges[j].Low + (ranges[j].High - ranges[j].Low) * (rest % perSide) / (perSide - 1);
            truth(at, here);
            for (var j = 0; j < at.Length; j++)
            {
                var (kept, step) = (at[j], (ranges[j].High - ranges[j].Low) / (perSide - 1) * (at[j] >= ranges[j].High - 1e-9 ? -1 : 1));
                at[j] += step;
                truth(at, there);
                at[j] = kept;
                for (var i = 0; i < limits.Length; i++)
                {
                    var slope = (there[1 + i] - here[1 + i]) / step;
                    slopes[i][j] = new SlopeBound(Math.Min(slopes[i][j].Least, slope), Math.Max(slopes[i][j].Most, slope));
                }
            }
        }
        var problem = new SetPointProblem(ranges, [.. limits.Select((limit, i) => limit with { Slopes = [.. slopes[i].Select(slope => slope.Times(margin))] })]);
        var made = new SafetyCase(name, unit, problem, truth, noises, double.NegativeInfinity, []);
        return made.WithOptimum();
    }

    /// <summary>The same with slope bounds of a Lipschitz constant, the larger of both.</summary>
    public SafetyCase Symmetric() => this with { Problem = Problem.With([.. Problem.Limits.Select(limit => limit with { Slopes = [.. limit.Slopes.Select(slope => SlopeBound.Lipschitz(Math.Max(Math.Abs(slope.Least), Math.Abs(slope.Most))))] })]) };

    public SafetyCase WithSlopes(double factor) => this with { Problem = Problem.With([.. Problem.Limits.Select(limit => limit with { Slopes = [.. limit.Slopes.Select(slope => slope.Times(factor))] })]) };

    /// <summary>The same relying on the noise being independent and normal, so that readings may be averaged.</summary>
    public SafetyCase Averaging() => this with { Problem = Problem.With([.. Problem.Limits.Select((limit, i) => limit with { IndependentNoise = Noises[1 + i] })]) };

    private SafetyCase WithOptimum()
    {
        var (best, at, random, size) = (double.NegativeInfinity, Array.Empty<double>(), new Random(1), 1.0);
        var trial = new double[Problem.SetPoints.Count];
        for (var n = 0; n < 24_000; n++)
        {
            size = n < 4000 ? 1 : size * 0.9994;
            for (var j = 0; j < trial.Length; j++)
            {
                var range = Problem.SetPoints[j];
                var near = n < 4000 ? range.Low + random.NextDouble() * (range.High - range.Low) : at[j] + (2 * random.NextDouble() - 1) * size * (range.High - range.Low);
                trial[j] = Math.Clamp(near, range.Low, range.High);
            }
            var outputs = Of(trial);
            if (Excess(outputs) <= 0 && outputs[0] > best)
                (best, at) = (outputs[0], [.. trial]);
        }
        return this with { Optimum = best, At = at };
    }

    public static SafetyCase WilliamsOttoReactor(double margin = 1.1) => Of("Williams-Otto", "$/s",
        [new("feed of B", "kg/s", 3, 6), new("temperature", "Cel", 70, 100)],
        [new("A", "kg/kg", NoiseDeviations * 0.0005, [], High: WilliamsOttoPlant.LimitOfA), new("G", "kg/kg", NoiseDeviations * 0.0005, [], High: WilliamsOttoPlant.LimitOfG)],
        (at, outputs) =>
        {
            var x = WilliamsOtto.SteadyStateOf(at[0], at[1]);
            (outputs[0], outputs[1], outputs[2]) = (WilliamsOtto.Profit(x[3], x[4], at[0]), x[0], x[5]);
        }, [0.5, 0.0005, 0.0005], 61, margin);

    /// <summary>
    /// Column A by boil-up and distillate flow: the purities are limited, and purity that is given away costs boil-up and distillate. Of a tabulated surface.
    /// </summary>
    public static SafetyCase Column(Action<string> tell, double margin = 1.1)
    {
        SetPointRange[] ranges = [new("boil-up", "kmol/min", 2.8, 3.8), new("distillate", "kmol/min", 0.485, 0.505)];
        var limits = new[]
        {
            new OperatingLimit("distillate purity", "mol/mol", NoiseDeviations * 5e-5, [], Low: ColumnPlant.TopSpecification),
            new OperatingLimit("bottoms impurity", "mol/mol", NoiseDeviations * 5e-5, [], High: ColumnPlant.BottomSpecification),
        };
        SteadyStateModel plant = (at, outputs) =>
        {
            var state = ColumnA.SteadyStateOf(new ColumnInputs(at[0] - at[1], at[0]));
            // The price of what is off specification is left to the limits, so that the objective is smooth; on specification it is the plant's own.
            (outputs[0], outputs[1], outputs[2]) = (at[1] - ColumnPlant.BoilUpPrice * at[0], state[ColumnA.Stages - 1], state[0]);
        };
        return Tabulated("Column A", "of the feed's price", ranges, limits, plant, [5e-4, 5e-5, 5e-5], 40, 61, margin, tell);
    }

    /// <summary>
    /// Tennessee Eastman under its control, by reactor pressure, temperature and level: cost falls towards limits of pressure, temperature, level and quality. Each setting
    /// is held for a day, and readings are that day's means. Of a tabulated surface.
    /// </summary>
    public static SafetyCase TennesseeEastman(Action<string> tell, double margin = 1.1)
    {
        SetPointRange[] ranges = [new("reactor pressure", "kPa", 2600, 2850), new("reactor temperature", "Cel", 119, 123), new("reactor level", "%", 60, 80)];
        var limits = new[]
        {
            new OperatingLimit("reactor pressure", "kPa", NoiseDeviations * 0.3, [], High: 2800),
            new OperatingLimit("reactor temperature", "Cel", NoiseDeviations * 0.01, [], High: 122.5),
            new OperatingLimit("reactor level", "%", NoiseDeviations * 0.05, [], Low: 65),
            new OperatingLimit("product e", "%", NoiseDeviations * 0.001, [], High: 0.9),
            new OperatingLimit("product f", "%", NoiseDeviations * 0.001, [], High: 0.12),
        };
        SteadyStateModel plant = (at, outputs) =>
        {
            var process = new TennesseeEastmanPlant();
            for (var j = 0; j < at.Length; j++)
                process.Set(ranges[j].Name, at[j]);
            process.Settle();
            outputs[0] = -process.Cost.Total;
            for (var i = 0; i < limits.Length; i++)
                outputs[1 + i] = process.Truth(limits[i].Name);
        };
        return Tabulated("Tennessee Eastman", "$/h", ranges, limits, plant, [0.5, 0.3, 0.01, 0.05, 0.001, 0.001], 8, 21, margin, tell);
    }

    /// <summary>A case of a surface through the plant's values, whose error is added to the noise bounds.</summary>
    private static SafetyCase Tabulated(string name, string unit, SetPointRange[] ranges, OperatingLimit[] limits, SteadyStateModel plant, double[] noises, int nodes, int perSide, double margin, Action<string> tell)
    {
        var surface = new PlantSurface(ranges, noises.Length, nodes, plant);
        var errors = surface.Errors(plant, 100, seed: 7);
        tell($"{name}: a surface through {Math.Pow(nodes, ranges.Length):N0} steady states is off the plant at 100 random points by at most {string.Join(", ", errors.Select(error => error.ToString("G2", CultureInfo.InvariantCulture)))} (objective, {string.Join(", ", limits.Select(limit => limit.Name))}); twice that is added to the noise bounds");
        return Of(name, unit, ranges, [.. limits.Select((limit, i) => limit with { NoiseBound = limit.NoiseBound + 2 * errors[1 + i] })], surface.At, noises, perSide, margin);
    }
}
