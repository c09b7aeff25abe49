namespace Dure.Learn.Evaluation;

/// <summary>Rows that follow each other; both ends belong to it.</summary>
internal readonly record struct RowRun(int First, int Last)
{
    public int Length => Last - First + 1;

    /// <summary>How many rows both have.</summary>
    public int Overlap(RowRun other) => Math.Max(0, Math.Min(Last, other.Last) - Math.Max(First, other.First) + 1);

    /// <summary>The runs of marked rows.</summary>
    public static List<RowRun> Of(ReadOnlySpan<bool> marked)
    {
        var runs = new List<RowRun>();
        for (var row = 0; row < marked.Length; row++)
        {
            if (!marked[row])
                continue;
            var first = row;
            while (row + 1 < marked.Length && marked[row + 1])
                row++;
            runs.Add(new(first, row));
        }
        return runs;
    }
}
