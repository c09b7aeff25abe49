using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Evaluation;

/// <summary>A way in which the answer gets among the questions.</summary>
public enum LeakKind
{
    /// <summary>Rows that judge lie in time between rows that teach.</summary>
    SplitByChance,

    /// <summary>A machine, engine or batch has rows that teach and rows that judge.</summary>
    GroupOnBothSides,

    /// <summary>Rows that judge stand, equal or nearly so, among those that teach.</summary>
    DuplicateRows,

    /// <summary>One column gives the target.</summary>
    SingleColumn,

    /// <summary>The target follows from several columns by a formula.</summary>
    Formula,

    /// <summary>A column holds values that the target has later.</summary>
    LaterValues,

    /// <summary>Rows were known only after the time they are of, or are of a time that is not yet.</summary>
    KnownTooLate,

    /// <summary>A column numbers the rows, and the number goes with the target.</summary>
    Identifier,

    /// <summary>A column is filled only when the target is known.</summary>
    FilledWithTarget,

    /// <summary>A column names the group.</summary>
    NamesGroup,
}

/// <summary>What was found, for a person to decide.</summary>
/// <param name="Columns">The columns it is about; none: it is about the split.</param>
/// <param name="Refuses">A figure from such rows would be false: training is refused until it is mended. Otherwise it is a warning.</param>
public sealed record LeakFinding(LeakKind Kind, IReadOnlyList<string> Columns, bool Refuses, string What, string Mend);

/// <summary>What is looked at.</summary>
public sealed record LeakQuestion(LearningTask Task, TableRows Rows, SplitRows Known)
{
    /// <summary>How the rows are parted; null: only columns are looked at.</summary>
    public RowParts? Parts { get; init; }

    /// <summary>When each row's values were known, microseconds since 1970 UTC; null: not recorded.</summary>
    public long[]? KnownAtMicros { get; init; }

    /// <summary>The time now; null: rows of the future are not looked for.</summary>
    public DateTimeOffset? Now { get; init; }

    public int Seed { get; init; }
}

/// <summary>
/// Looks for the ways in which a table gives away what is to be learnt. A model trained on such a table looks excellent and is worth nothing
/// where the answer is not known beforehand.
/// </summary>
public static class LeakProbes
{
    /// <summary>Rows that columns are looked at by; more say nothing more.</summary>
    private const int SampleRows = 20_000;

    private const int LeastRows = 40;

    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static IReadOnlyList<LeakFinding> Of(LeakQuestion question, CancellationToken cancel = default)
    {
        var findings = new List<LeakFinding>();
        findings.AddRange(SplitLeaks.Of(question));
        if (question.Rows.Count >= LeastRows)
        {
            findings.AddRange(DuplicateLeaks.Of(question, cancel));
            findings.AddRange(SeriesLeaks.Of(question, cancel));
            var sample = Sample(question);
            findings.AddRange(ColumnLeaks.Of(sample, question, cancel));
            // A column that gives the target alone would be in every formula.
            var alone = findings.Where(finding => finding.Kind is LeakKind.SingleColumn or LeakKind.LaterValues or LeakKind.Identifier).SelectMany(finding => finding.Columns).ToHashSet(StringComparer.Ordinal);
            if (!question.Task.IsClassification)
                findings.AddRange(FormulaLeaks.Of(sample, alone, cancel));
        }
        // One line for a column that gives itself away in several ways: the first is the plainest.
        var told = new HashSet<string>(StringComparer.Ordinal);
        return [.. findings.Where(finding => finding.Columns.Count != 1 || told.Add(finding.Columns[0]))];
    }

    /// <summary>Refuses when something was found that makes every figure false.</summary>
    /// <exception cref="ProblemException">Says the first, and how many more there are.</exception>
    public static void Refuse(IReadOnlyList<LeakFinding> findings)
    {
        LeakFinding[] refusing = [.. findings.Where(finding => finding.Refuses)];
        if (refusing is not [var first, ..])
            return;
        var more = refusing.Length > 1 ? $" ({refusing.Length - 1} more such findings.)" : "";
        throw new ProblemException("urn:dure:learn:leak", first.What + more, first.Columns.Count > 0 ? $"column {string.Join(", ", first.Columns.Select(column => $"'{column}'"))}" : "split", first.Mend);
    }

    private static LeakQuestion Sample(LeakQuestion question)
    {
        if (question.Rows.Count <= SampleRows)
            return question;
        var chosen = Enumerable.Range(0, question.Rows.Count).ToArray();
        new Random(question.Seed).Shuffle(chosen);
        chosen = [.. chosen.Take(SampleRows).Order()];
        return question with { Rows = question.Rows.Take(chosen), Known = question.Known.Take(chosen), Parts = null, KnownAtMicros = null };
    }
}
