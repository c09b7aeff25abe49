using System.Globalization;

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

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(LeastGain);
        ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Steps, 20);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Chance, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Chance);
        ArgumentOutOfRangeException.ThrowIfNegative(Ahead);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Ahead, 100);
    }
}

/// <summary>
/// Whether more trials are worth making, and what ten of them promise. In the unit of the outcome; all as far as the surrogate is right. Advice to stop
/// rests on the chance alone: on public tables a small expected improvement, or a regret bound below the noise, each ended campaigns far from the best.
/// </summary>
/// <remarks>
/// Of a table every row that is left is looked at, or of more than <see cref="StopOutlook.MostRows"/> an even part that stands for all. Of any other space
/// an even sample is, and the most promising point that a search finds: there it is a claim about those points, not a bound over the space between them.
/// </remarks>
/// <param name="IsAdvised">To stop.</param>
/// <param name="Reason">In words.</param>
/// <param name="NextGain">Greatest expected improvement of one trial, of several wanted outcomes the expected hypervolume; null: not known.</param>
/// <param name="GainAhead">Expected improvement after ten more (or as many as asked), each chosen after the one before; null: not known.</param>
/// <param name="RegretBound">Of what is best at most by two deviations over what was tried is at least by two (Makarova et al. 2022); null: not known.</param>
/// <param name="ChanceWithin">At least so probable it is that no candidate is better by more than the least gain: one less the sum of each one's chance (Boole); null: not known.</param>
/// <param name="SureSteps">Trials in a row, up to the last, after each of which that chance was great enough; no more are counted than are asked for.</param>
public sealed record StopAdvice(bool IsAdvised, string Reason, double? NextGain, double? GainAhead, double? RegretBound, double? ChanceWithin, int SureSteps)
{
    internal static StopAdvice NotKnown(string reason, double? nextGain = null) => new(false, reason, nextGain, null, null, null, 0);

    /// <param name="sure">Trials in a row after which it was sure, the last included.</param>
    internal static StopAdvice Of(StopOutlook outlook, int sure, StopOptions options, int seed) => outlook.IsEmpty
        ? new StopAdvice(true, "Everything has been tried.", 0, 0, 0, 1, sure)
        : new StopAdvice(sure >= options.Steps, Verdict(outlook, sure, options), outlook.NextGain, Math.Max(outlook.NextGain, outlook.GainAhead(options.Ahead, seed)), outlook.RegretBound, outlook.ChanceWithin, sure);

    private static string Verdict(StopOutlook outlook, int sure, StopOptions options)
    {
        if (!outlook.HasRange)
            return "All values so far are alike; nothing can be said yet.";
        if (sure == 0)
            return outlook.IsInNoise ? "A better trial is still likely enough, though what it brings is less than the noise of one." : "A better trial is still likely enough.";
        var claim = string.Create(CultureInfo.InvariantCulture, $"with a probability of at least {100 * options.Chance:0.#} % {(outlook.IsSample ? "none of the points looked at" : "nothing left")} is better by more than {100 * options.LeastGain:0.#} % of the range");
        return sure < options.Steps ? $"After {sure} of {options.Steps} trials in a row {claim}." : $"After each of the last {sure} trials {claim}.";
    }
}
