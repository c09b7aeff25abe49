using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Dure.Devices.Http;

/// <summary>JSON over HTTP with bounds: 4 MiB per answer, no redirects (a command must not wander to another host), no proxy.</summary>
internal sealed class JsonLink : IDisposable
{
    private const int MaxAnswerBytes = 4 * 1024 * 1024;
    private readonly HttpClient http;

    public JsonLink(Uri address, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = address, MaxResponseContentBufferSize = MaxAnswerBytes, Timeout = Timeout.InfiniteTimeSpan };
        foreach (var (name, value) in headers)
            http.DefaultRequestHeaders.Add(name, value);
    }

    /// <summary>Status and body; a body that is not a JSON object is null.</summary>
    /// <exception cref="System.Text.Json.JsonException">A success came with something else than JSON.</exception>
    public async Task<(HttpStatusCode Status, JsonObject? Body)> Send(HttpMethod method, string path, JsonNode? body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        return await Send(request, cancel);
    }

    public async Task<(HttpStatusCode Status, JsonObject? Body)> Send(HttpRequestMessage request, CancellationToken cancel)
    {
        using var response = await http.SendAsync(request, cancel);
        var text = await response.Content.ReadAsStringAsync(cancel);
        if ((int)response.StatusCode >= 500)
            throw new HttpRequestException($"The device answered {(int)response.StatusCode}.");
        if (text.Length == 0)
            return (response.StatusCode, null);
        try
        {
            return (response.StatusCode, JsonNode.Parse(text) as JsonObject);
        }
        catch (System.Text.Json.JsonException) when (!response.IsSuccessStatusCode)
        {
            return (response.StatusCode, null);
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>A text member, empty when absent or of another kind.</summary>
    public static string Text(JsonNode? node, string member) => node is JsonObject item && item[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
