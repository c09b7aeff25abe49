using Dure.Kernel;
using Dure.Kernel.Distributions;
using Dure.Optimize.Spaces;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>
/// Says which trials to make next. It keeps nothing: the same problem, trials and seed give the same suggestions, so whatever a person changes in between
/// (a veto, a pinned value, narrower bounds, results of their own) is taken up by asking again, and a suggestion can be made anew later and be compared.
/// </summary>
public sealed class TrialPlanner
{
    /// <summary>Trials that are learnt from at most: those under way, the best and the latest.</summary>
    public const int MostTrials = 600;

    private const int StartCandidates = 2_000;

    /// <summary>The share of the values' variance from which on a place counts as little known.</summary>
    private const double LittleKnown = 0.25;

    private readonly CampaignProblem problem;
    private readonly SurrogateOptions options;
    private readonly EarlierReader? earlier;

    /// <param name="earlier">Campaigns over the same factors to be read as a warm start; see <see cref="EarlierCampaign"/>.</param>
    /// <exception cref="ProblemException">An earlier campaign does not fit the problem.</exception>
    public TrialPlanner(CampaignProblem problem, SurrogateOptions? options = null, IReadOnlyList<EarlierCampaign>? earlier = null)
    {
        (this.problem, this.options) = (problem, options ?? new SurrogateOptions());
        this.earlier = earlier is { Count: > 0 } ? new EarlierReader(problem, earlier, this.options) : null;
    }

    /// <summary>Trials before there is a model.</summary>
    public int Starts => StartRule.Trials(problem.Space.Coding);

    /// <summary>The next trials to make, the most promising first; each takes account of those before it and of those under way.</summary>
    /// <param name="trials">All so far, of whatever state, also ones that people added; those outside the space teach, too.</param>
    /// <param name="count">How many are wanted, up to 100.</param>
    /// <param name="seed">Of what is left to chance.</param>
    /// <returns>Fewer than wanted where all that may be tried has been.</returns>
    /// <exception cref="ProblemException">A trial does not fit the problem.</exception>
    public IReadOnlyList<Suggestion> Suggest(IReadOnlyList<CampaignTrial> trials, int count = 1, int seed = 0, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 100);
        problem.Check(trials);
        return earlier is null ? Alone(trials, trials, count, seed, cancel) : InTurns(earlier, trials, count, seed, cancel);
    }

    /// <summary>Without earlier campaigns.</summary>
    /// <param name="trials">What is known of.</param>
    /// <param name="all">All there are, of which suggestions name one.</param>
    private List<Suggestion> Alone(IReadOnlyList<CampaignTrial> trials, IReadOnlyList<CampaignTrial> all, int count, int seed, CancellationToken cancel)
    {
        var (random, kept, suggestions) = (new Random(Mixed(seed, trials.Count)), Kept(trials), new List<Suggestion>());
        var taken = trials.Where(trial => !trial.IsCheap || trial.State == TrialState.Void).Select(trial => trial.Point).ToHashSet(new SameNumbers());
        var search = new PromiseSearch(problem, random);
        var learnt = new Lazy<CampaignBeliefs>(() => CampaignBeliefs.Of(problem, kept, options, cancel));
        while (suggestions.Count < count && (ByStart() ?? ByPromise()) is { } next)
        {
            cancel.ThrowIfCancellationRequested();
            suggestions.Add(next);
            if (!next.IsCheap)
                taken.Add(next.Point);
        }
        return suggestions;

        Suggestion? ByStart() => suggestions.Count + trials.Count(IsStart) < Starts || !CanLearn(kept) ? Start([.. trials, .. suggestions.Select(one => one.AsTrial())], all, taken, random) : null;

        Suggestion? ByPromise()
        {
            CampaignTrial[] pending = [.. kept.Where(trial => trial.State == TrialState.Pending), .. suggestions.Select(one => one.AsTrial())];
            if (!CanLearn(kept) || learnt.Value.Awaiting(pending) is not { } beliefs || beliefs.Promise(random) is not { } promise || search.Best(promise, beliefs.Good(), taken, cancel) is not { } found)
                return null;
            var point = Rounded(found.Point, taken);
            return Explained(point, beliefs, all) with { IsCheap = beliefs.IsCheapNext(Coded(point)) && !trials.Concat(pending).Any(trial => trial.IsCheap && trial.Point.AsSpan().SequenceEqual(point)) };
        }
    }

    /// <summary>
    /// As earlier campaigns and the rule without them take turns. That one goes on as if there were none: it learns from its own trials only, and what
    /// others proposed and it comes to by itself costs nothing more. So nothing is later than without them by more than the trials they propose.
    /// </summary>
    private List<Suggestion> InTurns(EarlierReader earlier, IReadOnlyList<CampaignTrial> trials, int count, int seed, CancellationToken cancel)
    {
        var (now, own) = (trials.ToList(), trials.Where(trial => !trial.IsByEarlier).ToList());
        var suggestions = new List<Suggestion>();
        while (suggestions.Count < count)
        {
            cancel.ThrowIfCancellationRequested();
            var next = Transferred(earlier, now, trials, seed, cancel);
            while (next is null && Alone(own, trials, 1, seed, cancel) is [var found])
                if (now.Find(trial => trial.IsByEarlier && trial.Point.AsSpan().SequenceEqual(found.Point)) is { } made)
                    own.Add(made with { IsByEarlier = false });
                else
                    next = found;
            if (next is null)
                break;
            suggestions.Add(next);
            now.Add(next.AsTrial());
            if (next.Earlier is null)
                own.Add(next.AsTrial());
        }
        return suggestions;
    }

    /// <summary>The trial that earlier campaigns propose; null where it is not their turn.</summary>
    private Suggestion? Transferred(EarlierReader earlier, List<CampaignTrial> now, IReadOnlyList<CampaignTrial> trials, int seed, CancellationToken cancel)
    {
        var kept = Kept(now);
        if (earlier.Turn(kept, cancel) is not { } turn)
            return null;
        var random = new Random(Mixed(seed ^ 0x5eed, now.Count)); // of its own, so that the others stay what they would be
        var taken = now.Select(trial => trial.Point).ToHashSet(new SameNumbers());
        var beliefs = CampaignBeliefs.Of(problem, kept, options, cancel).Believing(turn.Belief);
        if (beliefs.Promise(random) is not { } promise || new PromiseSearch(problem, random).Best(promise, [.. beliefs.Good(), .. earlier.Good()], taken, cancel) is not { } found)
            return null;
        return Explained(Rounded(found.Point, taken), beliefs, trials) with { Reason = SuggestionReason.Transfers, Earlier = turn.Campaign, Doubt = turn.Belief.Doubt };
    }

    /// <summary>Whether a trial counts to those before there is a model of this campaign's own.</summary>
    private bool IsStart(CampaignTrial trial) => trial.State != TrialState.Void && !trial.IsByEarlier && trial.IsCheap == problem.Cheap is not null;

    private double[] Coded(double[] point)
    {
        var coded = new double[problem.Space.Coding.Columns];
        problem.Space.Encode(point, coded);
        return coded;
    }

    /// <summary>Whether more trials are worth making, by those that are done, and what some more promise. Asked anew after every trial it needs no memory: how long it has been sure follows from their order.</summary>
    /// <param name="trials">All so far, in the order in which they were done; those under way count as not made.</param>
    /// <exception cref="ProblemException">A trial does not fit the problem.</exception>
    public StopAdvice Advise(IReadOnlyList<CampaignTrial> trials, int seed = 0, StopOptions? options = null, CancellationToken cancel = default)
    {
        problem.Check(trials);
        options ??= new StopOptions();
        options.Check();
        var done = trials.Where(trial => trial.State is TrialState.Measured or TrialState.Failed).ToArray();
        if (done.Length < Starts || !CanLearn(done))
            return StopAdvice.NotKnown("Too few trials are done to say.");
        var beliefs = CampaignBeliefs.Of(problem, Kept(done), this.options, cancel);
        if (beliefs.HasSeveralWanted)
            return StopAdvice.NotKnown("Several outcomes are wanted: whether to stop is not known, only what the next trial promises.", NextVolume(done, beliefs, seed, cancel));
        if (problem.Cheap is not null && !Array.Exists(done, trial => trial is { IsCheap: false, State: TrialState.Measured }))
            return StopAdvice.NotKnown("No trial has been made in full yet.");
        if (double.IsNegativeInfinity(beliefs.Best()))
            return StopAdvice.NotKnown("No trial holds all limits yet.");
        double[][] refused = [.. trials.Where(trial => trial.State == TrialState.Void).Select(trial => trial.Point)];
        var outlook = Outlook(done, refused, beliefs, options, seed, cancel);
        var sure = outlook.IsSure ? 1 : 0;
        while (sure > 0 && sure < options.Steps && WasSure(done[..^sure], refused, options, seed, cancel))
            sure++;
        return StopAdvice.Of(outlook, sure, options, seed);
    }

    /// <summary>What is believed of an outcome over the space, to be drawn; null before there is a model of it.</summary>
    /// <exception cref="ProblemException">A trial does not fit the problem, or there is no such outcome, factor or trial.</exception>
    public CampaignPicture? Picture(IReadOnlyList<CampaignTrial> trials, PictureOptions? show = null, CancellationToken cancel = default)
    {
        problem.Check(trials);
        show ??= new PictureOptions();
        show.Check(problem, trials.Count);
        return CanLearn(trials) ? PicturePainter.Paint(problem, CampaignBeliefs.Of(problem, Kept(trials), options, cancel), trials, show) : null;
    }

    private bool WasSure(CampaignTrial[] done, double[][] refused, StopOptions options, int seed, CancellationToken cancel)
    {
        if (done.Length < Starts || !CanLearn(done))
            return false;
        var beliefs = CampaignBeliefs.Of(problem, Kept(done), this.options, cancel);
        return !double.IsNegativeInfinity(beliefs.Best()) && Outlook(done, refused, beliefs, options, seed, cancel).IsSure;
    }

    private StopOutlook Outlook(CampaignTrial[] done, double[][] refused, CampaignBeliefs beliefs, StopOptions options, int seed, CancellationToken cancel)
    {
        var left = StopSample.Of(problem, beliefs, done.Where(trial => !trial.IsCheap).Select(trial => trial.Point).Concat(refused).ToHashSet(new SameNumbers()), seed, cancel);
        var (surrogate, tried, values, range, sign) = beliefs.Wanted();
        return new StopOutlook(surrogate, left, tried, values, range, sign, options);
    }

    private double? NextVolume(CampaignTrial[] done, CampaignBeliefs beliefs, int seed, CancellationToken cancel)
    {
        var random = new Random(seed);
        if (beliefs.Promise(random) is not { } promise || new PromiseSearch(problem, random).Best(promise, beliefs.Good(), done.Where(trial => !trial.IsCheap).Select(trial => trial.Point).ToHashSet(new SameNumbers()), cancel) is not { } found)
            return null;
        return beliefs.ExpectedVolume(Coded(found.Point));
    }

    /// <summary>A seed for each trial. Neighbouring seeds give neighbouring first numbers, so bits are spread (the finaliser of Murmur3; Appleby 2011).</summary>
    private static int Mixed(int seed, int trial)
    {
        var bits = unchecked((uint)seed * 0x9E3779B9 + (uint)trial);
        bits = unchecked((bits ^ (bits >> 16)) * 0x85EBCA6B);
        bits = unchecked((bits ^ (bits >> 13)) * 0xC2B2AE35);
        return (int)((bits ^ (bits >> 16)) >> 1);
    }

    /// <summary>With no more digits than a person wants to set, where the point stays feasible and new by it.</summary>
    private double[] Rounded(double[] point, HashSet<double[]> taken)
    {
        var rounded = (double[])point.Clone();
        for (var i = 0; i < rounded.Length && problem.Space.Candidates is null; i++)
            if (problem.Space.Factors[i] is Factor.Continuous factor && problem.Space.LowOf(i) < problem.Space.HighOf(i))
            {
                var finest = factor.IsLog ? Math.Abs(point[i]) / 1000 : (factor.High - factor.Low) / 10_000;
                var step = Math.Pow(10, Math.Floor(Math.Log10(finest)));
                rounded[i] = Math.Clamp(step < 1 ? Math.Round(point[i] * Math.Round(1 / step)) / Math.Round(1 / step) : Math.Round(point[i] / step) * step, problem.Space.LowOf(i), problem.Space.HighOf(i));
            }
        return problem.Space.Contains(rounded) && !taken.Contains(rounded) ? rounded : point;
    }

    /// <summary>Whether there is a trial with all outcomes, or where only one outcome is wanted for each outcome one.</summary>
    private bool CanLearn(IReadOnlyList<CampaignTrial> trials)
    {
        var measured = trials.Where(trial => trial.State == TrialState.Measured).ToArray();
        return problem.Outcomes.Count(outcome => outcome.Aim != Aim.Held) > 1
            ? Array.Exists(measured, trial => Array.TrueForAll(trial.Values, double.IsFinite))
            : Enumerable.Range(0, problem.Outcomes.Count).All(k => Array.Exists(measured, trial => double.IsFinite(trial.Values[k])));
    }

    /// <summary>What is learnt from: all that is not void, of very many those under way, the best in each outcome that is wanted, and the latest.</summary>
    private IReadOnlyList<CampaignTrial> Kept(IReadOnlyList<CampaignTrial> trials)
    {
        CampaignTrial[] live = [.. trials.Where(trial => trial.State != TrialState.Void)];
        if (live.Length <= MostTrials)
            return live;
        var chosen = Enumerable.Range(0, live.Length).Where(i => live[i].State == TrialState.Pending).ToHashSet();
        for (var k = 0; k < problem.Outcomes.Count; k++)
            if (problem.Outcomes[k].Aim != Aim.Held)
                chosen.UnionWith(Enumerable.Range(0, live.Length).Where(i => live[i].State == TrialState.Measured && double.IsFinite(live[i].Values[k]))
                    .OrderByDescending(i => problem.Outcomes[k].Sign * live[i].Values[k]).Take(MostTrials / (4 * CampaignProblem.MostWanted)));
        for (var i = live.Length - 1; i >= 0 && chosen.Count < MostTrials; i--)
            chosen.Add(i);
        return [.. chosen.Order().Select(i => live[i])];
    }

    private Suggestion? Start(CampaignTrial[] trials, IReadOnlyList<CampaignTrial> all, HashSet<double[]> taken, Random random)
    {
        var sampler = new SpaceSampler(problem.Space, random);
        IEnumerable<double[]> candidates = problem.Space.Candidates is { } table ? table.Rows : Enumerable.Range(0, StartCandidates).Select(_ => sampler.Next()).Prepend(problem.Space.Centre());
        double[][] free = [.. candidates.Where(point => !taken.Contains(point) && problem.Space.Contains(point))];
        if (free.Length == 0)
            return null;
        var tried = trials.Where(trial => trial.State != TrialState.Void);
        var chosen = StartRule.Next(CampaignBeliefs.Coded(problem.Space, Array.ConvertAll(free, CampaignTrial.Pending)), CampaignBeliefs.Coded(problem.Space, [.. tried]), random);
        var (nearest, newest) = Nearest(free[chosen], all);
        return new Suggestion { Point = Rounded([.. free[chosen]], taken), Reason = SuggestionReason.Start, IsCheap = problem.Cheap is not null, Nearest = nearest, NewestFactor = newest };
    }

    private Suggestion Explained(double[] point, CampaignBeliefs beliefs, IReadOnlyList<CampaignTrial> trials)
    {
        var coded = new double[problem.Space.Coding.Columns];
        var ignored = new double[coded.Length];
        problem.Space.Encode(point, coded);
        var (expected, chance, gain, isLittleKnown) = (new Expectation[problem.Outcomes.Count], 1.0, 0.0, false);
        var best = beliefs.Best();
        for (var k = 0; k < expected.Length; k++)
        {
            var (outcome, surrogate) = (problem.Outcomes[k], beliefs.Outcomes[k]!); // the promise was made, so all are known
            var belief = surrogate.At(coded, ignored, ignored);
            var deviation = Math.Sqrt(belief.Variance);
            var wide = Suggestion.NineInTen * Math.Sqrt(belief.Variance + surrogate.Noise * surrogate.Noise);
            expected[k] = new Expectation(belief.Mean, belief.Mean - wide, belief.Mean + wide);
            chance *= outcome.ChanceOf(belief.Mean, deviation);
            if (outcome.Aim == Aim.Held)
                continue;
            var scale = surrogate switch { ProcessSurrogate process => process.Scale, TransferSurrogate transfer => transfer.Unit.Scale, _ => double.PositiveInfinity };
            isLittleKnown |= belief.Variance > LittleKnown * scale * scale;
            gain = double.IsNegativeInfinity(best) ? 0 : Math.Exp(Bayesian.Acquisition.LogExpectedImprovement(-outcome.Sign * belief.Mean, deviation, -best));
        }
        if (beliefs.Success is { } success && success.At(coded, ignored, ignored) is var score)
            chance *= Normal.Cdf(score.Mean / Math.Sqrt(1 + score.Variance));
        if (beliefs.HasSeveralWanted)
            gain = beliefs.ExpectedVolume(coded);
        var (nearest, newest) = Nearest(point, trials);
        return new Suggestion
        {
            Point = point,
            Reason = !beliefs.HasSeveralWanted && double.IsNegativeInfinity(best) && problem.Cheap is null ? SuggestionReason.SeeksLimits : isLittleKnown ? SuggestionReason.Explores : SuggestionReason.Improves,
            Expected = expected, ExpectedGain = gain, ChanceOfHolding = chance, Calibration = beliefs.Calibration, Nearest = nearest, NewestFactor = newest,
        };
    }

    /// <summary>The trial most like a point, and the factor in which the point is least like any.</summary>
    private (int? Trial, string? Factor) Nearest(double[] point, IReadOnlyList<CampaignTrial> trials)
    {
        if (trials.Count == 0)
            return (null, null);
        var coding = problem.Space.Coding;
        var (coded, other, away, least) = (new double[coding.Columns], new double[coding.Columns], new double[coding.Factors], new double[coding.Factors]);
        problem.Space.Encode(point, coded);
        Array.Fill(least, double.PositiveInfinity);
        var (nearest, distance) = (0, double.PositiveInfinity);
        for (var i = 0; i < trials.Count; i++)
        {
            problem.Space.Encode(trials[i].Point, other);
            Array.Clear(away);
            for (var column = 0; column < coded.Length; column++)
                away[coding.FactorOf(column)] += coding.IsCode(column) ? (coded[column] == other[column] ? 0 : 1) : (coded[column] - other[column]) * (coded[column] - other[column]);
            for (var factor = 0; factor < away.Length; factor++)
                least[factor] = Math.Min(least[factor], away[factor]);
            if (away.Sum() < distance)
                (nearest, distance) = (i, away.Sum());
        }
        return (nearest, problem.Space.Factors[Array.IndexOf(least, least.Max())].Name);
    }

}
