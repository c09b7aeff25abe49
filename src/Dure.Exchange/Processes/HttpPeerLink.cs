using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Processes;

/// <summary>The line to other participants over HTTP: bounded answers, bounded time, every message with this node's proof of who it is.</summary>
/// <param name="client">A client that refuses addresses that are none of a partner's business.</param>
/// <param name="authorization">The value of the Authorization header for a receiver.</param>
public sealed class HttpPeerLink(HttpClient client, Func<string, string> authorization) : IPeerLink
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public Task<PeerAnswer> Post(string peer, Uri address, JsonObject body, CancellationToken cancel)
    {
        var content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body.ToJsonString()));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return Ask(peer, new HttpRequestMessage(HttpMethod.Post, address) { Content = content }, cancel);
    }

    public Task<PeerAnswer> Get(string peer, Uri address, CancellationToken cancel) => Ask(peer, new HttpRequestMessage(HttpMethod.Get, address), cancel);

    private async Task<PeerAnswer> Ask(string peer, HttpRequestMessage request, CancellationToken cancel)
    {
        using var _ = request;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization(peer));
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var body = await Read(response, limit.Token);
            return new PeerAnswer((int)response.StatusCode, body, response.IsSuccessStatusCode ? null : $"HTTP {(int)response.StatusCode}{Reasons(body)}");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or ProblemException || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new PeerAnswer(0, null, failure is OperationCanceledException ? $"no answer within {Patience.TotalSeconds:F0} s" : failure.Message);
        }
    }

    private static async Task<JsonObject?> Read(HttpResponseMessage response, CancellationToken cancel)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[Math.Min(response.Content.Headers.ContentLength ?? 4096, Dsp.MaxMessageBytes) + 1];
        var length = 0;
        for (int read; (read = await stream.ReadAsync(buffer.AsMemory(length), cancel)) > 0;)
        {
            length += read;
            if (length > Dsp.MaxMessageBytes)
                return null;
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, Dsp.MaxMessageBytes + 1));
        }
        try
        {
            return length == 0 ? null : MessageReader.ReadObject(buffer.AsSpan(0, length));
        }
        catch (ProblemException)
        {
            return null; // some connectors answer an acknowledgement with a body of their own
        }
    }

    private static string Reasons(JsonObject? body) => body?["reason"] is JsonArray { Count: > 0 } reasons ? ": " + string.Join("; ", reasons.Take(4).Select(reason => Shorten(reason?.ToString() ?? ""))) : "";

    private static string Shorten(string text) => text.Length > 300 ? text[..300] + "…" : text;
}
