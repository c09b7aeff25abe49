using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Search;

namespace Dure.Learn.Recipes;

/// <summary>Which rows of a training do what. No label of a part lies in a later one, however irregularly rows come.</summary>
internal static class TrainingParts
{
    // So many of the rows to learn from tell a learner when to stop.
    private const double StopShare = 0.12;

    /// <summary>The rows that teach, set, and judge.</summary>
    /// <param name="isHeldOut">For each row whether the dataset keeps it to judge; null: the plan parts them.</param>
    /// <exception cref="ProblemException">No row is left to learn from.</exception>
    public static RowParts Of(TrainingRows rows, SplitPlan plan, bool[]? isHeldOut)
    {
        var hasOwn = isHeldOut is { } held && Array.Exists(held, one => one) && Array.Exists(held, one => !one);
        plan = hasOwn ? plan with { Kind = KindOf(rows.Split, plan.Kind, isHeldOut!) } : plan;
        var parts = hasOwn ? OwnSplit(rows, plan, isHeldOut!) : plan.Parts(rows.Split);
        var (train, validation) = (rows.Apart(parts.Train, parts.Validation.Concat(parts.Test), plan), rows.Apart(parts.Validation, parts.Test, plan));
        var left = parts.Train.Length + parts.Validation.Length - train.Length - validation.Length;
        if (train.Length < 2)
            throw new ProblemException("urn:dure:learn:bad-split", "No row is left to learn from: all labels lie in the rows that judge.", "split", "Predict fewer rows ahead, or bring rows of a longer time.");
        return left == 0 ? parts : parts with { Train = train, Validation = validation, Notes = [.. parts.Notes, $"{left} rows are left out besides, for their labels lie in a later part."] };
    }

    /// <summary>Parts rows to learn from and rows by which to stop, as the plan parts all others; without the second where there are too few for both.</summary>
    public static (int[] Learn, int[] Stop) Stopping(TrainingRows rows, SplitPlan plan, int[] from)
    {
        var (learn, stop) = Parted(rows, plan, from, StopShare);
        return rows.Apart(learn, stop, plan) is { Length: > 1 } apart ? (apart, stop) : (from, []);
    }

    /// <summary>Folds of the rows to learn from, by which a search chooses.</summary>
    public static Fold[] Folds(TrainingRows rows, SplitPlan plan, int[] from, int count) => [.. plan.Folds(rows.Split.Take(from), count).Select(fold =>
    {
        var inOrder = fold.Within(from);
        var (learn, stop) = Stopping(rows, plan, inOrder.Train);
        return new Fold(rows.Apart(learn, stop.Concat(inOrder.Test), plan), rows.Apart(stop, inOrder.Test, plan), inOrder.Test);
    })];

    /// <summary>How a dataset's own split parts its rows: in time within machines where they stand on both sides, whatever the plan would do.</summary>
    private static SplitKind KindOf(SplitRows rows, SplitKind planned, bool[] held)
    {
        if (rows.TimesMicros is null)
            return planned;
        if (rows.Groups is not { } groups)
            return SplitKind.Time;
        var judged = groups.Where((_, row) => held[row]).ToHashSet();
        return groups.Where((group, row) => !held[row] && judged.Contains(group)).Any() ? SplitKind.TimeWithinGroup : planned;
    }

    private static RowParts OwnSplit(TrainingRows rows, SplitPlan plan, bool[] held)
    {
        var (learn, set) = Parted(rows, plan, [.. Enumerable.Range(0, held.Length).Where(row => !held[row])], plan.ValidationShare);
        return new(learn, set, [.. Enumerable.Range(0, held.Length).Where(row => held[row])], ["The dataset's own split says which rows judge."]);
    }

    private static (int[] Learn, int[] Held) Parted(TrainingRows rows, SplitPlan plan, int[] from, double share)
    {
        try
        {
            var parts = (plan with { TestShare = share, ValidationShare = 0 }).Parts(rows.Split.Take(from)).Within(from);
            return (parts.Train, parts.Test);
        }
        catch (ProblemException)
        {
            return (from, []);
        }
    }
}
