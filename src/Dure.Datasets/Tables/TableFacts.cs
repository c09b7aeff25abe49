using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>What the cells of a table's column are.</summary>
public enum TableColumnType
{
    Number,

    /// <summary>One of a list of names without an order.</summary>
    Category,

    YesNo,
    Time,

    /// <summary>Names, remarks, serial numbers: never learnt from.</summary>
    Text,
}

/// <summary>What a column is for.</summary>
public enum TableRole
{
    /// <summary>May be learnt from.</summary>
    Feature,

    /// <summary>When the row was; a column of numbers counts (cycles, shots).</summary>
    Time,

    /// <summary>Which rows belong together: the machine, engine or batch.</summary>
    Group,

    /// <summary>Tells rows apart and says nothing about the next one: never learnt from. Texts, and times that are not the rows' own, are such.</summary>
    Identifier,

    /// <summary>What is to be predicted, as the person who brought the table suggests.</summary>
    Target,
}

/// <summary>A column of a table.</summary>
public sealed record TableColumn
{
    public required string Name { get; init; }
    public required TableColumnType Type { get; init; }
    public required TableRole Role { get; init; }

    /// <summary>The unit as the file writes it behind the name, in brackets; empty where it names none.</summary>
    public required string Unit { get; init; }

    /// <summary>Rows without a value.</summary>
    public required long Missing { get; init; }

    /// <summary>How many different values there are.</summary>
    public required long Distinct { get; init; }

    /// <summary>Of a column of numbers that has any.</summary>
    public NumberSummary? Numbers { get; init; }

    /// <summary>The most frequent names with their rows, of categories and texts: <see cref="TableFacts.TopCategories"/> at most; of yes/no <c>yes</c> and <c>no</c>.</summary>
    public IReadOnlyList<(string Name, long Rows)> Top { get; init; } = [];

    /// <summary>The first and the last time, of a column of times that has any.</summary>
    public TimeRange? Times { get; init; }
}

/// <summary>How the numbers of a column lie; to 6 significant digits.</summary>
/// <param name="Histogram">Rows in each of <see cref="Bins"/> equal parts of <c>Min</c> to <c>Max</c>.</param>
public sealed record NumberSummary(double Min, double LowerQuartile, double Median, double UpperQuartile, double Max, double Mean, double Deviation, IReadOnlyList<long> Histogram)
{
    public const int Bins = 20;
}

/// <summary>What makes a dataset version a table: its columns, and the file it came from.</summary>
public sealed record TableFacts
{
    public const int TopCategories = 20;

    /// <summary>Values (rows times columns) a table may have.</summary>
    public const long MaxValues = 64_000_000;

    public const int MaxColumns = 2000;
    public const long MaxFileBytes = 2L << 30;

    /// <summary>Different names that a column of categories may have; the group's has no bound but the rows.</summary>
    public const int MaxCategories = 10_000;

    public required IReadOnlyList<TableColumn> Columns { get; init; }
    public required TableFile File { get; init; }

    /// <summary>Lines of the file that could not be read and were left out, as the import was told to.</summary>
    public required long LinesLeftOut { get; init; }

    /// <summary>Rows at 00:00 that carried the day that ended and were moved to the day that began, as the import was told to.</summary>
    public required long MidnightsMended { get; init; }

    public string? Time => NameOf(TableRole.Time);
    public string? Group => NameOf(TableRole.Group);
    public string? Target => NameOf(TableRole.Target);

    private string? NameOf(TableRole role) => Columns.FirstOrDefault(column => column.Role == role)?.Name;
}

/// <summary>The file a table came from, kept as a blob under its hash.</summary>
/// <param name="Format"><c>csv</c>, <c>parquet</c>, or <see cref="ImagePack.Format"/>: then it is a zip file of them.</param>
public sealed record TableFile(string Name, ContentHash Hash, long Bytes, string Format);
