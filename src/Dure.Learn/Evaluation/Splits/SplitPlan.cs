using Dure.Kernel;

namespace Dure.Learn.Evaluation;

/// <summary>What keeps the rows that judge apart from those that teach.</summary>
public enum SplitKind
{
    /// <summary>Old rows teach, newer choose, the newest judge.</summary>
    Time,

    /// <summary>Whole engines, machines or batches are on one side.</summary>
    Group,

    /// <summary>Each group's old rows teach and its newer judge: for machines that will be known when the model is used.</summary>
    TimeWithinGroup,

    /// <summary>Stretches of time in turn, with rows near a judged stretch left out (purged and embargoed; López de Prado 2018, chapter 7).</summary>
    Blocked,

    /// <summary>Single rows, by chance; of classes the same share in each part. Only for rows that have neither time nor group.</summary>
    Random,
}

/// <summary>
/// How rows are parted, as a recipe declares it. The same plan, rows and seed give the same parts. Rows with a time or a group are never parted one
/// by one at random: a model then recalls a row's neighbours and looks better than it is.
/// </summary>
public sealed record SplitPlan
{
    public const int MostFolds = 1000;

    public SplitKind Kind { get; init; }

    /// <summary>Share of the rows, or of the groups' rows, that choose; 0: none.</summary>
    public double ValidationShare { get; init; } = 0.15;

    /// <summary>Share that judges.</summary>
    public double TestShare { get; init; } = 0.2;

    /// <summary>How far back a row's features look.</summary>
    public TimeSpan Window { get; init; }

    /// <summary>How far ahead a row's target lies.</summary>
    public TimeSpan Horizon { get; init; }

    /// <summary>Time left out between parts; null: window plus horizon, which is the least.</summary>
    public TimeSpan? Gap { get; init; }

    /// <summary>Time left out behind a judged stretch besides the gap (blocked splits only).</summary>
    public TimeSpan Embargo { get; init; }

    public int Seed { get; init; }

    /// <summary>Why rows that have a time or a group may be parted at random after all; printed on the model card.</summary>
    public string? RandomBecause { get; init; }

    internal long GapMicros => (Gap ?? Window + Horizon).Ticks / TimeSpan.TicksPerMicrosecond;

    internal long EmbargoMicros => Embargo.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>Parts the rows once.</summary>
    /// <exception cref="ProblemException">The plan does not fit the rows: says why, and which would.</exception>
    public RowParts Parts(SplitRows rows)
    {
        Check(rows);
        var parts = Kind switch
        {
            SplitKind.Time => TimeSplits.Parts(this, rows),
            SplitKind.TimeWithinGroup => GroupSplits.WithinGroups(rows, group => TimeSplits.Parts(this, group)),
            SplitKind.Blocked => BlockedSplits.Parts(this, rows),
            SplitKind.Group => GroupSplits.Parts(this, rows),
            _ => RandomSplits.Parts(this, rows),
        };
        return SplitCheck.Whole(parts, rows, this, needsValidation: ValidationShare > 0);
    }

    /// <summary>Parts the rows several times; each row judges at most once. Folds by time learn from all that was before (rolling origin).</summary>
    /// <exception cref="ProblemException">The plan does not fit the rows: says why, and which would.</exception>
    public IReadOnlyList<RowParts> Folds(SplitRows rows, int count)
    {
        Check(rows);
        if (count is < 2 or > MostFolds)
            throw SplitProblem.Of($"There are to be {count} folds.", $"Ask for 2 to {MostFolds}.");
        IReadOnlyList<RowParts> folds = Kind switch
        {
            SplitKind.Time => TimeSplits.Folds(this, rows, count),
            SplitKind.TimeWithinGroup => [.. Enumerable.Range(0, count).Select(fold => GroupSplits.WithinGroups(rows, group => TimeSplits.Folds(this, group, count)[fold]))],
            SplitKind.Blocked => BlockedSplits.Folds(this, rows, count),
            SplitKind.Group => GroupSplits.Folds(this, rows, count),
            _ => RandomSplits.Folds(this, rows, count),
        };
        return [.. folds.Select(fold => SplitCheck.Whole(fold, rows, this, needsValidation: false))];
    }

    /// <summary>Folds inside the training rows of folds: whoever searches inside and judges outside is not flattered by the search.</summary>
    /// <exception cref="ProblemException">The plan does not fit the rows: says why, and which would.</exception>
    public IReadOnlyList<NestedFold> Nested(SplitRows rows, int outer, int inner) =>
        [.. Folds(rows, outer).Select(fold => new NestedFold(fold, [.. Folds(rows.Take(fold.Train), inner).Select(parts => parts.Within(fold.Train))]))];

    private void Check(SplitRows rows)
    {
        rows.Check();
        if (!Enum.IsDefined(Kind))
            throw SplitProblem.Of("There is no such kind of split.", "Say time, group, timeWithinGroup, blocked or random.");
        if (!(ValidationShare >= 0 && TestShare > 0 && ValidationShare + TestShare < 1))
            throw SplitProblem.Of($"The shares {ValidationShare} (validation) and {TestShare} (test) leave no rows to learn from, or none to judge by.", "Give a test share above 0, and less than 1 together.");
        if (Window < TimeSpan.Zero || Horizon < TimeSpan.Zero || Embargo < TimeSpan.Zero || Gap < Window + Horizon)
            throw SplitProblem.Of($"The gap of {Gap} is shorter than what a row looks back ({Window}) and ahead ({Horizon}) together: rows on both sides would share readings.", "Leave the gap out, or make it longer.");
        var (needsTime, needsGroup) = (Kind is SplitKind.Time or SplitKind.TimeWithinGroup or SplitKind.Blocked, Kind is SplitKind.Group or SplitKind.TimeWithinGroup);
        if (needsTime && rows.TimesMicros is null)
            throw SplitProblem.Of("The rows are to be split by time, but have none.", "Name the column of the time, or split by group.");
        if (needsGroup && rows.Groups is null)
            throw SplitProblem.Of("The rows are to be split by group, but have none.", "Name the column of the machine, engine or batch, or split by time.");
        if (Kind == SplitKind.Random)
            RandomSplits.Allow(this, rows);
    }
}
