using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dure.Exchange.Handover;

/// <summary>
/// One file from a partner's door into a folder: streamed, resumed where it was cut, checked by its hash. What has arrived survives a crash.
/// </summary>
public sealed class Download(HttpClient client, Uri address, string token, string file, IProgress<(long Done, long? Total)> progress)
{
    /// <summary>The provider says no, with its reason.</summary>
    public const string Refused = "urn:dure:exchange:refused-by-provider";

    /// <summary>There is no room here for what it announces.</summary>
    public const string NoRoom = "urn:dure:exchange:no-room";

    private const int BufferBytes = 256 * 1024;
    private const long MaxBytes = 1L << 42;
    private const int MaxManifestBytes = 64 << 20;
    private const long KeptFree = 512L << 20;

    /// <summary>ENOSPC of POSIX and ERROR_DISK_FULL of Windows, as the runtime hands them on.</summary>
    private const int DiskFull = 28, WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>How long a provider may send nothing.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    /// <summary>How long a manifest may take in all.</summary>
    private static readonly TimeSpan LongestManifest = TimeSpan.FromMinutes(2);

    /// <summary>Asks for what is missing and checks the whole.</summary>
    /// <returns>The file's hash.</returns>
    /// <exception cref="ProblemException">The provider refuses, with its reason, or the content is not what it says.</exception>
    /// <exception cref="IOException">The line broke: asking again goes on from here.</exception>
    public async Task<ContentHash> Run(CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var have = await HashWhatIsThere(file, hash, cancel);
        using var request = Request(address);
        // From the first byte on, too: what a fall of this node lost is no second use.
        request.Headers.Range = new RangeHeaderValue(have, null);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var response = await Hear(() => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token), silence, cancel);
        var isThere = response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && response.Content.Headers.ContentRange?.Length == have;
        if (!isThere)
        {
            if (!response.IsSuccessStatusCode)
                throw await Hear(() => Refusal(response, address, silence.Token), silence, cancel);
            if (have > 0 && response.StatusCode != HttpStatusCode.PartialContent)
            {
                have = 0; // the provider begins anew
                _ = hash.GetHashAndReset();
            }
            var total = response.Content.Headers.ContentLength + have;
            await using var stream = await response.Content.ReadAsStreamAsync(cancel);
            await Copy(stream, hash, have, total, MostOf(total, have), silence, cancel);
        }
        return Check(hash.GetHashAndReset(), DigestIn(response), isWhole: !isThere && have == 0);
    }

    /// <summary>The provider's Croissant manifest beside the data; null when it has none.</summary>
    public async Task<byte[]?> Manifest(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        return await Hear(() => Manifest(limit), limit, cancel);
    }

    private async Task<byte[]?> Manifest(CancellationTokenSource limit)
    {
        var cancel = limit.Token;
        using var request = Request(new Uri($"{address.AbsoluteUri.TrimEnd('/')}/manifest"));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        limit.CancelAfter(LongestManifest);
        if (!response.IsSuccessStatusCode)
            return null;
        if (response.Content.Headers.ContentLength > MaxManifestBytes)
            throw new ProblemException("urn:dure:exchange:too-large", "The manifest is larger than 64 MiB.", address.Host, "Ask the provider for a smaller one.");
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        using var content = new MemoryStream();
        var buffer = new byte[BufferBytes];
        for (int read; (read = await stream.ReadAsync(buffer, cancel)) > 0;)
        {
            if (content.Length + read > MaxManifestBytes)
                throw new ProblemException("urn:dure:exchange:too-large", "The manifest is larger than 64 MiB.", address.Host, "Ask the provider for a smaller one.");
            content.Write(buffer, 0, read);
        }
        return content.ToArray();
    }

    /// <summary>Waits for the provider, but not longer than it may be silent.</summary>
    /// <exception cref="IOException">It was.</exception>
    private static async Task<T> Hear<T>(Func<Task<T>> wait, CancellationTokenSource silence, CancellationToken cancel)
    {
        silence.CancelAfter(LongestSilence);
        try
        {
            return await wait();
        }
        catch (OperationCanceledException silent) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"The provider sent nothing for {LongestSilence.TotalSeconds:F0} s.", silent);
        }
    }

    private HttpRequestMessage Request(Uri from)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, from);
        request.Headers.TryAddWithoutValidation("Authorization", token.Contains(' ') ? token : $"Bearer {token}");
        return request;
    }

    /// <summary>How many bytes a file has, all of them in the hash; 0 when it is not there.</summary>
    internal static async Task<long> HashWhatIsThere(string file, IncrementalHash hash, CancellationToken cancel)
    {
        if (!File.Exists(file))
            return 0;
        var have = 0L;
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var buffer = new byte[BufferBytes];
        for (int read; (read = await stream.ReadAsync(buffer, cancel)) > 0; have += read)
            hash.AppendData(buffer, 0, read);
        return have;
    }

    /// <summary>Whether something fails since the disk is full: by our own measure, or by the system's.</summary>
    internal static bool IsNoRoom(Exception failed) => failed is ProblemException { Problem.Type: NoRoom } or IOException { HResult: DiskFull or WindowsDiskFull };

    /// <summary>How many bytes may be written there.</summary>
    internal static long RoomBeside(string file) => Math.Max(0, new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(file))!).AvailableFreeSpace - KeptFree);

    /// <summary>How many bytes are taken: those announced, or where nothing is, as many as half of the disk's room.</summary>
    /// <exception cref="ProblemException">There is no room for those announced.</exception>
    private long MostOf(long? total, long have)
    {
        var room = RoomBeside(file);
        if (total > MaxBytes)
            throw new ProblemException("urn:dure:exchange:too-large", $"The provider announces {total} bytes; {MaxBytes} are the most that is taken.", address.Host, "Ask the provider what it is.");
        if (total - have > room)
            throw new ProblemException(NoRoom, $"The provider announces {total} bytes, and there is room for {room}.", address.Host, "Make room on the disk, then let the transfer go on.");
        return total ?? Math.Min(MaxBytes, have + room / 2);
    }

    private async Task Copy(Stream stream, IncrementalHash hash, long have, long? total, long most, CancellationTokenSource silence, CancellationToken cancel)
    {
        await using var target = new FileStream(file, have > 0 ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read, 1, FileOptions.Asynchronous);
        await using var disk = new DiskBehind(target);
        for (int read; (read = await Hear(() => stream.ReadAsync(disk.Free, silence.Token).AsTask(), silence, cancel)) > 0;)
        {
            if (have + read > most)
            {
                await disk.DisposeAsync();
                target.Close();
                File.Delete(file);
                throw new ProblemException("urn:dure:exchange:too-large", total is null ? $"The provider sends without an end; {most} bytes are taken at most." : "The provider sends more than it announced.", address.Host, "Ask the provider what it is.");
            }
            hash.AppendData((await disk.Write(read, cancel)).Span);
            have += read;
            progress.Report((have, total));
        }
        await disk.Flush();
        if (have < total)
            throw new IOException($"The line broke after {have} of {total} bytes.");
    }

    /// <param name="isWhole">All of it came in this one answer: then asking again brings the same.</param>
    private ContentHash Check(byte[] hash, string? digest, bool isWhole)
    {
        if (digest is not null && digest != Convert.ToBase64String(hash))
        {
            File.Delete(file);
            if (isWhole)
                throw new ProblemException("urn:dure:exchange:wrong-content", "The content is not the one the provider's digest names.", address.Host, "Tell the provider; then fetch again.");
            throw new IOException("The content is not the one the provider's digest names; it is fetched anew.");
        }
        return new ContentHash(hash);
    }

    /// <summary>The SHA-256 of the whole content by RFC 9530, if the provider tells it.</summary>
    private static string? DigestIn(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Repr-Digest", out var values) && !response.Content.Headers.TryGetValues("Repr-Digest", out values))
            return null;
        var digest = values.SelectMany(value => value.Split(',')).Select(value => value.Trim()).FirstOrDefault(value => value.StartsWith("sha-256=:", StringComparison.OrdinalIgnoreCase));
        return digest?[9..].TrimEnd(':');
    }

    /// <summary>What an answer that brings no data means: a fault of the moment (<see cref="IOException"/>), or a refusal with the reason given.</summary>
    internal static async Task<Exception> Refusal(HttpResponseMessage response, Uri address, CancellationToken cancel)
    {
        if ((int)response.StatusCode is 408 or 425 or 429 or >= 500)
            return new IOException($"HTTP {(int)response.StatusCode}");
        var buffer = new byte[8 * 1024];
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        string? why = null;
        try
        {
            why = JsonNode.Parse(buffer.AsSpan(0, length))?["title"]?.GetValue<string>();
        }
        catch (Exception broken) when (broken is System.Text.Json.JsonException or InvalidOperationException)
        {
            // some providers give no reason
        }
        return new ProblemException(Refused, $"The provider gives no data: {why ?? $"HTTP {(int)response.StatusCode}"}", address.Host, "Look at the agreement, or ask the provider.");
    }

    /// <summary>
    /// Writes one buffer while the other is filled and hashed, and puts what is written on the disk as it goes: else all of a large file
    /// would wait for the disk at its end.
    /// </summary>
    private sealed class DiskBehind(FileStream target) : IAsyncDisposable
    {
        private const long FlushEvery = 64L << 20;

        private readonly SafeFileHandle handle = target.SafeFileHandle;
        private byte[] free = new byte[BufferBytes], taken = new byte[BufferBytes];
        private Task writing = Task.CompletedTask, flushing = Task.CompletedTask;
        private long unflushed;

        /// <summary>The buffer to fill.</summary>
        public Memory<byte> Free => free;

        /// <summary>Begins to write what was filled, after what was written before.</summary>
        /// <returns>What is being written: it may be read until the next call.</returns>
        public async ValueTask<ReadOnlyMemory<byte>> Write(int length, CancellationToken cancel)
        {
            await writing;
            unflushed += length;
            if (unflushed >= FlushEvery)
            {
                await flushing;
                flushing = Task.Run(() => RandomAccess.FlushToDisk(handle), CancellationToken.None);
                unflushed = 0;
            }
            (free, taken) = (taken, free);
            var filled = taken.AsMemory(0, length);
            writing = target.WriteAsync(filled, cancel).AsTask();
            return filled;
        }

        /// <summary>Waits until all of it is on the disk.</summary>
        public async Task Flush()
        {
            await writing;
            await flushing;
            target.Flush(flushToDisk: true);
        }

        /// <summary>Waits until nothing uses the file; what failed is told by <see cref="Write"/> and <see cref="Flush"/>.</summary>
        public async ValueTask DisposeAsync()
        {
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await flushing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
