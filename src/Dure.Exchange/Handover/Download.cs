using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>
/// One file from a partner's door into a folder: streamed, resumed where it was cut, checked by its hash. What has arrived survives a crash.
/// </summary>
internal sealed class Download(HttpClient client, Uri address, string token, string file, IProgress<(long Done, long? Total)> progress)
{
    private const int BufferBytes = 256 * 1024;
    private const long MaxBytes = 1L << 42;
    private const int MaxManifestBytes = 64 << 20;

    /// <summary>Asks for what is missing and checks the whole.</summary>
    /// <returns>The file's hash.</returns>
    /// <exception cref="ProblemException">The provider refuses, with its reason, or the content is not what it says.</exception>
    /// <exception cref="IOException">The line broke: asking again goes on from here.</exception>
    public async Task<ContentHash> Run(CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var have = await HashWhatIsThere(hash, cancel);
        using var request = Request(address);
        if (have > 0)
            request.Headers.Range = new RangeHeaderValue(have, null);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        var isWhole = response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && response.Content.Headers.ContentRange?.Length == have;
        if (!isWhole)
        {
            if (!response.IsSuccessStatusCode)
                throw await Refused(response, cancel);
            if (have > 0 && response.StatusCode != HttpStatusCode.PartialContent)
            {
                have = 0; // the provider begins anew
                _ = hash.GetHashAndReset();
            }
            var total = response.Content.Headers.ContentLength + have;
            if (total > MaxBytes)
                throw new ProblemException("urn:dure:exchange:too-large", $"The provider announces {total} bytes.", address.Host, "Ask the provider what it is.");
            await using var stream = await response.Content.ReadAsStreamAsync(cancel);
            await Copy(stream, hash, have, total, cancel);
        }
        return Check(hash.GetHashAndReset(), DigestIn(response));
    }

    /// <summary>The provider's Croissant manifest beside the data; null when it has none.</summary>
    public async Task<byte[]?> Manifest(CancellationToken cancel)
    {
        using var request = Request(new Uri($"{address.AbsoluteUri.TrimEnd('/')}/manifest"));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
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

    private HttpRequestMessage Request(Uri from)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, from);
        request.Headers.TryAddWithoutValidation("Authorization", token.Contains(' ') ? token : $"Bearer {token}");
        return request;
    }

    private async Task<long> HashWhatIsThere(IncrementalHash hash, CancellationToken cancel)
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

    private async Task Copy(Stream stream, IncrementalHash hash, long have, long? total, CancellationToken cancel)
    {
        await using var target = new FileStream(file, have > 0 ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read, 1, FileOptions.Asynchronous);
        var buffer = new byte[BufferBytes];
        for (int read; (read = await stream.ReadAsync(buffer, cancel)) > 0;)
        {
            await target.WriteAsync(buffer.AsMemory(0, read), cancel);
            hash.AppendData(buffer, 0, read);
            have += read;
            if (have > (total ?? MaxBytes))
                throw new ProblemException("urn:dure:exchange:too-large", "The provider sends more than it announced.", address.Host, "Ask the provider what it is.");
            progress.Report((have, total));
        }
        target.Flush(flushToDisk: true);
        if (have < total)
            throw new IOException($"The line broke after {have} of {total} bytes.");
    }

    private ContentHash Check(byte[] hash, string? digest)
    {
        if (digest is not null && digest != Convert.ToBase64String(hash))
        {
            File.Delete(file);
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

    private async Task<Exception> Refused(HttpResponseMessage response, CancellationToken cancel)
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
        return new ProblemException("urn:dure:exchange:refused-by-provider", $"The provider gives no data: {why ?? $"HTTP {(int)response.StatusCode}"}", address.Host, "Look at the agreement, or ask the provider.");
    }
}
