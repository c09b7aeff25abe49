using Dure.Kernel;

namespace Dure.Datasets.Public;

/// <summary>Where the files were found, as a user should be told it.</summary>
public abstract record DataLocation
{
    private DataLocation() { }

    /// <summary>All files are in <paramref name="Folder"/> and have the right hashes; <paramref name="From"/> says how they came there.</summary>
    public sealed record Found(string Folder, string From) : DataLocation;

    /// <summary>They could not be had; <paramref name="Why"/> is one sentence.</summary>
    public sealed record NotHere(string Why) : DataLocation;
}

/// <summary>How far a download is.</summary>
public readonly record struct DownloadProgress(int FilesDone, int Files, long Bytes);

/// <summary>
/// Finds a public data set: the folder the user names, the folder in <c>DURE_DATA</c>, the local cache, then a download from its home.
/// Every file is checked by SHA-256 whatever its origin.
/// </summary>
public sealed class PublicDataSource(HttpClient http, string cacheFolder, string? dataFolder)
{
    private const long MaxFileBytes = 256L * 1024 * 1024;

    /// <summary>The cache folder of this user: <c>XDG_CACHE_HOME</c> or <c>~/.cache</c>, then <c>dure</c>.</summary>
    public static string DefaultCacheFolder => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "dure");

    /// <param name="from">The folder the user named; when given, nothing else is tried.</param>
    /// <exception cref="ProblemException">The named folder lacks a file or holds a changed one.</exception>
    public async Task<DataLocation> Locate(PublicDataset dataset, string? from, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        if (from is not null)
            return await RequireFolder(dataset, from, cancel);
        if (dataFolder is not null && await FirstMatch(dataset, [Path.Combine(dataFolder, dataset.Name), Path.Combine(dataFolder, "learning", dataset.Name), dataFolder], cancel) is { } shared)
            return new DataLocation.Found(shared, "DURE_DATA");
        var cached = Path.Combine(cacheFolder, dataset.Name);
        if (await Fault(dataset, cached, cancel) is null)
            return new DataLocation.Found(cached, "cache");
        try
        {
            await Download(dataset, cached, progress, cancel);
            return new DataLocation.Found(cached, "download");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || failure is TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return new DataLocation.NotHere($"{dataset.Title} is neither in DURE_DATA nor in the cache, and {dataset.Home.Host} cannot be reached ({failure.Message}).");
        }
    }

    private static async Task<DataLocation> RequireFolder(PublicDataset dataset, string folder, CancellationToken cancel)
    {
        var found = await FirstMatch(dataset, [folder, Path.Combine(folder, dataset.Name), Path.Combine(folder, "learning", dataset.Name)], cancel);
        if (found is not null)
            return new DataLocation.Found(found, "--from");
        var fault = await Fault(dataset, folder, cancel);
        throw new ProblemException("urn:dure:datasets:bad-folder", fault!, $"--from {folder}",
            $"Name the folder that holds {dataset.Files[0].Path}, with the files as published at {dataset.Homepage}.");
    }

    private static async Task<string?> FirstMatch(PublicDataset dataset, IReadOnlyList<string> folders, CancellationToken cancel)
    {
        foreach (var folder in folders)
        {
            if (File.Exists(Path.Combine(folder, dataset.Files[0].Path)) && await Fault(dataset, folder, cancel) is null)
                return folder;
        }
        return null;
    }

    /// <summary>The first file that is missing or changed, in words; null when all are as published.</summary>
    private static async Task<string?> Fault(PublicDataset dataset, string folder, CancellationToken cancel)
    {
        foreach (var file in dataset.Files)
        {
            var path = Path.Combine(folder, file.Path);
            if (!File.Exists(path))
                return $"The file {file.Path} is missing.";
            await using var content = File.OpenRead(path);
            var hash = await ContentHash.Of(content, cancel);
            if (hash != file.Hash)
                return $"The file {file.Path} is not the published one: its SHA-256 is {hash.Short}…, expected {file.Hash.Short}….";
        }
        return null;
    }

    private async Task Download(PublicDataset dataset, string folder, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        var bytes = 0L;
        for (var i = 0; i < dataset.Files.Count; i++)
        {
            var file = dataset.Files[i];
            bytes += await DownloadFile(new Uri(dataset.Home, file.Path), Path.Combine(folder, file.Path), file, cancel);
            progress?.Report(new DownloadProgress(i + 1, dataset.Files.Count, bytes));
        }
    }

    /// <summary>Fetches into a temporary file and moves it in place only when its hash is right.</summary>
    private async Task<long> DownloadFile(Uri from, string to, PublicFile file, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        var part = $"{to}.{Environment.ProcessId}.part";
        try
        {
            using (var response = await http.GetAsync(from, HttpCompletionOption.ResponseHeadersRead, cancel))
            {
                response.EnsureSuccessStatusCode();
                await using var body = await response.Content.ReadAsStreamAsync(cancel);
                await using var disk = File.Create(part);
                await CopyBounded(body, disk, from, cancel);
            }
            await using (var content = File.OpenRead(part))
            {
                var hash = await ContentHash.Of(content, cancel);
                if (hash != file.Hash)
                    throw new IOException($"{from} has changed: SHA-256 {hash.Short}…, expected {file.Hash.Short}…");
            }
            File.Move(part, to, overwrite: true);
            return new FileInfo(to).Length;
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static async Task CopyBounded(Stream from, Stream to, Uri home, CancellationToken cancel)
    {
        var buffer = new byte[81920];
        var total = 0L;
        for (int read; (read = await from.ReadAsync(buffer, cancel)) > 0;)
        {
            total += read;
            if (total > MaxFileBytes)
                throw new IOException($"{home} sends more than {MaxFileBytes / (1024 * 1024)} MiB");
            await to.WriteAsync(buffer.AsMemory(0, read), cancel);
        }
    }
}
