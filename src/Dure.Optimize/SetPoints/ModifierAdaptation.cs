using Dure.Kernel;
using Dure.Optimize.Gaussian;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.SetPoints;

/// <summary>How a model's optimum is corrected by what the plant says.</summary>
public sealed record ModifierOptions
{
    public int Seed { get; init; }

    /// <summary>Share of a new modifier that is taken over; below 1 with noise. Marchetti, Chachuat and Bonvin (2009), eq. 18.</summary>
    public double Filter { get; init; } = 0.9;

    /// <summary>The first move along each set-point, by which slopes are learnt, as a share of its range.</summary>
    public double Probe { get; init; } = 0.08;

    /// <summary>Half the side of the region in which the corrected model is trusted at first, as a share of the ranges.</summary>
    public double Trust { get; init; } = 0.35;

    /// <summary>Standard deviation of the objective's noise, then of each reading's; null: none.</summary>
    public IReadOnlyList<double>? Noises { get; init; }
}

/// <summary>
/// Real-time optimisation by modifier adaptation (Marchetti, Chachuat and Bonvin 2009): a model that is wrong gets, at the operating point, the plant's value
/// and slopes added, for the objective and each limit, and its optimum within a trust region is the next set-points; where that settles the plant itself
/// is at an optimum. The plant's slopes come from past operating points: a Gaussian process of what the model is off (after de Avila Ferreira et al.
/// 2018), after one probing move along each set-point. Limits hold when it has settled, not on the way: what may never break a limit belongs to
/// <see cref="SafeExplorer"/>.
/// </summary>
public sealed class ModifierAdaptation
{
    private const double Shrink = 0.5, Grow = 1.6, LeastTrust = 0.01, MostTrust = 0.5;
    private const int ZoomRounds = 14, ZoomPoints = 48;
    private const double MismatchLength = 0.7;

    private readonly SetPointProblem problem;
    private readonly SteadyStateModel model;
    private readonly ModifierOptions options;
    private readonly Random random;
    private readonly List<SettledPoint> points = [];
    private readonly double[] offsets, slopes; // the modifiers: one for each output, and one for each output and set-point
    private double trust, expected;
    private int centre;

    public ModifierAdaptation(SetPointProblem problem, SteadyStateModel model, ModifierOptions options, SettledPoint start)
    {
        (this.problem, this.model, this.options, random, trust) = (problem, model, options, new Random(options.Seed), options.Trust);
        if (!(options.Filter is > 0 and <= 1) || !(options.Probe is > 0 and <= 0.5) || !(options.Trust is > 0 and <= 1))
            throw SetPointProblem.Bad($"Filter {options.Filter}, probe {options.Probe}, trust {options.Trust}.", "modifier adaptation", "Give shares above 0: filter and trust up to 1, the probe up to 0.5.");
        (offsets, slopes) = (new double[1 + problem.Limits.Count], new double[(1 + problem.Limits.Count) * problem.SetPoints.Count]);
        Check(start);
        points.Add(start);
    }

    /// <summary>All operating points so far.</summary>
    public IReadOnlyList<SettledPoint> Points => points;

    /// <summary>The operating point around which the model is corrected: the best so far that keeps to the limits, or comes nearest to that.</summary>
    public SettledPoint Best => points[centre];

    /// <summary>The next set-points to settle at.</summary>
    public double[] Next()
    {
        if (points.Count <= problem.SetPoints.Count)
            return Probing(points.Count - 1);
        Adapt();
        double[] from = [.. Best.SetPoints];
        var next = Zoom(from);
        expected = Corrected(next, from, new double[offsets.Length]) - Corrected(from, from, new double[offsets.Length]);
        return next;
    }

    /// <summary>Tells what the plant settled at.</summary>
    /// <exception cref="ProblemException">A value that is no number: nothing changes, and the same move can be reported again.</exception>
    public void Report(SettledPoint point)
    {
        Check(point);
        var gained = Worth(point) - Worth(Best);
        points.Add(point);
        if (points.Count > problem.SetPoints.Count + 1)
            trust = gained > 0.75 * expected ? Math.Min(MostTrust, trust * Grow) : gained < 0.25 * expected ? Math.Max(LeastTrust, trust * Shrink) : trust;
        if (gained > 0)
            centre = points.Count - 1;
    }

    /// <summary>A move along one set-point, into the range.</summary>
    private double[] Probing(int which)
    {
        double[] next = [.. Best.SetPoints];
        var (range, step) = (problem.SetPoints[which], options.Probe * (problem.SetPoints[which].High - problem.SetPoints[which].Low));
        next[which] += next[which] + step <= range.High ? step : -step;
        return next;
    }

    /// <summary>New modifiers at the centre: what the model is off there, and how that changes with each set-point.</summary>
    private void Adapt()
    {
        var width = problem.SetPoints.Count;
        var (table, unit, modelled) = (new TrialTable(PointCoding.Numbers(width), points.Count), new double[width], new double[offsets.Length]);
        var misses = Array.ConvertAll(new double[offsets.Length], _ => new double[points.Count]);
        for (var i = 0; i < points.Count; i++)
        {
            ToUnit(points[i].SetPoints, unit);
            table.Add(unit);
            model([.. points[i].SetPoints], modelled);
            for (var output = 0; output < misses.Length; output++)
                misses[output][i] = (output == 0 ? points[i].Objective : points[i].Readings[output - 1]) - modelled[output];
        }
        ToUnit(Best.SetPoints, unit);
        var (meanSlopes, varianceSlopes) = (new double[width], new double[width]);
        for (var output = 0; output < misses.Length; output++)
        {
            var belief = Mismatch(table, misses[output], options.Noises?[output] ?? 0).At(unit, meanSlopes, varianceSlopes);
            Filter(ref offsets[output], belief.Mean);
            for (var j = 0; j < width; j++)
                Filter(ref slopes[output * width + j], meanSlopes[j] / (problem.SetPoints[j].High - problem.SetPoints[j].Low));
        }
    }

    private void Filter(ref double modifier, double now) => modifier += (points.Count == problem.SetPoints.Count + 1 ? 1 : options.Filter) * (now - modifier);

    private static ProcessSurrogate Mismatch(TrialTable table, double[] misses, double noise)
    {
        var mean = misses.Average();
        var scale = Math.Max(3 * Math.Sqrt(misses.Sum(miss => (miss - mean) * (miss - mean)) / Math.Max(1, misses.Length - 1)), 1e-12);
        double[] lengths = [.. Enumerable.Repeat(MismatchLength, table.Coding.Factors)];
        return ProcessSurrogate.With(new SurrogateParameters(lengths, Math.Max(1e-8, noise * noise / (scale * scale)), 0, 0), table, misses, Covariance.Rbf, (mean, scale));
    }

    /// <summary>The corrected model's best set-points in the trust region, by ever closer points around the best.</summary>
    private double[] Zoom(double[] from)
    {
        var (best, size, outputs) = (from, 1.0, new double[offsets.Length]);
        var most = Corrected(from, from, outputs);
        for (var round = 0; round < ZoomRounds; round++, size *= 0.6)
            for (var n = 0; n < ZoomPoints; n++)
            {
                var trial = new double[from.Length];
                for (var j = 0; j < trial.Length; j++)
                {
                    var range = problem.SetPoints[j];
                    var reach = Math.Min(trust * (range.High - range.Low), range.MostChange);
                    trial[j] = Math.Clamp(best[j] + (2 * random.NextDouble() - 1) * size * reach, Math.Max(range.Low, from[j] - reach), Math.Min(range.High, from[j] + reach));
                }
                if (Corrected(trial, from, outputs) is var its && its > most)
                    (best, most) = (trial, its);
            }
        return best;
    }

    /// <summary>The objective by the corrected model, less a price for each limit it does not keep to.</summary>
    private double Corrected(double[] at, double[] from, double[] outputs)
    {
        model(at, outputs);
        for (var output = 0; output < outputs.Length; output++)
        {
            outputs[output] += offsets[output];
            for (var j = 0; j < at.Length; j++)
                outputs[output] += slopes[output * at.Length + j] * (at[j] - from[j]);
        }
        return Worth(outputs[0], outputs.AsSpan(1));
    }

    private double Worth(SettledPoint point) => Worth(point.Objective, [.. point.Readings]);

    /// <summary>The objective, or below any of it when a limit is not kept, by how far it is not.</summary>
    private double Worth(double objective, ReadOnlySpan<double> readings)
    {
        var excess = 0.0;
        for (var i = 0; i < readings.Length; i++)
        {
            var (low, high) = (problem.Limits[i].Low ?? double.NegativeInfinity, problem.Limits[i].High ?? double.PositiveInfinity);
            var typical = Math.Max(Math.Abs(problem.Limits[i].High ?? 0), Math.Abs(problem.Limits[i].Low ?? 0));
            excess += Math.Max(0, Math.Max(readings[i] - high, low - readings[i])) / (typical > 0 ? typical : 1);
        }
        return excess > 0 ? -1e12 * (1 + excess) : objective;
    }

    private void ToUnit(IReadOnlyList<double> at, Span<double> unit)
    {
        for (var j = 0; j < unit.Length; j++)
            unit[j] = (at[j] - problem.SetPoints[j].Low) / (problem.SetPoints[j].High - problem.SetPoints[j].Low);
    }

    private void Check(SettledPoint point)
    {
        if (point.SetPoints.Count != problem.SetPoints.Count || point.Readings.Count != problem.Limits.Count || !double.IsFinite(point.Objective) || point.Readings.Concat(point.SetPoints).Any(value => !double.IsFinite(value)))
            throw new ProblemException("urn:dure:optimize:doubtful-measurement", "A settled point has values missing or no numbers.", "settled point", "Check the instruments; report one finite value for each set-point and limit.");
    }
}
