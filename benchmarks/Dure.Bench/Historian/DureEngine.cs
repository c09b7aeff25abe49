using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dure.Bench.Historian.Peers;

namespace Dure.Bench.Historian;

/// <summary>What was measured of Dure.</summary>
/// <param name="InProcess">As the peers.</param>
/// <param name="LookUpOverHttp">The point at a time, asked of a node.</param>
/// <param name="LateRatio">Time to resample when a tenth came late, over the time when all came in order: at once, and when the background has merged for some seconds.</param>
internal sealed record DureFigures(EngineFigures InProcess, Latency LookUpOverHttp, (double AtOnce, double Merged, double MergingSeconds) LateRatio);

/// <summary>Dure on the same points: a node for what comes over HTTP, the historian in this process for the rest.</summary>
internal static class DureEngine
{
    private const string Name = "Dure";
    private const int LateEvery = 10;

    /// <summary>Stretches before the measured ones: a node that has run for a minute has compiled its code, one that has just started has not.</summary>
    private const int WarmUps = 4;

    public static async Task<DureFigures> Measured(Scale scale, double? asOfSum, string folder)
    {
        var (text, textPerCpu, overHttp) = await OverHttp(scale, folder);
        var inProcess = await InProcess(scale, asOfSum, folder);
        return new DureFigures(inProcess with { TextPerSecond = text, TextPerCpuSecond = textPerCpu }, overHttp, await Late(scale, folder));
    }

    /// <summary>Bulk, questions and size, without a node.</summary>
    /// <param name="asOfSum">What a peer found for the join; null when there is no peer.</param>
    public static async Task<EngineFigures> InProcess(Scale scale, double? asOfSum, string folder)
    {
        var bulk = await Bulk(scale, folder);
        await using var store = await DureStore.Open(Path.Combine(folder, "all"), scale.Series);
        await store.LoadG1(scale.Series, scale.Points);
        await store.Settle();
        var expected = G1.Minutes(scale.Series, scale.Points);
        store.Minutes(scale.Series / 10, scale.Points); // a node has been running for long; its code is compiled
        var cpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds;
        var resample = Measure.Median(scale.Runs, () => Measure.Expect(Name, "sum of minute means", store.Minutes(scale.Series, scale.Points), expected));
        var cpuPerRun = (Environment.CpuUsage.TotalTime.TotalSeconds - cpuSeconds) / scale.Runs;
        var (which, when) = G1.Events(scale.Events, scale.Series, scale.Points);
        var sum = 0.0;
        store.AsOf(which[..(which.Length / 10)], when[..(when.Length / 10)]);
        var asOf = Measure.Median(scale.Runs, () => sum = store.AsOf(which, when));
        if (asOfSum is { } peers)
            Measure.Expect(Name, "sum of the joined values", sum, peers);
        var lookUps = Math.Min(which.Length, 50 * scale.LookUps);
        Measure.Each(lookUps / 10, i => store.LookUp(which[i], when[i]));
        var lookUp = Measure.Each(lookUps, i => store.LookUp(which[i], when[i]));
        return new EngineFigures(Name)
        {
            BulkPerSecond = bulk,
            BytesPerPoint = (double)store.Bytes / scale.AllPoints,
            ResamplePerSecond = scale.AllPoints / resample,
            ResamplePerCpuSecond = scale.AllPoints / cpuPerRun,
            LookUp = lookUp,
            AsOfSeconds = asOf,
            AsOfSum = sum,
        };
    }

    /// <summary>Bytes per point of the series given.</summary>
    public static async Task<double> BytesPerPoint(string folder, IReadOnlyList<(long[] Times, double[] Values)> series)
    {
        await using var store = await DureStore.Open(folder, series.Count);
        await store.Load(series);
        await store.Settle();
        return (double)store.Bytes / series.Sum(one => (long)one.Times.Length);
    }

    /// <summary>Line protocol to a node in a process of its own, after a first stretch that lets it compile its code; then look-ups.</summary>
    internal static async Task<(double PerSecond, double PerCpuSecond, Latency LookUp)> OverHttp(Scale scale, string folder)
    {
        var (rates, cpuRates) = (new double[scale.Runs], new double[scale.Runs]);
        using var node = await BenchNode.Start(Directory.CreateDirectory(Path.Combine(folder, "node")).FullName);
        for (var run = -WarmUps; run < scale.Runs; run++)
        {
            var bodies = TextBodies.Lines(scale.TextPoints, TextBodies.Senders, (run + WarmUps) * scale.TextPoints / G1.AllSeries);
            if (run == -WarmUps)
                await LineClient.Send(node.Client, "write?register=true", bodies.Select(own => own[..1]));
            var cpuSeconds = node.CpuSeconds;
            var seconds = await Measure.Seconds(() => LineClient.Send(node.Client, "write", bodies));
            if (run >= 0)
                (rates[run], cpuRates[run]) = (scale.TextPoints / seconds, scale.TextPoints / (node.CpuSeconds - cpuSeconds));
        }
        var stored = (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/overview"))!["samples"]!.GetValue<long>();
        if (stored != (scale.Runs + WarmUps) * (long)scale.TextPoints)
            throw new InvalidOperationException($"{stored} of {(scale.Runs + WarmUps) * (long)scale.TextPoints} samples are stored.");
        return (Report.Median(rates), Report.Median(cpuRates), await LookUps(scale, node));
    }

    private static async Task<Latency> LookUps(Scale scale, BenchNode node)
    {
        var (which, when) = G1.Events(scale.LookUps, G1.AllSeries, scale.TextPoints / G1.AllSeries);
        Task Ask(int i) => node.Client.GetByteArrayAsync($"api/v1/signals/at?signal=g1/{which[i]}/v&time={when[i]}");
        await Measure.Each(which.Length / 4, Ask);
        return await Measure.Each(which.Length, Ask);
    }

    private static async Task<double> Bulk(Scale scale, string folder)
    {
        var times = new long[scale.Points];
        G1.FillTimes(times);
        var series = new (long[] Times, double[] Values)[scale.BulkSeries];
        Parallel.For(0, series.Length, number => G1.Fill(number, (series[number] = (times, new double[scale.Points])).Values));
        var rates = new double[scale.Runs];
        for (var run = 0; run < scale.Runs; run++)
        {
            var own = Path.Combine(folder, $"bulk{run}");
            await using (var store = await DureStore.Open(own, series.Length))
                rates[run] = (double)series.Length * scale.Points / await store.Load(series);
            Directory.Delete(own, recursive: true);
        }
        return Report.Median(rates);
    }

    /// <summary>Every tenth point of every series comes after all the others of all series.</summary>
    private static async Task<(double AtOnce, double Merged, double MergingSeconds)> Late(Scale scale, string folder)
    {
        var times = new long[scale.Points];
        G1.FillTimes(times);
        var expected = G1.Minutes(scale.BulkSeries, scale.Points);
        var (atOnce, merged, waited) = (new double[2], new double[2], 0.0);
        for (var isLate = 0; isLate < 2; isLate++)
        {
            await using var store = await DureStore.Open(Path.Combine(folder, $"late{isLate}"), scale.BulkSeries);
            for (var part = 0; part < 2; part++)
            {
                var (asked, late) = (part, isLate);
                await store.LoadPart(scale.BulkSeries, times, i => late == 0 ? i * 2L / scale.Points == asked : (i % LateEvery == 0) == (asked == 1));
            }
            atOnce[isLate] = Minutes(store, 1);
            waited = await store.Rest();
            merged[isLate] = Minutes(store, Math.Max(3, scale.Runs));
        }
        return (atOnce[1] / atOnce[0], merged[1] / merged[0], waited);

        double Minutes(DureStore store, int runs) => Measure.Median(runs, () =>
            Measure.Expect(Name, "sum of minute means with late points", store.Minutes(scale.BulkSeries, scale.Points), expected));
    }
}
