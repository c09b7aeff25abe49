using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Cli;

/// <summary>A node seen through its HTTP API, with its problem documents as <see cref="ProblemException"/>.</summary>
public sealed class NodeClient : IDisposable
{
    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(40);
    private readonly HttpClient http;

    public NodeClient(Uri address, string token)
    {
        http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(10) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Uri Address => http.BaseAddress!;

    public Task<JsonNode> Get(string path, CancellationToken cancel) => Send(HttpMethod.Get, path, null, cancel);

    public Task<JsonNode> Post(string path, JsonNode? body, CancellationToken cancel) =>
        Send(HttpMethod.Post, path, body is null ? null : JsonContent.Create(body), cancel);

    public Task<JsonNode> Post(string path, HttpContent content, CancellationToken cancel) => Send(HttpMethod.Post, path, content, cancel);

    public Task<JsonNode> Put(string path, JsonNode body, CancellationToken cancel) => Send(HttpMethod.Put, path, JsonContent.Create(body), cancel);

    public Task<JsonNode> Delete(string path, CancellationToken cancel) => Send(HttpMethod.Delete, path, null, cancel);

    /// <summary>Copies a file from the node to disk; the file appears only when it is whole.</summary>
    public async Task Download(string path, string file, CancellationToken cancel)
    {
        using var response = await Reach(() => http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel));
        await ThrowOnProblem(response, cancel);
        var part = $"{file}.{Environment.ProcessId}.part";
        await using (var disk = File.Create(part))
            await response.Content.CopyToAsync(disk, cancel);
        File.Move(part, file, overwrite: true);
    }

    public async Task<string> GetText(string path, CancellationToken cancel)
    {
        using var response = await Reach(() => http.GetAsync(path, cancel));
        await ThrowOnProblem(response, cancel);
        return await response.Content.ReadAsStringAsync(cancel);
    }

    /// <summary>Asks for long work and follows it to its end.</summary>
    /// <returns>The run's result.</returns>
    /// <exception cref="ProblemException">The run was refused, failed or was cancelled.</exception>
    public async Task<JsonObject> Run(string path, JsonNode request, Action<double, string>? progress, CancellationToken cancel)
    {
        var run = await Post(path, request, cancel);
        var id = run.Text("id");
        while (true)
        {
            switch (run.Text("state"))
            {
                case "Succeeded":
                    return run["result"]!.AsObject();
                case "Failed":
                    var problem = run["problem"]!;
                    throw new ProblemException(problem.Text("type"), problem.Text("what"), problem.Text("where"), problem.Text("mend"));
                case "Cancelled":
                    throw new ProblemException("urn:dure:runs:cancelled", "The run was cancelled.", $"run {id}", "Ask for it again.");
                default:
                    progress?.Invoke(run["share"]!.GetValue<double>(), run.Text("message"));
                    await Task.Delay(PollPause, cancel);
                    run = await Get($"api/v1/runs/{id}", cancel);
                    break;
            }
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<JsonNode> Send(HttpMethod method, string path, HttpContent? content, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await Reach(() => http.SendAsync(request, cancel));
        await ThrowOnProblem(response, cancel);
        var text = await response.Content.ReadAsStringAsync(cancel);
        return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text)!;
    }

    private async Task<HttpResponseMessage> Reach(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            return await send();
        }
        catch (HttpRequestException failure)
        {
            throw new ProblemException("urn:dure:cli:no-node", $"No node answers ({failure.Message}).", Address.ToString(),
                "Start one with 'dure up', or name another with --node URL.", failure);
        }
    }

    private static async Task ThrowOnProblem(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.IsSuccessStatusCode)
            return;
        var text = await response.Content.ReadAsStringAsync(cancel);
        JsonNode? document = null;
        try
        {
            document = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Not a problem document: something other than a node answered. Told below.
        }
        var what = document?["title"] is not null ? document.Text("title") : $"The answer was {(int)response.StatusCode} {response.ReasonPhrase}.";
        throw new ProblemException(document?["type"] is not null ? document.Text("type") : "urn:dure:cli:unexpected-answer", what,
            document?["where"] is not null ? document.Text("where") : response.RequestMessage!.RequestUri!.ToString(),
            document?["mend"] is not null ? document.Text("mend") : "Check that the address is a Dure node's.");
    }
}

/// <summary>Short ways into JSON answers.</summary>
internal static class JsonAnswers
{
    public static string Text(this JsonNode? node, string name) =>
        node?[name]?.GetValue<string>() ?? throw new ProblemException("urn:dure:cli:unexpected-answer", $"The answer lacks '{name}'.", "node's answer", "Use the command line of the node's own version.");

    public static double Number(this JsonNode? node, string name) => node?[name]?.GetValue<double>() ?? double.NaN;

    public static long Whole(this JsonNode? node, string name) => node?[name]?.GetValue<long>() ?? 0;
}
