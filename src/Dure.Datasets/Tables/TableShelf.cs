using System.Security.Cryptography;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>
/// Files that people brought and have not imported yet: looked at as often as they like, and gone after a day, when they are imported, or when
/// newer ones need the room. One file is looked at at a time; others wait.
/// </summary>
public sealed class TableShelf : IDisposable
{
    private const int MaxFiles = 32;
    private const long MaxBytes = 8L << 30;
    private const int Buffer = 1 << 17;
    private const string Unfinished = ".part";
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private readonly string folder;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim looking = new(1, 1);

    public TableShelf(string folder, TimeProvider time)
    {
        (this.folder, this.time) = (folder, time);
        Directory.CreateDirectory(folder);
        foreach (var left in Directory.EnumerateFiles(folder, "*" + Unfinished))
            File.Delete(left);
    }

    /// <summary>Keeps a file; memory does not grow with it.</summary>
    /// <exception cref="ProblemException">It is larger than <see cref="TableFacts.MaxFileBytes"/>.</exception>
    public async Task<ContentHash> Put(Stream content, CancellationToken cancel)
    {
        var part = Path.Combine(folder, Guid.NewGuid().ToString("N") + Unfinished);
        try
        {
            var hash = await Copy(content, part, cancel);
            File.Move(part, Place(hash), overwrite: true);
            File.SetLastWriteTimeUtc(Place(hash), time.GetUtcNow().UtcDateTime);
            MakeRoom(hash);
            return hash;
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <exception cref="ProblemException">The file is not here any more.</exception>
    public string PathOf(ContentHash file) => File.Exists(Place(file)) ? Place(file)
        : throw new ProblemException("urn:dure:datasets:no-upload", "The file is not here any more: uploads are kept for a day, and only the newest.", $"upload {file.Short}", "Bring it again.");

    /// <inheritdoc cref="DatasetCatalog.Look"/>
    public async Task<TablePreview> Look(ContentHash file, string name, TableSpec spec, CancellationToken cancel)
    {
        await looking.WaitAsync(cancel);
        try
        {
            return await DatasetCatalog.Look(PathOf(file), name, spec, cancel);
        }
        finally
        {
            looking.Release();
        }
    }

    public void Remove(ContentHash file) => File.Delete(Place(file));

    public void Dispose() => looking.Dispose();

    private string Place(ContentHash file) => Path.Combine(folder, file.Hex);

    private static async Task<ContentHash> Copy(Stream content, string path, CancellationToken cancel)
    {
        using var hasher = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = File.Create(path);
        var (buffer, total) = (new byte[Buffer], 0L);
        while (await content.ReadAsync(buffer, cancel) is > 0 and var read)
        {
            total += read;
            if (total > TableFacts.MaxFileBytes)
                throw new ProblemException("urn:dure:datasets:table-too-large", $"It has more than {TableFacts.MaxFileBytes:N0} bytes.", "table file", "Give one product, one line or one year at a time, or write Parquet.");
            hasher.AppendData(buffer.AsSpan(0, read));
            await file.WriteAsync(buffer.AsMemory(0, read), cancel);
        }
        return new ContentHash(hasher.GetHashAndReset());
    }

    private void MakeRoom(ContentHash newest)
    {
        var (files, bytes) = (0, 0L);
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(file => file.Extension != Unfinished).OrderByDescending(file => file.Name == newest.Hex).ThenByDescending(file => file.LastWriteTimeUtc))
        {
            (files, bytes) = (files + 1, bytes + file.Length);
            if (file.Name != newest.Hex && (files > MaxFiles || bytes > MaxBytes || file.LastWriteTimeUtc < time.GetUtcNow().UtcDateTime - Kept))
                file.Delete();
        }
    }
}
