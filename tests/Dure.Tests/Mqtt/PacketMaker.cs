using Dure.Mqtt;
using Dure.Mqtt.Packets;

namespace Dure.Tests.Mqtt;

/// <summary>Makes packets of every type with random content, and reads any packet as its type says.</summary>
internal static class PacketMaker
{
    public static IEnumerable<Action<PacketBuffer>> All(Random random, MqttVersion version)
    {
        var will = random.Next(2) == 0 ? null : new MqttWill(Topic(random), Bytes(random), Qos(random), random.Next(2) == 0, Properties(random, version, PropertyPlace.Will));
        var user = random.Next(2) == 0 ? null : Text(random);
        yield return new ConnectPacket
        {
            Version = version,
            ClientId = Text(random),
            CleanStart = random.Next(2) == 0,
            KeepAliveSeconds = (ushort)random.Next(65536),
            Will = will,
            UserName = user,
            Password = user is null ? (ReadOnlyMemory<byte>?)null : Bytes(random),
            Properties = Properties(random, version, PropertyPlace.Connect),
        }.Write;
        yield return into => new ConnackPacket(SessionPresent: false, ReasonCode.NotAuthorized, Properties(random, version, PropertyPlace.Connack)).Write(into, version);
        var qos = Qos(random);
        var bare = new PacketBuffer();
        Properties(random, version, PropertyPlace.Publish).WriteBare(bare);
        yield return into => PublishPacket.Write(into, version, System.Text.Encoding.UTF8.GetBytes(Topic(random)), "text"u8, qos, (ushort)(qos == QualityOfService.AtMostOnce ? 0 : random.Next(1, 65536)),
            random.Next(2) == 0, qos != QualityOfService.AtMostOnce && random.Next(2) == 0, bare.Written);
        foreach (var (type, place) in new[] { (PacketType.Puback, PropertyPlace.Puback), (PacketType.Pubrec, PropertyPlace.Pubrec), (PacketType.Pubrel, PropertyPlace.Pubrel), (PacketType.Pubcomp, PropertyPlace.Pubcomp) })
        {
            var properties = version == MqttVersion.V311 || random.Next(2) == 0 ? null : Properties(random, version, place);
            yield return into => new AckPacket(type, (ushort)random.Next(1, 65536), version == MqttVersion.V311 || type is PacketType.Pubrel or PacketType.Pubcomp ? ReasonCode.Success : ReasonCode.QuotaExceeded, properties).Write(into, version);
        }
        yield return into => new SubscribePacket((ushort)random.Next(1, 65536), [Subscription(random, version), Subscription(random, version)], Properties(random, version, PropertyPlace.Subscribe)).Write(into, version);
        yield return into => new UnsubscribePacket((ushort)random.Next(1, 65536), [Text(random), Text(random)], Properties(random, version, PropertyPlace.Unsubscribe)).Write(into, version);
        yield return into => new SubackPacket(PacketType.Suback, (ushort)random.Next(1, 65536), [ReasonCode.GrantedQos1, ReasonCode.UnspecifiedError], Properties(random, version, PropertyPlace.Suback)).Write(into, version);
        yield return into => new SubackPacket(PacketType.Unsuback, (ushort)random.Next(1, 65536), version == MqttVersion.V50 ? [ReasonCode.Success] : [], Properties(random, version, PropertyPlace.Unsuback)).Write(into, version);
        yield return into => new DisconnectPacket(PacketType.Disconnect, version == MqttVersion.V50 ? ReasonCode.QuotaExceeded : ReasonCode.Success, Properties(random, version, PropertyPlace.Disconnect)).Write(into, version);
        if (version == MqttVersion.V50)
            yield return into => new DisconnectPacket(PacketType.Auth, ReasonCode.ContinueAuthentication, Properties(random, version, PropertyPlace.Auth)).Write(into, version);
        yield return into => PingPacket.Write(into, PacketType.Pingreq);
        yield return into => PingPacket.Write(into, PacketType.Pingresp);
    }

    /// <summary>Reads one packet and writes what was read.</summary>
    public static void ReadAndWrite(ReadOnlySpan<byte> bytes, MqttVersion version, PacketBuffer into)
    {
        if (!FixedHeader.TryRead(bytes, 1024 * 1024, out var header) || bytes.Length < header.PacketSize)
            return;
        var body = bytes.Slice(header.Length, header.Remaining);
        switch (header.Type)
        {
            case PacketType.Connect:
                ConnectPacket.Read(body).Write(into);
                break;
            case PacketType.Connack:
                ConnackPacket.Read(body, version).Write(into, version);
                break;
            case PacketType.Publish:
                var publish = PublishPacket.Read(header.Flags, body, version);
                MqttProperties.Read(publish.Properties, PropertyPlace.Publish);
                PublishPacket.Write(into, version, publish.Topic, publish.Payload, publish.Qos, publish.PacketId, publish.Retain, publish.IsDuplicate, publish.Properties);
                break;
            case PacketType.Subscribe:
                SubscribePacket.Read(body, version).Write(into, version);
                break;
            case PacketType.Unsubscribe:
                UnsubscribePacket.Read(body, version).Write(into, version);
                break;
            case PacketType.Suback or PacketType.Unsuback:
                SubackPacket.Read(header.Type, body, version).Write(into, version);
                break;
            case PacketType.Pingreq or PacketType.Pingresp:
                PingPacket.Check(header.Type, body);
                PingPacket.Write(into, header.Type);
                break;
            case PacketType.Disconnect or PacketType.Auth:
                DisconnectPacket.Read(header.Type, body, version).Write(into, version);
                break;
            default:
                AckPacket.Read(header.Type, body, version).Write(into, version);
                break;
        }
    }

    private static MqttProperties Properties(Random random, MqttVersion version, PropertyPlace place)
    {
        var made = new MqttProperties();
        if (version == MqttVersion.V311)
            return made;
        if (random.Next(2) == 0)
            made.User.AddRange([new UserProperty(Text(random), Text(random)), new UserProperty("again", "")]);
        switch (place)
        {
            case PropertyPlace.Connect:
                (made.SessionExpirySeconds, made.ReceiveMaximum, made.MaximumPacketSize, made.TopicAliasMaximum) = ((uint)random.Next(), (ushort)random.Next(1, 65536), (uint)random.Next(1, int.MaxValue), (ushort)random.Next(65536));
                (made.RequestResponseInformation, made.RequestProblemInformation, made.AuthenticationMethod, made.AuthenticationData) = (true, false, Text(random), Bytes(random));
                break;
            case PropertyPlace.Connack:
                (made.SessionExpirySeconds, made.ReceiveMaximum, made.MaximumQos, made.RetainAvailable, made.MaximumPacketSize) = (1, 2, QualityOfService.AtLeastOnce, false, 3);
                (made.AssignedClientId, made.TopicAliasMaximum, made.ReasonText, made.WildcardsAvailable, made.SubscriptionIdsAvailable) = (Text(random), 4, Text(random), true, false);
                (made.SharedAvailable, made.ServerKeepAliveSeconds, made.ResponseInformation, made.ServerReference) = (true, 5, Text(random), Text(random));
                break;
            case PropertyPlace.Publish or PropertyPlace.Will:
                (made.PayloadIsText, made.MessageExpirySeconds, made.ContentType, made.ResponseTopic, made.CorrelationData) = (true, (uint)random.Next(), Text(random), Topic(random), Bytes(random));
                if (place == PropertyPlace.Will)
                    made.WillDelaySeconds = (uint)random.Next();
                else
                    made.SubscriptionIds.AddRange([1, (uint)random.Next(1, 268_435_456)]);
                break;
            case PropertyPlace.Subscribe:
                made.SubscriptionIds.Add((uint)random.Next(1, 268_435_456));
                break;
            case PropertyPlace.Disconnect:
                (made.SessionExpirySeconds, made.ReasonText, made.ServerReference) = ((uint)random.Next(), Text(random), Text(random));
                break;
            case PropertyPlace.Auth:
                (made.AuthenticationMethod, made.AuthenticationData, made.ReasonText) = (Text(random), Bytes(random), Text(random));
                break;
            case PropertyPlace.Unsubscribe:
                break;
            default:
                made.ReasonText = Text(random);
                break;
        }
        return made;
    }

    private static TopicSubscription Subscription(Random random, MqttVersion version) => version == MqttVersion.V311 ? new TopicSubscription(Text(random), Qos(random))
        : new TopicSubscription(Text(random), Qos(random), random.Next(2) == 0, random.Next(2) == 0, (RetainHandling)random.Next(3));

    private static QualityOfService Qos(Random random) => (QualityOfService)random.Next(3);

    private static string Topic(Random random) => "t/" + random.Next();

    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(3) switch { 0 => "ö", 1 => "𝄞", _ => "a" }));

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }
}
