using Dure.Native;

namespace Dure.Bench.Historian.Peers;

/// <summary>DuckDB in this process, one thread, a file: rows by its appender in data chunks, series after series, which is its best order.</summary>
internal sealed class DuckPeer : IDisposable
{
    public const string Name = "DuckDB 1.5";
    private const int PointsPerWrite = 100_000;
    private static readonly DuckDbType[] Columns = [DuckDbType.BigInt, DuckDbType.Timestamp, DuckDbType.Double];

    private readonly string path;
    private readonly DuckDb db;

    private DuckPeer(string path, DuckDb db) => (this.path, this.db) = (path, db);

    public long FileBytes => new FileInfo(path).Length;

    public static DuckPeer Open(string folder)
    {
        var path = Path.Combine(folder, $"duck-{Guid.NewGuid():N}.db");
        return DuckDb.TryOpen(path, new DuckDbLimits { MemoryBytes = 6L << 30, Threads = 1, TempFolder = folder }, out var db, out var whyNot)
            ? new DuckPeer(path, db)
            : throw new PeerMissingException(Name, whyNot);
    }

    public static EngineFigures Measured(Scale scale, string folder)
    {
        var rates = new double[scale.Runs];
        for (var run = 0; run < scale.Runs; run++)
        {
            using var small = Open(folder);
            rates[run] = (double)scale.BulkSeries * scale.Points / small.Load(scale.BulkSeries, scale.Points);
        }
        using var duck = Open(folder);
        duck.Load(scale.Series, scale.Points);
        var expected = G1.Minutes(scale.Series, scale.Points);
        var cpuSeconds = Environment.CpuUsage.TotalTime.TotalSeconds;
        var resample = Measure.Median(scale.Runs, () => Measure.Expect(Name, "sum of minute means", duck.Number(
            "SELECT sum(m) FROM (SELECT avg(v) AS m FROM p GROUP BY s, time_bucket(INTERVAL 1 MINUTE, t))"), expected));
        var cpuPerRun = (Environment.CpuUsage.TotalTime.TotalSeconds - cpuSeconds) / scale.Runs;
        var bytes = (double)duck.FileBytes / scale.AllPoints;
        var (which, when) = G1.Events(scale.Events, scale.Series, scale.Points);
        duck.LoadEvents(which, when);
        var joined = 0.0;
        var join = Measure.Median(scale.Runs, () => joined = duck.Number("SELECT sum(p.v) FROM e ASOF JOIN p ON e.s = p.s AND e.t >= p.t"));
        var lookUp = Measure.Each(scale.LookUps, i => duck.Number("SELECT sum(v) FROM p WHERE s = ? AND t = ?", (long)which[i],
            DateTimeOffset.UnixEpoch.AddTicks(when[i] / G1.SecondMicros * TimeSpan.TicksPerSecond)));
        return new EngineFigures(Name)
        {
            BulkPerSecond = Report.Median(rates),
            BytesPerPoint = bytes,
            ResamplePerSecond = scale.AllPoints / resample,
            ResamplePerCpuSecond = scale.AllPoints / cpuPerRun,
            AsOfSeconds = join,
            AsOfSum = joined,
            LookUp = lookUp,
        };
    }

    /// <summary>Bytes per point of the series given.</summary>
    public static double BytesPerPointOf(string folder, IEnumerable<(long[] Times, double[] Values)> series)
    {
        using var duck = Open(folder);
        duck.db.Execute("CREATE TABLE p (s BIGINT, t TIMESTAMP, v DOUBLE)");
        var (number, points) = (0L, 0L);
        using (var appender = duck.db.Append("p", Columns))
        {
            foreach (var (times, values) in series)
            {
                appender.Write(times.Length, DuckDbColumn.Of(Same(number++, times.Length)), DuckDbColumn.Timestamps(times), DuckDbColumn.Of(values, nanIsNull: false));
                points += times.Length;
            }
            appender.Complete();
        }
        duck.db.Execute("CHECKPOINT");
        return (double)duck.FileBytes / points;
    }

    public double Number(string sql, params ReadOnlySpan<object?> parameters)
    {
        using var result = db.Query(sql, parameters);
        var number = double.NaN;
        while (result.Read(out var chunk))
            using (chunk)
                number = chunk.IsValid(0, 0) ? chunk.Doubles(0)[0] : number;
        return number;
    }

    public void Dispose()
    {
        db.Dispose();
        File.Delete(path);
        File.Delete(path + ".wal");
    }

    /// <summary>Loads series after series and checkpoints; the seconds it took without making the points.</summary>
    private double Load(int series, int points)
    {
        db.Execute("CREATE TABLE p (s BIGINT, t TIMESTAMP, v DOUBLE)");
        var seconds = 0.0;
        var (times, values) = (new long[points], new double[points]);
        G1.FillTimes(times);
        using (var appender = db.Append("p", Columns))
        {
            for (var i = 0; i < series; i++)
            {
                G1.Fill(i, values);
                var numbers = Same(i, points);
                seconds += Measure.Seconds(() => appender.Write(points, DuckDbColumn.Of(numbers), DuckDbColumn.Timestamps(times), DuckDbColumn.Of(values, nanIsNull: false)));
            }
            seconds += Measure.Seconds(appender.Complete);
        }
        return seconds + Measure.Seconds(() => db.Execute("CHECKPOINT"));
    }

    private void LoadEvents(int[] which, long[] when)
    {
        db.Execute("CREATE TABLE e (s BIGINT, t TIMESTAMP)");
        using var appender = db.Append("e", DuckDbType.BigInt, DuckDbType.Timestamp);
        appender.Write(which.Length, DuckDbColumn.Of(Array.ConvertAll(which, Convert.ToInt64)), DuckDbColumn.Timestamps(when));
        appender.Complete();
    }

    private static long[] Same(long number, int count)
    {
        var numbers = new long[count];
        Array.Fill(numbers, number);
        return numbers;
    }
}
