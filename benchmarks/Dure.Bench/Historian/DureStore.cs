using System.Diagnostics;
using Dure.Evidence;
using Dure.Historian;
using Dure.Historian.Ingest;
using Dure.Historian.Signals;
using Dure.Kernel;

namespace Dure.Bench.Historian;

/// <summary>Dure's historian in this process, with its journal, as a node has it.</summary>
internal sealed class DureStore : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private const int AppendsUnderWay = 2;
    private const int SamplesPerBatch = 1_000_000;
    private readonly string folder;
    private readonly NodeKey key;
    private readonly Journal journal;
    private readonly SignalId[] ids;

    private DureStore(string folder, NodeKey key, Journal journal, PlantHistorian historian, SignalId[] ids) =>
        (this.folder, this.key, this.journal, Historian, this.ids) = (folder, key, journal, historian, ids);

    public PlantHistorian Historian { get; }

    /// <summary>All that the samples take on disk: segments, their index and what is left of the log.</summary>
    public long Bytes => Measure.BytesUnder(Series);

    private string Series => Path.Combine(folder, "series");

    public static async Task<DureStore> Open(string folder, int series)
    {
        Directory.CreateDirectory(folder);
        var key = NodeKey.LoadOrCreate(Path.Combine(folder, "keys"));
        var journal = await Journal.Open(Path.Combine(folder, "journal"), key, TimeProvider.System, CancellationToken.None);
        var historian = await PlantHistorian.Open(new HistorianOptions { DataPath = Path.Combine(folder, "series") }, journal, TimeProvider.System, CancellationToken.None);
        var ids = Enumerable.Range(0, series).Select(number => SignalId.Parse($"g1/{number}/v")).ToArray();
        await historian.Register([.. ids.Select(id => new SignalDefinition(id, Unit.Parse("1")))], "bench", CancellationToken.None);
        return new DureStore(folder, key, journal, historian, ids);
    }

    public SignalId Id(int series) => ids[series];

    /// <summary>Appends series after series in large batches; the seconds from arrays in memory to the last acknowledgement.</summary>
    public Task<double> Load(IReadOnlyList<(long[] Times, double[] Values)> series) => Measure.Seconds(() => Append(series.Count, number => series[number]));

    /// <summary>The first points of G1, made while they are sent.</summary>
    public Task LoadG1(int series, int points)
    {
        var times = new long[points];
        G1.FillTimes(times);
        return LoadPart(series, times, static _ => true);
    }

    /// <summary>Those points of G1 that belong to a part.</summary>
    public Task LoadPart(int series, long[] times, Func<int, bool> belongs)
    {
        var places = Enumerable.Range(0, times.Length).Where(belongs).ToArray();
        var own = Array.ConvertAll(places, place => times[place]);
        return Append(series, number =>
        {
            var values = new double[times.Length];
            G1.Fill(number, values);
            return (own, Array.ConvertAll(places, place => values[place]));
        });
    }

    /// <summary>Waits until all samples are in sealed, merged segments, and the log that held them is gone.</summary>
    public async Task Settle()
    {
        await Historian.Compact(CancellationToken.None);
        for (var clock = Stopwatch.StartNew(); new DirectoryInfo(Series).EnumerateFiles("*.wal").Sum(file => file.Length) > 0 && clock.Elapsed < Patience;)
            await Task.Delay(20);
    }

    /// <summary>Waits until the background has nothing to merge any more; the seconds that took.</summary>
    public async Task<double> Rest()
    {
        var (clock, last, segments) = (Stopwatch.StartNew(), 0.0, "");
        while (clock.Elapsed.TotalSeconds < last + 2 && clock.Elapsed < Patience)
        {
            await Task.Delay(50);
            var now = string.Join(' ', Directory.EnumerateFiles(Series).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            if (now != segments)
                (segments, last) = (now, clock.Elapsed.TotalSeconds);
        }
        return last;
    }

    /// <summary>The sum of the minute means of the first series, on this thread.</summary>
    public double Minutes(int series, int points)
    {
        var start = DateTimeOffset.FromUnixTimeSeconds(G1.FirstSecond / 60 * 60);
        var range = new TimeRange(start, start.AddMinutes(points / 60 + 2));
        var sum = 0.0;
        for (var number = 0; number < series; number++)
            foreach (var bucket in Historian.Resample(ids[number], range, TimeSpan.FromMinutes(1), CancellationToken.None))
                if (bucket.Count > 0)
                    sum += bucket.Mean;
        return sum;
    }

    /// <summary>The value at or before a time.</summary>
    public double LookUp(int series, long micros) => Historian.At(ids[series], Micros.Time(micros))?.Value ?? double.NaN;

    /// <summary>The sum of the values at or before many times, in any order, on this thread.</summary>
    public double AsOf(int[] series, long[] micros)
    {
        // By series in one pass, then by time within each: what a caller with events in any order does first, and counted here.
        var starts = new int[ids.Length + 1];
        foreach (var number in series)
            starts[number + 1]++;
        for (var number = 0; number < ids.Length; number++)
            starts[number + 1] += starts[number];
        var (times, next) = (new long[micros.Length], starts[..^1]);
        for (var i = 0; i < micros.Length; i++)
            times[next[series[i]]++] = micros[i];
        var sum = 0.0;
        for (var number = 0; number < ids.Length; number++)
        {
            var own = times.AsSpan(starts[number]..starts[number + 1]);
            own.Sort();
            foreach (var value in Historian.AsOf(ids[number], own, null, CancellationToken.None).Values.AsSpan())
                sum += value;
        }
        return sum;
    }

    public async ValueTask DisposeAsync()
    {
        await Historian.DisposeAsync();
        await journal.DisposeAsync();
        key.Dispose();
    }

    private static ParallelOptions Bounded => new() { MaxDegreeOfParallelism = AppendsUnderWay };

    private Task Append(int series, Func<int, (long[] Times, double[] Values)> samples) => Parallel.ForEachAsync(Batches(series, samples), Bounded, async (batch, cancel) =>
    {
        var receipt = await Historian.Append(batch, "bench", cancel);
        var sent = batch.Blocks.Sum(block => (long)block.Count);
        if (receipt.Accepted != sent)
            throw new InvalidOperationException($"{receipt.Accepted} of {sent} samples were accepted.");
    });

    private IEnumerable<SampleBatch> Batches(int series, Func<int, (long[] Times, double[] Values)> samples)
    {
        var (batch, held) = (new SampleBatch("bench"), 0);
        for (var number = 0; number < series; number++)
        {
            var (times, values) = samples(number);
            var block = new SignalBlock(ids[number].Path, null);
            for (var i = 0; i < times.Length; i++)
                block.Add(times[i], values[i]);
            batch.Blocks.Add(block);
            held += times.Length;
            if (held < SamplesPerBatch && number < series - 1)
                continue;
            yield return batch;
            (batch, held) = (new SampleBatch("bench"), 0);
        }
    }
}
