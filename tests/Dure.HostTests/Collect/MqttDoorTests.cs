using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Mqtt;
using Dure.Mqtt.Client;

namespace Dure.HostTests.Collect;

public sealed class MqttDoorTests(DoorNode node) : DoorConformance(node)
{
    private protected override Task<Door> Open(DoorNode on) => Task.FromResult<Door>(new MqttDoor(on));
}

/// <summary>Messages published to the node's own MQTT server with QoS 1; PUBACK is the acknowledgement.</summary>
internal sealed class MqttDoor(DoorNode node) : Door(node)
{
    public override string Source => "mqtt";
    public override string Asset => "conform/mqtt";

    public override Task Send(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel) => Publish(name, Payload(unit, samples), cancel);

    /// <summary>The first half of a PUBLISH, then a reset.</summary>
    public override async Task SendTorn(string name, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel)
    {
        var (topic, payload) = (Encoding.UTF8.GetBytes(Signal(name)), Encoding.UTF8.GetBytes(Payload(null, samples)));
        using var tcp = new TcpClient();
        var address = Address();
        await tcp.ConnectAsync(address.Host, address.Port, cancel);
        byte[] connect = [0, 4, .. "MQTT"u8, 4, 0xC2, 0, 60, .. Text("torn"), .. Text("x"), .. Text(Node.Node.Token)];
        await tcp.GetStream().WriteAsync((byte[])[0x10, .. Length(connect.Length), .. connect], cancel);
        await tcp.GetStream().ReadExactlyAsync(new byte[4], cancel); // CONNACK
        byte[] publish = [0, (byte)topic.Length, .. topic, 0, 1, .. payload];
        await tcp.GetStream().WriteAsync((byte[])[0x32, .. Length(publish.Length), .. publish.AsSpan(0, publish.Length / 2)], cancel);
        tcp.LingerState = new LingerOption(enable: true, seconds: 0);
    }

    public override async Task<string> SendBroken(string name, (long Time, double Value) good, CancellationToken cancel)
    {
        await Publish(name, "{\"value\": \u0001", cancel);
        await Publish(name, Payload(null, [good]), cancel);
        return Signal(name);
    }

    private static string Payload(string? unit, IReadOnlyList<(long Time, double Value)> samples) => new JsonArray([.. samples.Select(sample =>
    {
        var reading = new JsonObject { ["timestamp_ms"] = sample.Time / 1000, ["value"] = sample.Value };
        if (unit is not null)
            reading["unit"] = unit;
        return reading;
    })]).ToJsonString();

    private async Task Publish(string name, string payload, CancellationToken cancel)
    {
        var address = Address();
        try
        {
            await using var client = await MqttClient.Connect(new MqttClientOptions
            {
                Host = address.Host, Port = address.Port, ClientId = $"conform-{Guid.NewGuid():N}"[..20], CleanStart = true, UserName = "conform", Password = Node.Node.Token, Timeout = TimeSpan.FromSeconds(60),
            }, TimeProvider.System, (_, _) => ValueTask.CompletedTask, cancel);
            await client.Publish(Signal(name), Encoding.UTF8.GetBytes(payload), QualityOfService.AtLeastOnce, retain: false, cancel);
        }
        catch (ProblemException lost)
        {
            throw new IOException(lost.Message, lost);
        }
    }

    private Uri Address() => new(JsonNode.Parse(File.ReadAllText(Path.Combine(Node.Node.Folder, "node.json")))!["mqtt"]!.GetValue<string>());

    private static byte[] Text(string text) => [(byte)(text.Length >> 8), (byte)text.Length, .. Encoding.UTF8.GetBytes(text)];

    /// <summary>A remaining length below 2 MiB.</summary>
    private static byte[] Length(int length) => length < 128 ? [(byte)length]
        : length < 16_384 ? [(byte)(length & 127 | 128), (byte)(length >> 7)]
        : [(byte)(length & 127 | 128), (byte)(length >> 7 & 127 | 128), (byte)(length >> 14)];
}
