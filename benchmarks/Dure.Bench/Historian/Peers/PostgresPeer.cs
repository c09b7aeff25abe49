using System.Diagnostics;

namespace Dure.Bench.Historian.Peers;

/// <summary>PostgreSQL 15 as it is durable by default: COPY into a table with a primary key of series and time.</summary>
internal static class PostgresPeer
{
    public const string Name = "PostgreSQL 15";
    private const string Programs = "usr/lib/postgresql/15/bin/";
    private const string User = "nobody"; // it refuses to run as root

    public static async Task<EngineFigures> Measured(Scale scale, string folder)
    {
        var packages = await PeerPackages.Fetch("postgresql", Programs + "postgres", "postgresql-15", "postgresql-client-15", "libpq5");
        var port = PeerProcess.FreePort();
        var data = Directory.CreateDirectory(Path.Combine(folder, "postgres")).FullName;
        string[] asUser = [];
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
            await packages.Run(folder, "chown", User, data);
            asUser = ["setpriv", "--reuid", User, "--regid", "nogroup", "--clear-groups"];
        }
        string[] initialise = [.. asUser, packages.Program(Programs + "initdb"), "-D", data + "/d", "-U", "bench", "-A", "trust", "--no-locale", "-E", "UTF8"];
        await packages.Run("/", initialise[0], initialise[1..]);
        string[] serve = [.. asUser, packages.Program(Programs + "postgres"), "-D", data + "/d", .. Settings($"port={port}", "listen_addresses=127.0.0.1",
            "unix_socket_directories=", "shared_buffers=1GB", "max_wal_size=8GB", "jit=off")];
        using var server = await PeerProcess.Start(Name, packages, port, serve[0], serve[1..]);
        return await Ask(scale, folder, packages, port);
    }

    private static async Task<EngineFigures> Ask(Scale scale, string folder, PeerPackages packages, int port)
    {
        string[] connection = ["-h", "127.0.0.1", "-p", $"{port}", "-U", "bench", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-X", "-q", "-A", "-t"];
        Task<string> Sql(string text) => packages.Run(folder, packages.Program(Programs + "psql"), [.. connection, "-c", text]);
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            try
            {
                await Sql("SELECT 1");
                break;
            }
            catch (PeerMissingException) when (clock.Elapsed < TimeSpan.FromSeconds(20))
            {
                // It listens before it answers.
            }
        }
        var csv = Path.Combine(folder, "points.csv");
        await File.WriteAllBytesAsync(csv, TextBodies.Csv(scale.SlowPoints));
        var seconds = new double[scale.Runs];
        for (var run = 0; run < scale.Runs; run++)
        {
            await Sql("DROP TABLE IF EXISTS p");
            await Sql("CREATE TABLE p (s integer, t timestamptz, v double precision, PRIMARY KEY (s, t))");
            seconds[run] = await Measure.Seconds(() => Sql($"\\copy p FROM '{csv}' CSV"));
        }
        var bytes = double.Parse(await Sql("SELECT pg_total_relation_size('p')"));
        await Sql("VACUUM ANALYZE p");
        var expected = G1.Minutes(G1.AllSeries, scale.SlowPoints / G1.AllSeries);
        var resample = await Measure.Median(scale.Runs, async _ => Measure.Expect(Name, "sum of minute means", double.Parse(await Sql(
            "SET max_parallel_workers_per_gather = 0; SELECT sum(m) FROM (SELECT avg(v) AS m FROM p GROUP BY s, date_trunc('minute', t)) x")), expected));
        File.Delete(csv);
        return new EngineFigures(Name)
        {
            TextPerSecond = scale.SlowPoints / Report.Median(seconds),
            BytesPerPoint = bytes / scale.SlowPoints,
            ResamplePerSecond = scale.SlowPoints / resample,
            LookUp = await LookUps(scale, packages, connection),
        };
    }

    /// <summary>One session, a prepared statement.</summary>
    private static async Task<Latency> LookUps(Scale scale, PeerPackages packages, string[] connection)
    {
        var start = new ProcessStartInfo(packages.Program(Programs + "psql"), connection) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["LD_LIBRARY_PATH"] = packages.Libraries;
        using var session = Process.Start(start)!;
        await session.StandardInput.WriteLineAsync("PREPARE q (integer, bigint) AS SELECT v FROM p WHERE s = $1 AND t <= to_timestamp($2) ORDER BY t DESC LIMIT 1;");
        var (which, when) = G1.Events(scale.LookUps, G1.AllSeries, scale.SlowPoints / G1.AllSeries);
        var latency = await Measure.Each(which.Length, async i =>
        {
            await session.StandardInput.WriteLineAsync($"EXECUTE q({which[i]}, {when[i] / G1.SecondMicros});");
            await session.StandardInput.FlushAsync();
            await session.StandardOutput.ReadLineAsync();
        });
        session.StandardInput.Close();
        await session.WaitForExitAsync();
        return latency;
    }

    private static IEnumerable<string> Settings(params string[] settings) => settings.SelectMany(setting => (string[])["-c", setting]);
}
