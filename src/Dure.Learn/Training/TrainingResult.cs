using Dure.Datasets;

namespace Dure.Learn;

/// <summary>One recipe's line in the comparison.</summary>
/// <param name="Recipe">With the limit that was chosen for it.</param>
/// <param name="Selection">What it was chosen by; no label in it.</param>
/// <param name="Protocol">How it did on labelled held-out rows, read after the choice; null when the dataset has no labels.</param>
/// <param name="IsChosen">Whether this is the one that is registered.</param>
public sealed record LeaderboardRow(AnomalyRecipe Recipe, SelectionScore Selection, ProtocolResult? Protocol, bool IsChosen);

/// <summary>Everything a training run found out, with the fitted machines.</summary>
public sealed record TrainingResult
{
    public required DatasetVersion Dataset { get; init; }

    public required TrainingOptions Options { get; init; }

    public required SelectionResult Selection { get; init; }

    /// <summary>In order of the selection: the chosen recipe first.</summary>
    public required IReadOnlyList<LeaderboardRow> Leaderboard { get; init; }

    /// <summary>Never, always and random answers on the same rows; empty without labels.</summary>
    public required IReadOnlyList<ProtocolRow> Dummies { get; init; }

    public required IReadOnlyList<TrainedMachine> Machines { get; init; }

    public required TimeSpan Duration { get; init; }

    public LeaderboardRow Chosen => Leaderboard.First(r => r.IsChosen);
}
