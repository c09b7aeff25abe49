using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Effects;

/// <summary>Compares two ways of watching the same machines over the same labelled rows: detection, false alarms, lead time,
/// each with an interval. Machines are the units of chance: rows of one machine are never treated as independent machines.</summary>
/// <param name="Level">Stated coverage of all intervals.</param>
/// <param name="Resamples">Draws of the bootstrap by machine.</param>
/// <param name="Seed">Start of its random sequence.</param>
public sealed record AlarmStudy(double Level = 0.95, int Resamples = 2000, int Seed = 1) : IEffectStudy
{
    // Delay timers for the steadied count: a few seconds on, a little longer off, at one row a second.
    private const int OnAfterRows = 3, OffAfterRows = 10;

    public AlarmStudyResult Evaluate(IReadOnlyList<MachineAlarms> machines)
    {
        if (machines.Count == 0)
            throw new ProblemException("urn:dure:effects:no-machine", "The study holds no machine.", "alarm study", "Give the held-out rows of at least one machine.");
        foreach (var machine in machines)
            machine.ThrowIfUneven();
        var tallies = machines.Select(m => new Tally(m)).ToArray();
        var events = tallies.SelectMany(t => t.Events).ToArray();
        return new(machines.Count, events, tallies.Sum(t => t.Treated.HealthyHours),
        [
            Detection(events),
            FalseAlarmsPerHour(tallies, "false-alarms-per-hour", "alarms that begin in fault-free time, per fault-free hour", t => t.Treated, t => t.Baseline),
            FalseAlarmsPerHour(tallies, "steadied-false-alarms-per-hour",
                $"the same when both ways must hold {OnAfterRows} rows to begin and be calm {OffAfterRows} rows to end, so that a chattering limit counts once",
                t => t.SteadiedTreated, t => t.SteadiedBaseline),
            Lead(tallies, "lead-time", "mean lead of the first alarm over the baseline's, per fault", Mean),
            Lead(tallies, "median-lead-time", "median lead of the first alarm over the baseline's, per fault", Median),
            RowRate(tallies, "false-alarm-rate", "share of healthy rows in alarm", c => c.FalseRows, c => c.HealthyRows),
            RowRate(tallies, "missed-alarm-rate", "share of faulty rows without alarm", c => c.MissedRows, c => c.FaultyRows),
        ]);
    }

    void IEffectStudy.Describe(JsonObject plan)
    {
        plan["level"] = Level;
        plan["resamples"] = Resamples;
        plan["seed"] = Seed;
    }

    internal static AlarmStudy From(JsonObject plan) => new((double)plan["level"]!, (int)(double)plan["resamples"]!, (int)(double)plan["seed"]!);

    private sealed class Tally(MachineAlarms machine)
    {
        public WatchCounts Treated { get; } = AlarmTally.Of(machine, machine.Treated);
        public WatchCounts Baseline { get; } = AlarmTally.Of(machine, machine.Baseline);
        public WatchCounts SteadiedTreated { get; } = AlarmTally.Of(machine, AlarmTally.Steadied(machine.Treated, OnAfterRows, OffAfterRows));
        public WatchCounts SteadiedBaseline { get; } = AlarmTally.Of(machine, AlarmTally.Steadied(machine.Baseline, OnAfterRows, OffAfterRows));
        public FaultEvent[] Events { get; } = [.. AlarmTally.Events(machine)];
    }

    private MetricComparison Detection(FaultEvent[] events)
    {
        var treated = Wilson.Interval(events.Count(e => e.TreatedDelaySeconds is not null), events.Length, Level);
        var baseline = Wilson.Interval(events.Count(e => e.BaselineDelaySeconds is not null), events.Length, Level);
        return new("detection-rate", "share of faults with an alarm while they last", "1", treated, baseline, Wilson.Difference(treated, baseline), true,
            "Wilson interval of each rate; difference by Newcombe's method 10, which takes the two as independent and so errs on the wide side.");
    }

    // Onsets are counted per healthy row, the smallest trial there is, and scaled to the hour.
    private MetricComparison FalseAlarmsPerHour(Tally[] tallies, string name, string meaning, Func<Tally, WatchCounts> treated, Func<Tally, WatchCounts> baseline)
    {
        Interval Rate(Func<Tally, WatchCounts> way)
        {
            var rows = tallies.Sum(t => way(t).HealthyRows);
            return Wilson.Interval(tallies.Sum(t => way(t).Onsets), rows, Level).Scaled(rows / tallies.Sum(t => way(t).HealthyHours));
        }
        var difference = ByMachine(tallies, drawn => PerHour(drawn, treated) - PerHour(drawn, baseline));
        return new(name, meaning, "/h", Rate(treated), Rate(baseline), difference, false,
            "Wilson interval of the chance of an onset per healthy row, scaled to the hour; difference by bootstrap over machines.");
    }

    private MetricComparison Lead(Tally[] tallies, string name, string meaning, Func<IEnumerable<double>, double> centre)
    {
        Interval Of(Func<FaultEvent, double> seconds) => ByMachine(tallies, drawn => centre(drawn.SelectMany(t => t.Events).Select(seconds)));
        return new(name, meaning, "s", Of(e => e.TreatedDelaySeconds ?? e.LengthSeconds), Of(e => e.BaselineDelaySeconds ?? e.LengthSeconds), Of(e => e.LeadSeconds), true,
            "Delay from the start of each fault to the first alarm in it, a fault without alarm counting with its whole length; lead is baseline delay less treated delay, paired by fault; bootstrap over machines.");
    }

    private MetricComparison RowRate(Tally[] tallies, string name, string meaning, Func<WatchCounts, long> part, Func<WatchCounts, long> whole)
    {
        double Rate(IEnumerable<Tally> drawn, Func<Tally, WatchCounts> way) =>
            (double)drawn.Sum(t => part(way(t))) / drawn.Sum(t => whole(way(t)));
        return new(name, meaning, "1", ByMachine(tallies, d => Rate(d, t => t.Treated)), ByMachine(tallies, d => Rate(d, t => t.Baseline)),
            ByMachine(tallies, d => Rate(d, t => t.Treated) - Rate(d, t => t.Baseline)), false,
            "Counted over rows, so long faults weigh more; bootstrap over machines.");
    }

    private Interval ByMachine(Tally[] tallies, Func<IReadOnlyList<Tally>, double> statistic) =>
        new BlockBootstrap(Resamples, Seed, Level).OfClusters([.. tallies.Select(t => (IReadOnlyList<Tally>)[t])], statistic);

    private static double PerHour(IReadOnlyList<Tally> drawn, Func<Tally, WatchCounts> way) =>
        drawn.Sum(t => way(t).Onsets) / drawn.Sum(t => way(t).HealthyHours);

    private static double Mean(IEnumerable<double> values) => values.DefaultIfEmpty(double.NaN).Average();

    private static double Median(IEnumerable<double> values)
    {
        List<double> sorted = [.. values.Order()];
        return sorted.Count == 0 ? double.NaN : BlockBootstrap.At(sorted, 0.5);
    }
}
