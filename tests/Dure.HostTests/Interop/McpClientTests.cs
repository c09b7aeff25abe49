using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Interop;

/// <summary>The Model Context Protocol's own client, a process of its own, plans, approves and reads a campaign on a node.</summary>
public sealed class McpClientTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-mcp-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_foreign_client_plans_approves_and_reads_a_campaign_and_is_refused_what_its_token_may_not()
    {
        _ = Checkout.Client("mcp-campaign.mjs");
        await using var node = await NodeProcess.Start(folder, Cancel);
        var reader = (await Json(node, "api/v1/tokens", """{ "name": "reader", "role": "viewer" }"""))["token"]!.GetValue<string>();
        var bridge = new JsonArray("dotnet", Path.Combine(AppContext.BaseDirectory, "dure.dll"), "mcp", "--data", folder).ToJsonString();
        var told = (await ClientScript.Run("mcp-campaign.mjs", node.Address.ToString(), [node.Token, reader, bridge], Cancel))
            .Select(line => JsonNode.Parse(line)!).ToDictionary(line => line["what"]!.GetValue<string>(), StringComparer.Ordinal);

        Assert.Equal("dure", told["server"]["name"]!.GetValue<string>());
        Assert.True(told["server"]["teaches"]!.GetValue<bool>());
        Assert.Contains("stop_laboratory", told["server"]["tools"]!.AsArray().Select(name => name!.GetValue<string>()));
        Refused(told["refused plan"], "temperature");
        Refused(told["slip"], "There is no argument 'form'");
        Assert.Equal("draft", Stage(told["drafted"]));
        Refused(told["not allowed"], "needs the permission 'approve'");
        Refused(told["too early"], "A draft is approved first");
        Assert.Equal("running", Stage(told["running"]));
        Assert.Equal(80, told["added"]["structuredContent"]!["point"]!["temperature"]!.GetValue<double>(), 1e-9);
        Assert.Equal(50, told["entered"]["structuredContent"]!["values"]!["yield"]!.GetValue<double>(), 1e-9);
        Assert.Equal("solvent", told["pinned"]["structuredContent"]!["narrowings"]![0]!["factor"]!.GetValue<string>());
        Assert.Equal("Kim has read it", told["read"]["structuredContent"]!["moves"]![0]!["why"]!.GetValue<string>());
        Assert.Contains("# by MCP", told["report"]["text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("a test", told["stopped"]["structuredContent"]!["stopped"]!.GetValue<string>());
        Assert.Equal("a test", told["bridge"]["structuredContent"]!["stopped"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_is_no_message_is_refused_and_nobody_without_a_token_gets_in()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        using (var nobody = new HttpClient { BaseAddress = node.Address })
            Assert.Equal(HttpStatusCode.Unauthorized, (await Post(nobody, """{ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }""")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await Post(node.Client, "{")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await Post(node.Client, "[]")).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await Post(node.Client, """{ "jsonrpc": "2.0", "method": "notifications/initialized" }""")).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await node.Client.GetAsync(new Uri("mcp", UriKind.Relative), Cancel)).StatusCode);
        var unknown = JsonNode.Parse(await (await Post(node.Client, """{ "jsonrpc": "2.0", "id": "a", "method": "resources/list" }""")).Content.ReadAsStringAsync(Cancel))!;
        Assert.Equal(-32601, unknown["error"]!["code"]!.GetValue<int>());
        Assert.Equal("a", unknown["id"]!.GetValue<string>());
    }

    private static void Refused(JsonNode told, string why)
    {
        Assert.True(told["isError"]!.GetValue<bool>(), told.ToJsonString());
        Assert.Contains(why, told["text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotEqual("", told["structuredContent"]!["mend"]!.GetValue<string>());
    }

    private static string Stage(JsonNode told) => told["structuredContent"]!["stage"]!.GetValue<string>();

    private static Task<HttpResponseMessage> Post(HttpClient client, string body) =>
        client.PostAsync(new Uri("mcp", UriKind.Relative), new StringContent(body, new MediaTypeHeaderValue("application/json")), Cancel);

    private static async Task<JsonNode> Json(NodeProcess node, string path, string body)
    {
        using var answer = await node.Client.PostAsync(new Uri(path, UriKind.Relative), JsonContent.Create(JsonNode.Parse(body)), Cancel);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
    }
}
