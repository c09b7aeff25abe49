namespace Dure.Learn.Evaluation;

/// <summary>Rows that judge and stand among those that teach.</summary>
internal static class DuplicateLeaks
{
    /// <summary>So many steps of a column's range make a row of many columns nearly unique, and swallow noise far below them.</summary>
    private const int Steps = 1000;

    /// <summary>A row is worth comparing when so many of its columns have so many values: rows of a few codes are alike by nature.</summary>
    private const int RichColumns = 3;
    private const int RichValues = 50;

    private const double LeastShare = 0.01;
    private const double RefusedShare = 0.05;

    public static IEnumerable<LeakFinding> Of(LeakQuestion question, CancellationToken cancel)
    {
        if (question.Parts is not { } parts)
            yield break;
        var columns = question.Rows.Features.Columns.Select(column => Stepped(column.Values, column.IsCategorical)).ToArray();
        var rich = columns.Where(column => column.Take(10_000).Distinct().Count() >= RichValues).ToArray();
        if (rich.Length < RichColumns)
            yield break;
        cancel.ThrowIfCancellationRequested();
        // Columns that number the rows differ in copies: they are left out when they are all different.
        var compared = columns.Where(column => !IsNumbering(column)).ToArray();
        if (compared.Length < RichColumns)
            yield break;
        var taught = parts.Train.Select(row => HashOf(compared, row)).ToHashSet();
        var twice = parts.Test.Count(row => taught.Contains(HashOf(compared, row)));
        var share = (double)twice / parts.Test.Length;
        if (share >= LeastShare && twice >= 3)
            yield return new(LeakKind.DuplicateRows, [], share >= RefusedShare, $"{twice} of {parts.Test.Length} rows that judge stand, equal or nearly so, among those that teach: they are recalled, not predicted.",
                "Remove the copies, or put all copies of a row on one side (split by a group of their own).");
    }

    private static int[] Stepped(float[] values, bool isCode)
    {
        var (low, high) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var value in values)
            if (!float.IsNaN(value))
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
        var scale = high > low ? Steps / ((double)high - low) : 0;
        return Array.ConvertAll(values, value => float.IsNaN(value) ? int.MinValue : isCode ? (int)value : (int)Math.Round((value - low) * scale));
    }

    private static bool IsNumbering(int[] column) => column.Length <= Steps && column.Distinct().Count() == column.Length && (IsSorted(column) || IsSorted([.. column.Reverse()]));

    private static bool IsSorted(int[] column)
    {
        for (var row = 1; row < column.Length; row++)
            if (column[row] <= column[row - 1])
                return false;
        return true;
    }

    /// <summary>64 bits of a row's steps: among a million rows two different ones are alike with a chance below one in ten million.</summary>
    private static ulong HashOf(int[][] columns, int row)
    {
        var hash = 0xCBF29CE484222325UL;
        foreach (var column in columns)
        {
            hash = (hash ^ (uint)column[row]) * 0x9E3779B97F4A7C15;
            hash ^= hash >> 29;
        }
        return hash;
    }
}
