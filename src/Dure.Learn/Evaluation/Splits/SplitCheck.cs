namespace Dure.Learn.Evaluation;

/// <summary>Whether parts can be used: none is empty, and none has one class only.</summary>
internal static class SplitCheck
{
    public static RowParts Whole(RowParts parts, SplitRows rows, SplitPlan plan, bool needsValidation)
    {
        foreach (var (part, name) in Named(parts, needsValidation))
            if (part.Length == 0)
                throw SplitProblem.Of($"No row is left for {name}{(plan.GapMicros > 0 ? $": the gap is {TimeSpan.FromMicroseconds(plan.GapMicros)}" : "")}.",
                    "Bring rows of a longer time or of more groups, make the gap shorter, or ask for fewer parts.");
        if (rows.Classes is not { } classes)
            return parts;
        var learnt = ClassesOf(parts.Train, classes);
        foreach (var (part, name) in Named(parts, needsValidation))
            if (ClassesOf(part, classes) is { Count: 1 } only)
                throw SplitProblem.Of($"All {part.Length} rows for {name} are of class {only.First()}: nothing can be told apart in them.",
                    "Split by group or in blocks of time so that each part holds several classes, ask for fewer parts, or bring more rows of the rare classes.");
        var notes = parts.Notes.ToList();
        foreach (var (part, name) in Named(parts, needsValidation))
        {
            if (part == parts.Train)
                continue;
            var here = ClassesOf(part, classes);
            if (here.Where(one => !learnt.Contains(one)).ToArray() is { Length: > 0 } unknown)
                notes.Add($"The rows for {name} hold class {string.Join(", ", unknown)}, which no training row has.");
            if (learnt.Where(one => !here.Contains(one)).ToArray() is { Length: > 0 } unjudged)
                notes.Add($"The rows for {name} hold none of class {string.Join(", ", unjudged)}.");
        }
        return parts with { Notes = notes };
    }

    public static bool HasClasses(RowParts parts, SplitRows rows)
    {
        if (rows.Classes is not { } classes)
            return true;
        var all = classes.Distinct().Count();
        return ((int[][])[parts.Train, parts.Validation, parts.Test]).All(part => part.Length == 0 || ClassesOf(part, classes).Count == all);
    }

    private static IEnumerable<(int[] Rows, string Name)> Named(RowParts parts, bool needsValidation)
    {
        yield return (parts.Train, "training");
        if (needsValidation)
            yield return (parts.Validation, "validation");
        yield return (parts.Test, "the test");
    }

    private static SortedSet<int> ClassesOf(int[] part, int[] classes) => [.. part.Select(row => classes[row])];
}
