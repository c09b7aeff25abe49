namespace Dure.Learn.Evaluation;

/// <summary>Old rows teach, newer ones judge, with a gap between.</summary>
internal static class TimeSplits
{
    public static RowParts Parts(SplitPlan plan, SplitRows rows)
    {
        var (order, times) = InTime(rows);
        var test = StartAt(order, times, 1 - plan.TestShare);
        var validation = plan.ValidationShare > 0 ? StartAt(order, times, 1 - plan.TestShare - plan.ValidationShare) : test;
        var train = EndBefore(order, times, validation, plan.GapMicros);
        var chosen = plan.ValidationShare > 0 ? EndBefore(order, times, test, plan.GapMicros) : validation;
        return new(Sorted(order, 0, train), Sorted(order, validation, chosen), Sorted(order, test, order.Length), GapNote(order.Length - train - Math.Max(0, chosen - validation) - (order.Length - test)));
    }

    public static IReadOnlyList<RowParts> Folds(SplitPlan plan, SplitRows rows, int count)
    {
        var (order, times) = InTime(rows);
        var starts = Enumerable.Range(1, count).Select(fold => StartAt(order, times, fold / (count + 1.0))).Append(order.Length).ToArray();
        return [.. Enumerable.Range(0, count).Select(fold =>
        {
            var train = EndBefore(order, times, starts[fold], plan.GapMicros);
            return new RowParts(Sorted(order, 0, train), [], Sorted(order, starts[fold], starts[fold + 1]), GapNote(starts[fold] - train));
        })];
    }

    /// <summary>The rows' numbers in the order of their times.</summary>
    public static (int[] Order, long[] Times) InTime(SplitRows rows)
    {
        var order = Enumerable.Range(0, rows.Count).ToArray();
        var times = rows.TimesMicros!; // the plan asked for them before
        // Two keys in one sort: rows of one time stay in their order.
        Array.Sort(order, (a, b) => times[a] != times[b] ? times[a].CompareTo(times[b]) : a.CompareTo(b));
        return (order, times);
    }

    public static IReadOnlyList<string> GapNote(int rows) => rows > 0 ? [$"{rows} rows lie in the gaps between the parts and are left out."] : [];

    public static int[] Sorted(int[] order, int start, int end)
    {
        var part = order[Math.Min(start, end)..end];
        Array.Sort(part);
        return part;
    }

    /// <summary>Where a part begins: rows of one time are never on both sides.</summary>
    public static int StartAt(int[] order, long[] times, double share)
    {
        var at = Math.Clamp((int)Math.Round(share * order.Length), 0, order.Length - 1);
        while (at > 0 && times[order[at - 1]] == times[order[at]])
            at--;
        return at;
    }

    /// <summary>Where the part before ends, the gap left out.</summary>
    private static int EndBefore(int[] order, long[] times, int next, long gap)
    {
        var end = next;
        while (end > 0 && times[order[end - 1]] > times[order[next]] - gap)
            end--;
        return end;
    }
}
