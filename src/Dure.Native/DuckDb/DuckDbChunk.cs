using System.Runtime.InteropServices;
using System.Text;
using Dure.Kernel;

namespace Dure.Native;

/// <summary>Up to 2,048 rows of a result as typed columns. Spans point into DuckDB's memory and end with the chunk.</summary>
public sealed unsafe class DuckDbChunk : IDisposable
{
    private readonly ChunkHandle chunk;
    private readonly DuckDbColumnInfo[] columns;
    private readonly (byte Scale, DuckDbType Storage)[] decimals;

    internal DuckDbChunk(ChunkHandle chunk, DuckDbColumnInfo[] columns, (byte, DuckDbType)[] decimals)
    {
        (this.chunk, this.columns, this.decimals) = (chunk, columns, decimals);
        Rows = (int)DuckDbApi.duckdb_data_chunk_get_size(chunk);
    }

    public int Rows { get; }

    /// <summary>A BIGINT column, or TIMESTAMP (microseconds since 1970); rows that are not <see cref="IsValid"/> hold anything.</summary>
    public ReadOnlySpan<long> Longs(int column) => Raw<long>(column, DuckDbType.BigInt, DuckDbType.Timestamp, DuckDbType.TimestampTz);

    /// <summary>A DOUBLE column; rows that are not <see cref="IsValid"/> hold anything.</summary>
    public ReadOnlySpan<double> Doubles(int column) => Raw<double>(column, DuckDbType.Double);

    /// <summary>A UTINYINT or BOOLEAN column.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => Raw<byte>(column, DuckDbType.UTinyInt, DuckDbType.Boolean);

    /// <summary>False where the row is NULL.</summary>
    public bool IsValid(int column, int row)
    {
        var mask = DuckDbApi.duckdb_vector_get_validity(Vector(column));
        return mask is null || (mask[row >> 6] >> (row & 63) & 1) != 0;
    }

    /// <summary>A VARCHAR cell; null where the row is NULL.</summary>
    public string? Text(int column, int row)
    {
        Raw<byte>(column, DuckDbType.Varchar);
        return IsValid(column, row) ? TextAt((byte*)DuckDbApi.duckdb_vector_get_data(Vector(column)), row) : null;
    }

    /// <summary>How many bytes a VARCHAR cell has; 0 for NULL and for other types.</summary>
    public long TextBytes(int column, int row) => columns[column].Type == DuckDbType.Varchar && IsValid(column, row)
        ? *(uint*)((byte*)DuckDbApi.duckdb_vector_get_data(Vector(column)) + 16 * row)
        : 0;

    /// <summary>
    /// Any supported cell as bool, long, double, decimal, Int128, string, DateOnly or DateTimeOffset; null where NULL.
    /// Throws a problem for a type that must be cast in SQL first.
    /// </summary>
    public object? Value(int column, int row)
    {
        if (!IsValid(column, row))
            return null;
        var data = (byte*)DuckDbApi.duckdb_vector_get_data(Vector(column));
        return columns[column].Type switch
        {
            DuckDbType.Boolean => data[row] != 0,
            DuckDbType.TinyInt => (long)((sbyte*)data)[row],
            DuckDbType.SmallInt => (long)((short*)data)[row],
            DuckDbType.Integer => (long)((int*)data)[row],
            DuckDbType.BigInt => ((long*)data)[row],
            DuckDbType.UTinyInt => (long)data[row],
            DuckDbType.USmallInt => (long)((ushort*)data)[row],
            DuckDbType.UInteger => (long)((uint*)data)[row],
            DuckDbType.UBigInt => Narrow(((ulong*)data)[row]),
            DuckDbType.Float => (double)((float*)data)[row],
            DuckDbType.Double => ((double*)data)[row],
            DuckDbType.HugeInt => Narrow(Huge(data, row)),
            DuckDbType.Decimal => DecimalAt(data, row, decimals[column]),
            DuckDbType.Varchar => TextAt(data, row),
            DuckDbType.Date => DateOnly.FromDayNumber(((int*)data)[row] + new DateOnly(1970, 1, 1).DayNumber),
            DuckDbType.Timestamp or DuckDbType.TimestampTz => Time(((long*)data)[row]),
            DuckDbType.TimestampS => Time(((long*)data)[row] * 1_000_000),
            DuckDbType.TimestampMs => Time(((long*)data)[row] * 1_000),
            DuckDbType.TimestampNs => Time(((long*)data)[row] / 1_000),
            _ => throw new ProblemException("urn:dure:native:duckdb-type", $"The column has a type that cannot be shown (number {(int)columns[column].Type}).",
                $"column '{columns[column].Name}'", "Cast it in the statement: column::VARCHAR."),
        };
    }

    public void Dispose() => chunk.Dispose();

    private static DateTimeOffset Time(long micros) =>
        micros >= Micros.Of(DateTimeOffset.MaxValue) ? DateTimeOffset.MaxValue : micros <= Micros.Of(DateTimeOffset.MinValue) ? DateTimeOffset.MinValue : Micros.Time(micros);

    /// <summary>A long where it fits.</summary>
    private static object Narrow(Int128 value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    private static Int128 Huge(byte* data, int row) => new((ulong)((long*)data)[2 * row + 1], ((ulong*)data)[2 * row]);

    private static object DecimalAt(byte* data, int row, (byte Scale, DuckDbType Storage) type)
    {
        var digits = type.Storage switch
        {
            DuckDbType.SmallInt => ((short*)data)[row],
            DuckDbType.Integer => ((int*)data)[row],
            DuckDbType.BigInt => ((long*)data)[row],
            _ => Huge(data, row),
        };
        var magnitude = (UInt128)(digits < 0 ? -digits : digits);
        return magnitude >> 96 == 0
            ? new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), digits < 0, Math.Min(type.Scale, (byte)28))
            : (double)digits / Math.Pow(10, type.Scale);
    }

    /// <summary>duckdb_string_t: 16 bytes; length, then up to 12 bytes in place or 4 of prefix and a pointer.</summary>
    private static string TextAt(byte* data, int row)
    {
        var cell = data + 16 * row;
        var length = *(uint*)cell;
        return Encoding.UTF8.GetString(length <= 12 ? cell + 4 : *(byte**)(cell + 8), (int)length);
    }

    private nint Vector(int column) => DuckDbApi.duckdb_data_chunk_get_vector(chunk, (ulong)column);

    private ReadOnlySpan<T> Raw<T>(int column, params ReadOnlySpan<DuckDbType> allowed) where T : unmanaged
    {
        var info = columns[column];
        if (!allowed.Contains(info.Type))
            throw new InvalidOperationException($"Column '{info.Name}' is {info.Type}, not {allowed[0]}.");
        return new ReadOnlySpan<T>(DuckDbApi.duckdb_vector_get_data(Vector(column)), Rows);
    }
}
