using Dure.Kernel.Distributions;
using Dure.Optimize.Bayesian;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>When a campaign is advised to end.</summary>
public sealed record StopOptions
{
    /// <summary>What gain is not worth a trial, as a share of the range of the values so far.</summary>
    public double LeastGain { get; init; } = 0.01;

    /// <summary>Trials in a row after each of which that must hold, as a surrogate of few trials may be sure of itself for a moment.</summary>
    public int Steps { get; init; } = 3;

    /// <summary>With what probability nothing left is better by more than that gain.</summary>
    public double Chance { get; init; } = 0.95;

    /// <summary>Trials whose gain is played through; 0: none, which is far quicker.</summary>
    public int Ahead { get; init; } = 10;

    public int Seed { get; init; } = 1;
}

/// <summary>
/// Whether more trials are worth making, and what ten of them promise. In the unit of the values; all as far as the surrogate is right. Advice to stop
/// rests on the chance alone: on public tables a small expected improvement, or a regret bound below the noise, each ended campaigns far from the best.
/// </summary>
/// <param name="IsAdvised">To stop.</param>
/// <param name="Reason">In words.</param>
/// <param name="NextGain">Greatest expected improvement of one trial.</param>
/// <param name="GainAhead">Expected improvement after ten more (or as many as asked), each chosen after the one before.</param>
/// <param name="RegretBound">Of what is best at most by two deviations over what was tried is at least by two (Makarova et al. 2022).</param>
/// <param name="ChanceWithin">At least so probable it is that no candidate is better by more than the least gain: one less the sum of each one's chance (Boole).</param>
/// <param name="SureSteps">Trials in a row, up to now, after each of which that chance was great enough; the next advice counts on.</param>
public sealed record StopAdvice(bool IsAdvised, string Reason, double NextGain, double GainAhead, double RegretBound, double ChanceWithin, int SureSteps)
{
    private const int Fantasies = 8, Watched = 128;

    /// <param name="belief">Learnt from the trials.</param>
    /// <param name="left">What may be tried still, or an even sample of it.</param>
    /// <param name="tried">The trials made.</param>
    /// <param name="values">One for each of them.</param>
    /// <param name="sign">1 where more is better, -1 where less is.</param>
    /// <param name="before">The advice after the trial before; null: none was asked.</param>
    public static StopAdvice Of(ISurrogate belief, TrialTable left, TrialTable tried, ReadOnlySpan<double> values, int sign, StopOptions? options = null, StopAdvice? before = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, tried.Count);
        options ??= new StopOptions();
        var (best, worst) = (double.NegativeInfinity, double.PositiveInfinity);
        foreach (var value in values)
            (best, worst) = (Math.Max(best, sign * value), Math.Min(worst, sign * value));
        if (left.Count == 0)
            return new StopAdvice(true, "Everything has been tried.", 0, 0, 0, 1, (before?.SureSteps ?? 0) + 1);
        var least = options.LeastGain * (best - worst);
        var (means, variances, gains) = (new double[left.Count], new double[left.Count], new double[left.Count]);
        belief.Predict(left, means, variances);
        var (beyond, reach) = (0.0, double.NegativeInfinity);
        for (var i = 0; i < means.Length; i++)
        {
            var deviation = Math.Sqrt(variances[i]);
            gains[i] = Math.Exp(Acquisition.LogExpectedImprovement(-sign * means[i], deviation, -best));
            beyond += Normal.Cdf((sign * means[i] - best - least) / deviation);
            reach = Math.Max(reach, sign * means[i] + 2 * deviation);
        }
        var next = gains.Max();
        var (chance, bound) = (Math.Max(0, 1 - beyond), Math.Max(0, reach - Sure(belief, tried, sign)));
        var sure = best > worst && chance >= options.Chance ? (before?.SureSteps ?? 0) + 1 : 0;
        var ahead = Math.Max(next, PlayedThrough(belief, left, gains, best, sign, options));
        return new StopAdvice(sure >= options.Steps, Verdict(options, sure, bound < belief.Noise, best > worst), next, ahead, bound, chance, sure);
    }

    private static string Verdict(StopOptions options, int sure, bool isInNoise, bool hasRange)
    {
        if (!hasRange)
            return "All values so far are alike; nothing can be said yet.";
        if (sure == 0)
            return isInNoise ? "A better trial is still likely enough, though what it brings is less than the noise of one." : "A better trial is still likely enough.";
        var claim = $"with a probability of at least {options.Chance:P0} nothing left is better by more than {options.LeastGain:P0} of the range";
        return sure < options.Steps ? $"After {sure} of {options.Steps} trials in a row {claim}." : $"After each of the last {sure} trials, {claim}.";
    }

    private static double Sure(ISurrogate belief, TrialTable tried, int sign)
    {
        var (means, variances, sure) = (new double[tried.Count], new double[tried.Count], double.NegativeInfinity);
        belief.Predict(tried, means, variances);
        for (var i = 0; i < means.Length; i++)
            sure = Math.Max(sure, sign * means[i] - 2 * Math.Sqrt(variances[i]));
        return sure;
    }

    /// <summary>Trials played through several times, their values drawn from what is believed, among the candidates that promise most now.</summary>
    private static double PlayedThrough(ISurrogate belief, TrialTable left, double[] gains, double best, int sign, StopOptions options)
    {
        var watched = Enumerable.Range(0, left.Count).OrderByDescending(i => gains[i]).Take(Watched).ToArray();
        var table = left.Rows(watched);
        var (means, variances, point) = (new double[table.Count], new double[table.Count], new double[table.Coding.Columns]);
        var (random, sum) = (new Random(options.Seed), 0.0);
        for (var fantasy = 0; fantasy < Fantasies; fantasy++)
        {
            var (now, believed) = (best, belief);
            for (var step = 0; step < options.Ahead; step++)
            {
                believed.Predict(table, means, variances);
                var (chosen, most) = (0, double.NegativeInfinity);
                for (var i = 0; i < means.Length; i++)
                {
                    var worth = Acquisition.LogExpectedImprovement(-sign * means[i], Math.Sqrt(variances[i]), -now);
                    if (worth > most)
                        (chosen, most) = (i, worth);
                }
                var drawn = means[chosen] + Math.Sqrt(variances[chosen]) * Normal.Quantile(random.NextDouble() * (1 - 2e-9) + 1e-9);
                now = Math.Max(now, sign * drawn);
                table.CopyRow(chosen, point);
                believed = believed.With(point, drawn);
            }
            sum += now - best;
        }
        return sum / Fantasies;
    }
}
