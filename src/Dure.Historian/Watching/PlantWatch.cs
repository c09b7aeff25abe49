using Dure.Kernel;

namespace Dure.Historian.Watching;

/// <summary>
/// The watches of all signals of a node, by the signals' numbers. Safe for many threads: a watch is locked while it judges, the others go
/// on. What it holds can be saved and is only a help: without it the watches learn anew, and any stretch can be judged again from the
/// stored samples by a <see cref="StretchJudge"/>.
/// </summary>
public sealed class PlantWatch
{
    private readonly Lock growing = new();
    private volatile SignalWatch?[] watches = new SignalWatch?[64];

    /// <summary>Judges samples of one signal; call it once for each batch that was taken, in the order they were taken.</summary>
    /// <param name="number">The signal's number.</param>
    /// <param name="receivedMicros">When the batch came, by the node's clock.</param>
    public void Observe(int number, SignalDefinition definition, ReadOnlySpan<long> timesMicros, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities, long receivedMicros)
    {
        // What people say about a machine comes when they say it and stays as long as it is true: nothing of it is a fault.
        if (definition.Role == SignalRole.Label || timesMicros.IsEmpty)
            return;
        var watch = WatchOf(number, definition);
        lock (watch)
            watch.Observe(timesMicros, values, qualities, receivedMicros);
    }

    /// <summary>What is known of a signal; null before its first sample.</summary>
    /// <param name="nowMicros">The node's clock, so that silence shows; 0 when that is of no interest.</param>
    public WatchedQuality? Snapshot(int number, long nowMicros = 0)
    {
        if (WatchAt(number) is not { } watch)
            return null;
        lock (watch)
            return watch.Snapshot(nowMicros);
    }

    /// <summary>Notes samples that came again and were not taken a second time.</summary>
    internal void NoteRepeated(int number, SignalDefinition definition, IReadOnlyList<long> timesMicros)
    {
        if (definition.Role == SignalRole.Label || timesMicros.Count == 0)
            return;
        var watch = WatchOf(number, definition);
        lock (watch)
            watch.NoteRepeated(timesMicros);
    }

    /// <summary>The newest time that a watch has judged or holds; null when there is no watch.</summary>
    internal long? LastOf(int number) => WatchAt(number)?.LastMicros;

    internal long SamplesOf(int number) => WatchAt(number)?.Samples ?? 0;

    internal void Forget(int number) => Room(number)[number] = null;

    /// <summary>Saves all watches; a crash leaves the file before or this one.</summary>
    public void Save(string path, Func<int, SignalId> nameOf)
    {
        var all = watches;
        PlantWatchFile.Write(path, Enumerable.Range(0, all.Length).Where(number => all[number] is not null).Select(number =>
        {
            var watch = all[number]!;
            lock (watch)
                return new SavedWatch(nameOf(number), watch.Copy());
        }));
    }

    /// <summary>Goes on from saved watches of signals that are still known; returns how many.</summary>
    /// <returns>0 when there is no file, or it is of another version or damaged: the watches then learn anew.</returns>
    public int Load(string path, Func<SignalId, int?> numberOf)
    {
        var loaded = 0;
        foreach (var saved in PlantWatchFile.Read(path))
        {
            if (numberOf(saved.Signal) is not { } number)
                continue;
            Room(number)[number] = saved.Watch;
            loaded++;
        }
        return loaded;
    }

    private SignalWatch? WatchAt(int number) => watches is var all && (uint)number < (uint)all.Length ? all[number] : null;

    private SignalWatch WatchOf(int number, SignalDefinition definition)
    {
        if (WatchAt(number) is { } known)
            return known;
        lock (growing)
        {
            var all = Room(number);
            return all[number] ??= new SignalWatch(WatchLimits.Of(definition));
        }
    }

    private SignalWatch?[] Room(int number)
    {
        lock (growing)
        {
            if (number >= watches.Length)
            {
                var larger = new SignalWatch?[Math.Max(number + 1, watches.Length * 2)];
                watches.CopyTo(larger, 0);
                watches = larger;
            }
            return watches;
        }
    }
}
