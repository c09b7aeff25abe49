using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>One file from here to a partner's door: streamed, from where the partner says it is. Each portion is let through by a <see cref="Passage"/>.</summary>
/// <param name="address">The partner's door.</param>
/// <param name="token">What opens it.</param>
public sealed class Upload(HttpClient client, Uri address, string token)
{
    /// <summary>By which header a receiver says how many bytes it has, as in the IETF's resumable uploads.</summary>
    public const string OffsetHeader = "Upload-Offset";

    private const int BufferBytes = 256 * 1024;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    /// <summary>A receiver checks and files a long content before it answers.</summary>
    private static readonly TimeSpan LongestLanding = TimeSpan.FromMinutes(10);

    /// <summary>How many bytes the partner has; 0 where it cannot say.</summary>
    /// <exception cref="ProblemException">It does not want them.</exception>
    /// <exception cref="IOException">The line broke.</exception>
    public async Task<long> Offset(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(LongestSilence);
        using var request = Request(HttpMethod.Head, address);
        using var response = await Hear(() => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token), cancel);
        // Doors of other makers know no question; they take the whole.
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented)
            return 0;
        if (!response.IsSuccessStatusCode)
            throw await Download.Refusal(response, address, limit.Token);
        return response.Headers.TryGetValues(OffsetHeader, out var values) && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : 0;
    }

    /// <summary>Brings the manifest beside the data; a door that takes none is brought none.</summary>
    public async Task Manifest(byte[] manifest, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(LongestSilence);
        using var request = Request(HttpMethod.Put, new Uri($"{address.AbsoluteUri.TrimEnd('/')}/manifest"));
        request.Content = new ByteArrayContent(manifest) { Headers = { ContentType = new MediaTypeHeaderValue("application/ld+json") } };
        using var response = await Hear(() => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token), cancel);
        if (!response.IsSuccessStatusCode && response.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented))
            throw await Download.Refusal(response, address, limit.Token);
    }

    /// <summary>Brings what is missing.</summary>
    /// <param name="passage">Lets the bytes through, of the file from the first missing one on.</param>
    /// <param name="total">How long the file is.</param>
    public async Task Bring(Passage passage, long total, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, passage.Stopped);
        using var request = Request(HttpMethod.Put, address);
        using var content = new PassageContent(passage, stop);
        content.Headers.ContentType = MediaTypeHeaderValue.TryParse(passage.Offering.MediaType, out var type) ? type : new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.ContentRange = passage.Length > 0 ? new ContentRangeHeaderValue(passage.From, passage.From + passage.Length - 1, total) : new ContentRangeHeaderValue(total);
        if (passage.Offering.Content is { } hash)
            content.Headers.TryAddWithoutValidation("Repr-Digest", $"sha-256=:{Convert.ToBase64String(hash.ToArray())}:");
        request.Content = content;
        request.Headers.ExpectContinue = true; // a refusal comes before the bytes do
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            if (response.StatusCode == HttpStatusCode.Conflict)
                throw new IOException("The partner is elsewhere in the file.");
            if (!response.IsSuccessStatusCode)
                throw await Download.Refusal(response, address, stop.Token);
        }
        catch (Exception ended) when (ended is OperationCanceledException or HttpRequestException && !cancel.IsCancellationRequested)
        {
            if (passage.WhyStopped is { } why)
                throw new ProblemException(DataDoor.Refused, why, "transfer", "Negotiate anew.", ended);
            throw ended.InnerException as ProblemException ?? (Exception)new IOException(ended is OperationCanceledException ? "The partner takes nothing." : ended.Message, ended);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, Uri to)
    {
        var request = new HttpRequestMessage(method, to);
        request.Headers.TryAddWithoutValidation("Authorization", token.Contains(' ') ? token : $"Bearer {token}");
        return request;
    }

    private static async Task<HttpResponseMessage> Hear(Func<Task<HttpResponseMessage>> ask, CancellationToken cancel)
    {
        try
        {
            return await ask();
        }
        catch (OperationCanceledException silent) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"The partner said nothing for {LongestSilence.TotalSeconds:F0} s.", silent);
        }
    }

    /// <summary>The file's bytes, each portion let through before it leaves. A receiver that takes nothing for a while ends it.</summary>
    private sealed class PassageContent(Passage passage, CancellationTokenSource stop) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Send(stream);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) => Send(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = passage.Length;
            return true;
        }

        private async Task Send(Stream stream)
        {
            using var file = File.OpenHandle(passage.Path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.Asynchronous | FileOptions.SequentialScan);
            var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                for (var done = 0L; done < passage.Length;)
                {
                    var read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(BufferBytes, passage.Length - done)), passage.From + done, stop.Token);
                    if (read == 0)
                        throw new IOException("The file is shorter than it was.");
                    await passage.Let(read, stop.Token);
                    stop.CancelAfter(LongestSilence); // for this buffer: a door that takes less in that time is cut off, and its turn goes to the next
                    await stream.WriteAsync(buffer.AsMemory(0, read), stop.Token);
                    done += read;
                }
                stop.CancelAfter(LongestLanding);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
