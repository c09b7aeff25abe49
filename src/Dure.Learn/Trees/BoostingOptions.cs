using Dure.Kernel;

namespace Dure.Learn.Trees;

/// <summary>How a boosted ensemble is grown. The defaults fit most tables of a plant.</summary>
public sealed record BoostingOptions
{
    public BoostingLoss Loss { get; init; } = BoostingLoss.Squared;

    /// <summary>Rounds at most; one tree a round, or one for each class.</summary>
    public int Rounds { get; init; } = 100;

    /// <summary>The share of each tree that counts.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Leaves of a tree at most. The leaf that gains most is parted next.</summary>
    public int Leaves { get; init; } = 31;

    public int MaxDepth { get; init; } = 64;

    /// <summary>Rows of a leaf at least.</summary>
    public int MinRows { get; init; } = 20;

    /// <summary>Sum of the hessians of a leaf at least.</summary>
    public double MinHessian { get; init; } = 1e-3;

    /// <summary>Penalty on the square of a leaf's value.</summary>
    public double L2 { get; init; } = 1;

    /// <summary>Penalty on the size of a leaf's value.</summary>
    public double L1 { get; init; }

    /// <summary>What a cut must gain at least.</summary>
    public double MinGain { get; init; }

    /// <summary>The share of rows that each tree sees.</summary>
    public double RowShare { get; init; } = 1;

    /// <summary>The share of columns that each tree sees.</summary>
    public double ColumnShare { get; init; } = 1;

    /// <summary>
    /// Gradient-based one-side sampling (Ke et al. 2017): the share of rows with the largest gradients that a tree keeps, and the share of all
    /// drawn from the others, which count for more in turn; null: all rows. It begins after 1 / <see cref="LearningRate"/> rounds.
    /// </summary>
    public (double Top, double Other)? OneSideSampling { get; init; }

    /// <summary>Bins of a column at most, the one for missing values included.</summary>
    public int Bins { get; init; } = FeatureBins.Most;

    /// <summary>Ends when the validation rows have not become better for so many rounds, and keeps the best; 0: never.</summary>
    public int Patience { get; init; } = 50;

    public int Seed { get; init; }

    /// <summary>Threads at most; 0: one for each core. The model does not hang on it.</summary>
    public int Threads { get; init; }

    /// <exception cref="ProblemException">Names the option that makes no sense.</exception>
    public void Check()
    {
        Must(Rounds is >= 1 and <= 100_000, nameof(Rounds), "1 to 100,000");
        Must(LearningRate is > 0 and <= 1, nameof(LearningRate), "above 0, at most 1");
        Must(Leaves is >= 2 and <= 4096, nameof(Leaves), "2 to 4,096");
        Must(MaxDepth is >= 1 and <= 64, nameof(MaxDepth), "1 to 64");
        Must(MinRows >= 1, nameof(MinRows), "1 or more");
        Must(MinHessian >= 0 && L2 >= 0 && L1 >= 0 && MinGain >= 0, "MinHessian, L2, L1, MinGain", "0 or more");
        Must(RowShare is > 0 and <= 1 && ColumnShare is > 0 and <= 1, "RowShare, ColumnShare", "above 0, at most 1");
        Must(Bins is >= 4 and <= FeatureBins.Most, nameof(Bins), $"4 to {FeatureBins.Most}");
        Must(OneSideSampling is null or { Top: > 0, Other: > 0 } && (OneSideSampling is not { } share || share.Top + share.Other < 1), nameof(OneSideSampling), "two shares above 0, below 1 together");
        Must(Patience >= 0 && Threads >= 0, "Patience, Threads", "0 or more");
        Loss.Check();
        Must((long)Rounds * Loss.Outputs <= 1_000_000, nameof(Rounds), $"at most {1_000_000 / Loss.Outputs:N0} for {Loss.Outputs} outputs");
    }

    internal static void Must(bool holds, string option, string range)
    {
        if (!holds)
            throw new ProblemException("urn:dure:learn:bad-option", "The option makes no sense.", option, $"Give {range}.");
    }
}
