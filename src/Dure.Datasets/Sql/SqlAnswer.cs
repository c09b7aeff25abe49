namespace Dure.Datasets;

/// <summary>What one question to the console may cost.</summary>
public sealed record SqlLimits
{
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(10);
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>Rows of the answer; further ones are left out and <see cref="SqlAnswer.IsCut"/> says so.</summary>
    public int Rows { get; init; } = 10_000;

    /// <summary>Text in the answer, in bytes; the same goes.</summary>
    public int TextBytes { get; init; } = 8 << 20;
}

/// <summary>A column of an answer: its name and SQL type.</summary>
public sealed record SqlColumn(string Name, string Type);

/// <summary>The answer: cells are bool, long, double, decimal, Int128, string, DateOnly, DateTimeOffset or null.</summary>
/// <param name="IsCut">Whether rows were left out at a limit.</param>
public sealed record SqlAnswer(IReadOnlyList<SqlColumn> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows, bool IsCut);
