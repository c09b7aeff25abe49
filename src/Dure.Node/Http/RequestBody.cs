using System.Buffers;
using System.IO.Compression;
using Dure.Kernel;
using Dure.Node.Hosting;

namespace Dure.Node.Http;

/// <summary>A request's whole body in a pooled buffer, plain or gzip, never above the node's limit. Dispose to give the buffer back.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBufferBytes = 128 * 1024;

    /// <summary>What a sender says of its length is believed up to here; a longer body must come before it gets room.</summary>
    private const int MostBelievedBytes = 1024 * 1024;

    private byte[] buffer;
    private int length;

    private RequestBody(long? declared) => buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(declared + 1 ?? 0, FirstBufferBytes, MostBelievedBytes));

    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    /// <exception cref="ProblemException">The body is larger than allowed, or packed in a way the node does not know.</exception>
    public static async Task<RequestBody> Read(HttpContext context)
    {
        var limit = context.RequestServices.GetRequiredService<NodeOptions>().MaxBatchBytes;
        if (context.Request.ContentLength > limit)
            throw TooLarge(limit);
        var body = new RequestBody(context.Request.ContentLength);
        try
        {
            switch (context.Request.Headers.ContentEncoding.ToString())
            {
                case "" or "identity":
                    await body.Fill(context.Request.Body, limit, context.RequestAborted);
                    return body;
                case "gzip":
                    await using (var unpacked = new GZipStream(context.Request.Body, CompressionMode.Decompress))
                        await body.Fill(unpacked, limit, context.RequestAborted);
                    return body;
                case var other:
                    throw new ProblemException("urn:dure:http:bad-encoding", $"Content-Encoding '{other}' is not known.", "header Content-Encoding", "Send the body plain or gzip.");
            }
        }
        catch (InvalidDataException broken)
        {
            body.Dispose();
            throw new ProblemException("urn:dure:http:bad-gzip", "The gzip body is damaged.", "request body", "Pack it again, or send it plain.", broken);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        var given = Interlocked.Exchange(ref buffer, []);
        if (given.Length > 0)
            ArrayPool<byte>.Shared.Return(given);
    }

    private async Task Fill(Stream stream, long limit, CancellationToken cancel)
    {
        for (int read; (read = await stream.ReadAsync(buffer.AsMemory(length), cancel)) > 0;)
        {
            length += read;
            if (length > limit)
                throw TooLarge(limit);
            if (length == buffer.Length)
                Grow();
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    private static ProblemException TooLarge(long limit) => new("urn:dure:http:too-large",
        $"The body is larger than {limit / (1024 * 1024)} MiB.", "request body", "Send it in several smaller batches; 5,000 samples each is a good size.");
}
