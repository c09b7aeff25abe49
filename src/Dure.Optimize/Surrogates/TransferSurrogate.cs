using Dure.Optimize.Gaussian;

namespace Dure.Optimize.Surrogates;

/// <summary>How earlier campaigns are believed.</summary>
public sealed record TransferOptions
{
    /// <summary>How an outcome may go together with an earlier one, from -1 (high where that is low) to 1, and how probable each is if they do at all.</summary>
    public IReadOnlyList<(double Degree, double Chance)> Degrees { get; init; } = [(0.98, 0.35), (0.85, 0.3), (0.6, 0.25), (-0.8, 0.1)];

    /// <summary>How probable it is before any trial that no earlier campaign helps.</summary>
    public double Doubt { get; init; } = 0.3;

    /// <summary>What the surrogate of the new trials alone counts at least, from 0 to 1.</summary>
    public double LeastAloneWeight { get; init; } = 0.2;

    /// <summary>Of an earlier campaign's variance the share that its own surrogate must explain of trials left out, or it is not read: noise teaches nothing.</summary>
    public double LeastSkill { get; init; } = 0.1;

    /// <summary>The doubt below which earlier campaigns count as borne out by the new trials.</summary>
    public double BorneOut { get; init; } = 0.05;

    /// <summary>Trials that they may propose for each other one once they are borne out.</summary>
    public int ProvenShare { get; init; } = 2;

    /// <summary>Trials of the new campaign before which they must have proposed one, or are silent for good.</summary>
    public int LatestFirst { get; init; } = 6;

    /// <summary>Proposals without a new best, the first trial among them, after which they are silent, even if borne out.</summary>
    public int MostWasted { get; init; } = 2;
}

/// <summary>
/// A surrogate that has read earlier campaigns over the same points: an average of one of the new trials alone and of several that take an earlier
/// outcome to go together with the new one to some degree, each as probable as it makes the new values. An earlier campaign that misleads so loses its
/// say with the trials that refute it; the surrogate of the new trials alone keeps a share always, in the manner of Feurer et al. (2018). Immutable; may
/// be asked by many threads at once.
/// </summary>
public sealed class TransferSurrogate : ISurrogate
{
    private readonly TaskExpert[] experts;
    private readonly double[] weights;
    private readonly double[] values;
    private readonly TrialTable trials;
    private readonly (double Offset, double Scale) unit;

    private TransferSurrogate(TrialTable trials, double[] values, ISurrogate? alone, TaskExpert[] experts, double[] weights, (double, double) unit, double doubt) =>
        (this.trials, this.values, Alone, this.experts, this.weights, this.unit, Doubt) = (trials, values, alone, experts, weights, unit, doubt);

    /// <summary>What the new trials alone say; null before the first of them.</summary>
    public ISurrogate? Alone { get; }

    /// <summary>How probable it is that no earlier campaign helps; 1 where none is worth reading.</summary>
    public double Doubt { get; }

    /// <summary>How much the surrogate of the new trials alone counts, from 0 to 1.</summary>
    public double AloneWeight => weights[^1];

    /// <summary>The one of the earlier campaigns read that is the most probable to help; null where none is read.</summary>
    internal ProcessSurrogate? Likeliest => Enumerable.Range(0, experts.Length).GroupBy(k => experts[k].Source, k => weights[k]).MaxBy(each => each.Sum())?.Key;

    /// <summary>The mean of the values and their deviation; before there are two those of an earlier campaign.</summary>
    internal (double Offset, double Scale) Unit => unit;

    public int Trials => trials.Count;

    public double Noise => Alone?.Noise ?? unit.Scale * experts[0].Noise;

    public bool HasSlopes => true;

    /// <summary>Fits a surrogate to new trials and surrogates of earlier campaigns, whose points have the same coding.</summary>
    /// <param name="values">One for each new trial, finite; none before the first.</param>
    /// <param name="before">Parameters of an earlier fit of the new trials alone, to begin at.</param>
    /// <exception cref="ArgumentException">There is neither a trial nor an earlier campaign worth reading, or a coding differs.</exception>
    public static TransferSurrogate Fit(IReadOnlyList<ProcessSurrogate> sources, TrialTable trials, ReadOnlySpan<double> values, SurrogateOptions options, TransferOptions? transfer = null, SurrogateParameters? before = null, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, trials.Count);
        transfer ??= new TransferOptions();
        ProcessSurrogate[] read = [.. sources.Where(source => Skill(source) >= transfer.LeastSkill)];
        if (read.Any(source => source.Table.Coding.Columns != trials.Coding.Columns))
            throw new ArgumentException("An earlier campaign's points have another number of columns; code them as the new ones.", nameof(sources));
        if (values.Length == 0 && read.Length == 0)
            throw new ArgumentException("There is neither a trial nor an earlier campaign worth reading.", nameof(sources));
        var alone = trials.Count == 0 ? null : ProcessSurrogate.Fit(trials, values, options, null, before, cancel);
        // One trial has no deviation: until there are two, that of the earlier campaign stands in.
        var unit = alone is { Trials: > 1 } || read.Length == 0 ? (alone!.Offset, alone.Scale) : (values.Length == 1 ? values[0] : read[0].Offset, read[0].Scale);
        var standard = Standard(values, unit);
        TaskExpert[] experts = [.. read.SelectMany(source => transfer.Degrees.Select(each => TaskExpert.Of(source, each.Degree, trials, standard)))];
        var apart = Array.ConvertAll(read, source => TaskExpert.Of(source, 0, trials, standard).LogEvidence);
        var own = alone is { Trials: > 1 } ? Evidence(alone, options) : double.NegativeInfinity;
        var (weights, doubt) = Weights(experts, apart, own, transfer, alone is not null);
        return new TransferSurrogate(trials, values.ToArray(), alone, experts, weights, unit, doubt);
    }

    public void Predict(TrialTable points, Span<double> means, Span<double> variances)
    {
        var (mean, variance, square) = (new double[points.Count], new double[points.Count], new double[points.Count]);
        means[..points.Count].Clear();
        for (var k = 0; k < weights.Length; k++)
        {
            if (weights[k] == 0)
                continue;
            var (offset, scale) = k < experts.Length ? (0.0, 1.0) : unit;
            if (k < experts.Length)
                experts[k].Predict(points, mean, variance);
            else
                Alone!.Predict(points, mean, variance);
            for (var i = 0; i < mean.Length; i++)
            {
                var at = (mean[i] - offset) / scale;
                means[i] += weights[k] * at;
                square[i] += weights[k] * (variance[i] / scale / scale + at * at);
            }
        }
        for (var i = 0; i < mean.Length; i++)
            (means[i], variances[i]) = (unit.Offset + unit.Scale * means[i], unit.Scale * unit.Scale * Math.Max(1e-12, square[i] - means[i] * means[i]));
    }

    public Belief At(ReadOnlySpan<double> point, Span<double> meanSlopes, Span<double> varianceSlopes)
    {
        Span<double> meanSlope = stackalloc double[point.Length], varianceSlope = stackalloc double[point.Length];
        meanSlopes[..point.Length].Clear();
        varianceSlopes[..point.Length].Clear();
        var (mean, square) = (0.0, 0.0);
        for (var k = 0; k < weights.Length; k++)
        {
            if (weights[k] == 0)
                continue;
            var (offset, scale) = k < experts.Length ? (0.0, 1.0) : unit;
            var belief = k < experts.Length ? experts[k].At(point, meanSlope, varianceSlope) : Alone!.At(point, meanSlope, varianceSlope);
            var at = (belief.Mean - offset) / scale;
            (mean, square) = (mean + weights[k] * at, square + weights[k] * (belief.Variance / scale / scale + at * at));
            for (var column = 0; column < point.Length; column++)
            {
                meanSlopes[column] += weights[k] * meanSlope[column] / scale;
                varianceSlopes[column] += weights[k] * (varianceSlope[column] / scale / scale + 2 * at * meanSlope[column] / scale);
            }
        }
        for (var column = 0; column < point.Length; column++)
            (meanSlopes[column], varianceSlopes[column]) = (unit.Scale * meanSlopes[column], unit.Scale * unit.Scale * (varianceSlopes[column] - 2 * mean * meanSlopes[column]));
        return new Belief(unit.Offset + unit.Scale * mean, unit.Scale * unit.Scale * Math.Max(1e-12, square - mean * mean));
    }

    /// <summary>The same had one more trial brought a value; how much each campaign is believed stays.</summary>
    public ISurrogate With(ReadOnlySpan<double> point, double value)
    {
        var more = trials.Rows([.. Enumerable.Range(0, trials.Count)]);
        more.Add(point);
        double[] moreValues = [.. values, value];
        var standard = Standard(moreValues, unit);
        return new TransferSurrogate(more, moreValues, Alone?.With(point, value), Array.ConvertAll(experts, expert => expert.Again(more, standard)), weights, unit, Doubt);
    }

    /// <summary>The same with other surrogates of the same earlier campaigns, as many as were read: such with one more trial.</summary>
    internal TransferSurrogate Reading(IReadOnlyList<ProcessSurrogate> sources)
    {
        var (standard, degrees) = (Standard(values, unit), experts.Length / sources.Count);
        TaskExpert[] others = [.. experts.Select((expert, k) => expert.Of(sources[k / degrees], trials, standard))];
        return new TransferSurrogate(trials, values, Alone, others, weights, unit, Doubt);
    }

    /// <summary>The share of an earlier campaign's variance that its surrogate explains of each trial left out.</summary>
    public static double Skill(ProcessSurrogate source)
    {
        var left = source.LeaveOneOut();
        var (missed, all) = (0.0, 0.0);
        for (var i = 0; i < left.Length; i++)
        {
            var away = source.Scale * source.Standard[i];
            var miss = source.Offset + away - left[i].Mean;
            (missed, all) = (missed + miss * miss, all + away * away);
        }
        return all > 0 ? 1 - missed / all : 0;
    }

    /// <summary>
    /// That no campaign helps is as probable as an expert of degree 0 makes the values, which has the earlier one's lengths, or as their own surrogate
    /// does if that is more.
    /// </summary>
    private static (double[] Weights, double Doubt) Weights(TaskExpert[] experts, double[] apart, double own, TransferOptions options, bool hasAlone)
    {
        if (experts.Length == 0)
            return ([1], 1);
        var (logs, degrees) = (new double[experts.Length + 1], options.Degrees.Count);
        var likeliest = Math.Max(own, apart.Max());
        for (var k = 0; k < experts.Length; k++)
            logs[k] = Math.Log((1 - options.Doubt) * options.Degrees[k % degrees].Chance / apart.Length) + experts[k].LogEvidence - likeliest;
        logs[^1] = hasAlone ? Math.Log(options.Doubt) : double.NegativeInfinity;
        var most = logs.Max();
        var all = logs.Sum(log => Math.Exp(log - most));
        var weights = Array.ConvertAll(logs, log => Math.Exp(log - most) / all);
        if (!hasAlone)
            return (weights, options.Doubt);
        var doubt = weights[^1];
        if (doubt < options.LeastAloneWeight)
        {
            for (var k = 0; k < experts.Length; k++)
                weights[k] *= (1 - options.LeastAloneWeight) / (1 - doubt);
            weights[^1] = options.LeastAloneWeight;
        }
        return (weights, doubt);
    }

    /// <summary>Less half the logarithm of the number of trials for each of three parameters that they truly settle, as Schwarz's criterion takes it.</summary>
    private static double Evidence(ProcessSurrogate alone, SurrogateOptions options) => alone.LogProbability(options.Priors).Likelihood - 1.5 * Math.Log(alone.Trials);

    private static double[] Standard(ReadOnlySpan<double> values, (double Offset, double Scale) unit)
    {
        var standard = new double[values.Length];
        for (var i = 0; i < standard.Length; i++)
            standard[i] = (values[i] - unit.Offset) / unit.Scale;
        return standard;
    }
}
