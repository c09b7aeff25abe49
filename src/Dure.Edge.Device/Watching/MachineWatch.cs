using Dure.Edge.Alarms;
using Dure.Edge.Device.Input;
using Dure.Edge.Fleet;
using Dure.Edge.Packages;

namespace Dure.Edge.Device.Watching;

/// <summary>Where the watch of one machine stands, so that a restart goes on from here.</summary>
internal sealed record MachineCheckpoint(string Asset, long LastMicros, bool IsRaised, int Run, IReadOnlyList<double> Memory);

/// <summary>Where all machines stand; the memory is good for this package only.</summary>
internal sealed record WatchCheckpoint(string Package, IReadOnlyList<MachineCheckpoint> Machines);

/// <summary>What became of a row.</summary>
internal abstract record Watched
{
    private Watched() { }

    public sealed record Scored(ScoredRow Row, AlarmOnset? Onset) : Watched;

    /// <summary>The row was scored before the device was started again.</summary>
    public sealed record SeenBefore : Watched
    {
        public static SeenBefore Instance { get; } = new();
    }

    public sealed record Refused(BadRow Why) : Watched;
}

/// <summary>Scores the rows of all machines of a package, each in order of time with its own memory and alarm.</summary>
internal sealed class MachineWatch(ModelPackage package)
{
    private const int SignalsNamed = 5;

    private readonly Dictionary<string, Machine> machines = new(StringComparer.Ordinal);

    private sealed class Machine(MachineScorer scorer)
    {
        public MachineScorer Scorer => scorer;
        public AlarmState Alarm { get; set; }
        public long LastMicros { get; set; } = long.MinValue;

        /// <summary>Rows up to here were scored by the run before.</summary>
        public long ResumedAt { get; set; } = long.MinValue;
    }

    public int Signals => package.Manifest.Signals.Count;

    public Watched Take(InputRow row)
    {
        if (Find(row.Asset) is not { } machine)
            return Refuse($"Machine '{(row.Asset.Length <= 80 ? row.Asset : row.Asset[..80] + "…")}' is not in the package.",
                $"Send rows of the package's {package.Manifest.Machines.Count} machines, such as {package.Manifest.Machines[0].Asset}, or build a package that has it.");
        if (row.TimeMicros <= machine.ResumedAt)
            return Watched.SeenBefore.Instance;
        if (row.TimeMicros <= machine.LastMicros)
            return Refuse($"Its time is not after that of the machine's row before ({Kernel.Micros.Time(machine.LastMicros):O}).", "Send each machine's rows in order of time, each once.");
        var score = machine.Scorer.Score(row.Values);
        if (!double.IsFinite(score))
            return Refuse("The detector gives no number for it.", "Check the sensors' values; if they are in order, report this to the node's owner.");
        machine.LastMicros = row.TimeMicros;
        var before = machine.Alarm;
        machine.Alarm = package.AlarmRule.Next(before, score);
        var onset = machine.Alarm.IsRaised && !before.IsRaised
            ? new AlarmOnset(row.Asset, row.TimeMicros, score, machine.Scorer.TopContributions(package.Manifest.Signals, SignalsNamed))
            : null;
        return new Watched.Scored(new ScoredRow(row.Asset, row.TimeMicros, score, machine.Alarm.IsRaised), onset);
    }

    public WatchCheckpoint Checkpoint() => new(package.Hash.ToString(),
    [
        .. machines.Where(machine => machine.Value.LastMicros > long.MinValue)
            .Select(machine => new MachineCheckpoint(machine.Key, machine.Value.LastMicros, machine.Value.Alarm.IsRaised, machine.Value.Alarm.Run, machine.Value.Scorer.Memory.ToArray()))
            .OrderBy(machine => machine.Asset, StringComparer.Ordinal),
    ]);

    /// <summary>Goes on where an earlier run stopped. With another package the detectors begin anew, but no row is scored twice.</summary>
    public void Resume(WatchCheckpoint checkpoint)
    {
        foreach (var saved in checkpoint.Machines)
        {
            if (Find(saved.Asset) is not { } machine)
                continue;
            (machine.LastMicros, machine.ResumedAt) = (saved.LastMicros, saved.LastMicros);
            if (checkpoint.Package == package.Hash.ToString() && machine.Scorer.Restore(saved.Memory))
                machine.Alarm = new AlarmState(saved.IsRaised, saved.Run);
        }
    }

    private Machine? Find(string asset)
    {
        if (!machines.TryGetValue(asset, out var machine) && package.ScorerFor(asset) is { } scorer)
            machines[asset] = machine = new Machine(scorer);
        return machine;
    }

    private static Watched.Refused Refuse(string what, string mend) => new(new BadRow(what, mend));
}
