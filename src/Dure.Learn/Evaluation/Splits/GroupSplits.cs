namespace Dure.Learn.Evaluation;

/// <summary>Whole groups on one side.</summary>
internal static class GroupSplits
{
    /// <summary>Orders of the groups that are tried until each part holds what it needs of the classes.</summary>
    private const int Tries = 100;

    public static RowParts Parts(SplitPlan plan, SplitRows rows)
    {
        var groups = RowsOf(rows);
        var needed = plan.ValidationShare > 0 ? 3 : 2;
        if (groups.Length < needed)
            throw SplitProblem.Of($"There are {groups.Length} groups; {needed} parts with whole groups need at least {needed}.", "Bring rows of more groups, or split by time within groups.");
        RowParts? first = null;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var parts = Once(plan, rows.Count, groups, unchecked(plan.Seed + attempt * 7919));
            if (SplitCheck.HasClasses(parts, rows))
                return parts;
            first ??= parts;
        }
        return first!; // there is more than one try; the check of the whole says what it lacks
    }

    public static IReadOnlyList<RowParts> Folds(SplitPlan plan, SplitRows rows, int count)
    {
        var groups = RowsOf(rows);
        if (groups.Length < count)
            throw SplitProblem.Of($"There are {groups.Length} groups for {count} folds.", $"Ask for at most {groups.Length} folds, or bring rows of more groups.");
        // The largest first, each into the fold that has least: folds come out about equal.
        new Random(plan.Seed).Shuffle(groups);
        var folds = Enumerable.Range(0, count).Select(_ => new List<int>()).ToArray();
        foreach (var group in groups.OrderByDescending(group => group.Length))
            folds.MinBy(fold => fold.Count)!.AddRange(group); // there are folds
        return [.. folds.Select(test => FoldOf(rows.Count, [.. test]))];
    }

    /// <summary>Parts each group by itself and puts the parts together.</summary>
    public static RowParts WithinGroups(SplitRows rows, Func<SplitRows, RowParts> part)
    {
        var parts = RowsOf(rows).Select(group => part(rows.Take(group)).Within(group)).ToArray();
        int[] all(Func<RowParts, int[]> of) => [.. parts.SelectMany(of).Order()];
        var (train, validation, test) = (all(one => one.Train), all(one => one.Validation), all(one => one.Test));
        return new(train, validation, test, TimeSplits.GapNote(rows.Count - train.Length - validation.Length - test.Length));
    }

    /// <summary>All rows but those of the test teach.</summary>
    public static RowParts FoldOf(int count, int[] test)
    {
        var judges = new bool[count];
        foreach (var row in test)
            judges[row] = true;
        Array.Sort(test);
        return new([.. Enumerable.Range(0, count).Where(row => !judges[row])], [], test, []);
    }

    private static RowParts Once(SplitPlan plan, int count, int[][] groups, int seed)
    {
        var shuffled = (int[][])groups.Clone();
        new Random(seed).Shuffle(shuffled);
        var left = new Queue<int[]>(shuffled);
        // What is left for the later parts: each needs one group at least.
        int[] take(double share, int leave)
        {
            var part = new List<int>();
            while (left.Count > leave && (part.Count == 0 || part.Count + left.Peek().Length / 2.0 <= share * count))
                part.AddRange(left.Dequeue());
            part.Sort();
            return [.. part];
        }
        var test = take(plan.TestShare, plan.ValidationShare > 0 ? 2 : 1);
        var validation = plan.ValidationShare > 0 ? take(plan.ValidationShare, 1) : [];
        return new([.. left.SelectMany(group => group).Order()], validation, test, []);
    }

    private static int[][] RowsOf(SplitRows rows) =>
        [.. Enumerable.Range(0, rows.Count).GroupBy(row => rows.Groups![row]).OrderBy(group => group.Key).Select(group => group.ToArray())]; // the plan asked for them before
}
