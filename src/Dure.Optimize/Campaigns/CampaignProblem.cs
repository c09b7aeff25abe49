using Dure.Kernel;
using Dure.Kernel.Distributions;
using Dure.Optimize.Spaces;

namespace Dure.Optimize.Campaigns;

/// <summary>What is wanted of an outcome.</summary>
public enum Aim
{
    /// <summary>It is only held within its limits.</summary>
    Held,

    /// <summary>More is better.</summary>
    More,

    /// <summary>Less is better.</summary>
    Less,
}

/// <summary>Something that a trial is measured for.</summary>
/// <param name="Name">As results name it.</param>
/// <param name="Unit">UCUM.</param>
/// <param name="Least">A trial below is not good; null: no limit.</param>
/// <param name="Most">A trial above is not good; null: no limit.</param>
/// <param name="Reference">Of several that are wanted: the worst value that is still of use; null: a little worse than the worst of the best trials.</param>
public sealed record Outcome(string Name, string Unit, Aim Aim, double? Least = null, double? Most = null, double? Reference = null)
{
    internal int Sign => Aim == Aim.Less ? -1 : 1;

    /// <summary>The chance to be within the limits of a value that is believed to be normal.</summary>
    internal double ChanceOf(double mean, double deviation) => Normal.Cdf(((Most ?? double.PositiveInfinity) - mean) / deviation) * Normal.Cdf((mean - (Least ?? double.NegativeInfinity)) / deviation);

    /// <summary>Whether a value is within the limits.</summary>
    public bool Holds(double value) => !(value < Least) && !(value > Most);
}

/// <summary>What a campaign is after: a space, and what is wanted of each outcome.</summary>
public sealed class CampaignProblem
{
    /// <param name="cheap">Where trials may also be made with a cheap twin of the outcome; there is one outcome then.</param>
    /// <param name="cost">Where trials cost differently; null: all alike.</param>
    /// <exception cref="ProblemException">The outcomes contradict themselves, or nothing is wanted of any; a cost is no cost.</exception>
    public CampaignProblem(SearchSpace space, IReadOnlyList<Outcome> outcomes, CheapTwin? cheap = null, TrialCost? cost = null)
    {
        foreach (var outcome in outcomes)
        {
            _ = Kernel.Unit.Parse(outcome.Unit);
            if (outcome.Least > outcome.Most)
                throw Bad(outcome.Name, $"It must be at least {outcome.Least} and at most {outcome.Most}.", "Give limits that leave room.");
            if (outcome.Least is { } least && !double.IsFinite(least) || outcome.Most is { } most && !double.IsFinite(most) || outcome.Reference is { } reference && !double.IsFinite(reference))
                throw Bad(outcome.Name, "A limit is no number.", "Give a finite number, or none.");
            if (outcome.Aim == Aim.Held && outcome.Least is null && outcome.Most is null)
                throw Bad(outcome.Name, "Nothing is wanted of it.", "Say whether more or less is better, or give a limit.");
        }
        if (outcomes.Select(outcome => outcome.Name).Distinct(StringComparer.Ordinal).Count() != outcomes.Count)
            throw Bad("outcomes", "Two have the same name.", "Give each its own.");
        if (outcomes.All(outcome => outcome.Aim == Aim.Held))
            throw Bad("outcomes", "Of none is more or less better.", "Say which one is to be improved.");
        if (outcomes.Count(outcome => outcome.Aim != Aim.Held) > MostWanted)
            throw Bad("outcomes", $"More than {MostWanted} are to be improved.", "Hold some within limits instead, or combine them.");
        if (cheap is not null && !(cheap.Cost > 0 && cheap.Cost < 1))
            throw new ProblemException("urn:dure:optimize:bad-cost", $"A trial with '{cheap.Name}' costs {cheap.Cost} of a full one.", "cheap twin", "Give a share above 0 and below 1.");
        if (cheap is not null && outcomes is not [{ Least: null, Most: null }])
            throw Bad("outcomes", $"There are several, or limits, and '{cheap.Name}' stands in for one that is wanted.", "Keep one outcome without limits, or leave the cheap twin out.");
        cost?.Check(space);
        (Space, Outcomes, Cheap, Cost) = (space, [.. outcomes], cheap, cost);
    }

    /// <summary>Outcomes that can be improved together: the work grows fast with them.</summary>
    public const int MostWanted = 5;

    public SearchSpace Space { get; }

    public IReadOnlyList<Outcome> Outcomes { get; }

    public CheapTwin? Cheap { get; }

    public TrialCost? Cost { get; }

    /// <summary>An outcome's number by its name.</summary>
    /// <exception cref="ProblemException">There is none of that name.</exception>
    public int NumberOf(string outcome)
    {
        for (var k = 0; k < Outcomes.Count; k++)
            if (string.Equals(Outcomes[k].Name, outcome, StringComparison.Ordinal))
                return k;
        throw new ProblemException("urn:dure:optimize:unknown-outcome", $"There is no outcome '{outcome}'.", "campaign", $"Known are: {string.Join(", ", Outcomes.Take(12).Select(known => known.Name))}.");
    }

    /// <summary>The same problem in another space of the same factors: bounds were edited, something pinned.</summary>
    public CampaignProblem In(SearchSpace space) => new(space, Outcomes, Cheap, Cost);

    /// <summary>Refuses trials that do not fit.</summary>
    /// <exception cref="ProblemException">Names the trial and what is wrong with it.</exception>
    internal void Check(IReadOnlyList<CampaignTrial> trials)
    {
        for (var i = 0; i < trials.Count; i++)
            Check(trials[i], i);
    }

    private void Check(CampaignTrial trial, int number)
    {
        ProblemException bad(string what, string mend) => new("urn:dure:optimize:bad-trial", what, $"trial {number + 1}", mend);
        if (trial.Point.Length != Space.Factors.Count)
            throw bad($"It has {trial.Point.Length} values.", $"Give {Space.Factors.Count}, one for each factor.");
        for (var i = 0; i < trial.Point.Length; i++)
            if (!double.IsFinite(trial.Point[i]) || Space.Factors[i] is Factor.Category category && (trial.Point[i] < 0 || trial.Point[i] >= category.Options.Count || trial.Point[i] != Math.Floor(trial.Point[i])))
                throw bad($"Its {Space.Factors[i].Name} is {trial.Point[i]}.", "Give a number, or of a category an option's number.");
            else if (Space.Code.IsLog(i) && !(trial.Point[i] > 0))
                throw bad($"Its {Space.Factors[i].Name} is {trial.Point[i]}, and it counts by ratios.", "Give a value above 0, make the trial void, or leave \"log\" out of the plan.");
        if (trial.IsCheap && Cheap is null)
            throw bad("It is a cheap one, and the campaign has no cheap twin.", "Declare one, or make the trial void.");
        if (trial.State != TrialState.Measured)
            return;
        if (trial.Values.Length != Outcomes.Count)
            throw bad($"It has {trial.Values.Length} outcomes.", $"Give {Outcomes.Count}, NaN for what was not measured.");
        if (trial.Values.Any(double.IsInfinity))
            throw bad("An outcome is infinite.", "Leave it out, or say that the trial failed.");
        if (trial.Deviations.Length > 0 && (trial.Deviations.Length != trial.Values.Length || trial.Deviations.Any(deviation => !(deviation >= 0) || double.IsInfinity(deviation))))
            throw bad("Its deviations do not suit its outcomes.", "Give one for each outcome, none below 0, or none at all.");
    }

    private static ProblemException Bad(string where, string what, string mend) => new("urn:dure:optimize:bad-outcome", what, $"outcome '{where}'", mend);
}
