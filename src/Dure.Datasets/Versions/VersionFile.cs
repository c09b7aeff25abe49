using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>
/// The Parquet form of a version: asset, time, one DOUBLE per signal, <c>quality:NAME</c> for signals with doubtful samples,
/// label, split; rows by asset in the spec's order, then by time.
/// </summary>
/// <remarks>One thread, a fixed row group and insertion order: the same rows give the same bytes.</remarks>
internal sealed class VersionFile : IDisposable
{
    public const string QualityPrefix = "quality:";
    private const int RowGroup = 122_880;
    private static readonly DuckDbLimits Limits = new() { MemoryBytes = 256L << 20 };

    private readonly string folder = Directory.CreateTempSubdirectory("dure-cut-").FullName;
    private readonly IReadOnlyList<string> signals;
    private readonly bool hasLabels;
    private readonly bool[] hasDoubts;
    private readonly DuckDb db;

    public VersionFile(IReadOnlyList<string> signals, bool hasLabels)
    {
        (this.signals, this.hasLabels, hasDoubts) = (signals, hasLabels, new bool[signals.Count]);
        try
        {
            db = DuckDb.Open(Path.Combine(folder, "rows.duckdb"), Limits with { TempFolder = folder });
            var columns = signals.Select(name => $"{DuckDb.Identifier(name)} DOUBLE, {DuckDb.Identifier(QualityPrefix + name)} UTINYINT");
            db.Execute($"CREATE TABLE aligned(asset VARCHAR, \"time\" TIMESTAMP, {string.Join(", ", columns)}{(hasLabels ? ", label BOOLEAN" : "")}, split VARCHAR)");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Names of the signals that got a quality column, so far.</summary>
    public IEnumerable<string> Doubtful => signals.Where((_, i) => hasDoubts[i]);

    public void Add(AlignedAsset asset, int trainRows)
    {
        var types = new List<DuckDbType> { DuckDbType.Varchar, DuckDbType.Timestamp };
        var columns = new List<DuckDbColumn> { DuckDbColumn.Same(asset.Asset.Path), DuckDbColumn.Timestamps(asset.TimesMicros) };
        for (var i = 0; i < signals.Count; i++)
        {
            types.AddRange([DuckDbType.Double, DuckDbType.UTinyInt]);
            columns.Add(DuckDbColumn.Of(asset.Values[i]));
            columns.Add(DuckDbColumn.Of(asset.Qualities[i], Array.ConvertAll(asset.Qualities[i], quality => quality != AlignedAsset.NoSample)));
            hasDoubts[i] |= asset.Qualities[i].AsSpan().IndexOfAnyExcept((byte)Quality.Good, AlignedAsset.NoSample) >= 0;
        }
        if (hasLabels)
        {
            types.Add(DuckDbType.Boolean);
            columns.Add(DuckDbColumn.Of(asset.Labels!, asset.HasLabel)); // labels are there when the file has the column
        }
        types.Add(DuckDbType.Varchar);
        columns.Add(DuckDbColumn.Of([.. Enumerable.Range(0, asset.Rows).Select(row => row < trainRows ? Split.Train : Split.HeldOut)]));
        using var appender = db.Append("aligned", [.. types]);
        appender.Write(asset.Rows, [.. columns]);
        appender.Complete();
    }

    /// <summary>Writes the file and gives its path; it goes when this is disposed.</summary>
    public string Write()
    {
        var path = Path.Combine(folder, "data.parquet");
        var columns = new List<string> { "asset", "\"time\"" };
        for (var i = 0; i < signals.Count; i++)
        {
            columns.Add(DuckDb.Identifier(signals[i]));
            if (hasDoubts[i])
                columns.Add(DuckDb.Identifier(QualityPrefix + signals[i]));
        }
        if (hasLabels)
            columns.Add("label");
        columns.Add("split");
        db.Execute($"COPY (SELECT {string.Join(", ", columns)} FROM aligned) TO {DuckDb.Quoted(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {RowGroup})");
        return path;
    }

    public void Dispose()
    {
        db?.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
