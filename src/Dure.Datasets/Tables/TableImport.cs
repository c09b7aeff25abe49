using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>What an import of a file would make, and all that is doubtful about it; nothing is written.</summary>
/// <param name="Head">The first rows, as the file writes them, column by column of <paramref name="Columns"/>.</param>
/// <param name="Broken">Lines and cells that cannot be read: an import is refused unless it may leave them out.</param>
/// <param name="Refusal">Why the import would be refused; null when it would not be.</param>
public sealed record TablePreview(TableFile File, long Rows, IReadOnlyList<TableColumn> Columns, IReadOnlyList<IReadOnlyList<string?>> Head, QualityReport Quality,
    IReadOnlyList<BrokenLine> Broken, Problem? Refusal);

/// <summary>Reads a CSV or Parquet file, or a zip file of images, as a table: once to look, or to make a version of it.</summary>
internal static class TableImport
{
    private const int HeadRows = 8;

    public static async Task<TablePreview> Look(string path, string file, TableSpec spec, CancellationToken cancel)
    {
        if (IsImages(path))
            return await Task.Run(() => ImageImport.Look(path, file, spec, cancel), cancel);
        using var raw = await Task.Run(() => RawTable.Load(path, file, cancel), cancel);
        return await Task.Run(() =>
        {
            var table = TypedTable.Of(raw, spec);
            var refusal = RefusalOf(table);
            table.Mend();
            var (columns, quality) = Described(table);
            List<object?[]> head = [];
            raw.Guarded(() => head = raw.Cells($"SELECT {string.Join(", ", table.Columns.Select(column => $"c{column.Index}::VARCHAR"))} FROM raw LIMIT {HeadRows}"));
            return new TablePreview(FileOf(path, file, raw, default), table.Rows, columns, [.. head.Select(row => Array.ConvertAll(row, cell => (string?)cell))], quality, table.Broken, refusal);
        }, cancel);
    }

    /// <summary>Makes the Parquet file and the description of a version, and puts both files into the blob store.</summary>
    public static async Task<TableManifest.Content> Run(string path, string file, TableSpec spec, BlobStore blobs, CancellationToken cancel)
    {
        if (IsImages(path))
            return await ImageImport.Run(path, file, spec, blobs, cancel);
        using var raw = await Task.Run(() => RawTable.Load(path, file, cancel), cancel);
        var (table, written) = await Task.Run(() =>
        {
            var typed = TypedTable.Of(raw, spec);
            typed.Check();
            typed.Mend();
            return typed.Rows > 0 ? (typed, typed.Write())
                : throw new ProblemException("urn:dure:datasets:no-table", "No row is left.", file, "Give rows that have a time and a group, or name other columns.");
        }, cancel);
        var (columns, quality) = await Task.Run(() => Described(table), cancel);
        var (original, _) = await Store(blobs, path, cancel);
        var (parquet, bytes) = await Store(blobs, written, cancel);
        var facts = new TableFacts { Columns = columns, File = FileOf(path, file, raw, original), LinesLeftOut = table.BrokenLines + table.RowsWithoutKey, MidnightsMended = table.MidnightsMended };
        return new TableManifest.Content(spec, facts, table.Rows, parquet, bytes, quality);
    }

    /// <summary>A file that is not there is told where tables are read.</summary>
    private static bool IsImages(string path) => File.Exists(path) && ImagePack.IsPack(path);

    private static (List<TableColumn> Columns, QualityReport Quality) Described(TypedTable table)
    {
        var columns = new List<TableColumn>();
        QualityReport? quality = null;
        table.Raw.Guarded(() =>
        {
            columns.AddRange(table.Columns.Select(column => TableSummary.Of(table, column)));
            quality = TableChecks.Report(table, columns);
        });
        return (columns, quality!); // set, or the guard threw
    }

    private static Problem? RefusalOf(TypedTable table)
    {
        try
        {
            table.Check();
            return null;
        }
        catch (ProblemException refused)
        {
            return refused.Problem;
        }
    }

    private static TableFile FileOf(string path, string file, RawTable raw, ContentHash hash) => new(file, hash, new FileInfo(path).Length, raw.IsParquet ? "parquet" : "csv");

    internal static async Task<(ContentHash Hash, long Bytes)> Store(BlobStore blobs, string path, CancellationToken cancel)
    {
        await using var file = File.OpenRead(path);
        return (await blobs.Put(file, cancel), file.Length);
    }
}
