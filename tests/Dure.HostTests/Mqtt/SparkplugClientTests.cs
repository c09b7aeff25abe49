using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Mqtt;

/// <summary>sparkplug-client, which is not ours, as the edge node; the node is its host application.</summary>
public sealed class SparkplugClientTests : IDisposable
{
    private const string Item = "plant/edge1/press/Temp";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly string folder = Directory.CreateTempSubdirectory("dure-sparkplug-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task An_edge_node_is_read_with_its_unit_asked_for_a_rebirth_after_a_gap_and_bad_after_its_death()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        using var edge = Edge(node);
        Assert.Contains("born", await edge.StandardOutput.ReadLineAsync(Cancel), StringComparison.Ordinal);
        await Until(async () => (await ItemOf(node)) is not null, "the birth certificate has come");
        await Post(node, "api/v1/sources/mqtt/accept", new JsonObject { ["items"] = new JsonArray(new JsonObject { ["item"] = Item, ["path"] = Item }) });

        await Say(edge, """{"value":21.5}""");
        await Until(async () => (await Values(node)).Contains(21.5), "the value is kept");
        var signals = (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/signals", Cancel))!.ToJsonString();
        Assert.Contains("Cel", signals, StringComparison.Ordinal);

        await Say(edge, """{"value":22.5,"skip":true}""");
        Assert.Contains("rebirth", await edge.StandardOutput.ReadLineAsync(Cancel).AsTask().WaitAsync(Patience, Cancel), StringComparison.Ordinal);
        await Say(edge, """{"value":19.5,"historical":1700000000000}""");
        await Until(async () => (await Values(node)) is var kept && kept.Contains(22.5) && kept.Contains(19.5), "the value after the gap and the belated one are kept");

        edge.StandardInput.Close();
        await Until(async () => (await Values(node)).Contains(null), "its death makes the signal bad");
        await edge.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
    }

    private static Process Edge(NodeProcess node)
    {
        var url = JsonNode.Parse(File.ReadAllText(Path.Combine(node.Folder, "node.json")))!["mqtt"]!.GetValue<string>();
        var start = new ProcessStartInfo("node") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Checkout.Client("sparkplug-edge.mjs"));
        start.ArgumentList.Add(new JsonObject { ["url"] = url, ["password"] = node.Token }.ToJsonString());
        return Process.Start(start)!;
    }

    private static async Task Say(Process edge, string line)
    {
        await edge.StandardInput.WriteLineAsync(line.AsMemory(), Cancel);
        await edge.StandardInput.FlushAsync(Cancel);
    }

    private static async Task<JsonNode?> ItemOf(NodeProcess node) =>
        (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/sources/mqtt/items", Cancel))!["items"]!.AsArray().FirstOrDefault(item => item!["item"]!.GetValue<string>() == Item);

    /// <summary>The signal's values in order of time; null for bad ones without a value.</summary>
    private static async Task<List<double?>> Values(NodeProcess node)
    {
        var answer = await node.Client.GetFromJsonAsync<JsonObject>($"api/v1/signals/samples?signal={Uri.EscapeDataString(Item)}&from=0&limit=1000", Cancel);
        return [.. answer!["samples"]!.AsArray().Select(sample => sample![1]?.GetValue<double>())];
    }

    private static async Task Post(NodeProcess node, string path, JsonNode body)
    {
        using var response = await node.Client.PostAsync(path, JsonContent.Create(body), Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task Until(Func<Task<bool>> condition, string what)
    {
        for (var clock = Stopwatch.StartNew(); !await condition(); await Task.Delay(50, Cancel))
            Assert.True(clock.Elapsed < Patience, $"It did not come about that {what}.");
    }
}
