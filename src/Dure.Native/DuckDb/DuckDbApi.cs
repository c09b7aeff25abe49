using System.Runtime.InteropServices;

namespace Dure.Native;

/// <summary>The part of DuckDB's C API (duckdb.h of 1.5.6) that is used. 0 means success where an int comes back.</summary>
internal static unsafe partial class DuckDbApi
{
    private const string Library = DuckDbLibrary.Name;

    /// <summary>duckdb_statement_type: SELECT, and everything that is only a way to write one.</summary>
    public const int SelectStatement = 1;

    /// <summary>duckdb_result: 48 bytes, by pointer except to duckdb_fetch_chunk, which takes it by value.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Result
    {
        public ulong ColumnCount, RowCount, RowsChanged;
        public nint Columns, ErrorMessage, InternalData;
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_open_ext(string? path, out DatabaseHandle database, ConfigHandle config, out nint error);

    [LibraryImport(Library)]
    public static partial void duckdb_close(ref nint database);

    [LibraryImport(Library)]
    public static partial int duckdb_connect(DatabaseHandle database, out ConnectionHandle connection);

    [LibraryImport(Library)]
    public static partial void duckdb_disconnect(ref nint connection);

    [LibraryImport(Library)]
    public static partial void duckdb_interrupt(ConnectionHandle connection);

    [LibraryImport(Library)]
    public static partial int duckdb_create_config(out ConfigHandle config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_set_config(ConfigHandle config, string name, string option);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_config(ref nint config);

    [LibraryImport(Library)]
    public static partial void duckdb_free(nint pointer);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_prepare(ConnectionHandle connection, string query, out PreparedHandle statement);

    [LibraryImport(Library)]
    public static partial nint duckdb_prepare_error(PreparedHandle statement);

    [LibraryImport(Library)]
    public static partial int duckdb_prepared_statement_type(PreparedHandle statement);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_prepare(ref nint statement);

    [LibraryImport(Library)]
    public static partial ulong duckdb_nparams(PreparedHandle statement);

    [LibraryImport(Library)]
    public static partial int duckdb_bind_int64(PreparedHandle statement, ulong index, long value);

    [LibraryImport(Library)]
    public static partial int duckdb_bind_double(PreparedHandle statement, ulong index, double value);

    [LibraryImport(Library)]
    public static partial int duckdb_bind_boolean(PreparedHandle statement, ulong index, byte value);

    [LibraryImport(Library)]
    public static partial int duckdb_bind_timestamp(PreparedHandle statement, ulong index, long micros);

    [LibraryImport(Library)]
    public static partial int duckdb_bind_null(PreparedHandle statement, ulong index);

    [LibraryImport(Library)]
    public static partial int duckdb_bind_varchar_length(PreparedHandle statement, ulong index, byte* value, ulong length);

    [LibraryImport(Library)]
    public static partial int duckdb_execute_prepared_streaming(PreparedHandle statement, Result* result);

    [LibraryImport(Library)]
    public static partial nint duckdb_result_error(Result* result);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_result(Result* result);

    [LibraryImport(Library)]
    public static partial ulong duckdb_column_count(Result* result);

    [LibraryImport(Library)]
    public static partial nint duckdb_column_name(Result* result, ulong column);

    [LibraryImport(Library)]
    public static partial int duckdb_column_type(Result* result, ulong column);

    [LibraryImport(Library)]
    public static partial LogicalTypeHandle duckdb_column_logical_type(Result* result, ulong column);

    [LibraryImport(Library)]
    public static partial byte duckdb_decimal_scale(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial int duckdb_decimal_internal_type(LogicalTypeHandle type);

    [LibraryImport(Library)]
    public static partial LogicalTypeHandle duckdb_create_logical_type(int type);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_logical_type(ref nint type);

    [LibraryImport(Library)]
    public static partial ChunkHandle duckdb_fetch_chunk(Result result);

    [LibraryImport(Library)]
    public static partial ChunkHandle duckdb_create_data_chunk(nint* types, ulong columns);

    [LibraryImport(Library)]
    public static partial void duckdb_destroy_data_chunk(ref nint chunk);

    [LibraryImport(Library)]
    public static partial void duckdb_data_chunk_reset(ChunkHandle chunk);

    [LibraryImport(Library)]
    public static partial ulong duckdb_data_chunk_get_size(ChunkHandle chunk);

    [LibraryImport(Library)]
    public static partial void duckdb_data_chunk_set_size(ChunkHandle chunk, ulong size);

    [LibraryImport(Library)]
    public static partial nint duckdb_data_chunk_get_vector(ChunkHandle chunk, ulong column);

    [LibraryImport(Library)]
    public static partial ulong duckdb_vector_size();

    [LibraryImport(Library)]
    public static partial void* duckdb_vector_get_data(nint vector);

    [LibraryImport(Library)]
    public static partial ulong* duckdb_vector_get_validity(nint vector);

    [LibraryImport(Library)]
    public static partial void duckdb_vector_ensure_validity_writable(nint vector);

    [LibraryImport(Library)]
    public static partial void duckdb_vector_assign_string_element_len(nint vector, ulong row, byte* text, ulong length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int duckdb_appender_create(ConnectionHandle connection, string? schema, string table, out AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial int duckdb_append_data_chunk(AppenderHandle appender, ChunkHandle chunk);

    [LibraryImport(Library)]
    public static partial int duckdb_appender_close(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial nint duckdb_appender_error(AppenderHandle appender);

    [LibraryImport(Library)]
    public static partial int duckdb_appender_destroy(ref nint appender);
}
