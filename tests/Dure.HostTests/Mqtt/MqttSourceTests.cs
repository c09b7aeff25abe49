using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Mqtt;
using Dure.Mqtt.Client;
using Xunit;

namespace Dure.HostTests.Mqtt;

/// <summary>A source of kind mqtt on one node reads the server of another, which stands for the plant's broker.</summary>
public sealed class MqttSourceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private readonly string folder = Directory.CreateTempSubdirectory("dure-mqtt-source-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task What_the_server_keeps_while_the_node_is_away_is_there_once_after_it_comes_back()
    {
        await using var broker = await NodeProcess.Start(Directory.CreateDirectory(Path.Combine(folder, "broker")).FullName, Cancel);
        var node = await NodeProcess.Start(Directory.CreateDirectory(Path.Combine(folder, "node")).FullName, Cancel);
        try
        {
            var address = new Uri(JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(broker.Folder, "node.json"), Cancel))!["mqtt"]!.GetValue<string>());
            await Post(node, "api/v1/signals", new JsonObject { ["signals"] = new JsonArray(new JsonObject { ["id"] = "plant/pump1/flow", ["unit"] = "L/min" }) });
            await Post(node, "api/v1/sources", new JsonObject
            {
                ["name"] = "broker",
                ["kind"] = "mqtt",
                ["settings"] = new JsonObject
                {
                    ["url"] = address.ToString().TrimEnd('/'),
                    ["user"] = "dure",
                    ["password"] = broker.Token,
                    ["topics"] = "raw/#",
                    ["templates"] = "raw/{machine}/{signal} -> plant/{machine}/{signal}",
                    ["clientId"] = "reader",
                },
            });
            await Until(async () => (await Source(node))["state"]!.GetValue<string>() == "connected");
            await using var machine = await MqttClient.Connect(new MqttClientOptions { Host = address.Host, Port = address.Port, ClientId = "machine", UserName = "m", Password = broker.Token }, TimeProvider.System, (_, _) => default, Cancel);
            await Say(machine, 1);
            await Until(async () => (await Kept(node)).SequenceEqual([1.0]));
            await node.Kill();
            await Say(machine, 2);
            await Say(machine, 3);
            await node.DisposeAsync();
            node = await NodeProcess.Start(node.Folder, Cancel);
            await Until(async () => (await Kept(node)).SequenceEqual([1.0, 2.0, 3.0]));
        }
        finally
        {
            await node.DisposeAsync();
        }
    }

    private static Task Say(MqttClient machine, int value) =>
        machine.Publish("raw/pump1/flow", Encoding.UTF8.GetBytes($"{{\"timestamp_ms\":{1_700_000_000_000 + value},\"value\":{value}}}"), QualityOfService.AtLeastOnce, retain: false, Cancel);

    private static async Task<JsonObject> Source(NodeProcess node) => (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/sources/broker", Cancel))!;

    private static async Task<List<double>> Kept(NodeProcess node) =>
        [.. (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/signals/samples?signal=plant/pump1/flow&from=0&limit=100", Cancel))!["samples"]!.AsArray().Select(sample => sample![1]!.GetValue<double>())];

    private static async Task Post(NodeProcess node, string path, JsonNode body)
    {
        using var response = await node.Client.PostAsync(path, JsonContent.Create(body), Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (var clock = Stopwatch.StartNew(); !await condition(); await Task.Delay(50, Cancel))
            Assert.True(clock.Elapsed < Patience, "It did not come about in time.");
    }
}
