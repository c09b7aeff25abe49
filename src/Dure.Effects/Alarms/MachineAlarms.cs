using Dure.Kernel;

namespace Dure.Effects;

/// <summary>One machine's held-out rows: the truth, and what two ways of watching said.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="TimesMicros">Time of each row, microseconds since 1970 UTC, rising.</param>
/// <param name="Truth">True where the recording is labelled anomalous.</param>
/// <param name="Treated">Alarms of the way under study.</param>
/// <param name="Baseline">Alarms of what is done without it.</param>
public sealed record MachineAlarms(string Machine, long[] TimesMicros, bool[] Truth, bool[] Treated, bool[] Baseline)
{
    internal void ThrowIfUneven()
    {
        if (TimesMicros.Length != Truth.Length || Truth.Length != Treated.Length || Truth.Length != Baseline.Length || Truth.Length < 2)
            throw new ProblemException("urn:dure:effects:uneven-rows",
                $"{TimesMicros.Length} times, {Truth.Length} labels, {Treated.Length} and {Baseline.Length} alarms.", $"machine {Machine}",
                "Give one time, label and answer of each way per held-out row, and at least two rows.");
        for (var row = 1; row < TimesMicros.Length; row++)
            if (TimesMicros[row] < TimesMicros[row - 1])
                throw new ProblemException("urn:dure:effects:time-goes-back", $"Row {row} is earlier than row {row - 1}.", $"machine {Machine}",
                    "Sort the rows by time before the study.");
    }
}

/// <summary>One run of anomalous rows, and how long each way took to alarm within it.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Start">Time of its first row.</param>
/// <param name="LengthSeconds">From its first row to one row beyond its last.</param>
/// <param name="TreatedDelaySeconds">Until the first alarm in the run; null when none came.</param>
/// <param name="BaselineDelaySeconds">The same for the baseline.</param>
public sealed record FaultEvent(string Machine, DateTimeOffset Start, double LengthSeconds, double? TreatedDelaySeconds, double? BaselineDelaySeconds)
{
    /// <summary>How much earlier the treated way alarmed. An event that was not detected counts with its whole length (censored at its end).</summary>
    public double LeadSeconds => (BaselineDelaySeconds ?? LengthSeconds) - (TreatedDelaySeconds ?? LengthSeconds);
}

/// <summary>What one way of watching did on one machine.</summary>
internal readonly record struct WatchCounts(long HealthyRows, long FaultyRows, long FalseRows, long MissedRows, long Onsets, double HealthyHours);

internal static class AlarmTally
{
    /// <summary>Counts of one way. An onset is a healthy row in alarm whose previous row was not: an alarm that outlasts a fault is no new one.</summary>
    public static WatchCounts Of(MachineAlarms machine, bool[] alarms)
    {
        long healthy = 0, falseRows = 0, missed = 0, onsets = 0;
        for (var row = 0; row < alarms.Length; row++)
            if (machine.Truth[row])
                missed += alarms[row] ? 0 : 1;
            else
            {
                healthy++;
                falseRows += alarms[row] ? 1 : 0;
                onsets += alarms[row] && (row == 0 || !alarms[row - 1]) ? 1 : 0;
            }
        return new(healthy, alarms.Length - healthy, falseRows, missed, onsets, healthy * StepSeconds(machine.TimesMicros) / 3600);
    }

    /// <summary>The same alarms after the usual delay timers: on after so many rows in alarm, off after so many rows without. On- and off-delay as in ISA-18.2.</summary>
    public static bool[] Steadied(bool[] alarms, int onAfter, int offAfter)
    {
        var steadied = new bool[alarms.Length];
        var (stands, against) = (false, 0);
        for (var row = 0; row < alarms.Length; row++)
        {
            against = alarms[row] == stands ? 0 : against + 1;
            if (against >= (stands ? offAfter : onAfter))
                (stands, against) = (!stands, 0);
            steadied[row] = stands;
        }
        return steadied;
    }

    public static IEnumerable<FaultEvent> Events(MachineAlarms machine)
    {
        var step = StepSeconds(machine.TimesMicros);
        for (var row = 0; row < machine.Truth.Length; row++)
        {
            if (!machine.Truth[row])
                continue;
            var start = row;
            while (row + 1 < machine.Truth.Length && machine.Truth[row + 1])
                row++;
            yield return new(machine.Machine, Micros.Time(machine.TimesMicros[start]), Seconds(machine, start, row) + step,
                Delay(machine, machine.Treated, start, row), Delay(machine, machine.Baseline, start, row));
        }
    }

    /// <summary>The median distance between rows: gaps in a recording are no watching time.</summary>
    internal static double StepSeconds(long[] times)
    {
        var steps = new long[times.Length - 1];
        for (var i = 0; i < steps.Length; i++)
            steps[i] = times[i + 1] - times[i];
        Array.Sort(steps);
        return steps[steps.Length / 2] / 1e6;
    }

    private static double? Delay(MachineAlarms machine, bool[] alarms, int start, int end)
    {
        var first = Array.IndexOf(alarms, true, start, end - start + 1);
        return first < 0 ? null : Seconds(machine, start, first);
    }

    private static double Seconds(MachineAlarms machine, int from, int to) => (machine.TimesMicros[to] - machine.TimesMicros[from]) / 1e6;
}
