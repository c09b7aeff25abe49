using Dure.Evidence;
using Dure.Historian;
using Dure.Historian.Ingest;
using Dure.Historian.Signals;
using Dure.Kernel;

namespace Dure.Bench.Historian;

/// <summary>Dure's historian in this process, with its journal, as a node has it.</summary>
internal sealed class DureStore : IAsyncDisposable
{
    private const int AppendsUnderWay = 4;
    private readonly string folder;
    private readonly NodeKey key;
    private readonly Journal journal;
    private readonly SignalId[] ids;

    private DureStore(string folder, NodeKey key, Journal journal, PlantHistorian historian, SignalId[] ids) =>
        (this.folder, this.key, this.journal, Historian, this.ids) = (folder, key, journal, historian, ids);

    public PlantHistorian Historian { get; }

    /// <summary>All that the samples take on disk: segments, their index and what is left of the log.</summary>
    public long Bytes => Measure.BytesUnder(Path.Combine(folder, "series"));

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

    /// <summary>Appends series after series, a batch each; the seconds from arrays in memory to the last acknowledgement.</summary>
    public Task<double> Load(IReadOnlyList<(long[] Times, double[] Values)> series) => Measure.Seconds(() =>
        Parallel.ForEachAsync(Enumerable.Range(0, series.Count), Bounded, (number, _) => Append(number, series[number].Times, series[number].Values)));

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
        return Parallel.ForEachAsync(Enumerable.Range(0, series), Bounded, (number, _) =>
        {
            var values = new double[times.Length];
            G1.Fill(number, values);
            return Append(number, own, Array.ConvertAll(places, place => values[place]));
        });
    }

    /// <summary>The sum of the minute means of the first series, on this thread.</summary>
    public double Minutes(int series)
    {
        var sum = 0.0;
        for (var number = 0; number < series; number++)
            foreach (var bucket in Historian.Resample(ids[number], new TimeRange(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue), 1667, CancellationToken.None))
                sum += bucket.Mean;
        return sum;
    }

    /// <summary>The value of the second a time is in.</summary>
    public async Task<double> LookUp(int series, long micros)
    {
        var second = Micros.Time(micros / G1.SecondMicros * G1.SecondMicros);
        await foreach (var block in Historian.Read(ids[series], new TimeRange(second, second.AddTicks(TimeSpan.TicksPerMicrosecond)), CancellationToken.None))
            return block.Values.Span[0];
        return double.NaN;
    }

    public async ValueTask DisposeAsync()
    {
        await Historian.DisposeAsync();
        await journal.DisposeAsync();
        key.Dispose();
    }

    private static ParallelOptions Bounded => new() { MaxDegreeOfParallelism = AppendsUnderWay };

    private async ValueTask Append(int number, long[] times, double[] values)
    {
        var block = new SignalBlock(ids[number].Path, null);
        for (var i = 0; i < times.Length; i++)
            block.Add(times[i], values[i]);
        var batch = new SampleBatch("bench");
        batch.Blocks.Add(block);
        var receipt = await Historian.Append(batch, "bench", CancellationToken.None);
        if (receipt.Accepted != times.Length)
            throw new InvalidOperationException($"{receipt.Accepted} of {times.Length} samples were accepted.");
    }
}
