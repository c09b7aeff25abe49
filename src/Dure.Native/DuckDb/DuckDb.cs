using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Dure.Kernel;

namespace Dure.Native;

/// <summary>
/// An embedded DuckDB database with one connection, for one thread at a time. In memory unless a path is given.
/// Statements run one after the other; a result must be disposed before the next statement.
/// </summary>
public sealed unsafe class DuckDb : IDisposable
{
    private const string Area = "urn:dure:native:duckdb";
    private readonly DatabaseHandle database;
    private readonly ConnectionHandle connection;
    private readonly string where;

    private DuckDb(DatabaseHandle database, ConnectionHandle connection, string where) =>
        (this.database, this.connection, this.where) = (database, connection, where);

    /// <summary>False, with the reason and the way to install, when the library is not here; throws when the database cannot be opened.</summary>
    public static bool TryOpen(string? path, DuckDbLimits limits, out DuckDb db, out string whyNot)
    {
        db = null!; // the caller may not look at it when the answer is no
        if (!DuckDbLibrary.IsHere(out whyNot))
            return false;
        db = OpenLoaded(path, limits);
        return true;
    }

    /// <summary>For callers that cannot go on without: throws a problem that says how to install the library when it is not here.</summary>
    public static DuckDb Open(string? path, DuckDbLimits limits) => TryOpen(path, limits, out var db, out var whyNot)
        ? db
        : throw new ProblemException("urn:dure:native:not-here", whyNot, "DuckDB", "Then start again.");

    /// <summary>Runs one statement to its end.</summary>
    public void Execute(string sql, params ReadOnlySpan<object?> parameters)
    {
        using var result = Query(sql, parameters);
        while (result.Read(out var chunk))
            chunk.Dispose();
    }

    /// <summary>Starts one statement; rows stream in chunks as they are read.</summary>
    public DuckDbResult Query(string sql, params ReadOnlySpan<object?> parameters) => Query(sql, onlySelect: false, parameters);

    /// <summary>As <see cref="Query(string, ReadOnlySpan{object?})"/>, and refuses everything that is not a single SELECT.</summary>
    public DuckDbResult Select(string sql, params ReadOnlySpan<object?> parameters) => Query(sql, onlySelect: true, parameters);

    /// <summary>A bulk writer into a table, column by column.</summary>
    public DuckDbAppender Append(string table, params ReadOnlySpan<DuckDbType> types)
    {
        var failed = DuckDbApi.duckdb_appender_create(connection, null, table, out var appender) != 0;
        if (!failed)
            return new DuckDbAppender(appender, table, types);
        var what = Text(DuckDbApi.duckdb_appender_error(appender)) ?? "The appender could not be made.";
        appender.Dispose();
        throw new ProblemException($"{Area}-append", what, $"table {table}", "Check the table's name and columns.");
    }

    /// <summary>Makes a table function over series that are read while a statement runs; keep what is returned as long as statements use it.</summary>
    /// <param name="read">Rows of a path within [since, until) in µs, in stretches of at most 2,048.</param>
    public DuckDbSeriesFunction AddSeries(string name, Func<string, long?, long?, IEnumerable<DuckDbSeriesRows>> read) => DuckDbSeriesFunction.Register(connection, name, read);

    /// <summary>
    /// Withdraws, for good, the right to touch files, the network, extensions and settings; only the files named may still be read.
    /// </summary>
    public void Confine(IEnumerable<string> readable)
    {
        var list = string.Join(", ", readable.Select(Quoted));
        Execute($"SET allowed_paths=[{list}]");
        Execute("SET enable_external_access=false");
        Execute("SET lock_configuration=true");
    }

    /// <summary>Stops the running statement; it ends with a problem <c>urn:dure:native:duckdb-interrupted</c>. Safe from any thread.</summary>
    public void Interrupt()
    {
        var held = false;
        try
        {
            connection.DangerousAddRef(ref held);
            DuckDbApi.duckdb_interrupt(connection);
        }
        catch (ObjectDisposedException)
        {
            // It has ended already: there is nothing left to stop.
        }
        finally
        {
            if (held)
                connection.DangerousRelease();
        }
    }

    /// <summary>A string as an SQL literal.</summary>
    public static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A path that stands for itself: DuckDB reads its signs as a pattern otherwise.</summary>
    public static string PathLiteral(string path) => path.IndexOfAny(['*', '?', '[']) < 0 ? path : string.Concat(path.Select(letter => letter is '*' or '?' or '[' ? $"[{letter}]" : letter.ToString()));

    /// <summary>A name as an SQL identifier.</summary>
    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public void Dispose()
    {
        connection.Dispose();
        database.Dispose();
    }

    internal static string? Text(nint utf8) => utf8 == 0 ? null : Marshal.PtrToStringUTF8(utf8);

    internal static ProblemException Fault(string? message, string sql)
    {
        var what = message ?? "DuckDB gives no reason.";
        return what.Contains("INTERRUPT", StringComparison.OrdinalIgnoreCase)
            ? new ProblemException($"{Area}-interrupted", "The statement was stopped.", Shown(sql), "Ask for less, or allow it more time.")
            : new ProblemException($"{Area}-failed", what, Shown(sql), "Mend the statement and run it again.");
    }

    private static string Shown(string sql) => $"SQL '{(sql.Length <= 200 ? sql : sql[..200] + "…")}'";

    private static DuckDb OpenLoaded(string? path, DuckDbLimits limits)
    {
        _ = DuckDbApi.duckdb_create_config(out var config);
        using (config)
        {
            foreach (var (name, option) in Settings(limits))
                if (DuckDbApi.duckdb_set_config(config, name, option) != 0)
                    throw new ProblemException($"{Area}-setting", $"DuckDB does not take {name} = '{option}'.", "DuckDB's settings", "Use DuckDB 1.5.");
            var failed = DuckDbApi.duckdb_open_ext(path, out var database, config, out var error) != 0;
            if (failed)
            {
                var what = Text(error) ?? "The database does not open.";
                DuckDbApi.duckdb_free(error);
                database.Dispose();
                throw new ProblemException($"{Area}-open", what, path ?? "in memory", "Check the path, its rights and that no other process holds it.");
            }
            if (DuckDbApi.duckdb_connect(database, out var connection) == 0)
                return new DuckDb(database, connection, path ?? "in memory");
            database.Dispose();
            throw new ProblemException($"{Area}-open", "No connection could be made.", path ?? "in memory", "Check the memory limit.");
        }
    }

    private static IEnumerable<(string Name, string Option)> Settings(DuckDbLimits limits)
    {
        yield return ("memory_limit", (limits.MemoryBytes >> 20).ToString(CultureInfo.InvariantCulture) + "MiB");
        yield return ("threads", limits.Threads.ToString(CultureInfo.InvariantCulture));
        yield return ("access_mode", limits.ReadOnly ? "READ_ONLY" : "AUTOMATIC");
        yield return ("temp_directory", limits.TempFolder ?? "");
        yield return ("autoinstall_known_extensions", "false");
        yield return ("autoload_known_extensions", "false");
        yield return ("allow_community_extensions", "false");
        yield return ("enable_external_access", limits.ExternalAccess ? "true" : "false");
    }

    private DuckDbResult Query(string sql, bool onlySelect, ReadOnlySpan<object?> parameters)
    {
        var failed = DuckDbApi.duckdb_prepare(connection, sql, out var statement) != 0;
        var result = new ResultHandle();
        try
        {
            if (failed)
                throw Fault(Text(DuckDbApi.duckdb_prepare_error(statement)), sql);
            if (onlySelect && DuckDbApi.duckdb_prepared_statement_type(statement) != DuckDbApi.SelectStatement)
                throw new ProblemException($"{Area}-only-select", "Only SELECT is allowed here.", Shown(sql), "Write one SELECT statement.");
            Bind(statement, sql, parameters);
            if (DuckDbApi.duckdb_execute_prepared_streaming(statement, result.Pointer) != 0)
                throw Fault(Text(DuckDbApi.duckdb_result_error(result.Pointer)), sql);
            return new DuckDbResult(result, statement, sql);
        }
        catch
        {
            result.Dispose();
            statement.Dispose();
            throw;
        }
    }

    private void Bind(PreparedHandle statement, string sql, ReadOnlySpan<object?> parameters)
    {
        var wanted = DuckDbApi.duckdb_nparams(statement);
        if (wanted != (ulong)parameters.Length)
            throw new ProblemException($"{Area}-parameters", $"The statement has {wanted} parameter(s), {parameters.Length} given.", $"{where}, {Shown(sql)}", "Give one value for each.");
        for (var i = 0; i < parameters.Length; i++)
        {
            var index = (ulong)i + 1;
            var state = parameters[i] switch
            {
                null => DuckDbApi.duckdb_bind_null(statement, index),
                int value => DuckDbApi.duckdb_bind_int64(statement, index, value),
                long value => DuckDbApi.duckdb_bind_int64(statement, index, value),
                double value => DuckDbApi.duckdb_bind_double(statement, index, value),
                bool value => DuckDbApi.duckdb_bind_boolean(statement, index, value ? (byte)1 : (byte)0),
                DateTimeOffset value => DuckDbApi.duckdb_bind_timestamp(statement, index, Micros.Of(value)),
                string value => BindText(statement, index, value),
                var other => throw new ArgumentException($"A parameter cannot be a {other.GetType().Name}.", nameof(parameters)),
            };
            if (state != 0)
                throw Fault(Text(DuckDbApi.duckdb_prepare_error(statement)), sql);
        }
    }

    private static int BindText(PreparedHandle statement, ulong index, string value)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(value + '\0')) // the closing zero keeps the pin of "" non-null
            return DuckDbApi.duckdb_bind_varchar_length(statement, index, text, (ulong)Encoding.UTF8.GetByteCount(value));
    }
}
