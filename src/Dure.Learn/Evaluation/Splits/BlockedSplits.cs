namespace Dure.Learn.Evaluation;

/// <summary>Stretches of time in turn: rows too near a judged stretch are left out of those that teach.</summary>
internal static class BlockedSplits
{
    /// <summary>So many stretches are dealt to the parts, so that each part sees several seasons or batches.</summary>
    private const int Stretches = 20;

    public static RowParts Parts(SplitPlan plan, SplitRows rows)
    {
        var (order, block) = Blocks(rows, Stretches);
        var shuffled = Enumerable.Range(0, Stretches).ToArray();
        new Random(plan.Seed).Shuffle(shuffled);
        var tests = Math.Max(1, (int)Math.Round(plan.TestShare * Stretches));
        var validations = plan.ValidationShare > 0 ? Math.Max(1, (int)Math.Round(plan.ValidationShare * Stretches)) : 0;
        var (test, validation) = (shuffled[..tests].ToHashSet(), shuffled[tests..(tests + validations)].ToHashSet());
        return Purged(plan, rows, order, [.. block.Select(number => test.Contains(number) ? Part.Test : validation.Contains(number) ? Part.Validation : Part.Train)]);
    }

    public static IReadOnlyList<RowParts> Folds(SplitPlan plan, SplitRows rows, int count)
    {
        var (order, block) = Blocks(rows, count);
        return [.. Enumerable.Range(0, count).Select(fold => Purged(plan, rows, order, [.. block.Select(number => number == fold ? Part.Test : Part.Train)]))];
    }

    private enum Part
    {
        Train,
        Validation,
        Test,
        Out,
    }

    /// <summary>The rows in time, and the stretch of each place in that order.</summary>
    private static (int[] Order, int[] Block) Blocks(SplitRows rows, int count)
    {
        var (order, times) = TimeSplits.InTime(rows);
        var block = new int[order.Length];
        for (var number = 1; number < count; number++)
            Array.Fill(block, number, TimeSplits.StartAt(order, times, (double)number / count), order.Length - TimeSplits.StartAt(order, times, (double)number / count));
        return (order, block);
    }

    /// <summary>Leaves out training rows near held rows, and validation rows near test rows.</summary>
    private static RowParts Purged(SplitPlan plan, SplitRows rows, int[] order, Part[] parts)
    {
        var times = rows.TimesMicros!; // the plan asked for them before
        var kept = (Part[])parts.Clone();
        for (var forward = 0; forward < 2; forward++)
        {
            // The last time, along this direction, of a test row and of a held row of any kind.
            long? test = null, held = null;
            for (var i = 0; i < order.Length; i++)
            {
                var at = forward == 0 ? i : order.Length - 1 - i;
                var time = times[order[at]];
                var far = plan.GapMicros + (forward == 0 ? plan.EmbargoMicros : 0);
                bool near(long? from) => from is { } last && Math.Abs(time - last) < far;
                if ((parts[at] == Part.Train && near(held)) || (parts[at] == Part.Validation && near(test)))
                    kept[at] = Part.Out;
                if (parts[at] == Part.Test)
                    test = time;
                if (parts[at] is Part.Test or Part.Validation)
                    held = time;
            }
        }
        int[] of(Part part) => [.. order.Where((_, at) => kept[at] == part).Order()];
        return new(of(Part.Train), of(Part.Validation), of(Part.Test), TimeSplits.GapNote(kept.Count(part => part == Part.Out)));
    }
}
