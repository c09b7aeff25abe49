namespace Dure.Learn.Evaluation;

/// <summary>The held-out rows of one machine: what was true, what a detector answered, and by how much it was sure.</summary>
/// <param name="Scores">One a row, higher is stranger; null: there are only answers.</param>
public sealed record ScoredMachine(JudgedMachine Judged, double[]? Scores = null);

/// <summary>
/// Figures for alarms by row, by event and by nearness, each with an interval from drawing whole machines again and beside answers that look at
/// nothing. Nowhere is a run counted as found row by row because one row of it was: such point adjustment lets chance look like skill (Kim et al. 2022).
/// </summary>
public static class AnomalyJudging
{
    private const int Resamples = 1000;
    public const int UsualBufferRows = 100;

    private static readonly (string Name, bool Rises, Func<AnomalySums, double> Of)[] Figures =
    [
        ("point-f1", true, sums => sums.Rows.F1),
        ("false-alarm-percent", false, sums => sums.Rows.FalseAlarmPercent),
        ("missed-alarm-percent", false, sums => sums.Rows.MissedAlarmPercent),
        ("event-f1", true, sums => Mean((double)sums.Found / (sums.Found + sums.FalseRuns), (double)sums.Found / sums.Events)),
        ("events-found", true, sums => (double)sums.Found / sums.Events),
        ("range-precision", true, sums => sums.RangePrecision / sums.Runs),
        ("range-recall", true, sums => sums.RangeRecall / sums.Events),
        ("mean-delay-seconds", false, sums => sums.DelaySeconds / sums.Found),
        ("affiliation-precision", true, sums => sums.Near.Precision / sums.Near.PrecisionZones),
        ("affiliation-recall", true, sums => sums.Near.Recall / sums.Near.Zones),
        ("nab", true, sums => 100 * (sums.Nab.Score - sums.Nab.Null) / (sums.Nab.Perfect - sums.Nab.Null)),
        ("vus-pr", true, sums => sums.Volume.Sum / sums.Volume.Machines),
    ];

    /// <param name="profile">What a false alarm costs in the score of the Numenta benchmark; null: the standard.</param>
    /// <param name="bufferRows">How many rows an alarm may be early or late for <c>vus-pr</c>, at most.</param>
    /// <exception cref="Kernel.ProblemException">A machine's lists differ in length, or there is none.</exception>
    public static Judgement Of(string name, IReadOnlyList<ScoredMachine> machines, int seed, NabProfile? profile = null, int bufferRows = UsualBufferRows)
    {
        foreach (var machine in machines)
            Check(machine);
        if (machines.Count == 0)
            throw Bad("There is no machine to judge by.", "machines", "Give the held-out rows of one at least.");
        var random = new Random(seed);
        var rate = machines.Sum(machine => (double)machine.Judged.Alarms.Count(alarm => alarm)) / machines.Sum(machine => (double)machine.Judged.Alarms.Length);
        (string Name, IReadOnlyList<ScoredMachine> Machines)[] lines =
        [
            (name, machines),
            ("never", Answering(machines, () => 0, 1)),
            ("always", Answering(machines, () => 1, 1)),
            ("random, same rate", Answering(machines, random.NextDouble, 1 - rate)),
        ];
        var note = machines.Count < 5 ? [$"There are only {machines.Count} machines: no interval can be given."] : machines.Count < 20 ? new[] { $"The intervals rest on {machines.Count} machines and are rough." } : [];
        return new([.. lines.Select((line, number) => new JudgedLine(line.Name, number > 0, Values(line.Machines, seed, profile ?? NabProfile.Standard, bufferRows)))], note);
    }

    private static List<MetricValue> Values(IReadOnlyList<ScoredMachine> machines, int seed, NabProfile profile, int bufferRows)
    {
        var sums = machines.Select(machine => AnomalySums.Of(machine.Judged, machine.Scores, profile, bufferRows)).ToArray();
        var random = new Random(seed);
        var drawn = new AnomalySums[machines.Count < 5 ? 0 : Resamples];
        foreach (ref var one in drawn.AsSpan())
            for (var i = 0; i < sums.Length; i++)
                one += sums[random.Next(sums.Length)];
        var pooled = sums.Aggregate(default(AnomalySums), (all, one) => all + one);
        return [.. Figures.Select(figure =>
        {
            var value = figure.Of(pooled);
            var note = double.IsNaN(value) ? "It is not defined here: there is no event, no alarm, no healthy row, or no score." : machines.Count < 5 ? "Too few machines for an interval." : null;
            return new MetricValue(figure.Name, figure.Rises, Judging.Between(value, [.. drawn.Select(figure.Of)]), note);
        })];
    }

    private static ScoredMachine[] Answering(IReadOnlyList<ScoredMachine> machines, Func<double> score, double from) => [.. machines.Select(machine =>
    {
        var scores = machine.Judged.Truth.Select(_ => score()).ToArray();
        return new ScoredMachine(machine.Judged with { Alarms = [.. scores.Select(one => one >= from)] }, scores);
    })];

    private static double Mean(double precision, double recall) => precision + recall > 0 ? 2 * precision * recall / (precision + recall) : recall == 0 ? 0 : double.NaN;

    private static void Check(ScoredMachine machine)
    {
        var rows = machine.Judged.Truth.Length;
        if (rows == 0 || machine.Judged.Alarms.Length != rows || machine.Judged.TimesMicros.Length != rows || (machine.Scores is { } scores && scores.Length != rows))
            throw Bad("Its truth, alarms, times and scores differ in number, or it has none.", $"machine '{machine.Judged.Asset}'", "Give one of each for each row.");
        if (machine.Scores is { } all && Array.FindIndex(all, score => !double.IsFinite(score)) is >= 0 and var at)
            throw Bad($"The score of row {at} is {all[at]}.", $"machine '{machine.Judged.Asset}'", "A detector that gives no number cannot be judged; look at its inputs.");
    }

    private static Kernel.ProblemException Bad(string what, string where, string mend) => new("urn:dure:learn:bad-judgement", what, where, mend);
}
