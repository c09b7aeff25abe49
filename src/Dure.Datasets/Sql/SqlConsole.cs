using System.Globalization;
using System.Text.RegularExpressions;
using Dure.Historian;
using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>
/// Answers one SELECT over dataset versions and series. Each version is a view (<c>dataset_NAME</c> the newest,
/// <c>dataset_NAME_vN</c> a certain one; '-' in a name becomes '_'), each series a table function:
/// <c>series('site/machine/signal', since := TIMESTAMP '…', until := TIMESTAMP '…')</c> with columns time, value and quality; the range may
/// be left out. Series are read while the statement runs, block by block.
/// </summary>
/// <remarks>
/// Every question runs in a database of its own, in memory, that may read the Parquet files it names and nothing else: no other
/// file, no network, no extension, no setting.
/// </remarks>
public sealed partial class SqlConsole
{
    private const string ViewPrefix = "dataset_";
    private const int MaxSqlLength = 100_000;
    private const int RowsPerStretch = 1024;
    private static readonly TimeSpan InterruptAgain = TimeSpan.FromMilliseconds(100);

    private readonly DatasetCatalog catalog;
    private readonly ISeriesSource source;
    private readonly TimeProvider time;

    public SqlConsole(DatasetCatalog catalog, PlantHistorian historian, TimeProvider time) : this(catalog, new HistorianSource(historian), time)
    {
    }

    public SqlConsole(DatasetCatalog catalog, ISeriesSource source, TimeProvider time) =>
        (this.catalog, this.source, this.time) = (catalog, source, time);

    /// <summary>The views there are, with the version each shows.</summary>
    public IReadOnlyList<(string View, DatasetVersion Version)> Views =>
        [.. catalog.Versions.GroupBy(version => version.Name, StringComparer.Ordinal).SelectMany(ViewsOf)];

    /// <summary>Throws a problem with DuckDB's own words when the statement is wrong, and another when it is no single SELECT or takes too long.</summary>
    public Task<SqlAnswer> Ask(string sql, SqlLimits limits, CancellationToken cancel)
    {
        if (sql.Length > MaxSqlLength)
            throw new ProblemException("urn:dure:datasets:sql-too-long", $"The statement has {sql.Length} characters; {MaxSqlLength} are allowed.", "SQL", "Shorten it.");
        // DuckDB's strptime reads behind the end of some texts and takes the whole process with it; the others would hide it from sight.
        if (Unsafe().Match(sql) is { Success: true } found)
            throw new ProblemException("urn:dure:datasets:sql-unsafe-function", $"The function '{found.Groups["name"].Value}' cannot be used here.", "SQL", "Write TRY_CAST(text AS TIMESTAMP) to read times, and name views and series directly.");
        return Task.Run(() => AskHere(sql, limits, cancel), cancel);
    }

    private async Task<SqlAnswer> AskHere(string sql, SqlLimits limits, CancellationToken cancel)
    {
        using var db = DuckDb.Open(null, new DuckDbLimits { MemoryBytes = limits.MemoryBytes });
        using var series = db.AddSeries("series", (path, since, until) => Series(path, since, until, cancel));
        BindViews(db, sql);

        var isLate = false;
        // Again and again: an interrupt that falls between two steps of a statement is lost.
        await using var clock = time.CreateTimer(_ =>
        {
            isLate = true;
            db.Interrupt();
        }, null, limits.Time, InterruptAgain);
        using var stop = cancel.Register(() => clock.Change(TimeSpan.Zero, InterruptAgain));
        try
        {
            using var result = db.Select(sql);
            return Collect(result, limits, () => isLate);
        }
        catch (ProblemException) when (series.Fault is ProblemException fault)
        {
            throw new ProblemException(fault.Problem.Type, fault.Problem.What, fault.Problem.Where, fault.Problem.Mend, fault);
        }
        catch (ProblemException) when (isLate)
        {
            cancel.ThrowIfCancellationRequested();
            throw new ProblemException("urn:dure:datasets:sql-too-long-running", $"The statement took longer than {limits.Time.TotalSeconds:0.###} s and was stopped.", "SQL",
                "Ask for fewer rows or a shorter time, or raise the limit.");
        }
    }

    private static SqlAnswer Collect(DuckDbResult result, SqlLimits limits, Func<bool> isLate)
    {
        var columns = result.Columns.Select(column => new SqlColumn(column.Name, column.Type.ToString().ToUpperInvariant())).ToList();
        var rows = new List<IReadOnlyList<object?>>();
        var text = 0L;
        while (result.Read(out var chunk))
        {
            using (chunk)
                for (var row = 0; row < chunk.Rows; row++)
                {
                    for (var column = 0; column < columns.Count; column++)
                        text += chunk.TextBytes(column, row);
                    if (rows.Count == limits.Rows || text > limits.TextBytes)
                        return new SqlAnswer(columns, rows, IsCut: true);
                    var cells = new object?[columns.Count];
                    for (var column = 0; column < cells.Length; column++)
                        cells[column] = chunk.Value(column, row);
                    rows.Add(cells);
                }
            if (isLate())
                throw new ProblemException("urn:dure:native:duckdb-interrupted", "The statement was stopped.", "SQL", "Ask for less.");
        }
        return new SqlAnswer(columns, rows, IsCut: false);
    }

    /// <summary>Makes the views that the statement may mean, then shuts the door.</summary>
    private void BindViews(DuckDb db, string sql)
    {
        var readable = new List<string>();
        foreach (var (view, version) in Views)
        {
            if (!sql.Contains(view, StringComparison.OrdinalIgnoreCase))
                continue;
            var path = Path.GetFullPath(catalog.ParquetPath(version));
            db.Execute($"CREATE VIEW {DuckDb.Identifier(view)} AS SELECT * FROM read_parquet({DuckDb.Quoted(path)})");
            readable.Add(path);
        }
        db.Confine(readable);
    }

    private IEnumerable<DuckDbSeriesRows> Series(string path, long? since, long? until, CancellationToken cancel)
    {
        var signal = SignalId.Parse(path);
        if (source.Find(signal) is null)
            throw new ProblemException("urn:dure:datasets:unknown-signal", $"There is no signal {signal}.", "SQL, series(…)", "Write the path as the signals page shows it.");
        var (start, end) = (TimeOf(since) ?? DateTimeOffset.MinValue, TimeOf(until) ?? DateTimeOffset.MaxValue);
        return start <= end ? Rows(signal, new TimeRange(start, end), cancel) : throw BadRange("The range ends before it begins.");
    }

    private IEnumerable<DuckDbSeriesRows> Rows(SignalId signal, TimeRange range, CancellationToken cancel)
    {
        // DuckDB asks on its own thread and waits for the rows; so does this.
        var parts = source.Read(signal, range, cancel).GetAsyncEnumerator(cancel);
        try
        {
            while (parts.MoveNextAsync().AsTask().GetAwaiter().GetResult())
            {
                for (var at = 0; at < parts.Current.TimesMicros.Length; at += RowsPerStretch)
                {
                    var end = Math.Min(parts.Current.TimesMicros.Length, at + RowsPerStretch);
                    yield return new DuckDbSeriesRows(parts.Current.TimesMicros[at..end], parts.Current.Values[at..end], Array.ConvertAll(parts.Current.Qualities[at..end].ToArray(), quality => (byte)quality));
                }
            }
        }
        finally
        {
            parts.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static DateTimeOffset? TimeOf(long? micros) => micros is not { } known ? null
        : known is > -62_135_596_800_000_000 and < 253_402_300_800_000_000 ? Micros.Time(known)
        : throw BadRange($"{known} µs is no time.");

    private static ProblemException BadRange(string what) =>
        new("urn:dure:datasets:bad-range", what, "SQL, series(…)", "Give since and until as TIMESTAMP '2026-01-31 12:00:00', since before until.");

    private static IEnumerable<(string View, DatasetVersion Version)> ViewsOf(IGrouping<string, DatasetVersion> versions)
    {
        var view = ViewPrefix + versions.Key.Replace('-', '_');
        yield return (view, versions.Last());
        foreach (var version in versions)
            yield return (string.Create(CultureInfo.InvariantCulture, $"{view}_v{version.Number}"), version);
    }

    [GeneratedRegex(@"(?<name>(try_)?strptime|json_execute_serialized_sql)|\b(?<name>query|query_table)""?(\s|/\*.*?\*/|--[^\n]*\n)*\(", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Unsafe();
}
