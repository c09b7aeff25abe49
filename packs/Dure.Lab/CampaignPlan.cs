using Dure.Lab.Protocols;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Lab;

/// <summary>What a campaign of experiments is for, what it may try, what it looks at and how much it may cost.</summary>
/// <param name="Name">Short, as files and pages show it.</param>
/// <param name="Objective">In words, for those who approve and read it.</param>
/// <param name="Space">What may be tried.</param>
/// <param name="Outcomes">What each trial is measured for, and what is wanted of it.</param>
/// <param name="Budget">Trials at most, failed ones too.</param>
/// <param name="Seed">Of what is left to chance.</param>
/// <param name="Cheap">A cheap twin of the outcome, such as a simulator; null: all trials are full ones.</param>
/// <param name="Cost">What trials cost, as known beforehand; null: all alike.</param>
public sealed record CampaignPlan(string Name, string Objective, SearchSpace Space, IReadOnlyList<Outcome> Outcomes, int Budget, int Seed, CheapTwin? Cheap = null, TrialCost? Cost = null)
{
    public const int MostTrials = 10_000;

    public CampaignProblem Problem { get; } = new(Space, Outcomes, Cheap, Cost);

    /// <summary>How a trial is made by instruments; null: people make it and enter what came of it.</summary>
    public Protocol? Protocol { get; init; }

    /// <summary>Trials under way at once, at most.</summary>
    public int Parallel { get; init; } = 1;

    /// <summary>Whether a person agrees to each trial; else the approval of the campaign covers all within its plan.</summary>
    public bool AsksPerson { get; init; }

    /// <summary>Whether it ends by itself once stopping is advised; else the budget ends it.</summary>
    public bool StopsWhenAdvised { get; init; }

    /// <summary>Among campaigns of one owner: of more are made first, 0 to 9.</summary>
    public int Priority { get; init; } = 5;

    /// <summary>Earlier campaigns to read, as the plan names them: whoever reads the plan finds them, and makes each an <see cref="EarlierTrials"/>.</summary>
    public IReadOnlyList<string> Earlier { get; init; } = [];
}
