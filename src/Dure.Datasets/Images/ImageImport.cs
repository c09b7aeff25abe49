using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>Reads a zip file of images as a table of them: once to look, or to make a version of it.</summary>
internal static class ImageImport
{
    private const int HeadRows = 8;

    public static TablePreview Look(string path, string file, TableSpec spec, CancellationToken cancel)
    {
        using var pack = ImagePack.Open(path, file);
        var images = ImageRows.Of(pack, file, cancel);
        return new(new TableFile(file, default, new FileInfo(path).Length, ImagePack.Format), images.Rows.Count, ImageTable.Columns(images.Rows), ImageTable.Head(images.Rows.Take(HeadRows)),
            ImageChecks.Report(images), images.Broken, ImageChecks.Refusal(images, spec, file));
    }

    /// <summary>Puts the images that can be read into the blob store as one zip file whose bytes follow from them alone, with the table of them.</summary>
    public static async Task<TableManifest.Content> Run(string path, string file, TableSpec spec, BlobStore blobs, CancellationToken cancel)
    {
        using var pack = ImagePack.Open(path, file);
        var images = await Task.Run(() => ImageRows.Of(pack, file, cancel), cancel);
        if (ImageChecks.Refusal(images, spec, file) is { } refusal)
            throw new ProblemException(refusal.Type, refusal.What, refusal.Where, refusal.Mend);
        var folder = Directory.CreateTempSubdirectory("dure-images-").FullName;
        try
        {
            var (zip, parquet) = (Path.Combine(folder, "images.zip"), Path.Combine(folder, "data.parquet"));
            await Task.Run(() => Write(pack, images.Rows, zip, cancel), cancel);
            await Task.Run(() => ImageTable.Write(images.Rows, parquet), cancel);
            var (original, size) = await TableImport.Store(blobs, zip, cancel);
            var (table, bytes) = await TableImport.Store(blobs, parquet, cancel);
            var facts = new TableFacts { Columns = ImageTable.Columns(images.Rows), File = new TableFile(file, original, size, ImagePack.Format), LinesLeftOut = images.Broken.Count, MidnightsMended = 0 };
            return new TableManifest.Content(spec, facts, images.Rows.Count, table, bytes, ImageChecks.Report(images));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(ImagePack pack, IReadOnlyList<ImageRow> rows, string path, CancellationToken cancel)
    {
        using var file = File.Create(path);
        var zip = new StoredZip(file);
        foreach (var row in rows)
        {
            cancel.ThrowIfCancellationRequested();
            zip.Add(row.Name, pack.Read(row.Number));
        }
        zip.Complete();
    }
}
