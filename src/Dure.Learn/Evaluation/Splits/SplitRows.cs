using Dure.Kernel;

namespace Dure.Learn.Evaluation;

/// <summary>What is known of a table's rows that a split must respect.</summary>
public sealed record SplitRows
{
    /// <summary>How many rows there are.</summary>
    public required int Count { get; init; }

    /// <summary>Each row's time, microseconds since 1970 UTC; null: the rows have none.</summary>
    public long[]? TimesMicros { get; init; }

    /// <summary>Each row's engine, machine, batch or the like as a number; null: the rows stand alone.</summary>
    public int[]? Groups { get; init; }

    /// <summary>Each row's class, so that all parts hold some of each; null: a number is predicted.</summary>
    public int[]? Classes { get; init; }

    /// <exception cref="ProblemException">The lists differ in length, or there are too few rows for anything.</exception>
    internal void Check()
    {
        if (Count < 2)
            throw SplitProblem.Of($"There are {Count} rows.", "Give more rows: nothing can be judged on rows that were learnt from.");
        foreach (var (length, name) in ((int?, string)[])[(TimesMicros?.Length, "times"), (Groups?.Length, "groups"), (Classes?.Length, "classes")])
            if (length is { } have && have != Count)
                throw SplitProblem.Of($"There are {have} {name} for {Count} rows.", "Give one for each row.");
    }

    /// <summary>Some of the rows, as rows of their own.</summary>
    internal SplitRows Take(int[] rows) => new()
    {
        Count = rows.Length,
        TimesMicros = TimesMicros is { } times ? [.. rows.Select(row => times[row])] : null,
        Groups = Groups is { } groups ? [.. rows.Select(row => groups[row])] : null,
        Classes = Classes is { } classes ? [.. rows.Select(row => classes[row])] : null,
    };
}

/// <summary>Which rows teach, which choose (stopping, thresholds, intervals), and which judge; in rising order. Rows in a gap are in none.</summary>
/// <param name="Notes">What a reader of the model card should know of how the rows were parted.</param>
public sealed record RowParts(int[] Train, int[] Validation, int[] Test, IReadOnlyList<string> Notes)
{
    /// <summary>The same parts of a table of which these rows are a selection.</summary>
    internal RowParts Within(int[] rows) => new([.. Train.Select(row => rows[row])], [.. Validation.Select(row => rows[row])], [.. Test.Select(row => rows[row])], Notes);
}

/// <summary>One outer fold with the folds of its training rows: inside them everything is chosen, on its test rows only the choice is judged.</summary>
public sealed record NestedFold(RowParts Outer, IReadOnlyList<RowParts> Inner);

internal static class SplitProblem
{
    public static ProblemException Of(string what, string mend) => new("urn:dure:learn:bad-split", what, "split", mend);
}
