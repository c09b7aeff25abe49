using Dure.Kernel.Distributions;
using Dure.Optimize.Bayesian;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>What may be tried still, for <see cref="StopOutlook"/>.</summary>
/// <param name="Points">What is looked at.</param>
/// <param name="Standing">For how many points each stands.</param>
/// <param name="IsSample">Whether there are others between them that none stands for.</param>
/// <param name="Holding">For each point the chance that it holds all limits and succeeds; null: all surely do.</param>
internal readonly record struct StopCandidates(TrialTable Points, double Standing = 1, bool IsSample = false, double[]? Holding = null);

/// <summary>What there is left to gain after some trials.</summary>
internal sealed class StopOutlook
{
    /// <summary>Rows of a table that are looked at.</summary>
    public const int MostRows = 4096;

    private const int Fantasies = 8, Watched = 128;

    /// <summary>Below that chance a point does not count as one that may hold.</summary>
    private const double LeastHolding = 0.025;

    private readonly ISurrogate belief;
    private readonly StopCandidates left;
    private readonly double[] gains;
    private readonly double best;
    private readonly int sign;
    private readonly StopOptions options;

    /// <param name="belief">Learnt from the trials.</param>
    /// <param name="tried">The trials made that hold all limits.</param>
    /// <param name="values">One for each of them.</param>
    /// <param name="range">Between the best and the worst value of all trials.</param>
    /// <param name="sign">1 where more is better, -1 where less is.</param>
    public StopOutlook(ISurrogate belief, StopCandidates left, TrialTable tried, ReadOnlySpan<double> values, double range, int sign, StopOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, tried.Count);
        (this.belief, this.left, this.sign, this.options, HasRange) = (belief, left, sign, options, range > 0);
        best = double.NegativeInfinity;
        foreach (var value in values)
            best = Math.Max(best, sign * value);
        gains = new double[left.Points.Count];
        Look(options.LeastGain * range, tried);
    }

    public bool IsEmpty => left.Points.Count == 0;

    public bool IsSample => left.IsSample;

    /// <summary>Whether the values differ.</summary>
    public bool HasRange { get; }

    public double NextGain { get; private set; }

    public double RegretBound { get; private set; }

    public double ChanceWithin { get; private set; } = 1;

    public bool IsInNoise => RegretBound < belief.Noise;

    public bool IsSure => IsEmpty || HasRange && ChanceWithin >= options.Chance;

    private void Look(double least, TrialTable tried)
    {
        var (means, variances) = (new double[gains.Length], new double[gains.Length]);
        belief.Predict(left.Points, means, variances);
        var (beyond, reach) = (0.0, double.NegativeInfinity);
        for (var i = 0; i < means.Length; i++)
        {
            var (deviation, holding) = (Math.Sqrt(variances[i]), left.Holding?[i] ?? 1);
            gains[i] = holding * Math.Exp(Acquisition.LogExpectedImprovement(-sign * means[i], deviation, -best));
            NextGain = Math.Max(NextGain, gains[i]);
            beyond += holding * left.Standing * Normal.Cdf((sign * means[i] - best - least) / deviation);
            if (holding >= LeastHolding)
                reach = Math.Max(reach, sign * means[i] + 2 * deviation);
        }
        ChanceWithin = Math.Max(0, 1 - beyond);
        RegretBound = Math.Max(0, reach - Sure(tried));
    }

    /// <summary>What the best of the trials is at least, by two deviations.</summary>
    private double Sure(TrialTable tried)
    {
        var (means, variances, sure) = (new double[tried.Count], new double[tried.Count], double.NegativeInfinity);
        belief.Predict(tried, means, variances);
        for (var i = 0; i < means.Length; i++)
            sure = Math.Max(sure, sign * means[i] - 2 * Math.Sqrt(variances[i]));
        return sure;
    }

    /// <summary>Trials played through several times, their values drawn from what is believed, among the candidates that promise most now.</summary>
    public double GainAhead(int trials, int seed)
    {
        var watched = Enumerable.Range(0, gains.Length).OrderByDescending(i => gains[i]).Take(Watched).ToArray();
        var holding = Array.ConvertAll(watched, i => left.Holding?[i] ?? 1);
        var table = left.Points.Rows(watched);
        var (means, variances, point) = (new double[table.Count], new double[table.Count], new double[table.Coding.Columns]);
        var (random, sum) = (new Random(seed), 0.0);
        for (var fantasy = 0; fantasy < Fantasies && table.Count > 0; fantasy++)
        {
            var (now, believed) = (best, belief);
            for (var step = 0; step < trials; step++)
            {
                believed.Predict(table, means, variances);
                var (chosen, most) = (0, double.NegativeInfinity);
                for (var i = 0; i < means.Length; i++)
                {
                    var worth = Math.Log(holding[i]) + Acquisition.LogExpectedImprovement(-sign * means[i], Math.Sqrt(variances[i]), -now);
                    if (worth > most)
                        (chosen, most) = (i, worth);
                }
                var drawn = means[chosen] + Math.Sqrt(variances[chosen]) * Normal.Quantile(random.NextDouble() * (1 - 2e-9) + 1e-9);
                if (random.NextDouble() < holding[chosen])
                    now = Math.Max(now, sign * drawn);
                table.CopyRow(chosen, point);
                believed = believed.With(point, drawn);
            }
            sum += now - best;
        }
        return sum / Fantasies;
    }
}
