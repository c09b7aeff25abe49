using System.Buffers;
using System.Text;
using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>A PUBLISH as a test sees it.</summary>
public sealed record Received(string Topic, string Payload, QualityOfService Qos, bool Retain, bool IsDuplicate, ushort PacketId, MqttProperties Properties);

/// <summary>The client's side of a connection, packet by packet: it acknowledges nothing on its own unless told to.</summary>
public sealed class TestClient(DefaultConnectionContext connection, Task serving) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly PacketBuffer sending = new();
    private readonly Dictionary<ushort, string> aliases = [];
    private readonly Queue<Received> early = [];
    private ushort lastId;

    public MqttVersion Version { get; private set; } = MqttVersion.V311;
    public ConnackPacket Connack { get; private set; } = null!;

    /// <summary>The server has let the connection go.</summary>
    public bool HasEnded => serving.IsCompleted;

    public async Task Greet(string clientId, MqttVersion version, bool clean = true, Action<MqttProperties>? set = null, MqttWill? will = null, ushort keepAlive = 0, string? user = null)
    {
        var packet = new ConnectPacket { Version = version, ClientId = clientId, CleanStart = clean, Will = will, KeepAliveSeconds = keepAlive, UserName = user };
        set?.Invoke(packet.Properties);
        Version = version;
        Connack = await SendConnect(packet);
        Assert.Equal(ReasonCode.Success, Connack.Reason);
    }

    public async Task<ConnackPacket> SendConnect(ConnectPacket packet)
    {
        Version = packet.Version;
        await Send(packet.Write);
        var (header, body) = await Read();
        Assert.Equal(PacketType.Connack, header.Type);
        return ConnackPacket.Read(body, Version);
    }

    public async Task Send(Action<PacketBuffer> write)
    {
        sending.Clear();
        write(sending);
        await connection.Application!.Output.WriteAsync(sending.Written.ToArray());
    }

    public async Task<IReadOnlyList<ReasonCode>> Subscribe(MqttProperties? properties, params TopicSubscription[] subscriptions)
    {
        await Send(into => new SubscribePacket(NextId(), subscriptions, properties ?? new MqttProperties()).Write(into, Version));
        return (await Expect(PacketType.Suback, body => SubackPacket.Read(PacketType.Suback, body, Version))).Codes;
    }

    public Task<IReadOnlyList<ReasonCode>> Subscribe(string filter, int qos) => Subscribe(null, new TopicSubscription(filter, (QualityOfService)qos));

    public async Task<IReadOnlyList<ReasonCode>> Unsubscribe(params string[] filters)
    {
        await Send(into => new UnsubscribePacket(NextId(), filters, new MqttProperties()).Write(into, Version));
        return (await Expect(PacketType.Unsuback, body => SubackPacket.Read(PacketType.Unsuback, body, Version))).Codes;
    }

    /// <summary>Publishes and goes through the whole exchange; returns the first answer's reason.</summary>
    public async Task<ReasonCode> Publish(string topic, string payload, int qos = 0, bool retain = false, Action<MqttProperties>? set = null)
    {
        var id = qos == 0 ? (ushort)0 : NextId();
        await SendPublish(topic, payload, qos, id, retain, set);
        if (qos == 0)
            return ReasonCode.Success;
        var first = await ExpectAck(qos == 1 ? PacketType.Puback : PacketType.Pubrec);
        Assert.Equal(id, first.PacketId);
        if (qos == 2 && first.Reason < ReasonCode.UnspecifiedError)
        {
            await Ack(PacketType.Pubrel, id);
            await ExpectAck(PacketType.Pubcomp);
        }
        return first.Reason;
    }

    public Task SendPublish(string topic, string payload, int qos, ushort id, bool retain = false, Action<MqttProperties>? set = null, bool isDuplicate = false)
    {
        var bare = new PacketBuffer();
        if (set is not null)
        {
            var properties = new MqttProperties();
            set(properties);
            properties.WriteBare(bare);
        }
        return Send(into => PublishPacket.Write(into, Version, Encoding.UTF8.GetBytes(topic), Encoding.UTF8.GetBytes(payload), (QualityOfService)qos, id, retain, isDuplicate, bare.Written));
    }

    public Task Ack(PacketType type, ushort id, ReasonCode reason = ReasonCode.Success) => Send(into => AckPacket.Write(into, Version, type, id, reason));

    /// <summary>The next packet but messages, which are kept for <see cref="ReceiveOnly"/>.</summary>
    public async Task<AckPacket> ExpectAck(PacketType type)
    {
        while (true)
        {
            var (header, body) = await Read();
            if (header.Type != PacketType.Publish)
            {
                Assert.Equal(type, header.Type);
                return AckPacket.Read(type, body, Version);
            }
            early.Enqueue(ToReceived(header, body));
        }
    }

    /// <summary>The next packet, which must be a PUBLISH; nothing is acknowledged.</summary>
    public async Task<Received> ReceiveOnly()
    {
        if (early.TryDequeue(out var kept))
            return kept;
        var (header, body) = await Read();
        Assert.Equal(PacketType.Publish, header.Type);
        return ToReceived(header, body);
    }

    /// <summary>The next message, with its whole exchange.</summary>
    public async Task<Received> Receive()
    {
        var message = await ReceiveOnly();
        if (message.Qos == QualityOfService.AtLeastOnce)
            await Ack(PacketType.Puback, message.PacketId);
        if (message.Qos == QualityOfService.ExactlyOnce)
        {
            await Ack(PacketType.Pubrec, message.PacketId);
            await ExpectAck(PacketType.Pubrel);
            await Ack(PacketType.Pubcomp, message.PacketId);
        }
        return message;
    }

    /// <summary>A ping's answer comes behind everything sent before it: so no message is waiting.</summary>
    public async Task ReceivesNothing()
    {
        Assert.Empty(early);
        await Send(into => PingPacket.Write(into, PacketType.Pingreq));
        var (header, body) = await Read();
        Assert.True(header.Type == PacketType.Pingresp, header.Type == PacketType.Publish ? $"There is a message: {ToReceived(header, body)}" : $"There is a {header.Type}.");
    }

    public async Task Disconnect(ReasonCode reason = ReasonCode.Success, Action<MqttProperties>? set = null)
    {
        var packet = new DisconnectPacket(reason);
        set?.Invoke(packet.Properties);
        await Send(into => packet.Write(into, Version));
        await IsClosed();
    }

    /// <summary>Goes without DISCONNECT, and takes nothing more: the server must not wait for its last words to be read.</summary>
    public async Task Vanish()
    {
        await connection.Application!.Output.CompleteAsync();
        await connection.Application.Input.CompleteAsync();
        await serving.WaitAsync(Deadline);
    }

    /// <summary>The reason the server gives before it closes.</summary>
    public async Task<ReasonCode> IsDisconnected()
    {
        var packet = await Expect(PacketType.Disconnect, body => DisconnectPacket.Read(PacketType.Disconnect, body, Version));
        await IsClosed();
        return packet.Reason;
    }

    /// <summary>The server has closed without further packets.</summary>
    public async Task IsClosed()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var result = await connection.Application!.Input.ReadAsync(deadline.Token);
        Assert.True(result is { IsCompleted: true, Buffer.IsEmpty: true }, $"{result.Buffer.Length} bytes came instead of the end.");
        await serving.WaitAsync(Deadline);
    }

    public async Task<T> Expect<T>(PacketType type, Func<byte[], T> read)
    {
        var (header, body) = await Read();
        Assert.Equal(type, header.Type);
        return read(body);
    }

    public async Task<(FixedHeader Header, byte[] Body)> Read()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (true)
        {
            var result = await connection.Application!.Input.ReadAsync(deadline.Token);
            var bytes = result.Buffer.ToArray();
            if (FixedHeader.TryRead(bytes, int.MaxValue, out var header) && bytes.Length >= header.PacketSize)
            {
                connection.Application.Input.AdvanceTo(result.Buffer.GetPosition(header.PacketSize));
                return (header, bytes[header.Length..header.PacketSize]);
            }
            connection.Application.Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            Assert.False(result.IsCompleted, "The server closed instead of answering.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!serving.IsCompleted)
            await Vanish();
    }

    public ushort NextId() => ++lastId;

    private Received ToReceived(FixedHeader header, byte[] body)
    {
        var packet = PublishPacket.Read(header.Flags, body, Version);
        var topic = Encoding.UTF8.GetString(packet.Topic);
        if (packet.TopicAlias != 0)
            topic = topic.Length > 0 ? aliases[packet.TopicAlias] = topic : aliases[packet.TopicAlias];
        return new Received(topic, Encoding.UTF8.GetString(packet.Payload), packet.Qos, packet.Retain, packet.IsDuplicate, packet.PacketId,
            MqttProperties.Read(packet.Properties, PropertyPlace.Publish));
    }
}
