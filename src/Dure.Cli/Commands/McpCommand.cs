using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dure.Cli.Commands;

/// <summary><c>dure mcp</c>: a bridge from a desktop client that speaks the Model Context Protocol over standard input and output to a node.</summary>
internal static class McpCommand
{
    private const int BridgeFailed = -32000;

    public static Command Build(SharedOptions shared)
    {
        var command = new Command("mcp", """
            Let a desktop client of the Model Context Protocol use a node: a message a line on standard input, an answer a line on standard output.
            A client that speaks HTTP needs no bridge: its address is the node's with /mcp, its token goes in the Authorization header.

            Example, in a client's settings:
              { "mcpServers": { "laboratory": { "command": "dure", "args": ["mcp", "--node", "http://127.0.0.1:5210", "--token-file", "assistant.token"] } } }
            """);
        command.SetAction(async (parsed, cancel) =>
        {
            var (address, token) = shared.NodeAndToken(parsed);
            using var http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            while (await Console.In.ReadLineAsync(cancel) is { } line)
                if (line.Length > 0 && await Answer(http, line, cancel) is { } answer)
                    await Console.Out.WriteLineAsync(answer.AsMemory(), cancel);
            return 0;
        });
        return command;
    }

    /// <summary>The node's answer in one line; null where none is due.</summary>
    private static async Task<string?> Answer(HttpClient http, string line, CancellationToken cancel)
    {
        try
        {
            using var content = new StringContent(line, Encoding.UTF8, "application/json");
            using var response = await http.PostAsync(new Uri("mcp", UriKind.Relative), content, cancel);
            var text = await response.Content.ReadAsStringAsync(cancel);
            if (response.Content.Headers.ContentType?.MediaType == "application/json")
                return text.ReplaceLineEndings(" ");
            return response.IsSuccessStatusCode ? null : Failure(line, $"The node answered {(int)response.StatusCode}: {text}");
        }
        catch (HttpRequestException failure)
        {
            return Failure(line, $"No node answers at {http.BaseAddress}: {failure.Message}");
        }
    }

    /// <summary>A request is answered even where the node is not reached: a client would wait for ever.</summary>
    private static string? Failure(string line, string message)
    {
        try
        {
            return JsonNode.Parse(line)?["id"] is { } id
                ? new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["error"] = new JsonObject { ["code"] = BridgeFailed, ["message"] = message } }.ToJsonString() : null;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return null; // no message, so nobody waits
        }
    }
}
