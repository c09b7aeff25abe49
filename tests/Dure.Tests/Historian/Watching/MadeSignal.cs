using Dure.Historian.Watching;
using Dure.Kernel;

namespace Dure.Tests.Historian.Watching;

/// <summary>A made stream of one signal, one sample a second unless said otherwise, received 50 ms after it was taken.</summary>
internal sealed class MadeSignal
{
    public const long Second = 1_000_000;
    public const long Start = 1_750_000_000 * Second;
    private const long Way = 50_000;

    public List<long> Times { get; } = [];
    public List<double> Values { get; } = [];
    public List<Quality> Qualities { get; } = [];
    public List<long> Received { get; } = [];

    public int Count => Times.Count;

    public static MadeSignal Of(int count, Func<int, double> value, Func<int, long>? time = null)
    {
        var made = new MadeSignal();
        for (var i = 0; i < count; i++)
            made.Add(time?.Invoke(i) ?? Start + i * Second, value(i));
        return made;
    }

    public static MadeSignal Noise(int count, int seed, double level = 50, double spread = 0.5)
    {
        var random = new Random(seed);
        return Of(count, _ => level + spread * Gauss(random));
    }

    public static MadeSignal Walk(int count, int seed, int digits = 15)
    {
        var random = new Random(seed);
        var level = 50.0;
        return Of(count, _ => Math.Round(level += 0.1 * Gauss(random), digits));
    }

    public void Add(long time, double value, Quality quality = Quality.Good, long? received = null)
    {
        Times.Add(time);
        Values.Add(value);
        Qualities.Add(quality);
        Received.Add(received ?? time + Way);
    }

    public void RemoveRange(int from, int count)
    {
        Times.RemoveRange(from, count);
        Values.RemoveRange(from, count);
        Qualities.RemoveRange(from, count);
        Received.RemoveRange(from, count);
    }

    /// <summary>The stream as a live source brings it: row by row.</summary>
    public WatchedQuality Watch(WatchLimits? limits = null) => Watch(limits, () => 1);

    /// <summary>The stream in batches of these sizes; a batch never holds rows that came at different times.</summary>
    public WatchedQuality Watch(WatchLimits? limits, Func<int> nextSize)
    {
        var watch = new SignalWatch(limits ?? WatchLimits.None);
        for (var at = 0; at < Count;)
        {
            var size = Math.Min(nextSize(), Count - at);
            while (size > 1 && Received[at + size - 1] != Received[at])
                size--;
            Observe(watch, at, size);
            at += size;
        }
        return watch.Snapshot();
    }

    public void Observe(SignalWatch watch, int from, int count) =>
        watch.Observe([.. Times.Skip(from).Take(count)], [.. Values.Skip(from).Take(count)], [.. Qualities.Skip(from).Take(count)], Received[from]);

    /// <summary>All rows at once, as an import brings them.</summary>
    public WatchedQuality Import(WatchLimits? limits = null)
    {
        var watch = new SignalWatch(limits ?? WatchLimits.None);
        watch.Observe([.. Times], [.. Values], [.. Qualities], 0);
        return watch.Snapshot();
    }

    public static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
