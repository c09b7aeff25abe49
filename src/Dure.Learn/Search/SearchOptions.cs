using Dure.Kernel;
using Dure.Learn.Tables;

namespace Dure.Learn.Search;

/// <summary>What an automatic search is given.</summary>
public sealed record SearchOptions
{
    /// <summary>Time for everything, the last training included.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How rows are parted; no row of the final test is among them.</summary>
    public required IReadOnlyList<Fold> Folds { get; init; }

    /// <summary>Whether rows have an order in time, so that the rows of a fold are judged by a model of the past; then the last models are trained again on all rows.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>What is made small: of predictions, output by output of a row, and their labels.</summary>
    public required Func<double[], LearningTarget, double> Loss { get; init; }

    /// <summary>Sets of columns to choose from, the first holding what is there without thinking; null: all columns.</summary>
    public IReadOnlyList<int[]>? Views { get; init; }

    public int Seed { get; init; }

    public int Threads { get; init; }

    /// <summary>Tells after each candidate how it did.</summary>
    public IProgress<Tried>? Progress { get; init; }

    /// <exception cref="ProblemException">Names the option that makes no sense.</exception>
    public void Check()
    {
        Must(Budget > TimeSpan.Zero && Budget <= TimeSpan.FromDays(7), nameof(Budget), "above 0, at most 7 days");
        Must(Folds.Count is >= 1 and <= 100 && Folds.All(fold => fold.Learn.Length > 0 && fold.Judge.Length > 0), nameof(Folds), "1 to 100 folds, each with rows to learn from and rows to judge by");
        Must(Views is null or { Count: >= 1 and <= 100 }, nameof(Views), "1 to 100 sets of columns");
    }

    private static void Must(bool holds, string option, string range)
    {
        if (!holds)
            throw new ProblemException("urn:dure:learn:bad-option", "The option makes no sense.", option, $"Give {range}.");
    }
}

/// <summary>What a search found.</summary>
/// <param name="Model">The chosen model, or several averaged.</param>
/// <param name="Tried">Everything that was tried, in order.</param>
/// <param name="JudgedRows">The rows that the search could judge by, fold after fold.</param>
/// <param name="NestedPredictions">
/// For those rows predictions by a choice that had not seen their fold: the ensemble was chosen anew on the other folds. What was tried, and dropped
/// early, was decided with all folds in view, so a little rosiness is left.
/// </param>
/// <param name="ChosenPredictions">For those rows the predictions of the final choice: what it was chosen by, and so rosy.</param>
/// <param name="Took">Time of the whole search.</param>
public sealed record SearchResult(EnsembleModel Model, IReadOnlyList<Tried> Tried, int[] JudgedRows, double[] NestedPredictions, double[] ChosenPredictions, TimeSpan Took);
