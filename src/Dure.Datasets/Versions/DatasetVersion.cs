using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>
/// An immutable cut of series, or a table that somebody brought (<see cref="Table"/>), named by what it holds: <see cref="Id"/> is the hash of its Croissant manifest, which in turn
/// holds the hash of the Parquet file. The same data and the same spec give the same id.
/// </summary>
public sealed record DatasetVersion
{
    /// <summary>Hash of the manifest in canonical JSON; also the manifest's name in the blob store.</summary>
    public required ContentHash Id { get; init; }

    public required string Name { get; init; }

    public required string Title { get; init; }

    /// <summary>1 for the first version under this name on this node; for people, never for reference.</summary>
    public required int Number { get; init; }

    /// <summary>The Parquet file in the blob store.</summary>
    public required ContentHash Parquet { get; init; }

    public required long ParquetBytes { get; init; }

    public required long Rows { get; init; }

    public required IReadOnlyList<DatasetColumn> Columns { get; init; }

    public required bool HasLabels { get; init; }

    /// <summary>The assets that the rows are of; none of a table.</summary>
    public required IReadOnlyList<AssetPart> Parts { get; init; }

    /// <summary>What a table's columns are and where it came from; null of a cut of series.</summary>
    public TableFacts? Table { get; init; }

    /// <summary>Whether its rows are images, whose files lie beside the table.</summary>
    public bool HasImages => Table?.File.Format == ImagePack.Format;

    /// <summary>The worst signal's quality score, of a table the mean of its columns', 0 to 1.</summary>
    public required double QualityScore { get; init; }

    /// <summary>The journal entry that recorded the cut, and when that was.</summary>
    public required long Entry { get; init; }

    public required ContentHash EntryHash { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Actor { get; init; }

    /// <summary>Who gave it, when another organisation cut it; null for this node's own.</summary>
    public string? Provider { get; init; }

    public IEnumerable<string> SignalNames => Columns.Select(column => column.Name);
}

/// <summary>One signal as a column: its name and the UCUM code of its unit, the same for all assets.</summary>
public sealed record DatasetColumn(string Name, string Unit, string Description);

/// <summary>One asset's share of a version: how many rows commission it, and how many are held out.</summary>
public sealed record AssetPart
{
    public required AssetId Asset { get; init; }
    public required long Rows { get; init; }
    public required long TrainRows { get; init; }
    public long HeldOutRows => Rows - TrainRows;

    /// <summary>Rows with the label set, in all and in the held-out part.</summary>
    public required long Labelled { get; init; }
    public required long HeldOutLabelled { get; init; }

    public required DateTimeOffset First { get; init; }

    /// <summary>Time of the first held-out row; null when every row commissions.</summary>
    public required DateTimeOffset? HeldOutFrom { get; init; }

    public required DateTimeOffset Last { get; init; }
}

/// <summary>How far a cut has come.</summary>
public readonly record struct DatasetProgress(AssetId Asset, int AssetsDone, int Assets, long Rows);
