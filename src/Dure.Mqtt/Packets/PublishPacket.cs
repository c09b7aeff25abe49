using System.Buffers.Binary;

namespace Dure.Mqtt.Packets;

/// <summary>PUBLISH, as spans into the bytes it was read from: nothing is copied. Topic and properties are checked.</summary>
public readonly ref struct PublishPacket
{
    private const int DupFlag = 8;
    private const int RetainFlag = 1;

    /// <summary>The topic's UTF-8 bytes; empty when a topic alias stands for it.</summary>
    public ReadOnlySpan<byte> Topic { get; private init; }

    /// <summary>The properties without their length; empty in 3.1.1. <see cref="MqttProperties.Read(ReadOnlySpan{byte}, PropertyPlace)"/> opens them.</summary>
    public ReadOnlySpan<byte> Properties { get; private init; }
    public ReadOnlySpan<byte> Payload { get; private init; }

    /// <summary>Zero for QoS 0.</summary>
    public ushort PacketId { get; private init; }
    public QualityOfService Qos { get; private init; }
    public bool IsDuplicate { get; private init; }
    public bool Retain { get; private init; }

    /// <summary>Zero: none.</summary>
    public ushort TopicAlias { get; private init; }

    /// <summary>Seconds, or null for a message that stays worth delivering.</summary>
    public uint? MessageExpirySeconds { get; private init; }

    /// <summary>Whether <see cref="Properties"/> holds what belongs to this hop only: topic alias, subscription identifiers.</summary>
    public bool HasHopProperties { get; private init; }

    /// <summary>Reads the body of a PUBLISH.</summary>
    /// <exception cref="MqttProtocolException">The packet breaks a rule of MQTT.</exception>
    public static PublishPacket Read(byte flags, ReadOnlySpan<byte> body, MqttVersion version) => Read(flags, body, version, default);

    /// <summary>As the other; a topic that equals <paramref name="known"/>, which was checked before, is not checked again.</summary>
    internal static PublishPacket Read(byte flags, ReadOnlySpan<byte> body, MqttVersion version, ReadOnlySpan<byte> known)
    {
        var qos = (flags >> 1) & 3;
        if (qos == 3)
            throw MqttProtocolException.Malformed("PUBLISH asks for QoS 3, which does not exist.");
        if (qos == 0 && (flags & DupFlag) != 0)
            throw MqttProtocolException.Malformed("PUBLISH with QoS 0 has the DUP flag.");
        var reader = new MqttReader(body);
        var isKnown = !known.IsEmpty && reader.StartsWithBinary(known);
        var topic = isKnown ? reader.ReadBinary() : reader.ReadText();
        var packetId = qos > 0 ? reader.ReadPacketId() : (ushort)0;
        var properties = version == MqttVersion.V50 ? reader.Take((int)reader.ReadVariable()) : default;
        var (alias, expiry, hasHop, isText) = properties.IsEmpty ? default : Scan(properties);
        if (!isKnown && !TopicRules.IsName(topic) && (!topic.IsEmpty || alias == 0))
            throw new MqttProtocolException(topic.IsEmpty && version == MqttVersion.V50 ? ReasonCode.ProtocolError : ReasonCode.TopicNameInvalid, "PUBLISH needs a topic name without wildcards.");
        if (isText && !System.Text.Unicode.Utf8.IsValid(reader.Rest))
            throw new MqttProtocolException(ReasonCode.PayloadFormatInvalid, "PUBLISH says its payload is UTF-8, and it is not.");
        return new PublishPacket
        {
            Topic = topic,
            Properties = properties,
            Payload = reader.Rest,
            PacketId = packetId,
            Qos = (QualityOfService)qos,
            IsDuplicate = (flags & DupFlag) != 0,
            Retain = (flags & RetainFlag) != 0,
            TopicAlias = alias,
            MessageExpirySeconds = expiry,
            HasHopProperties = hasHop,
        };
    }

    /// <summary>Appends a PUBLISH.</summary>
    /// <param name="into">Where to.</param>
    /// <param name="version">In 3.1.1 the properties are left out.</param>
    /// <param name="topic">The topic's UTF-8 bytes; may be empty when the properties hold a topic alias.</param>
    /// <param name="payload">Any bytes.</param>
    /// <param name="qos">With QoS 1 and 2 <paramref name="packetId"/> must not be 0.</param>
    /// <param name="packetId">Not written with QoS 0.</param>
    /// <param name="retain">The RETAIN flag.</param>
    /// <param name="isDuplicate">The DUP flag.</param>
    /// <param name="properties">Properties as <see cref="MqttProperties.WriteBare"/> writes them.</param>
    /// <param name="moreProperties">Properties that follow those, so that a server need not join what differs per receiver with what does not.</param>
    public static void Write(PacketBuffer into, MqttVersion version, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, QualityOfService qos = QualityOfService.AtMostOnce,
        ushort packetId = 0, bool retain = false, bool isDuplicate = false, ReadOnlySpan<byte> properties = default, ReadOnlySpan<byte> moreProperties = default)
    {
        var isV5 = version == MqttVersion.V50;
        var propertiesLength = properties.Length + moreProperties.Length;
        var remaining = RemainingLength(version, topic.Length, payload.Length, qos, propertiesLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(remaining, PacketBuffer.MaximumRemainingLength);
        var to = into.Append(1 + PacketBuffer.VariableLength((uint)remaining) + remaining);
        to[0] = (byte)(((int)PacketType.Publish << 4) | (isDuplicate ? DupFlag : 0) | ((int)qos << 1) | (retain ? RetainFlag : 0));
        to = to[(1 + PacketBuffer.WriteVariable(to[1..], (uint)remaining))..];
        BinaryPrimitives.WriteUInt16BigEndian(to, checked((ushort)topic.Length));
        topic.CopyTo(to[2..]);
        to = to[(2 + topic.Length)..];
        if (qos != QualityOfService.AtMostOnce)
        {
            BinaryPrimitives.WriteUInt16BigEndian(to, packetId);
            to = to[2..];
        }
        if (isV5)
        {
            to = to[PacketBuffer.WriteVariable(to, (uint)propertiesLength)..];
            properties.CopyTo(to);
            moreProperties.CopyTo(to[properties.Length..]);
            to = to[propertiesLength..];
        }
        payload.CopyTo(to);
    }

    /// <summary>The whole size of the PUBLISH that <see cref="Write"/> would append, for comparing with a receiver's maximum.</summary>
    public static int SizeOf(MqttVersion version, int topicLength, int payloadLength, QualityOfService qos, int propertiesLength)
    {
        var remaining = RemainingLength(version, topicLength, payloadLength, qos, propertiesLength);
        return 1 + PacketBuffer.VariableLength((uint)remaining) + remaining;
    }

    /// <summary>Copies the properties that travel on with a message: not topic alias, subscription identifiers and message expiry, which each hop writes anew, nor the will's delay.</summary>
    internal static byte[] TravellingProperties(ReadOnlySpan<byte> properties, PropertyPlace place = PropertyPlace.Publish)
    {
        var kept = new PacketBuffer(properties.Length);
        var reader = new PropertyReader(properties, place);
        var start = 0;
        while (reader.TryNext(out var property))
        {
            var end = properties.Length - reader.Left;
            if (property.Id is not (PropertyId.TopicAlias or PropertyId.SubscriptionId or PropertyId.MessageExpiry or PropertyId.WillDelay))
                kept.Write(properties[start..end]);
            start = end;
        }
        return kept.Written.ToArray();
    }

    private static int RemainingLength(MqttVersion version, int topic, int payload, QualityOfService qos, int properties) =>
        2 + topic + (qos != QualityOfService.AtMostOnce ? 2 : 0) + (version == MqttVersion.V50 ? PacketBuffer.VariableLength((uint)properties) + properties : 0) + payload;

    private static (ushort Alias, uint? Expiry, bool HasHop, bool IsText) Scan(ReadOnlySpan<byte> properties)
    {
        var (alias, expiry, hasHop, isText) = ((ushort)0, (uint?)null, false, false);
        var reader = new PropertyReader(properties, PropertyPlace.Publish);
        while (reader.TryNext(out var property))
        {
            switch (property.Id)
            {
                case PropertyId.TopicAlias: (alias, hasHop) = ((ushort)property.Number, true); break;
                case PropertyId.SubscriptionId: hasHop = true; break;
                case PropertyId.MessageExpiry: expiry = property.Number; break;
                case PropertyId.PayloadFormat: isText = property.Number == 1; break;
            }
        }
        return (alias, expiry, hasHop, isText);
    }
}
