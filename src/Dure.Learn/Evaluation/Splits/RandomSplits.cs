namespace Dure.Learn.Evaluation;

/// <summary>Single rows by chance, class by class; refused where rows hang together.</summary>
internal static class RandomSplits
{
    private const int LeastReason = 15;

    /// <exception cref="Kernel.ProblemException">The rows have a time or a group, and nobody has written why that does not matter.</exception>
    public static void Allow(SplitPlan plan, SplitRows rows)
    {
        if ((rows.TimesMicros, rows.Groups) is (null, null) || plan.RandomBecause is { } reason && reason.Trim().Length >= LeastReason)
            return;
        var (have, why, mend) = rows.Groups is not null
            ? ("group", "rows of one machine or batch would be on both sides, and the model would be judged on what it has seen", "group, or by time within groups")
            : ("time", "a row's neighbours in time would be among those learnt from, and the model would be judged on what it has seen", "time, or in blocks of time");
        throw SplitProblem.Of($"The rows have a {have} and must not be split at random: {why}.", $"Split by {mend}. If you know that it does not matter here, write the reason in a sentence; the model card will print it.");
    }

    public static RowParts Parts(SplitPlan plan, SplitRows rows)
    {
        var (test, validation, train) = (new List<int>(), new List<int>(), new List<int>());
        foreach (var rowsOfClass in Shuffled(plan, rows))
        {
            var tests = Share(rowsOfClass.Length, plan.TestShare);
            var validations = plan.ValidationShare > 0 ? Share(rowsOfClass.Length - tests, plan.ValidationShare / (1 - plan.TestShare)) : 0;
            test.AddRange(rowsOfClass[..tests]);
            validation.AddRange(rowsOfClass[tests..(tests + validations)]);
            train.AddRange(rowsOfClass[(tests + validations)..]);
        }
        return new([.. train.Order()], [.. validation.Order()], [.. test.Order()], Notes(plan, rows));
    }

    public static IReadOnlyList<RowParts> Folds(SplitPlan plan, SplitRows rows, int count)
    {
        if (count > rows.Count)
            throw SplitProblem.Of($"There are {rows.Count} rows for {count} folds.", $"Ask for at most {rows.Count} folds.");
        var folds = Enumerable.Range(0, count).Select(_ => new List<int>()).ToArray();
        // Dealt on from where the class before ended, so that the folds are of one size.
        var next = 0;
        foreach (var row in Shuffled(plan, rows).SelectMany(rowsOfClass => rowsOfClass))
            folds[next++ % count].Add(row);
        var notes = Notes(plan, rows);
        return [.. folds.Select(fold => GroupSplits.FoldOf(rows.Count, [.. fold]) with { Notes = notes })];
    }

    private static IEnumerable<int[]> Shuffled(SplitPlan plan, SplitRows rows)
    {
        var random = new Random(plan.Seed);
        foreach (var rowsOfClass in Enumerable.Range(0, rows.Count).GroupBy(row => rows.Classes?[row] ?? 0).OrderBy(group => group.Key).Select(group => group.ToArray()))
        {
            random.Shuffle(rowsOfClass);
            yield return rowsOfClass;
        }
    }

    private static int Share(int count, double share) => count < 2 ? 0 : Math.Clamp((int)Math.Round(share * count), 1, count - 1);

    private static IReadOnlyList<string> Notes(SplitPlan plan, SplitRows rows) => (rows.TimesMicros, rows.Groups) is (null, null) ? []
        : [$"The rows have a {(rows.Groups is null ? "time" : "group")} and were split at random all the same, because: {plan.RandomBecause!.Trim()}"]; // allowed for this reason only
}
