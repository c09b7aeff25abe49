using System.Buffers.Binary;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;

namespace Dure.Mqtt.Server;

/// <summary>The sending side of a connection with what its client asked for: version, largest packet, topic aliases. Senders hold the outbox's gate.</summary>
internal sealed class Link(Outbox outbox, ConnectPacket connect, MqttServerOptions options, ServerCounters counters, TimeProvider time, Action<ReasonCode, string> close, Task ended)
{
    // Alias (3), expiry (5) and some subscription identifiers; more of these take the slow way.
    private const int StackProperties = 256;

    private readonly int aliasMaximum = Math.Min(connect.Properties.TopicAliasMaximum ?? 0, options.TopicAliasMaximum);
    private readonly long maximumPacketSize = connect.Properties.MaximumPacketSize ?? long.MaxValue;
    private Dictionary<TopicRoute, ushort>? aliases;
    private bool isOverrun;
    private volatile bool isSlow;

    public Outbox Outbox { get; } = outbox;
    public MqttVersion Version { get; } = connect.Version;

    /// <summary>QoS 1 and 2 messages that may be under way to the client.</summary>
    public int SendMaximum { get; } = Math.Min(connect.Properties.ReceiveMaximum ?? ushort.MaxValue, options.MaxInFlight);

    /// <summary>Completes when the connection has let its session go.</summary>
    public Task Ended { get; } = ended;

    /// <summary>Whether its client's packets wait for slower receivers; such a client is not waited for, so that two cannot wait for each other.</summary>
    public volatile bool IsHeldBack;

    /// <summary>Whether those who publish to it should wait.</summary>
    public bool IsBehind
    {
        get
        {
            var unsent = Outbox.Unsent;
            if (isSlow && unsent < options.BackPressureBytes / 2)
                isSlow = false; // it has caught up
            return unsent > options.BackPressureBytes && !isSlow;
        }
    }

    /// <summary>It takes bytes, but too slowly: nobody waits for it again before it has caught up, and what does not fit is lost to it.</summary>
    public void WaitNoMore() => isSlow = true;

    /// <summary>Ends the connection; the client is told why. Returns at once.</summary>
    public void Close(ReasonCode reason, string message) => close(reason, message);

    /// <summary>Whether a packet of this size may be sent to the client.</summary>
    public bool Fits(int packetSize) => packetSize <= maximumPacketSize;

    /// <summary>Sends a QoS 0 message straight from its publisher's read buffer.</summary>
    public void Send(in Publication publication, byte[] subscriptionIds, bool retain)
    {
        if (!Send(publication.Route, publication.Properties.Span, publication.Payload.Span, publication.ExpiresAt, subscriptionIds, QualityOfService.AtMostOnce, 0, retain, isDuplicate: false))
            counters.Dropped();
    }

    /// <summary>Sends a kept message; false when it is larger than the client takes.</summary>
    public bool Send(Message message, byte[] subscriptionIds, QualityOfService qos, ushort packetId, bool retain, bool isDuplicate) =>
        Send(message.Route, message.Properties.Span, message.Payload.Span, message.ExpiresAt, subscriptionIds, qos, packetId, retain, isDuplicate);

    private bool Send(TopicRoute route, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> payload, long expiresAt, byte[] subscriptionIds,
        QualityOfService qos, ushort packetId, bool retain, bool isDuplicate)
    {
        if (!HasRoom(qos))
            return true;
        if (Version == MqttVersion.V311)
        {
            PublishPacket.Write(Outbox.Filling, Version, route.Utf8, payload, qos, packetId, retain, isDuplicate);
            return true;
        }
        Span<byte> room = stackalloc byte[StackProperties];
        if (subscriptionIds.Length > StackProperties - 8)
            room = new byte[subscriptionIds.Length + 8];
        var topic = (ReadOnlySpan<byte>)route.Utf8;
        var length = aliasMaximum > 0 ? WriteAlias(room, route, ref topic) : 0;
        if (expiresAt != Message.Never)
            length += WriteExpiry(room[length..], expiresAt);
        subscriptionIds.CopyTo(room[length..]);
        var own = room[..(length + subscriptionIds.Length)];
        if (!Fits(PublishPacket.SizeOf(Version, route.Utf8.Length, payload.Length, qos, own.Length + properties.Length)))
        {
            if (length > 0 && !topic.IsEmpty)
                aliases?.Remove(route); // the client has not learnt it
            return false;
        }
        PublishPacket.Write(Outbox.Filling, Version, topic, payload, qos, packetId, retain, isDuplicate, own, properties);
        return true;
    }

    // A full outbox ends the connection: a QoS 1 or 2 message stays with its session, a QoS 0 message is lost with the connection.
    private bool HasRoom(QualityOfService qos)
    {
        if (isOverrun)
            return false;
        if (Outbox.Unsent <= options.MaxUnsentBytes)
            return true;
        isOverrun = true;
        if (qos == QualityOfService.AtMostOnce)
            counters.Dropped();
        close(ReasonCode.QuotaExceeded, $"{options.MaxUnsentBytes} bytes wait to be taken by this client.");
        return false;
    }

    private int WriteAlias(scoped Span<byte> room, TopicRoute route, ref ReadOnlySpan<byte> topic)
    {
        aliases ??= [];
        if (aliases.TryGetValue(route, out var alias))
            topic = default;
        else if (aliases.Count < aliasMaximum)
            aliases[route] = alias = (ushort)(aliases.Count + 1);
        else
            return 0;
        room[0] = (byte)PropertyId.TopicAlias;
        BinaryPrimitives.WriteUInt16BigEndian(room[1..], alias);
        return 3;
    }

    private int WriteExpiry(Span<byte> room, long expiresAt)
    {
        var left = Math.Max(0, expiresAt - time.GetUtcNow().ToUnixTimeMilliseconds() + 999) / 1000;
        room[0] = (byte)PropertyId.MessageExpiry;
        BinaryPrimitives.WriteUInt32BigEndian(room[1..], (uint)Math.Min(left, uint.MaxValue));
        return 5;
    }
}
