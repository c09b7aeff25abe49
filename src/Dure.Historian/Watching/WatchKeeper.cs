using Dure.Historian.Signals;
using Dure.Historian.Storage;
using Dure.Kernel;

namespace Dure.Historian.Watching;

/// <summary>
/// Feeds the watches at ingest and keeps them over a restart: they are saved now and then and at the end, and after a crash they catch up
/// from the stored samples. Saving is only a help; when the disk refuses it, the watches go on in memory.
/// </summary>
internal sealed class WatchKeeper : IDisposable
{
    /// <summary>A watch that is further behind is made anew from the newest samples.</summary>
    private const long MostBehind = 50_000;

    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(10);

    private readonly string path;
    private readonly SignalBook signals;
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private readonly Lock saving = new();

    private WatchKeeper(PlantWatch watch, string path, SignalBook signals, TimeProvider time)
    {
        (Watch, this.path, this.signals, this.time) = (watch, path, signals, time);
        timer = time.CreateTimer(_ => Save(), null, SaveEvery, SaveEvery);
    }

    public PlantWatch Watch { get; }

    /// <summary>Loads the watches of a folder and brings them up to what the store holds.</summary>
    public static WatchKeeper Open(string folder, SignalBook signals, SeriesStore store, TimeProvider time)
    {
        var path = Path.Combine(folder, "watch", "signals.watch");
        var watch = new PlantWatch();
        watch.Load(path, id => signals.TryFind(id, out var number) ? number : null);
        for (var number = 0; number < signals.Count; number++)
            CatchUp(watch, number, signals[number], store);
        return new WatchKeeper(watch, path, signals, time);
    }

    /// <summary>Judges what came: call it in the order in which the store took the batches.</summary>
    /// <param name="wanted">What passed the desk.</param>
    /// <param name="taken">What of it the store took; the rest was there already.</param>
    public void Observe(IReadOnlyList<AcceptedRows> wanted, IReadOnlyList<AcceptedRows> taken)
    {
        var received = Micros.Of(time.GetUtcNow());
        var next = 0;
        foreach (var rows in wanted)
        {
            var known = next < taken.Count && taken[next].Series == rows.Series ? taken[next++] : new AcceptedRows(rows.Series, [], [], []);
            var definition = signals[rows.Series];
            Watch.Observe(rows.Series, definition, known.Times, known.Values, known.Qualities, received);
            if (known.Times.Length < rows.Times.Length)
                Watch.NoteRepeated(rows.Series, definition, RepeatedTimes(rows.Times, known.Times));
        }
    }

    public void Dispose()
    {
        timer.Dispose();
        Save();
    }

    private void Save()
    {
        try
        {
            lock (saving)
                Watch.Save(path, number => signals[number].Id);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The file before stays; after a restart the watches catch up from the store.
        }
    }

    private static void CatchUp(PlantWatch watch, int number, SignalDefinition definition, SeriesStore store)
    {
        if (watch.LastOf(number) is not { } last || store.Facts(number) is not { Latest: { } latest } facts || Micros.Of(latest.Time) <= last)
            return;
        var from = last + 1;
        if (facts.Samples - watch.SamplesOf(number) > MostBehind)
        {
            watch.Forget(number);
            from = Math.Max(from, Micros.Of(latest.Time) - MostBehind * Math.Max(1, (Micros.Of(latest.Time) - last) / facts.Samples));
        }
        using var scan = store.Read(number, from, long.MaxValue);
        for (var left = MostBehind; left > 0 && scan.Next(); left -= scan.Times.Length)
            watch.Observe(number, definition, scan.Times, scan.Values, scan.Qualities, 0);
    }

    /// <summary>The times of an ascending list that another, a part of it, does not have.</summary>
    private static List<long> RepeatedTimes(long[] wanted, long[] taken)
    {
        var repeated = new List<long>();
        var next = 0;
        foreach (var at in wanted)
        {
            if (next < taken.Length && taken[next] == at)
                next++;
            else
                repeated.Add(at);
        }
        return repeated;
    }
}
