using Dure.Historian;
using Dure.Historian.Watching;
using Dure.Kernel;
using Dure.Native;

namespace Dure.Bench.Historian;

/// <summary>
/// The data-quality scan: all detectors over series that lie in memory, on one thread, beside DuckDB finding only the gaps with
/// <c>lag</c>, the way it is done in SQL.
/// </summary>
internal static class QualityBenchmark
{
    private const double TargetMillionsPerSecond = 100;
    private const int Runs = 5;
    private const int LiveSignals = 2000;

    private delegate void Fill(int series, Span<long> times, Span<double> values);

    private delegate void FillValues(int series, Span<double> values);

    private sealed record Column(long[] Times, double[] Values);

    public static Task<Report> Run(bool isQuick)
    {
        var (series, points) = isQuick ? (20, 20_000) : (100, 100_000);
        var report = new Report("quality");
        G1.Check();
        report.Note("Rates are points per second of processor time.");
        Scan(report, "regular times, three decimals (G1)", series, points, Regular(G1.Fill), isGoal: true);
        Scan(report, "regular times, values of full precision", series, points, Regular(G1.FillExact), isGoal: false);
        Scan(report, "times moved by up to 2 s, three decimals", series, points, (number, times, values) =>
        {
            G1.FillJitteredTimes(number, times);
            G1.Fill(number, values);
        }, isGoal: false);
        Scan(report, "regular times, an outlier every 1,000 and a gap every 5,000 points", series, points, Faulty, isGoal: false);
        Live(report, isQuick ? 100 : 600);
        Gaps(report, series / 2, points);
        report.Note($"A watch at rest holds {SignalWatch.StateBytes:N0} bytes; findings come on top, at most 32 of 48 bytes.");
        return Task.FromResult(report);
    }

    private static Fill Regular(FillValues fill) => (number, times, values) =>
    {
        G1.FillTimes(times);
        fill(number, values);
    };

    private static void Faulty(int number, Span<long> times, Span<double> values)
    {
        Regular(G1.Fill)(number, times, values);
        for (var i = 1000; i < values.Length; i += 1000)
            values[i] += 20;
        for (var i = 0; i < times.Length; i++)
            times[i] += i / 5000 * 60 * G1.SecondMicros;
    }

    private static void Scan(Report report, string what, int series, int points, Fill fill, bool isGoal)
    {
        var columns = Columns(series, points, fill);
        var qualities = new Quality[points];
        var findings = 0L;
        var seconds = Measure.MedianOfProcessor(Runs, () =>
        {
            findings = 0;
            foreach (var column in columns)
            {
                var watch = new SignalWatch(new WatchLimits(0, 1000));
                watch.Observe(column.Times, column.Values, qualities, 0);
                findings += watch.Snapshot().CountsByKind.Sum();
            }
        });
        var millions = (long)series * points / seconds / 1e6;
        if (isGoal)
            report.Goal($"data-quality scan, all detectors, one thread, {what}", millions, "M points/s", TargetMillionsPerSecond);
        else
            report.Note($"{what}: {millions:N0} M points/s");
        report.Note($"{what}: {findings:N0} findings");
    }

    /// <summary>Row by row over many signals, as live sources bring them.</summary>
    private static void Live(Report report, int rows)
    {
        var columns = Columns(LiveSignals, rows, Regular(G1.Fill));
        var qualities = new Quality[1];
        var definition = new SignalDefinition(SignalId.Parse("bench/signal"), Unit.Parse("bar"), Low: 0, High: 1000);
        var seconds = Measure.MedianOfProcessor(3, () =>
        {
            var plant = new PlantWatch();
            for (var row = 0; row < rows; row++)
            {
                for (var number = 0; number < LiveSignals; number++)
                {
                    var column = columns[number];
                    plant.Observe(number, definition, column.Times.AsSpan(row, 1), column.Values.AsSpan(row, 1), qualities, column.Times[row] + 50_000);
                }
            }
        });
        report.Note($"row by row, {LiveSignals:N0} signals in turn, with arrival times: {(long)LiveSignals * rows / seconds / 1e6:N1} M points/s");
    }

    private static void Gaps(Report report, int series, int points)
    {
        if (!DuckDb.TryOpen(null, new DuckDbLimits(), out var db, out var whyNot))
        {
            report.Note($"DuckDB is not here: {whyNot}");
            return;
        }
        using (db)
        {
            db.Execute("SET threads = 1");
            db.Execute($"CREATE TABLE p AS SELECT s::INTEGER AS s, {G1.FirstMicros} + i * 1000000 AS t, random() AS v FROM range({series}) a(s), range({points}) b(i) ORDER BY s, i");
            var seconds = Measure.MedianOfProcessor(3, () => db.Execute(
                "SELECT count(*) FROM (SELECT t - lag(t) OVER (PARTITION BY s ORDER BY t) AS d FROM p) WHERE d > 3000000"));
            report.Note($"DuckDB, gaps alone by lag(), one thread, in memory: {(long)series * points / seconds / 1e6:N1} M points/s");
        }
    }

    private static Column[] Columns(int series, int points, Fill fill) => [.. Enumerable.Range(0, series).Select(number =>
    {
        var column = new Column(new long[points], new double[points]);
        fill(number, column.Times, column.Values);
        return column;
    })];
}
