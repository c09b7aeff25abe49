using Dure.Bench.Historian.Mqtt;
using Dure.Bench.Historian.Peers;

namespace Dure.Bench.Historian;

/// <summary>The historian beside InfluxDB, ClickHouse, PostgreSQL and DuckDB: the same points, one run, one machine. The goals are ratios.</summary>
internal static class HistorianBenchmark
{
    private const double MicrosecondsPerMillisecond = 1000;

    public static async Task<Report> Run(bool isQuick)
    {
        var scale = isQuick ? Scale.Quick : Scale.Full;
        var report = new Report("historian");
        G1.Check();
        report.Note($"generator G1 checked; questions on {scale.AllPoints:N0} points of {scale.Series:N0} series; medians of {scale.Runs}");
        if (isQuick)
            report.Note("a quick run shows that everything works; its ratios are of few points and of code not yet compiled");
        var influx = await Try(report, InfluxPeer.Name, folder => InfluxPeer.Measured(scale, folder));
        var clickHouse = await Try(report, ClickHousePeer.Name, folder => ClickHousePeer.Measured(scale, folder));
        var postgres = await Try(report, PostgresPeer.Name, folder => PostgresPeer.Measured(scale, folder));
        var duck = await Try(report, DuckPeer.Name, folder => Task.Run(() => DuckPeer.Measured(scale, folder)));
        var mosquitto = await Try(report, MosquittoPeer.Name, folder => MosquittoPeer.Measured(scale, folder));
        var dure = await Try(report, "Dure", folder => DureEngine.Measured(scale, duck?.AsOfSum, folder)) ?? throw new InvalidOperationException("Dure is always here.");

        var ours = dure.InProcess;
        Against(report, "durable line protocol over HTTP", ours, influx, engine => engine.TextPerSecond, "points/s", 10);
        Against(report, "durable line protocol over HTTP, against CSV", ours, clickHouse, engine => engine.TextPerSecond, "points/s", 1);
        Against(report, "durable bulk ingest, against COPY with primary key", ours, postgres, engine => engine.BulkPerSecond ?? engine.TextPerSecond, "points/s", 30);
        StoreGoals(report, scale, ours, duck);
        await Sizes(report, duck is not null, scale);
        Against(report, "resampling from seconds to minutes, one thread", ours, clickHouse, engine => engine.ResamplePerSecond, "points/s", 5);
        report.Bounded("point look-up over HTTP, p99", dure.LookUpOverHttp.P99, "ms", 2);
        report.Bounded("resampling with a tenth late, against in order, merged by the background", dure.LateRatio.Merged, "times", 1.2);
        report.Note($"the same at once, while the background merges, which takes {dure.LateRatio.MergingSeconds:0.#} s: {dure.LateRatio.AtOnce:0.##} times");
        if (mosquitto is not null)
            MqttGoals(report, (await Try(report, "Dure", folder => DureBroker.Measured(scale, folder)))!, mosquitto);
        await Idle(report, scale);
        foreach (var engine in (EngineFigures?[])[ours, influx, clickHouse, postgres, duck])
            if (engine is not null)
                report.Note(Told(engine));
        report.Note($"Dure over HTTP: look-up {dure.LookUpOverHttp}");
        return report;
    }

    /// <summary>Line protocol alone: quick enough to run while working on it.</summary>
    public static async Task<Report> Lines(bool isQuick)
    {
        var scale = isQuick ? Scale.Quick : Scale.Full;
        var report = new Report("lines");
        var influx = await Try(report, InfluxPeer.Name, folder => InfluxPeer.Measured(scale, folder));
        var (text, perCpu, lookUp) = await Try(report, "Dure", folder => DureEngine.OverHttp(scale, folder));
        var ours = new EngineFigures("Dure") { TextPerSecond = text, TextPerCpuSecond = perCpu, LookUp = lookUp };
        Against(report, "durable line protocol over HTTP", ours, influx, engine => engine.TextPerSecond, "points/s", 10);
        Against(report, "durable line protocol over HTTP, per CPU-s of the server", ours, influx, engine => engine.TextPerCpuSecond, "points", 10);
        report.Note(Told(ours));
        return report;
    }

    /// <summary>The store in this process alone, beside DuckDB.</summary>
    public static async Task<Report> Store(bool isQuick)
    {
        var scale = isQuick ? Scale.Quick : Scale.Full;
        var report = new Report("store");
        var duck = await Try(report, DuckPeer.Name, folder => Task.Run(() => DuckPeer.Measured(scale, folder)));
        var ours = (await Try(report, "Dure", folder => DureEngine.InProcess(scale, duck?.AsOfSum, folder)))!;
        StoreGoals(report, scale, ours, duck);
        report.Note(Told(ours));
        if (duck is not null)
            report.Note(Told(duck));
        return report;
    }

    private static void StoreGoals(Report report, Scale scale, EngineFigures ours, EngineFigures? duck)
    {
        Against(report, "durable bulk ingest, against the appender", ours, duck, engine => engine.BulkPerSecond, "points/s", 2);
        report.Bounded("bytes on disk per point of G1", ours.BytesPerPoint ?? double.NaN, "B", 1);
        Against(report, "bytes on disk per point of G1", ours, duck, engine => engine.BytesPerPoint, "B", 0.4, higherIsBetter: false);
        Against(report, "resampling from seconds to minutes, one thread", ours, duck, engine => engine.ResamplePerSecond, "points/s", 10);
        Against(report, $"as-of join of {scale.Events:N0} events", ours, duck, engine => scale.Events / engine.AsOfSeconds, "events/s", 35);
        report.Bounded("point look-up in process, p99", (ours.LookUp?.P99 ?? double.NaN) * MicrosecondsPerMillisecond, "us", 20);
    }

    private static void MqttGoals(Report report, BrokerFigures ours, BrokerFigures mosquitto)
    {
        report.Compared("MQTT QoS 0, four publishers to one subscriber", ours.FanIn, mosquitto.Name, mosquitto.FanIn, "messages/s", 10);
        if (ours.Stored > 0)
            report.Compared("MQTT QoS 1, stored before it is acknowledged, to a QoS 1 subscriber", ours.Acknowledged, mosquitto.Name, mosquitto.Acknowledged, "messages/s", 10);
        else
            report.Note($"MQTT QoS 1 to a QoS 1 subscriber, without the store: {Report.Shown(ours.Acknowledged)} messages/s, {mosquitto.Name} {Report.Shown(mosquitto.Acknowledged)}; the goal asks for stored ones and is left out");
        report.Compared("MQTT QoS 1 ping-pong", ours.PingPong, mosquitto.Name, mosquitto.PingPong, "messages/s", 1);
        report.Note($"QoS 0 messages that never came: Dure {ours.Lost:N0}, {mosquitto.Name} {mosquitto.Lost:N0}");
    }

    private static async Task Idle(Report report, Scale scale)
    {
        var each = (await Try(report, "Dure", async folder => (double?)await DureBroker.IdleKibibytes(scale, folder)))!.Value;
        report.Bounded($"MQTT over TLS, resident memory for each of {scale.IdleClients:N0} idle clients", each, "KiB", 20);
    }

    /// <summary>What idle clients cost, alone.</summary>
    public static async Task<Report> IdleAlone(bool isQuick)
    {
        var report = new Report("idle");
        await Idle(report, isQuick ? Scale.Quick : Scale.Full);
        return report;
    }

    /// <summary>MQTT alone: quick enough to run while working on it.</summary>
    public static async Task<Report> Mqtt(bool isQuick)
    {
        var scale = isQuick ? Scale.Quick : Scale.Full;
        var report = new Report("mqtt");
        if (await Try(report, MosquittoPeer.Name, folder => MosquittoPeer.Measured(scale, folder)) is { } mosquitto)
            MqttGoals(report, (await Try(report, "Dure", folder => DureBroker.Measured(scale, folder)))!, mosquitto);
        await Idle(report, scale);
        return report;
    }

    /// <summary>Real recordings, and G1 with less regular times and values.</summary>
    private static async Task Sizes(Report report, bool hasDuck, Scale scale)
    {
        var recordings = Recordings.All(scale.RecordedPoints);
        if (recordings.Count == 0)
            report.Note("the shared recordings are not here; their sizes are left out");
        foreach (var set in recordings)
            await Size($"bytes on disk per point of {set.Name} ({set.Series.Count:N0} series, {set.Points:N0} points)", set.Series, 0.7);
        foreach (var (name, series) in Variants(scale.BulkSeries / 4, scale.Points))
            await Size($"bytes on disk per point of G1 with {name}", series, null);

        async Task Size(string what, IReadOnlyList<(long[] Times, double[] Values)> series, double? target)
        {
            var ours = (await Try(report, "Dure", async folder => (double?)await DureEngine.BytesPerPoint(folder, series)))!.Value;
            if (!hasDuck)
                report.Note($"{what}: {ours:0.###} B");
            else if ((await Try(report, DuckPeer.Name, folder => Task.FromResult((double?)DuckPeer.BytesPerPointOf(folder, series)))) is not { } duck)
                return;
            else if (target is { } atMost)
                report.Compared(what, ours, DuckPeer.Name, duck, "B", atMost, higherIsBetter: false);
            else
                report.Note($"{what}: {ours:0.###} B, {DuckPeer.Name} {duck:0.###} B, ratio {ours / duck:0.###}");
        }
    }

    private static IEnumerable<(string Name, IReadOnlyList<(long[] Times, double[] Values)> Series)> Variants(int series, int points)
    {
        var steady = new long[points];
        G1.FillTimes(steady);
        yield return ("times jittered by 2 s", Make(G1.Fill, jittered: true));
        yield return ("32-bit noise", Make(G1.FillFloat, jittered: false));
        yield return ("52-bit noise", Make(G1.FillExact, jittered: false));

        IReadOnlyList<(long[] Times, double[] Values)> Make(FillValues fill, bool jittered) => [.. Enumerable.Range(0, series).Select(number =>
        {
            var values = new double[points];
            fill(number, values);
            var times = jittered ? new long[points] : steady;
            if (jittered)
                G1.FillJitteredTimes(number, times);
            return (times, values);
        })];
    }

    private delegate void FillValues(int series, Span<double> values);

    private static void Against(Report report, string goal, EngineFigures ours, EngineFigures? peer, Func<EngineFigures, double?> select, string unit, double target, bool higherIsBetter = true)
    {
        if (peer is not null && select(ours) is { } measured && select(peer) is { } peers)
            report.Compared(goal, measured, peer.Name, peers, unit, target, higherIsBetter);
    }

    private static string Told(EngineFigures engine)
    {
        var parts = new List<string>();
        Add("text", engine.TextPerSecond, "points/s");
        Add("text", engine.TextPerCpuSecond, "points per CPU-s");
        Add("bulk", engine.BulkPerSecond, "points/s");
        Add("on disk", engine.BytesPerPoint, "B a point");
        Add("resampling", engine.ResamplePerSecond, "points/s");
        Add("resampling", engine.ResamplePerCpuSecond, "points per CPU-s");
        Add("as-of join", engine.AsOfSeconds, "s");
        if (engine.LookUp is { } lookUp)
            parts.Add($"look-up {lookUp}");
        return $"{engine.Name}: {string.Join("; ", parts)}";

        void Add(string what, double? figure, string unit)
        {
            if (figure is { } known)
                parts.Add($"{what} {Report.Shown(known)} {unit}");
        }
    }

    /// <summary>Runs one engine in a folder of its own; null, with a note, when it is not here.</summary>
    private static async Task<T?> Try<T>(Report report, string name, Func<string, Task<T>> run)
    {
        var folder = Directory.CreateTempSubdirectory("dure-peer-").FullName;
        Console.Error.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss} {name}");
        try
        {
            return await run(folder);
        }
        catch (PeerMissingException missing)
        {
            report.Note($"{missing.Message}; what is compared with {name} is left out");
            return default;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
