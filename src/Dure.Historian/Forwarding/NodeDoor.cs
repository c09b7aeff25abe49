using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>What a node said to a batch.</summary>
internal abstract record NodeAnswer
{
    private NodeAnswer()
    {
    }

    /// <summary>All that could be taken is durable there; <paramref name="Reasons"/> names what could not.</summary>
    public sealed record Taken(long Accepted, long Duplicates, long Rejected, JsonNode? Reasons) : NodeAnswer;

    /// <summary>The node understood it and takes nothing of it; sending it again would not help.</summary>
    public sealed record Refused(JsonNode? Reasons, string What) : NodeAnswer;

    /// <summary>The body is larger than the node allows.</summary>
    public sealed record TooLarge(string What) : NodeAnswer;

    /// <summary>Not now: it is sent again.</summary>
    public sealed record NotNow(Problem Problem) : NodeAnswer;
}

/// <summary>A node's door for batches.</summary>
internal sealed class NodeDoor : IDisposable
{
    private const int MaxAnswerBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly HttpClient http;
    private readonly Uri address;

    public NodeDoor(Uri node, string token, bool register)
    {
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(10) })
        {
            Timeout = Patience,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        address = new Uri(node, $"api/v1/ingest?register={(register ? "true" : "false")}");
    }

    public async Task<NodeAnswer> Send(byte[] request, CancellationToken cancel)
    {
        try
        {
            using var content = new ByteArrayContent(Packed(request));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            content.Headers.ContentEncoding.Add("gzip");
            using var response = await http.PostAsync(address, content, cancel);
            return Judge(response.StatusCode, Parsed(await response.Content.ReadAsByteArrayAsync(cancel)));
        }
#pragma warning disable CA1031 // the client also throws what it does not document, as a SocketException of its own when a node dies while it is connected to
        catch (Exception failure) when (failure is not OperationCanceledException || !cancel.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return NotNow("urn:dure:gateway:no-node", $"The node does not answer: {failure.Message}", "Start the node, or check the way to it; batches wait on disk meanwhile.");
        }
    }

    public void Dispose() => http.Dispose();

    private NodeAnswer Judge(HttpStatusCode status, JsonObject? answer)
    {
        var what = answer?["title"]?.ToString() ?? $"The answer is {(int)status}.";
        return status switch
        {
            HttpStatusCode.OK when Count(answer, "accepted") is { } accepted && Count(answer, "duplicates") is { } duplicates && Count(answer, "rejected") is { } rejected =>
                new NodeAnswer.Taken(accepted, duplicates, rejected, answer!["rejections"]),
            HttpStatusCode.RequestEntityTooLarge => new NodeAnswer.TooLarge(what),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => NotNow("urn:dure:gateway:not-allowed", $"The node does not let this gateway in: {what}",
                "Make a token with the right to ingest ('dure token add'), put it into the token file and start the gateway again."),
            // Only the historian's own word on this batch counts as a refusal: any other 400 must not cost a sample.
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity when answer?["type"]?.ToString() is "urn:dure:historian:nothing-taken" or "urn:dure:historian:malformed-json" =>
                new NodeAnswer.Refused(answer["rejections"] ?? answer, what),
            _ => NotNow("urn:dure:gateway:node-fault", $"The node answers {(int)status}: {what}", "Look at the node's log, and check that the address is a Dure node's; batches wait on disk meanwhile."),
        };
    }

    private static long? Count(JsonObject? answer, string name) => answer?[name] is JsonValue value && value.TryGetValue<long>(out var count) ? count : null;

    private NodeAnswer.NotNow NotNow(string type, string what, string mend) => new(new Problem(type, what, address.GetLeftPart(UriPartial.Authority), mend));

    private static JsonObject? Parsed(byte[] answer)
    {
        try
        {
            return JsonNode.Parse(answer) as JsonObject;
        }
        catch (JsonException)
        {
            return null; // something other than a node answered
        }
    }

    private static byte[] Packed(byte[] request)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(request);
        return packed.ToArray();
    }
}
