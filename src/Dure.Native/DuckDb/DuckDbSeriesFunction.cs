using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Dure.Native;

/// <summary>A stretch of a series as DuckDB is given it. The three columns have one length, at most a vector's.</summary>
public readonly record struct DuckDbSeriesRows(ReadOnlyMemory<long> TimesMicros, ReadOnlyMemory<double> Values, ReadOnlyMemory<byte> Qualities);

/// <summary>
/// A table function <c>NAME('path' [, since := TIMESTAMP, until := TIMESTAMP])</c> with columns time, value and quality whose rows are made
/// while DuckDB asks for them: nothing is loaded beforehand, so a series may be longer than memory.
/// </summary>
public sealed unsafe class DuckDbSeriesFunction : IDisposable
{
    private readonly Func<string, long?, long?, IEnumerable<DuckDbSeriesRows>> read;
    private GCHandle self;

    private DuckDbSeriesFunction(Func<string, long?, long?, IEnumerable<DuckDbSeriesRows>> read) => this.read = read;

    /// <summary>What went wrong in the reader, which DuckDB only knows as a text; null when nothing did.</summary>
    public Exception? Fault { get; private set; }

    /// <param name="read">Rows of a path within [since, until) in µs; throws when there is no such path. Lives as long as the returned function.</param>
    internal static DuckDbSeriesFunction Register(ConnectionHandle connection, string name, Func<string, long?, long?, IEnumerable<DuckDbSeriesRows>> read)
    {
        var function = new DuckDbSeriesFunction(read);
        function.self = GCHandle.Alloc(function);
        var made = DuckDbApi.duckdb_create_table_function();
        try
        {
            DuckDbApi.duckdb_table_function_set_name(made, name);
            using (var text = DuckDbApi.duckdb_create_logical_type((int)DuckDbType.Varchar))
                DuckDbApi.duckdb_table_function_add_parameter(made, text);
            using (var time = DuckDbApi.duckdb_create_logical_type((int)DuckDbType.Timestamp))
            {
                DuckDbApi.duckdb_table_function_add_named_parameter(made, "since", time);
                DuckDbApi.duckdb_table_function_add_named_parameter(made, "until", time);
            }
            DuckDbApi.duckdb_table_function_set_extra_info(made, GCHandle.ToIntPtr(function.self), null);
            DuckDbApi.duckdb_table_function_set_bind(made, &Bind);
            DuckDbApi.duckdb_table_function_set_init(made, &Begin);
            DuckDbApi.duckdb_table_function_set_function(made, &Fill);
            if (DuckDbApi.duckdb_register_table_function(connection, made) != 0)
                throw new InvalidOperationException($"The function {name} could not be registered.");
            return function;
        }
        catch
        {
            function.Dispose();
            throw;
        }
        finally
        {
            DuckDbApi.duckdb_destroy_table_function(ref made);
        }
    }

    public void Dispose()
    {
        if (self.IsAllocated)
            self.Free();
    }

    /// <summary>One use of the function in a statement.</summary>
    private sealed class Call(DuckDbSeriesFunction function, IEnumerable<DuckDbSeriesRows> rows) : IDisposable
    {
        private IEnumerator<DuckDbSeriesRows>? walk;

        public DuckDbSeriesFunction Function => function;

        public IEnumerator<DuckDbSeriesRows> Walk => walk ??= rows.GetEnumerator();

        public void Dispose() => walk?.Dispose();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Bind(nint info)
    {
        var function = (DuckDbSeriesFunction)GCHandle.FromIntPtr(DuckDbApi.duckdb_bind_get_extra_info(info)).Target!;
        try
        {
            var path = TextOf(DuckDbApi.duckdb_bind_get_parameter(info, 0));
            var rows = function.read(path, TimeOf(DuckDbApi.duckdb_bind_get_named_parameter(info, "since")), TimeOf(DuckDbApi.duckdb_bind_get_named_parameter(info, "until")));
            foreach (var (name, type) in ((string, DuckDbType)[])[("time", DuckDbType.Timestamp), ("value", DuckDbType.Double), ("quality", DuckDbType.UTinyInt)])
            {
                using var logical = DuckDbApi.duckdb_create_logical_type((int)type);
                DuckDbApi.duckdb_bind_add_result_column(info, name, logical);
            }
            DuckDbApi.duckdb_bind_set_bind_data(info, GCHandle.ToIntPtr(GCHandle.Alloc(new Call(function, rows))), &Free);
        }
        catch (Exception fault)
        {
            // Nothing managed may leave through native frames: the statement fails with it, and the caller finds it here.
            function.Fault = fault;
            DuckDbApi.duckdb_bind_set_error(info, fault.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Begin(nint info) => DuckDbApi.duckdb_init_set_max_threads(info, 1);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Fill(nint info, nint chunk)
    {
        var call = (Call)GCHandle.FromIntPtr(DuckDbApi.duckdb_function_get_bind_data(info)).Target!;
        try
        {
            var count = 0;
            if (call.Walk.MoveNext())
            {
                var rows = call.Walk.Current;
                count = rows.TimesMicros.Length;
                rows.TimesMicros.Span.CopyTo(new Span<long>(Column(chunk, 0), count));
                rows.Values.Span.CopyTo(new Span<double>(Column(chunk, 1), count));
                rows.Qualities.Span.CopyTo(new Span<byte>(Column(chunk, 2), count));
            }
            DuckDbApi.duckdb_raw_chunk_set_size(chunk, (ulong)count);
        }
        catch (Exception fault)
        {
            call.Function.Fault = fault;
            DuckDbApi.duckdb_function_set_error(info, fault.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(nint handle)
    {
        var held = GCHandle.FromIntPtr(handle);
        ((Call)held.Target!).Dispose();
        held.Free();
    }

    private static void* Column(nint chunk, ulong place) => DuckDbApi.duckdb_vector_get_data(DuckDbApi.duckdb_raw_chunk_get_vector(chunk, place));

    private static string TextOf(nint value)
    {
        var text = DuckDbApi.duckdb_get_varchar(value);
        DuckDbApi.duckdb_destroy_value(ref value);
        var managed = Marshal.PtrToStringUTF8(text) ?? "";
        DuckDbApi.duckdb_free(text);
        return managed;
    }

    private static long? TimeOf(nint value)
    {
        if (value == 0)
            return null;
        var micros = DuckDbApi.duckdb_get_timestamp(value);
        DuckDbApi.duckdb_destroy_value(ref value);
        return micros;
    }
}
