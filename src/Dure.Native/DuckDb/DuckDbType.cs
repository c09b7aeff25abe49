namespace Dure.Native;

/// <summary>Column types by DuckDB's own numbers (duckdb_type); those not listed are read after a cast to VARCHAR in SQL.</summary>
public enum DuckDbType
{
    Invalid = 0,
    Boolean = 1,
    TinyInt = 2,
    SmallInt = 3,
    Integer = 4,
    BigInt = 5,
    UTinyInt = 6,
    USmallInt = 7,
    UInteger = 8,
    UBigInt = 9,
    Float = 10,
    Double = 11,
    Timestamp = 12,
    Date = 13,
    HugeInt = 16,
    Varchar = 17,
    Decimal = 19,
    TimestampS = 20,
    TimestampMs = 21,
    TimestampNs = 22,
    TimestampTz = 31,
    SqlNull = 36,
}

/// <summary>A result's column.</summary>
public readonly record struct DuckDbColumnInfo(string Name, DuckDbType Type);

/// <summary>What one database may use.</summary>
public sealed record DuckDbLimits
{
    /// <summary>Memory for tables, sorts and buffers; beyond it DuckDB spills to <see cref="TempFolder"/> or refuses.</summary>
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>1 keeps the order of rows and bytes of files the same on every machine.</summary>
    public int Threads { get; init; } = 1;

    public bool ReadOnly { get; init; }

    /// <summary>Where to spill to; null forbids spilling.</summary>
    public string? TempFolder { get; init; }

    /// <summary>Whether SQL may name files at all; <see cref="DuckDb.Confine"/> withdraws it later.</summary>
    public bool ExternalAccess { get; init; } = true;
}
