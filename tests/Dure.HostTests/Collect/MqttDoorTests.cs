using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Mqtt;
using Dure.Mqtt.Client;
using Dure.Mqtt.Packets;

namespace Dure.HostTests.Collect;

public sealed class MqttDoorTests(DoorNode node) : DoorConformance(node)
{
    private protected override Task<Door> Open(DoorNode on) => Task.FromResult<Door>(new MqttDoor(on));
}

/// <summary>Lists of readings in JSON, published with QoS 1 to the node's own MQTT server; a topic is the signal's path.</summary>
internal sealed class MqttDoor(DoorNode node) : Door(node)
{
    private const int PerMessage = 500;
    private static int clients;

    public override string Source => "mqtt";
    public override string Asset => "conform/mqtt";

    public override async Task Send(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel)
    {
        try
        {
            await using var client = await MqttClient.Connect(await Options(cancel), TimeProvider.System, (_, _) => default, cancel);
            foreach (var chunk in samples.Chunk(PerMessage))
                await client.Publish(Signal(name), Payload(chunk, unit), QualityOfService.AtLeastOnce, retain: false, cancel);
        }
        catch (ProblemException gone)
        {
            throw new IOException(gone.Message, gone);
        }
    }

    /// <summary>The connection ends within the message.</summary>
    public override async Task SendTorn(string name, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel)
    {
        var options = await Options(cancel);
        var packets = new PacketBuffer();
        new ConnectPacket { Version = MqttVersion.V311, ClientId = options.ClientId, UserName = options.UserName, Password = Encoding.UTF8.GetBytes(options.Password!) }.Write(packets);
        PublishPacket.Write(packets, MqttVersion.V311, Encoding.UTF8.GetBytes(Signal(name)), Payload(samples, null), QualityOfService.AtLeastOnce, packetId: 1);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(options.Host, options.Port, cancel);
        await tcp.GetStream().WriteAsync(packets.WrittenMemory[..^10], cancel);
    }

    public override async Task<string> SendBroken(string name, (long Time, double Value) good, CancellationToken cancel)
    {
        await using var client = await MqttClient.Connect(await Options(cancel), TimeProvider.System, (_, _) => default, cancel);
        await client.Publish(Signal(name), "{\"value\":"u8.ToArray(), QualityOfService.AtLeastOnce, retain: false, cancel);
        await client.Publish(Signal(name), Payload([good], null), QualityOfService.AtLeastOnce, retain: false, cancel);
        return Signal(name);
    }

    private static byte[] Payload(IReadOnlyList<(long Time, double Value)> samples, string? unit) =>
        Encoding.UTF8.GetBytes($"[{string.Join(',', samples.Select(sample => string.Create(CultureInfo.InvariantCulture, $"{{\"value\":{sample.Value:R},\"timestamp\":{sample.Time}{(unit is null ? "" : $",\"unit\":\"{unit}\"")}}}")))}]");

    private async Task<MqttClientOptions> Options(CancellationToken cancel)
    {
        var address = new Uri(JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Node.Node.Folder, "node.json"), cancel))!["mqtt"]!.GetValue<string>());
        return new MqttClientOptions { Host = address.Host, Port = address.Port, ClientId = $"door{Interlocked.Increment(ref clients)}", CleanStart = true, UserName = "door", Password = Node.Node.Token };
    }
}
