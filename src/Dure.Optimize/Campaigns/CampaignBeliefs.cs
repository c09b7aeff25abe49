using Dure.Kernel.Distributions;
using Dure.Optimize.Pareto;
using Dure.Optimize.Spaces;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>What the trials so far say of each outcome and of where trials succeed at all.</summary>
internal sealed class CampaignBeliefs
{
    private const int Fronts = 8;
    private const int FarWorse = 30;
    private const int MostGood = 12;
    private const int MostOfWide = 24;

    private readonly CampaignProblem problem;
    private readonly double[][] points;
    private readonly double[][] values;
    private readonly bool isUnsure;

    private CampaignBeliefs(CampaignProblem problem, ISurrogate?[] outcomes, ISurrogate? success, (double[][] Points, double[][] Values, bool IsUnsure) complete, double? calibration) =>
        (this.problem, Outcomes, Success, points, values, isUnsure, Calibration) = (problem, outcomes, success, complete.Points, complete.Values, complete.IsUnsure, calibration);

    /// <summary>For each outcome; null while none was measured.</summary>
    public ISurrogate?[] Outcomes { get; }

    /// <summary>Null where no trial has failed.</summary>
    public ISurrogate? Success { get; }

    /// <summary>What is believed of the cheap twin of the outcome; null where there is none or nothing was measured with it.</summary>
    private ProcessSurrogate? Twin { get; init; }

    /// <summary>See <see cref="Suggestion.Calibration"/>.</summary>
    public double? Calibration { get; }

    public bool HasSeveralWanted => problem.Outcomes.Count(outcome => outcome.Aim != Aim.Held) > 1;

    /// <summary>The hypervolume that a trial at a coded point is expected to add to the front.</summary>
    public double ExpectedVolume(double[] coded)
    {
        int[] wanted = [.. Enumerable.Range(0, Outcomes.Length).Where(k => problem.Outcomes[k].Aim != Aim.Held)];
        var (means, deviations, ignored) = (new double[wanted.Length], new double[wanted.Length], new double[Math.Max(coded.Length, wanted.Length)]);
        for (var at = 0; at < wanted.Length; at++)
        {
            var belief = Outcomes[wanted[at]]!.At(coded, ignored, ignored); // asked only where all are known
            (means[at], deviations[at]) = (problem.Outcomes[wanted[at]].Sign * belief.Mean, Math.Sqrt(belief.Variance));
        }
        return Math.Exp(new ExpectedHypervolume(Expected(new Random(0))).Log(means, deviations, new double[wanted.Length], new double[wanted.Length]));
    }

    /// <summary>The chance of each coded point to hold all limits and to succeed; null where nothing can go wrong.</summary>
    public double[]? Holding(TrialTable at)
    {
        if (Success is null && problem.Outcomes.All(outcome => outcome.Least is null && outcome.Most is null))
            return null;
        var (chances, means, variances) = (new double[at.Count], new double[at.Count], new double[at.Count]);
        Array.Fill(chances, 1);
        for (var k = 0; k < Outcomes.Length; k++)
        {
            if (problem.Outcomes[k] is { Least: null, Most: null } || Outcomes[k] is not { } surrogate)
                continue;
            surrogate.Predict(at, means, variances);
            for (var i = 0; i < chances.Length; i++)
                chances[i] *= problem.Outcomes[k].ChanceOf(means[i], Math.Sqrt(variances[i]));
        }
        Success?.Predict(at, means, variances);
        for (var i = 0; Success is not null && i < chances.Length; i++)
            chances[i] *= Normal.Cdf(means[i] / Math.Sqrt(1 + variances[i]));
        return chances;
    }

    /// <summary>Of the only outcome wanted: its surrogate, the trials that hold all limits with their values, and the range of all values.</summary>
    public (ISurrogate Surrogate, TrialTable Trials, double[] Values, double Range, int Sign) Wanted()
    {
        var k = IndexOfWanted();
        var holding = Enumerable.Range(0, values.Length).Where(Holds).ToArray();
        return (Outcomes[k]!, Coded(problem.Space, Array.ConvertAll(holding, i => CampaignTrial.Pending(points[i]))), Array.ConvertAll(holding, i => Believed(i, k)),
            values.Length == 0 ? 0 : values.Max(each => each[k]) - values.Min(each => each[k]), problem.Outcomes[k].Sign); // asked only where it was measured
    }

    /// <summary>Points of good trials: the front where several outcomes are wanted, else the best dozen.</summary>
    public IReadOnlyList<double[]> Good()
    {
        var order = Enumerable.Range(0, points.Length).Where(i => problem.Space.Contains(points[i])).ToArray();
        var wanted = Enumerable.Range(0, problem.Outcomes.Count).Where(k => problem.Outcomes[k].Aim != Aim.Held).ToArray();
        if (wanted.Length > 1)
        {
            if (order.Any(Holds))
                order = Array.FindAll(order, Holds);
            var signed = Array.ConvertAll(order, i => Signed(i, wanted));
            return [.. Hypervolume.Front(signed).Select(i => points[order[i]])];
        }
        return [.. order.OrderBy(i => Holds(i) ? 0 : 1).ThenByDescending(i => problem.Outcomes[wanted[0]].Sign * values[i][wanted[0]]).Take(MostGood).Select(i => points[i])];
    }

    public static CampaignBeliefs Of(CampaignProblem problem, IReadOnlyList<CampaignTrial> trials, SurrogateOptions options, CancellationToken cancel)
    {
        var measured = trials.Where(trial => trial is { State: TrialState.Measured, IsCheap: false } && trial.Values.Any(double.IsFinite)).ToArray();
        var outcomes = new ISurrogate?[problem.Outcomes.Count];
        double? calibration = null;
        for (var k = 0; k < outcomes.Length; k++)
        {
            var known = Array.FindAll(measured, trial => double.IsFinite(trial.Values[k]));
            if (known.Length == 0)
                continue;
            var surrogate = ProcessSurrogate.Fit(Coded(problem.Space, known), Array.ConvertAll(known, trial => trial.Values[k]), options,
                known.All(trial => trial.Deviations.Length > 0) ? Array.ConvertAll(known, trial => trial.Deviations[k]) : null, cancel: cancel);
            calibration = CalibrationOf(surrogate, known, k) is { } share ? Math.Min(calibration ?? 1, share) : calibration;
            outcomes[k] = surrogate;
        }
        var cheap = trials.Where(trial => trial is { State: TrialState.Measured, IsCheap: true } && double.IsFinite(trial.Values[0])).ToArray();
        var twin = cheap.Length == 0 ? null : ProcessSurrogate.Fit(Coded(problem.Space, cheap), Array.ConvertAll(cheap, trial => trial.Values[0]), options, cancel: cancel);
        if (twin is not null)
            outcomes[0] = FidelityRule.Fit(twin, Coded(problem.Space, measured), Array.ConvertAll(measured, trial => trial.Values[0]), options, cancel);
        var tried = trials.Where(trial => trial.State is TrialState.Measured or TrialState.Failed).ToArray();
        var success = tried.Any(trial => trial.State == TrialState.Failed) ? SuccessModel.Fit(Coded(problem.Space, tried), [.. tried.Select(trial => trial.State == TrialState.Measured)]) : null;
        var complete = Array.FindAll(measured, trial => Array.TrueForAll(trial.Values, double.IsFinite));
        return new CampaignBeliefs(problem, outcomes, success, (Array.ConvertAll(complete, trial => trial.Point), Array.ConvertAll(complete, trial => trial.Values), complete.Any(trial => trial.Deviations.Any(deviation => deviation > 0))), calibration) { Twin = twin };
    }

    /// <summary>The same had trials under way come out as expected.</summary>
    public CampaignBeliefs Awaiting(IEnumerable<CampaignTrial> pending)
    {
        var (outcomes, twin) = ((ISurrogate?[])Outcomes.Clone(), Twin);
        var (row, ignored) = (new double[problem.Space.Coding.Columns], new double[problem.Space.Coding.Columns]);
        foreach (var trial in pending)
        {
            problem.Space.Encode(trial.Point, row);
            if (trial.IsCheap && twin is not null)
            {
                twin = (ProcessSurrogate)twin.With(row, twin.At(row, ignored, ignored).Mean);
                outcomes[0] = ((TransferSurrogate)outcomes[0]!).Reading([twin]); // where there is a twin it was read
                continue;
            }
            for (var k = 0; k < outcomes.Length; k++)
                outcomes[k] = outcomes[k]?.With(row, outcomes[k]!.At(row, ignored, ignored).Mean);
        }
        return new CampaignBeliefs(problem, outcomes, Success, (points, values, isUnsure), Calibration) { Twin = twin };
    }

    /// <summary>The same with another belief of the only outcome wanted.</summary>
    public CampaignBeliefs Believing(ISurrogate wanted)
    {
        var outcomes = (ISurrogate?[])Outcomes.Clone();
        outcomes[IndexOfWanted()] = wanted;
        return new CampaignBeliefs(problem, outcomes, Success, (points, values, isUnsure), Calibration) { Twin = Twin };
    }

    /// <summary>Whether a point is to be tried with the cheap twin first, which teaches more per cost there.</summary>
    public bool IsCheapNext(double[] coded) => problem.Cheap is { } cheap && Twin is { } twin && FidelityRule.IsCheapNext(twin, (TransferSurrogate)Outcomes[0]!, coded, cheap.Cost, 1);

    /// <summary>What a trial promises; null while nothing that is wanted was measured.</summary>
    public Promise? Promise(Random random)
    {
        var wanted = new List<Wanted>();
        var limits = new List<Limited>();
        for (var k = 0; k < Outcomes.Length; k++)
        {
            var outcome = problem.Outcomes[k];
            if (Outcomes[k] is not { } surrogate)
                return null;
            if (outcome.Aim != Aim.Held)
                wanted.Add(new Wanted(surrogate, outcome.Sign));
            if (outcome.Most is { } most)
                limits.Add(new Limited(surrogate, 1, most));
            if (outcome.Least is { } least)
                limits.Add(new Limited(surrogate, -1, least));
        }
        // What other trials say counts before there is one of this kind: then the mean, as improvement on something far worse.
        var best = values.Length == 0 && wanted is [{ Surrogate: TransferSurrogate other } only] ? only.Sign * other.Unit.Offset - FarWorse * other.Unit.Scale : Best();
        return wanted.Count == 1 ? new Promise(wanted, limits, Success, best, null) : new Promise(wanted, limits, Success, Best(), new ExpectedHypervolume(Expected(random)));
    }

    /// <summary>The best value so far of the only outcome wanted, signed; minus infinity where none holds the limits.</summary>
    public double Best()
    {
        var k = IndexOfWanted();
        var best = double.NegativeInfinity;
        for (var i = 0; i < values.Length; i++)
            if (Holds(i))
                best = Math.Max(best, problem.Outcomes[k].Sign * Believed(i, k));
        return best;
    }

    /// <summary>What was measured; where trials say how far they are off, what is believed to be true there. A model's own noise does not count: much of it is what the model cannot follow.</summary>
    private double Believed(int trial, int outcome)
    {
        if (!isUnsure || Outcomes[outcome] is not { } surrogate)
            return values[trial][outcome];
        var (row, ignored) = (new double[problem.Space.Coding.Columns], new double[problem.Space.Coding.Columns]);
        problem.Space.Encode(points[trial], row);
        return surrogate.At(row, ignored, ignored).Mean;
    }

    /// <summary>The front of the good trials; where these say how far they are off, several that it may be.</summary>
    private FreeBoxes[] Expected(Random random)
    {
        int[] wanted = [.. Enumerable.Range(0, problem.Outcomes.Count).Where(k => problem.Outcomes[k].Aim != Aim.Held)];
        var holding = Enumerable.Range(0, values.Length).Where(Holds).ToArray();
        holding = Thinned(holding, wanted);
        var signed = Array.ConvertAll(holding, i => Signed(i, wanted));
        var reference = Reference(signed, wanted);
        if (!isUnsure || holding.Length == 0)
            return [FreeBoxes.Above(reference, signed)];
        var (means, variances) = (new double[wanted.Length][], new double[wanted.Length][]);
        var rows = Coded(problem.Space, Array.ConvertAll(holding, i => CampaignTrial.Pending(points[i])));
        for (var k = 0; k < wanted.Length; k++)
        {
            (means[k], variances[k]) = (new double[holding.Length], new double[holding.Length]);
            Outcomes[wanted[k]]!.Predict(rows, means[k], variances[k]); // the promise is made where all are known
        }
        return [.. Enumerable.Range(0, Fronts).Select(_ => FreeBoxes.Above(reference, [.. Enumerable.Range(0, holding.Length)
            .Select(i => wanted.Select((k, at) => problem.Outcomes[k].Sign * (means[at][i] + Math.Sqrt(variances[at][i]) * Directions.Gaussian(random))).ToArray())]))];
    }

    /// <summary>Boxes grow fast with four and more directions: then some of the front stand for all, evenly along the first.</summary>
    private int[] Thinned(int[] trials, int[] wanted)
    {
        if (wanted.Length < 4)
            return trials;
        int[] front = [.. Hypervolume.Front(Array.ConvertAll(trials, i => Signed(i, wanted))).Select(i => trials[i]).OrderBy(i => values[i][wanted[0]])];
        return front.Length <= MostOfWide ? front : [.. Enumerable.Range(0, MostOfWide).Select(i => front[i * (front.Length - 1) / (MostOfWide - 1)])];
    }

    private double[] Reference(double[][] signed, int[] wanted)
    {
        var all = signed.Length > 0 ? signed : [.. Enumerable.Range(0, values.Length).Select(i => Signed(i, wanted))];
        var front = Hypervolume.Front(all);
        return [.. wanted.Select((k, at) =>
        {
            if (problem.Outcomes[k].Reference is { } given)
                return problem.Outcomes[k].Sign * given;
            var (low, high) = (front.Min(i => all[i][at]), front.Max(i => all[i][at]));
            var range = high > low ? high - low : Math.Max(1e-9, all.Max(one => one[at]) - all.Min(one => one[at]));
            return low - 0.1 * range;
        })];
    }

    private double[] Signed(int trial, int[] wanted) => Array.ConvertAll(wanted, k => problem.Outcomes[k].Sign * values[trial][k]);

    private bool Holds(int trial)
    {
        for (var k = 0; k < problem.Outcomes.Count; k++)
            if (!problem.Outcomes[k].Holds(values[trial][k]))
                return false;
        return true;
    }

    private int IndexOfWanted()
    {
        for (var k = 0; k < problem.Outcomes.Count; k++)
            if (problem.Outcomes[k].Aim != Aim.Held)
                return k;
        throw new System.Diagnostics.UnreachableException();
    }

    private static double? CalibrationOf(ProcessSurrogate surrogate, CampaignTrial[] known, int outcome)
    {
        if (known.Length < 5)
            return null;
        var left = surrogate.LeaveOneOut();
        return left.Where((belief, i) => Math.Abs(known[i].Values[outcome] - belief.Mean) <= Suggestion.NineInTen * Math.Sqrt(belief.Variance)).Count() / (double)left.Length;
    }

    internal static TrialTable Coded(SearchSpace space, IReadOnlyList<CampaignTrial> trials)
    {
        var coded = new TrialTable(space.Coding, trials.Count);
        var row = new double[space.Coding.Columns];
        foreach (var trial in trials)
        {
            space.Encode(trial.Point, row);
            coded.Add(row);
        }
        return coded;
    }
}
