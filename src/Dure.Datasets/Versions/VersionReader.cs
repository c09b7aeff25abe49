using System.Runtime.CompilerServices;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>Reads a version's Parquet file (see <see cref="VersionFile"/>) back as frames.</summary>
internal static class VersionReader
{
    private static readonly DuckDbLimits Limits = new() { MemoryBytes = 256L << 20 };

    /// <summary>Reads a version's file in one pass; holds one asset at a time.</summary>
    public static async IAsyncEnumerable<Frame> Frames(string path, DatasetVersion version, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Yield(); // reading is synchronous: do it on the pool, not on the caller's thread
        using var db = DuckDb.Open(null, Limits);
        var signals = version.SignalNames.ToArray();
        var names = signals.Select(name => DuckDb.Identifier(name));
        var label = version.HasLabels ? ", label" : "";
        using var result = db.Query($"SELECT asset, \"time\", {string.Join(", ", names)}{label}{QualityColumns(db, path, signals, out var qualities)} FROM read_parquet(?)", path);
        var building = new FrameBuilder(version, signals, qualities);
        while (result.Read(out var chunk))
        {
            cancel.ThrowIfCancellationRequested();
            using (chunk)
                foreach (var (asset, from, to) in Runs(chunk))
                {
                    if (building.Asset is { } done && done != asset)
                        yield return building.Take();
                    building.Add(asset, chunk, from, to);
                }
        }
        if (building.Asset is not null)
            yield return building.Take();
    }

    /// <summary>The quality columns the file has, as SQL, and which signal each belongs to.</summary>
    private static string QualityColumns(DuckDb db, string path, string[] signals, out int[] qualities)
    {
        using var result = db.Query("SELECT * FROM read_parquet(?) LIMIT 0", path);
        var here = result.Columns.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        qualities = [.. Enumerable.Range(0, signals.Length).Where(i => here.Contains(VersionFile.QualityPrefix + signals[i]))];
        return string.Concat(qualities.Select(i => ", " + DuckDb.Identifier(VersionFile.QualityPrefix + signals[i])));
    }

    /// <summary>Stretches of a chunk that belong to one asset.</summary>
    private static List<(string Asset, int From, int To)> Runs(DuckDbChunk chunk)
    {
        var runs = new List<(string, int, int)>();
        var (from, current) = (0, chunk.Text(0, 0) ?? "");
        for (var row = 1; row < chunk.Rows; row++)
        {
            var asset = chunk.Text(0, row) ?? "";
            if (asset == current)
                continue;
            runs.Add((current, from, row));
            (from, current) = (row, asset);
        }
        runs.Add((current, from, chunk.Rows));
        return runs;
    }
}
