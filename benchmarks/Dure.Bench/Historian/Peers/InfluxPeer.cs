using System.Globalization;
using System.Text.Json.Nodes;

namespace Dure.Bench.Historian.Peers;

/// <summary>InfluxDB 1.6 with its time series index: line protocol over HTTP on two connections.</summary>
internal static class InfluxPeer
{
    public const string Name = "InfluxDB 1.6";
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(40);

    public static async Task<EngineFigures> Measured(Scale scale, string folder)
    {
        var packages = await PeerPackages.Fetch("influxdb", "usr/bin/influxd", "influxdb");
        var (port, backup) = (PeerProcess.FreePort(), PeerProcess.FreePort());
        var config = Path.Combine(folder, "influx.conf");
        await File.WriteAllTextAsync(config, Config(folder, port, backup));
        using var server = await PeerProcess.Start(Name, packages, port, packages.Program("usr/bin/influxd"), "-config", config);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(5) };

        var bodies = TextBodies.Lines(scale.SlowPoints, TextBodies.Senders);
        var points = scale.SlowPoints;
        var seconds = new double[scale.Runs];
        for (var run = 0; run < scale.Runs; run++)
        {
            await Query(client, "", $"CREATE DATABASE g{run}");
            seconds[run] = await Measure.Seconds(() => LineClient.Send(client, $"write?db=g{run}", bodies));
        }
        var cpuSeconds = server.CpuSeconds;
        var last = $"g{scale.Runs - 1}";
        var bytes = await Compacted(Path.Combine(folder, "influx", "data", last, "autogen"));
        var range = $"time >= {G1.FirstSecond}s AND time < {G1.FirstSecond + scale.SlowPoints / G1.AllSeries}s";
        var expected = G1.Minutes(G1.AllSeries, scale.SlowPoints / G1.AllSeries);
        var resample = await Measure.Median(scale.Runs, async _ =>
        {
            var answer = await Query(client, last, $"SELECT mean(v) FROM g1 WHERE {range} GROUP BY s, time(1m)");
            var sum = answer["results"]![0]!["series"]!.AsArray().Sum(series => series!["values"]!.AsArray().Sum(row => row![1]?.GetValue<double>() ?? 0));
            Measure.Expect(Name, "sum of minute means", sum, expected);
        });
        var (which, when) = G1.Events(scale.LookUps / 4, G1.AllSeries, scale.SlowPoints / G1.AllSeries);
        var lookUp = await Measure.Each(which.Length, i =>
            Query(client, last, string.Create(CultureInfo.InvariantCulture, $"SELECT last(v) FROM g1 WHERE s='{which[i]}' AND time <= {when[i] * 1000}")));
        return new EngineFigures(Name)
        {
            TextPerSecond = points / Report.Median(seconds),
            TextPerCpuSecond = (double)points * scale.Runs / cpuSeconds,
            BytesPerPoint = (double)bytes / points,
            ResamplePerSecond = points / resample,
            LookUp = lookUp,
        };
    }

    private static async Task<JsonNode> Query(HttpClient client, string database, string query)
    {
        using var content = new FormUrlEncodedContent([KeyValuePair.Create("q", query)]);
        using var response = await client.PostAsync($"query?db={database}&epoch=s", content);
        response.EnsureSuccessStatusCode();
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }

    /// <summary>Bytes once its compaction has come to rest.</summary>
    private static async Task<long> Compacted(string folder)
    {
        var bytes = Measure.BytesUnder(folder);
        var quiet = TimeSpan.Zero;
        for (var waited = TimeSpan.Zero; quiet < Settled && waited < LongestSettling; waited += TimeSpan.FromSeconds(1))
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            var now = Measure.BytesUnder(folder);
            quiet = now == bytes ? quiet + TimeSpan.FromSeconds(1) : TimeSpan.Zero;
            bytes = now;
        }
        return bytes;
    }

    private static string Config(string folder, int port, int backup) => $"""
        reporting-disabled = true
        bind-address = "127.0.0.1:{backup}"
        [meta]
        dir = "{folder}/influx/meta"
        [data]
        dir = "{folder}/influx/data"
        wal-dir = "{folder}/influx/wal"
        index-version = "tsi1"
        cache-max-memory-size = "2g"
        cache-snapshot-write-cold-duration = "1s"
        compact-full-write-cold-duration = "2s"
        [http]
        bind-address = "127.0.0.1:{port}"
        log-enabled = false
        max-row-limit = 0
        """;
}
