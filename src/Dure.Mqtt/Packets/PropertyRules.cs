namespace Dure.Mqtt.Packets;

/// <summary>The identifiers of MQTT 5.0's properties (2.2.2.2).</summary>
internal enum PropertyId : byte
{
    PayloadFormat = 1, MessageExpiry = 2, ContentType = 3, ResponseTopic = 8, CorrelationData = 9, SubscriptionId = 11,
    SessionExpiry = 17, AssignedClientId = 18, ServerKeepAlive = 19, AuthenticationMethod = 21, AuthenticationData = 22,
    RequestProblemInformation = 23, WillDelay = 24, RequestResponseInformation = 25, ResponseInformation = 26, ServerReference = 28,
    ReasonString = 31, ReceiveMaximum = 33, TopicAliasMaximum = 34, TopicAlias = 35, MaximumQos = 36, RetainAvailable = 37,
    UserProperty = 38, MaximumPacketSize = 39, WildcardsAvailable = 40, SubscriptionIdsAvailable = 41, SharedAvailable = 42,
}

/// <summary>Where a property stands: a packet, or the will inside CONNECT.</summary>
[Flags]
public enum PropertyPlace
{
    None = 0,
    Connect = 1, Connack = 2, Publish = 4, Puback = 8, Pubrec = 16, Pubrel = 32, Pubcomp = 64, Subscribe = 128, Suback = 256,
    Unsubscribe = 512, Unsuback = 1024, Disconnect = 2048, Auth = 4096, Will = 8192,
}

internal enum PropertyKind : byte { None, Flag, Byte, UInt16, UInt32, Variable, Text, Binary, Pair }

/// <summary>One property as it stands in a packet. Numbers are in <see cref="Number"/>, texts and bytes in <see cref="First"/>, a user property's value in <see cref="Second"/>.</summary>
internal readonly ref struct Property(PropertyId id, uint number, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
{
    public readonly PropertyId Id = id;
    public readonly uint Number = number;
    public readonly ReadOnlySpan<byte> First = first;
    public readonly ReadOnlySpan<byte> Second = second;
}

/// <summary>Walks over properties and refuses those that are unknown, misplaced, repeated or out of range.</summary>
internal ref struct PropertyReader(ReadOnlySpan<byte> properties, PropertyPlace place)
{
    private const PropertyPlace Acks = PropertyPlace.Puback | PropertyPlace.Pubrec | PropertyPlace.Pubrel | PropertyPlace.Pubcomp | PropertyPlace.Suback | PropertyPlace.Unsuback;
    private const PropertyPlace Message = PropertyPlace.Publish | PropertyPlace.Will;

    private MqttReader reader = new(properties);
    private ulong seen;

    /// <summary>The properties not yet read.</summary>
    public readonly int Left => reader.Rest.Length;

    public bool TryNext(out Property property)
    {
        property = default;
        if (reader.AtEnd)
            return false;
        var id = (PropertyId)reader.ReadVariable();
        var (kind, places) = RuleOf(id);
        if ((places & place) == PropertyPlace.None)
        {
            throw kind == PropertyKind.None ? MqttProtocolException.Malformed($"Property {(byte)id} does not exist.")
                : MqttProtocolException.Error($"Property {id} does not belong into {place}.");
        }
        var mayRepeat = id == PropertyId.UserProperty || id == PropertyId.SubscriptionId && place == PropertyPlace.Publish;
        if (!mayRepeat && (seen & (1UL << (int)id)) != 0)
            throw MqttProtocolException.Error($"Property {id} stands twice.");
        seen |= 1UL << (int)id;
        property = Read(id, kind);
        return true;
    }

    public static (PropertyKind Kind, PropertyPlace Places) RuleOf(PropertyId id) => id switch
    {
        PropertyId.PayloadFormat => (PropertyKind.Flag, Message),
        PropertyId.MessageExpiry => (PropertyKind.UInt32, Message),
        PropertyId.ContentType => (PropertyKind.Text, Message),
        PropertyId.ResponseTopic => (PropertyKind.Text, Message),
        PropertyId.CorrelationData => (PropertyKind.Binary, Message),
        PropertyId.SubscriptionId => (PropertyKind.Variable, PropertyPlace.Publish | PropertyPlace.Subscribe),
        PropertyId.SessionExpiry => (PropertyKind.UInt32, PropertyPlace.Connect | PropertyPlace.Connack | PropertyPlace.Disconnect),
        PropertyId.AssignedClientId => (PropertyKind.Text, PropertyPlace.Connack),
        PropertyId.ServerKeepAlive => (PropertyKind.UInt16, PropertyPlace.Connack),
        PropertyId.AuthenticationMethod => (PropertyKind.Text, PropertyPlace.Connect | PropertyPlace.Connack | PropertyPlace.Auth),
        PropertyId.AuthenticationData => (PropertyKind.Binary, PropertyPlace.Connect | PropertyPlace.Connack | PropertyPlace.Auth),
        PropertyId.RequestProblemInformation => (PropertyKind.Flag, PropertyPlace.Connect),
        PropertyId.WillDelay => (PropertyKind.UInt32, PropertyPlace.Will),
        PropertyId.RequestResponseInformation => (PropertyKind.Flag, PropertyPlace.Connect),
        PropertyId.ResponseInformation => (PropertyKind.Text, PropertyPlace.Connack),
        PropertyId.ServerReference => (PropertyKind.Text, PropertyPlace.Connack | PropertyPlace.Disconnect),
        PropertyId.ReasonString => (PropertyKind.Text, Acks | PropertyPlace.Connack | PropertyPlace.Disconnect | PropertyPlace.Auth),
        PropertyId.ReceiveMaximum => (PropertyKind.UInt16, PropertyPlace.Connect | PropertyPlace.Connack),
        PropertyId.TopicAliasMaximum => (PropertyKind.UInt16, PropertyPlace.Connect | PropertyPlace.Connack),
        PropertyId.TopicAlias => (PropertyKind.UInt16, PropertyPlace.Publish),
        PropertyId.MaximumQos => (PropertyKind.Flag, PropertyPlace.Connack),
        PropertyId.RetainAvailable => (PropertyKind.Flag, PropertyPlace.Connack),
        PropertyId.UserProperty => (PropertyKind.Pair, (PropertyPlace)0x3FFF),
        PropertyId.MaximumPacketSize => (PropertyKind.UInt32, PropertyPlace.Connect | PropertyPlace.Connack),
        PropertyId.WildcardsAvailable => (PropertyKind.Flag, PropertyPlace.Connack),
        PropertyId.SubscriptionIdsAvailable => (PropertyKind.Flag, PropertyPlace.Connack),
        PropertyId.SharedAvailable => (PropertyKind.Flag, PropertyPlace.Connack),
        _ => (PropertyKind.None, PropertyPlace.None),
    };

    private Property Read(PropertyId id, PropertyKind kind)
    {
        switch (kind)
        {
            case PropertyKind.Text:
                var text = reader.ReadText();
                if (id == PropertyId.ResponseTopic && !TopicRules.IsName(text))
                    throw new MqttProtocolException(ReasonCode.TopicNameInvalid, "A response topic is empty or holds a wildcard.");
                return new Property(id, 0, text, default);
            case PropertyKind.Binary:
                return new Property(id, 0, reader.ReadBinary(), default);
            case PropertyKind.Pair:
                return new Property(id, 0, reader.ReadText(), reader.ReadText());
            default:
                return new Property(id, ReadNumber(id, kind), default, default);
        }
    }

    private uint ReadNumber(PropertyId id, PropertyKind kind)
    {
        var number = kind switch
        {
            PropertyKind.Flag => reader.ReadFlag() ? 1u : 0u,
            PropertyKind.Byte => reader.ReadByte(),
            PropertyKind.UInt16 => reader.ReadUInt16(),
            PropertyKind.UInt32 => reader.ReadUInt32(),
            _ => reader.ReadVariable(),
        };
        if (number != 0)
            return number;
        return id switch
        {
            PropertyId.TopicAlias => throw new MqttProtocolException(ReasonCode.TopicAliasInvalid, "A topic alias is 0."),
            PropertyId.ReceiveMaximum or PropertyId.MaximumPacketSize or PropertyId.SubscriptionId => throw MqttProtocolException.Error($"Property {id} is 0, which is not allowed."),
            _ => number,
        };
    }
}
