using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Interop;

/// <summary>An OPC UA server, the gateway and a node, each a process of its own; the gateway publishes to the node's MQTT port.</summary>
public sealed class OpcUaGatewayTests : IDisposable
{
    private const int Changes = 200;
    private readonly string folder = Directory.CreateTempSubdirectory("dure-opcua-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Every_change_of_an_OPC_UA_variable_reaches_the_node_once_and_in_order_with_its_metadata_first()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await NodeProcess.Start(Directory.CreateDirectory(Path.Combine(folder, "node")).FullName, cancel);
        var broker = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(node.Folder, "node.json"), cancel))!["mqtt"]!.GetValue<string>();
        var port = FreePort();
        await using var plant = GatewayScript.Start("test/plant.js", [$"{port}", folder]);
        await plant.Line("ready", cancel);
        await using var listener = GatewayScript.Start("test/listen.js", [broker, "opcua/#"], ("DURE_TOKEN", node.Token));
        await listener.Line("listening", cancel);

        await using var gateway = GatewayScript.Start("main.js", ["run", "--config", await Settings(port, broker, cancel)], ("DURE_TOKEN", node.Token));
        var first = JsonNode.Parse(await listener.Line(null, cancel))!;
        Assert.Equal("ua-metadata", (string?)first["MessageType"]);
        Assert.Contains("EngineeringUnits", first.ToJsonString(), StringComparison.Ordinal);

        for (var value = 1; value <= Changes; value++)
            await plant.Tell(value.ToString(CultureInfo.InvariantCulture), cancel);
        var seen = new List<int>();
        while (!seen.Contains(Changes))
            seen.AddRange(Counters(JsonNode.Parse(await listener.Line(null, cancel))!));
        Assert.Equal(Enumerable.Range(0, Changes + 1), seen);
    }

    private async Task<string> Settings(int port, string broker, CancellationToken cancel)
    {
        var file = Path.Combine(folder, "gateway.json");
        await File.WriteAllTextAsync(file, new JsonObject
        {
            ["publisherId"] = "press-hall",
            ["dataFolder"] = "gateway",
            ["server"] = new JsonObject { ["endpoint"] = $"opc.tcp://127.0.0.1:{port}", ["securityMode"] = "None", ["securityPolicy"] = "None" },
            ["groups"] = new JsonArray(new JsonObject
            {
                ["name"] = "press",
                ["publishingInterval"] = 50,
                ["samplingInterval"] = 0,
                ["queueSize"] = 1000,
                ["browse"] = new JsonArray(new JsonObject { ["root"] = "ns=1;s=Press1" }),
            }),
            ["broker"] = new JsonObject { ["url"] = broker.TrimEnd('/'), ["user"] = "press-hall", ["password"] = new JsonObject { ["env"] = "DURE_TOKEN" } },
        }.ToJsonString(), cancel);
        return file;
    }

    private static IEnumerable<int> Counters(JsonNode message) =>
        from data in (message["Messages"] as JsonArray ?? []).OfType<JsonObject>()
        let counter = data["Payload"]?["Counter"]
        where counter is not null
        select counter["Value"]!.GetValue<int>();

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
