using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Dure.Bench.Historian.Peers;

/// <summary>ClickHouse 18.16 over HTTP: MergeTree ordered by series and time, LZ4. It acknowledges before the disk has the rows.</summary>
internal static class ClickHousePeer
{
    public const string Name = "ClickHouse 18.16";

    private static readonly string[] Packages =
    [
        "clickhouse-server", "clickhouse-client", "clickhouse-common", "libboost-filesystem1.74.0", "libboost-program-options1.74.0", "libcapnp-0.9.2",
        "libcctz2", "libcpuinfo0", "libdouble-conversion3", "libfarmhash0", "libjemalloc2", "libltdl7", "libmariadb3", "libmetrohash1", "libodbc2",
        "libpococrypto80", "libpocodata80", "libpocodataodbc80", "libpocofoundation80", "libpocojson80", "libpocomongodb80", "libpoconet80",
        "libpoconetssl80", "libpocoutil80", "libpocoxml80", "librdkafka1", "libre2-9",
    ];

    public static async Task<EngineFigures> Measured(Scale scale, string folder)
    {
        var packages = await PeerPackages.Fetch("clickhouse", "usr/sbin/clickhouse-server", Packages);
        var (http, tcp) = (PeerProcess.FreePort(), PeerProcess.FreePort());
        var config = await Configure(folder, http, tcp);
        using var server = await PeerProcess.Start(Name, packages, http, packages.Program("usr/sbin/clickhouse-server"), "--config-file", config);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}"), Timeout = TimeSpan.FromMinutes(10) };

        var csv = TextBodies.Csv(scale.TextPoints);
        var seconds = new double[scale.Runs];
        for (var run = 0; run < scale.Runs; run++)
        {
            await Table(client, "p");
            using var content = new ByteArrayContent(csv);
            seconds[run] = await Measure.Seconds(() => Insert(client, "p", "CSV", content));
        }
        var cpuSeconds = server.CpuSeconds;
        await Ask(client, "OPTIMIZE TABLE p FINAL");
        var bytes = double.Parse(await Ask(client, "SELECT sum(bytes) FROM system.parts WHERE active AND table = 'p'"), CultureInfo.InvariantCulture);

        await Table(client, "big");
        using (var all = new AllPoints(scale))
            await Insert(client, "big", "RowBinary", all);
        var expected = G1.Minutes(scale.Series, scale.Points);
        var cpuBefore = server.CpuSeconds;
        var resample = await Measure.Median(scale.Runs, async _ =>
        {
            var sum = await Ask(client, "SELECT sum(m) FROM (SELECT avg(v) AS m FROM big GROUP BY s, toStartOfMinute(t)) SETTINGS max_threads = 1");
            Measure.Expect(Name, "sum of minute means", double.Parse(sum, CultureInfo.InvariantCulture), expected);
        });
        var cpuPerRun = (server.CpuSeconds - cpuBefore) / scale.Runs;
        var (which, when) = G1.Events(scale.LookUps / 4, scale.Series, scale.Points);
        var lookUp = await Measure.Each(which.Length, i => Ask(client, $"SELECT v FROM big WHERE s = {which[i]} AND t = {when[i] / G1.SecondMicros}"));
        return new EngineFigures(Name)
        {
            TextPerSecond = scale.TextPoints / Report.Median(seconds),
            TextPerCpuSecond = (double)scale.TextPoints * scale.Runs / cpuSeconds,
            BytesPerPoint = bytes / scale.TextPoints,
            ResamplePerSecond = scale.AllPoints / resample,
            ResamplePerCpuSecond = scale.AllPoints / cpuPerRun,
            LookUp = lookUp,
        };
    }

    private static async Task Table(HttpClient client, string table)
    {
        await Ask(client, $"DROP TABLE IF EXISTS {table}");
        await Ask(client, $"CREATE TABLE {table} (s UInt32, t DateTime, v Float64) ENGINE = MergeTree() PARTITION BY tuple() ORDER BY (s, t)");
    }

    private static async Task Insert(HttpClient client, string table, string format, HttpContent content)
    {
        using var response = await client.PostAsync($"?query=INSERT+INTO+{table}+FORMAT+{format}", content);
        await Answer(response);
    }

    private static async Task<string> Ask(HttpClient client, string query)
    {
        using var content = new StringContent(query);
        using var response = await client.PostAsync("", content);
        return await Answer(response);
    }

    private static async Task<string> Answer(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? text : throw new InvalidOperationException($"{Name}: {text}");
    }

    private static async Task<string> Configure(string folder, int http, int tcp)
    {
        var path = Path.Combine(folder, "clickhouse");
        Directory.CreateDirectory(Path.Combine(path, "tmp"));
        await File.WriteAllTextAsync(Path.Combine(folder, "users.xml"), """
            <yandex>
              <profiles><default><max_memory_usage>6000000000</max_memory_usage></default></profiles>
              <users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
              <quotas><default></default></quotas>
            </yandex>
            """);
        var config = Path.Combine(folder, "clickhouse.xml");
        await File.WriteAllTextAsync(config, $"""
            <yandex>
              <logger><level>warning</level><log>{folder}/clickhouse.log</log><errorlog>{folder}/clickhouse.errors</errorlog></logger>
              <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host><timezone>UTC</timezone>
              <path>{path}/</path><tmp_path>{path}/tmp/</tmp_path><users_config>{folder}/users.xml</users_config>
              <mark_cache_size>1073741824</mark_cache_size><default_profile>default</default_profile><default_database>default</default_database>
            </yandex>
            """);
        return config;
    }

    /// <summary>All points, series by series, made while they are sent.</summary>
    private sealed class AllPoints(Scale scale) : HttpContent
    {
        private const int Row = 16;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var values = new double[scale.Points];
            var rows = new byte[scale.Points * Row];
            for (var series = 0; series < scale.Series; series++)
            {
                G1.Fill(series, values);
                for (var i = 0; i < values.Length; i++)
                {
                    var row = rows.AsSpan(i * Row, Row);
                    BinaryPrimitives.WriteInt32LittleEndian(row, series);
                    BinaryPrimitives.WriteUInt32LittleEndian(row[4..], (uint)(G1.FirstSecond + i));
                    BinaryPrimitives.WriteDoubleLittleEndian(row[8..], values[i]);
                }
                await stream.WriteAsync(rows);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = scale.AllPoints * Row;
            return true;
        }
    }
}
