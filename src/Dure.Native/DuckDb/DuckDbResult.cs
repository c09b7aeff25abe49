using System.Diagnostics.CodeAnalysis;

namespace Dure.Native;

/// <summary>The rows of a running statement; read chunk after chunk, each disposed before the next.</summary>
public sealed unsafe class DuckDbResult : IDisposable
{
    private readonly ResultHandle result;
    private readonly PreparedHandle statement;
    private readonly string sql;
    private readonly DuckDbColumnInfo[] columns;
    private readonly (byte Scale, DuckDbType Storage)[] decimals;

    internal DuckDbResult(ResultHandle result, PreparedHandle statement, string sql)
    {
        (this.result, this.statement, this.sql) = (result, statement, sql);
        columns = new DuckDbColumnInfo[DuckDbApi.duckdb_column_count(result.Pointer)];
        decimals = new (byte, DuckDbType)[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            var type = (DuckDbType)DuckDbApi.duckdb_column_type(result.Pointer, (ulong)i);
            columns[i] = new DuckDbColumnInfo(DuckDb.Text(DuckDbApi.duckdb_column_name(result.Pointer, (ulong)i)) ?? "", type);
            if (type != DuckDbType.Decimal)
                continue;
            using var logical = DuckDbApi.duckdb_column_logical_type(result.Pointer, (ulong)i);
            decimals[i] = (DuckDbApi.duckdb_decimal_scale(logical), (DuckDbType)DuckDbApi.duckdb_decimal_internal_type(logical));
        }
    }

    public IReadOnlyList<DuckDbColumnInfo> Columns => columns;

    /// <summary>The next chunk of at most 2,048 rows; false at the end. Throws with DuckDB's message when the statement fails on its way.</summary>
    public bool Read([NotNullWhen(true)] out DuckDbChunk? chunk)
    {
        var handle = DuckDbApi.duckdb_fetch_chunk(*result.Pointer);
        if (!handle.IsInvalid)
        {
            chunk = new DuckDbChunk(handle, columns, decimals);
            if (chunk.Rows > 0)
                return true;
            chunk.Dispose();
        }
        handle.Dispose();
        chunk = null;
        return DuckDb.Text(DuckDbApi.duckdb_result_error(result.Pointer)) is { Length: > 0 } message ? throw DuckDb.Fault(message, sql) : false;
    }

    public void Dispose()
    {
        result.Dispose();
        statement.Dispose();
    }
}
