using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>A dataset version in memory, column by column: what learning starts from, whether it was a table or series.</summary>
public sealed class DatasetTable
{
    public required DatasetVersion Version { get; init; }
    public required int Rows { get; init; }

    /// <summary>All columns that hold something to learn from or to predict, in the version's order; texts, times and the group are none of them.</summary>
    public required IReadOnlyList<DatasetTableColumn> Columns { get; init; }

    /// <summary>The time of each row in µs since 1970; of a counter the count, as seconds; null when no column says it.</summary>
    public required long[]? TimesMicros { get; init; }

    /// <summary>Which group each row belongs to, by its place in <see cref="GroupNames"/>; null when no column says it.</summary>
    public required int[]? Groups { get; init; }

    /// <summary>The groups' names in the order of their first rows.</summary>
    public required IReadOnlyList<string> GroupNames { get; init; }

    /// <summary>Of series: which rows the version's split holds out; null of a table, which has no split of its own.</summary>
    public required bool[]? IsHeldOut { get; init; }

    /// <summary>The column of a name; null when there is none.</summary>
    public DatasetTableColumn? TryFind(string name) =>
        Columns.FirstOrDefault(column => column.Name == name) ?? Columns.FirstOrDefault(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A column in memory.</summary>
/// <param name="Values">
/// One a row; NaN is missing. Numbers as they are, yes/no as 1 and 0, categories as their places in <paramref name="Categories"/>.
/// </param>
/// <param name="Categories">The names of a column of categories, in ordinal order; empty for others.</param>
public sealed record DatasetTableColumn(string Name, TableColumnType Type, TableRole Role, string Unit, float[] Values, IReadOnlyList<string> Categories);
