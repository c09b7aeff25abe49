using System.Text;
using Dure.Kernel;

namespace Dure.Native;

/// <summary>A column of rows to append: its values, and which of them are NULL.</summary>
public readonly struct DuckDbColumn
{
    internal DuckDbType Type { get; private init; }
    internal Array? Values { get; private init; }
    internal string? Constant { get; private init; }
    internal bool[]? Valid { get; private init; }
    internal bool NaNIsNull { get; private init; }

    /// <summary>Doubles; NaN becomes NULL unless told otherwise.</summary>
    public static DuckDbColumn Of(double[] values, bool nanIsNull = true) => new() { Type = DuckDbType.Double, Values = values, NaNIsNull = nanIsNull };

    public static DuckDbColumn Of(long[] values, bool[]? valid = null) => new() { Type = DuckDbType.BigInt, Values = values, Valid = valid };

    public static DuckDbColumn Of(bool[] values, bool[]? valid = null) => new() { Type = DuckDbType.Boolean, Values = values, Valid = valid };

    public static DuckDbColumn Of(byte[] values, bool[]? valid = null) => new() { Type = DuckDbType.UTinyInt, Values = values, Valid = valid };

    /// <summary>Texts; null becomes NULL.</summary>
    public static DuckDbColumn Of(string?[] values) => new() { Type = DuckDbType.Varchar, Values = values };

    /// <summary>TIMESTAMP from microseconds since 1970.</summary>
    public static DuckDbColumn Timestamps(long[] micros) => new() { Type = DuckDbType.Timestamp, Values = micros };

    /// <summary>The same text in every row.</summary>
    public static DuckDbColumn Same(string text) => new() { Type = DuckDbType.Varchar, Constant = text };
}

/// <summary>Writes rows into a table column by column, 2,048 rows at a time; they are there after <see cref="Complete"/>.</summary>
public sealed unsafe class DuckDbAppender : IDisposable
{
    private readonly AppenderHandle appender;
    private readonly ChunkHandle chunk;
    private readonly string table;
    private readonly DuckDbType[] types;
    private readonly int capacity = (int)DuckDbApi.duckdb_vector_size();

    internal DuckDbAppender(AppenderHandle appender, string table, ReadOnlySpan<DuckDbType> types)
    {
        (this.appender, this.table, this.types) = (appender, table, types.ToArray());
        var logical = this.types.Select(type => DuckDbApi.duckdb_create_logical_type((int)type)).ToArray();
        var pointers = logical.Select(type => type.DangerousGetHandle()).ToArray();
        fixed (nint* first = pointers)
            chunk = DuckDbApi.duckdb_create_data_chunk(first, (ulong)pointers.Length);
        foreach (var type in logical)
            type.Dispose();
    }

    public void Write(int rows, params ReadOnlySpan<DuckDbColumn> columns)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(columns.Length, types.Length);
        for (var i = 0; i < columns.Length; i++)
            if (columns[i].Type != types[i] || columns[i].Values?.Length < rows)
                throw new ArgumentException($"Column {i} of {table} takes at least {rows} values of {types[i]}.", nameof(columns));
        for (var start = 0; start < rows; start += capacity)
        {
            var count = Math.Min(capacity, rows - start);
            for (var i = 0; i < columns.Length; i++)
                Fill(DuckDbApi.duckdb_data_chunk_get_vector(chunk, (ulong)i), columns[i], start, count);
            DuckDbApi.duckdb_data_chunk_set_size(chunk, (ulong)count);
            Check(DuckDbApi.duckdb_append_data_chunk(appender, chunk));
            DuckDbApi.duckdb_data_chunk_reset(chunk);
        }
    }

    /// <summary>Hands the last rows over; without it they may be lost.</summary>
    public void Complete() => Check(DuckDbApi.duckdb_appender_close(appender));

    public void Dispose()
    {
        chunk.Dispose();
        appender.Dispose();
    }

    private static void Fill(nint vector, in DuckDbColumn column, int start, int count)
    {
        var data = DuckDbApi.duckdb_vector_get_data(vector);
        switch (column.Values)
        {
            case double[] values:
                values.AsSpan(start, count).CopyTo(new Span<double>(data, count));
                if (column.NaNIsNull)
                    Invalidate(vector, values.AsSpan(start, count), static value => double.IsNaN(value));
                break;
            case long[] values:
                values.AsSpan(start, count).CopyTo(new Span<long>(data, count));
                break;
            case bool[] values:
                values.AsSpan(start, count).CopyTo(new Span<bool>(data, count));
                break;
            case byte[] values:
                values.AsSpan(start, count).CopyTo(new Span<byte>(data, count));
                break;
            case string?[] values:
                for (var i = 0; i < count; i++)
                    Assign(vector, i, values[start + i] ?? "");
                Invalidate(vector, values.AsSpan(start, count), static value => value is null);
                break;
            default:
                for (var i = 0; i < count; i++)
                    Assign(vector, i, column.Constant ?? "");
                break;
        }
        if (column.Valid is { } valid)
            Invalidate(vector, valid.AsSpan(start, count), static isValid => !isValid);
    }

    private static void Assign(nint vector, int row, string text)
    {
        Span<byte> buffer = stackalloc byte[256];
        var length = Encoding.UTF8.GetByteCount(text);
        if (length >= buffer.Length)
            buffer = new byte[length + 1];
        Encoding.UTF8.GetBytes(text, buffer);
        fixed (byte* first = buffer)
            DuckDbApi.duckdb_vector_assign_string_element_len(vector, (ulong)row, first, (ulong)length);
    }

    private static void Invalidate<T>(nint vector, ReadOnlySpan<T> values, Func<T, bool> isNull)
    {
        ulong* mask = null;
        for (var i = 0; i < values.Length; i++)
        {
            if (!isNull(values[i]))
                continue;
            if (mask is null)
            {
                DuckDbApi.duckdb_vector_ensure_validity_writable(vector);
                mask = DuckDbApi.duckdb_vector_get_validity(vector);
            }
            mask[i >> 6] &= ~(1UL << (i & 63));
        }
    }

    private void Check(int state)
    {
        if (state != 0)
            throw new ProblemException("urn:dure:native:duckdb-append", DuckDb.Text(DuckDbApi.duckdb_appender_error(appender)) ?? "The rows were not taken.",
                $"table {table}", "Check the columns' types and the memory and disk that is left.");
    }
}
