namespace Dure.Learn.Evaluation;

/// <summary>Leaks by the way in which rows are parted, and by their times.</summary>
internal static class SplitLeaks
{
    /// <summary>Of the rows that judge so many may have a neighbour in time that teaches; blocks have a few, chance has most.</summary>
    private const double MostNeighbours = 0.2;

    public static IEnumerable<LeakFinding> Of(LeakQuestion question)
    {
        if (question.Parts is { } parts)
        {
            if (question.Known.Groups is { } groups)
                foreach (var finding in Groups(question.Known, groups, parts))
                    yield return finding;
            if (question.Known.TimesMicros is { } times && Neighbours(question.Known, times, parts) is > MostNeighbours and var share)
                yield return new(LeakKind.SplitByChance, [], true, $"{share:P0} of the rows that judge have a neighbour in time that teaches: the series was shuffled before it was split.",
                    "Split by time with a gap, or in blocks of time.");
        }
        foreach (var finding in Times(question))
            yield return finding;
    }

    private static IEnumerable<LeakFinding> Groups(SplitRows known, int[] groups, RowParts parts)
    {
        var both = parts.Train.GroupBy(row => groups[row]).Join(parts.Test.GroupBy(row => groups[row]), group => group.Key, group => group.Key, (train, test) => (train, test)).ToArray();
        // One machine's older rows may teach what its newer rows judge, if that is what was asked for: then its times lie apart.
        var mixed = both.Count(pair => known.TimesMicros is not { } times || pair.train.Max(row => times[row]) >= pair.test.Min(row => times[row]));
        if (mixed > 0)
            yield return new(LeakKind.GroupOnBothSides, [], true, $"{mixed} groups have rows that teach and rows that judge: the model would be judged on machines or batches that it has seen.",
                "Split by group, or by time within groups if the model will be used on these machines only.");
    }

    /// <summary>The share of test rows next to a training row of their group.</summary>
    private static double Neighbours(SplitRows known, long[] times, RowParts parts)
    {
        var side = new sbyte[known.Count];
        foreach (var row in parts.Train)
            side[row] = 1;
        foreach (var row in parts.Test)
            side[row] = 2;
        var beside = 0;
        foreach (var group in Enumerable.Range(0, known.Count).Where(row => side[row] > 0).GroupBy(row => known.Groups?[row] ?? 0))
        {
            var order = group.OrderBy(row => times[row]).ToArray();
            for (var i = 0; i < order.Length; i++)
                if (side[order[i]] == 2 && ((i > 0 && side[order[i - 1]] == 1) || (i + 1 < order.Length && side[order[i + 1]] == 1)))
                    beside++;
        }
        return (double)beside / Math.Max(1, parts.Test.Length);
    }

    private static IEnumerable<LeakFinding> Times(LeakQuestion question)
    {
        if (question.Known.TimesMicros is not { } times)
            yield break;
        if (question.KnownAtMicros is { } knownAt && Enumerable.Range(0, times.Length).Count(row => knownAt[row] > times[row]) is > 0 and var late)
            yield return new(LeakKind.KnownTooLate, [], true, $"The values of {late} of {times.Length} rows were known only after the time at which the prediction is due.",
                "Use what was known at that time: shift the columns by their delay.");
        if (question.Now is { } now && times.Count(time => time > (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond) is > 0 and var ahead)
            yield return new(LeakKind.KnownTooLate, [], true, $"{ahead} rows are of a time that is not yet: of the future nothing is measured.",
                "Correct the clock or the time zone of the source, and cut the dataset again.");
    }
}
