using Dure.Kernel;
using Dure.Optimize.Spaces;

namespace Dure.Optimize.Campaigns;

/// <summary>A cheap twin of the outcome that counts: a simulator, a small batch. Its trials are marked <see cref="CampaignTrial.IsCheap"/>.</summary>
/// <param name="Name">As reasons and sheets call it.</param>
/// <param name="Cost">Of one of its trials, as a share of that of a full trial, above 0 and below 1.</param>
public sealed record CheapTwin(string Name, double Cost);

/// <summary>What a level or an option costs besides.</summary>
/// <param name="Value">The level, or the option's number.</param>
/// <param name="Extra">At least 0, in the unit of <see cref="TrialCost.Base"/>.</param>
public readonly record struct LevelCost(string Factor, double Value, double Extra);

/// <summary>What a trial costs, as known beforehand: what is sought is then gain per cost.</summary>
/// <param name="Base">Of any trial, above 0, in any unit.</param>
public sealed record TrialCost(double Base, IReadOnlyList<LevelCost> Extras)
{
    /// <summary>Of a trial at a point.</summary>
    public double Of(SearchSpace space, ReadOnlySpan<double> point)
    {
        var cost = Base;
        foreach (var extra in Extras)
            if (point[space.NumberOf(extra.Factor)] == extra.Value)
                cost += extra.Extra;
        return cost;
    }

    internal void Check(SearchSpace space)
    {
        static ProblemException bad(string what, string mend) => new("urn:dure:optimize:bad-cost", what, "cost", mend);
        if (!(Base > 0) || !double.IsFinite(Base))
            throw bad($"A trial costs {Base}.", "Give a number above 0.");
        foreach (var extra in Extras)
        {
            var factor = space.Factors[space.NumberOf(extra.Factor)];
            if (factor is Factor.Continuous || !factor.IsLevel(extra.Value) || extra.Value < factor.Low || extra.Value > factor.High)
                throw bad($"The factor '{extra.Factor}' has no level {extra.Value}.", "Name a level or an option; numbers between have no cost of their own.");
            if (!(extra.Extra >= 0) || !double.IsFinite(extra.Extra))
                throw bad($"{factor.Shown(extra.Value)} of '{extra.Factor}' costs {extra.Extra}.", "Give a number of at least 0.");
        }
    }
}
