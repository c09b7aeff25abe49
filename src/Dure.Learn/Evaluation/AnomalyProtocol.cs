namespace Dure.Learn;

/// <summary>The held-out rows of one machine: what was true and what a detector answered.</summary>
/// <param name="Asset">The machine.</param>
/// <param name="Group">Machines reported together, such as one kind of fault.</param>
/// <param name="TimesMicros">Time of each row, microseconds since 1970 UTC.</param>
/// <param name="Truth">The label of each row.</param>
/// <param name="Alarms">The answer for each row.</param>
public sealed record JudgedMachine(string Asset, string Group, long[] TimesMicros, bool[] Truth, bool[] Alarms);

/// <summary>One line of a result table: counts pooled over machines, with intervals from drawing whole machines again.</summary>
public sealed record ProtocolRow(string Name, AlarmCounts Counts, Measured F1, Measured FalseAlarmPercent, Measured MissedAlarmPercent);

/// <summary>A run of anomalous rows on one machine, and how long the first alarm in it took.</summary>
/// <param name="Asset">The machine.</param>
/// <param name="Start">First anomalous row's time, microseconds.</param>
/// <param name="End">Last anomalous row's time, microseconds.</param>
/// <param name="DelaySeconds">Time from the start to the first alarm within the run; null when none came.</param>
public sealed record AnomalyEvent(string Asset, long Start, long End, double? DelaySeconds);

/// <summary>Everything the protocol says about one detector.</summary>
public sealed record ProtocolResult(ProtocolRow Pooled, IReadOnlyList<ProtocolRow> Groups, IReadOnlyList<AnomalyEvent> Events)
{
    public int DetectedEvents => Events.Count(e => e.DelaySeconds is not null);
}

/// <summary>SKAB's protocol for outliers (Katser and Kozitsin, 2020): every machine is fitted on its first rows, the rest is judged
/// row by row without point adjustment, and counts are pooled over machines.</summary>
public static class AnomalyProtocol
{
    /// <summary>Rows at the start of a recording that commission the machine.</summary>
    public const int CommissioningRows = 400;

    /// <summary>Start of the random sequence behind the intervals, fixed so that two runs can be compared.</summary>
    public const int Seed = 1;

    private const int Resamples = 1000;
    private const double Tail = 0.025;

    public static ProtocolResult Evaluate(string name, IReadOnlyList<JudgedMachine> machines, int seed)
    {
        var groups = machines.GroupBy(m => m.Group, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal);
        return new(Row(name, machines, seed), [.. groups.Select(g => Row(g.Key, [.. g], seed))], [.. machines.SelectMany(Events)]);
    }

    /// <summary>What answers that look at nothing score on the same rows: never, always, and at random as often as the detector alarms.</summary>
    public static IReadOnlyList<ProtocolRow> Dummies(IReadOnlyList<JudgedMachine> machines, int seed)
    {
        var random = new Random(seed);
        var rate = (double)machines.Sum(m => m.Alarms.Count(a => a)) / Math.Max(1, machines.Sum(m => m.Alarms.Length));
        IReadOnlyList<JudgedMachine> With(Func<bool> answer) => [.. machines.Select(m => m with { Alarms = [.. m.Alarms.Select(_ => answer())] })];
        return
        [
            Row("always 0", With(() => false), seed),
            Row("always 1", With(() => true), seed),
            Row("random, same rate", With(() => random.NextDouble() < rate), seed),
        ];
    }

    private static ProtocolRow Row(string name, IReadOnlyList<JudgedMachine> machines, int seed)
    {
        var counts = machines.Select(m => AlarmCounts.Of(m.Truth, m.Alarms)).ToArray();
        var pooled = Sum(counts);
        var random = new Random(seed);
        var drawn = new AlarmCounts[Resamples];
        foreach (ref var sum in drawn.AsSpan())
            for (var i = 0; i < counts.Length; i++)
                sum += counts[random.Next(counts.Length)];
        return new(name, pooled, Interval(pooled, drawn, c => c.F1), Interval(pooled, drawn, c => c.FalseAlarmPercent),
            Interval(pooled, drawn, c => c.MissedAlarmPercent));
    }

    // Percentile interval of the cluster bootstrap, machines as clusters: Davison and Hinkley (1997), section 3.8.
    private static Measured Interval(AlarmCounts pooled, AlarmCounts[] drawn, Func<AlarmCounts, double> figure)
    {
        var figures = drawn.Select(figure).Where(v => !double.IsNaN(v)).Order().ToArray();
        return figures.Length == 0 ? new(figure(pooled), double.NaN, double.NaN)
            : new(figure(pooled), figures[(int)(Tail * (figures.Length - 1))], figures[(int)Math.Ceiling((1 - Tail) * (figures.Length - 1))]);
    }

    private static AlarmCounts Sum(IEnumerable<AlarmCounts> counts) => counts.Aggregate(default(AlarmCounts), (sum, c) => sum + c);

    private static IEnumerable<AnomalyEvent> Events(JudgedMachine machine)
    {
        for (var row = 0; row < machine.Truth.Length; row++)
        {
            if (!machine.Truth[row])
                continue;
            var start = row;
            while (row + 1 < machine.Truth.Length && machine.Truth[row + 1])
                row++;
            var alarm = Array.IndexOf(machine.Alarms, true, start, row - start + 1);
            double? delay = alarm < 0 ? null : (machine.TimesMicros[alarm] - machine.TimesMicros[start]) / 1e6;
            yield return new(machine.Asset, machine.TimesMicros[start], machine.TimesMicros[row], delay);
        }
    }
}
