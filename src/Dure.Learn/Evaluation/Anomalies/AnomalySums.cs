namespace Dure.Learn.Evaluation;

/// <summary>What one machine adds to the figures of all: counts and sums, so that machines can be drawn again cheaply.</summary>
/// <param name="Rows">By row.</param>
/// <param name="Events">True runs.</param>
/// <param name="Found">True runs with an alarm in them.</param>
/// <param name="Runs">Runs of alarms.</param>
/// <param name="FalseRuns">Runs of alarms that touch no true run.</param>
/// <param name="RangeRecall">Sum over true runs of how much of each was found in how few pieces.</param>
/// <param name="RangePrecision">The same over runs of alarms.</param>
/// <param name="DelaySeconds">Sum over found runs of the time until the first alarm.</param>
/// <param name="Near">Sums of <see cref="Affiliation"/>.</param>
/// <param name="Nab">Sums of <see cref="NabScore"/>.</param>
/// <param name="Volume">The machine's volume under the precision-recall surface, where it has one.</param>
internal readonly record struct AnomalySums(AlarmCounts Rows, int Events, int Found, int Runs, int FalseRuns, double RangeRecall, double RangePrecision, double DelaySeconds,
    (double Precision, int PrecisionZones, double Recall, int Zones) Near, (double Score, double Perfect, double Null) Nab, (double Sum, int Machines) Volume)
{
    public static AnomalySums operator +(AnomalySums a, AnomalySums b) => new(a.Rows + b.Rows, a.Events + b.Events, a.Found + b.Found, a.Runs + b.Runs, a.FalseRuns + b.FalseRuns,
        a.RangeRecall + b.RangeRecall, a.RangePrecision + b.RangePrecision, a.DelaySeconds + b.DelaySeconds,
        (a.Near.Precision + b.Near.Precision, a.Near.PrecisionZones + b.Near.PrecisionZones, a.Near.Recall + b.Near.Recall, a.Near.Zones + b.Near.Zones),
        (a.Nab.Score + b.Nab.Score, a.Nab.Perfect + b.Nab.Perfect, a.Nab.Null + b.Nab.Null), (a.Volume.Sum + b.Volume.Sum, a.Volume.Machines + b.Volume.Machines));

    public static AnomalySums Of(JudgedMachine machine, double[]? scores, NabProfile profile, int bufferRows)
    {
        var (events, alarms) = (RowRun.Of(machine.Truth), RowRun.Of(machine.Alarms));
        var (found, delay) = (0, 0.0);
        foreach (var one in events)
            if (Array.IndexOf(machine.Alarms, true, one.First, one.Length) is >= 0 and var alarm)
                (found, delay) = (found + 1, delay + (machine.TimesMicros[alarm] - machine.TimesMicros[one.First]) / 1e6);
        return new(AlarmCounts.Of(machine.Truth, machine.Alarms), events.Count, found, alarms.Count, alarms.Count(alarm => !events.Exists(one => one.Overlap(alarm) > 0)),
            events.Sum(one => Covered(one, alarms)), alarms.Sum(alarm => Covered(alarm, events)), delay,
            Affiliation.Of(events, machine.Alarms), NabScore.Of(events, machine.Alarms, profile),
            scores is null || events.Count == 0 ? default : (RangeVolume.PrecisionRecall(machine.Truth, scores, bufferRows), 1));
    }

    /// <summary>The share of a run that others cover, divided by into how many pieces (Tatbul et al. 2018, with flat bias and cardinality 1 / x).</summary>
    private static double Covered(RowRun run, List<RowRun> others)
    {
        var (rows, pieces) = (0, 0);
        foreach (var other in others)
            if (run.Overlap(other) is > 0 and var overlap)
                (rows, pieces) = (rows + overlap, pieces + 1);
        return pieces == 0 ? 0 : (double)rows / run.Length / pieces;
    }
}
