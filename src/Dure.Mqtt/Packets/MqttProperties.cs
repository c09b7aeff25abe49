using System.Text;

namespace Dure.Mqtt.Packets;

/// <summary>A user property: a name and a value, which may repeat.</summary>
public readonly record struct UserProperty(string Name, string Value);

/// <summary>The properties of one MQTT 5.0 packet (or will); null means absent. Which may stand where is checked when reading.</summary>
public sealed class MqttProperties
{
    /// <summary>True: the payload is UTF-8 text.</summary>
    public bool? PayloadIsText { get; set; }

    /// <summary>Seconds a message stays worth delivering.</summary>
    public uint? MessageExpirySeconds { get; set; }
    public string? ContentType { get; set; }
    public string? ResponseTopic { get; set; }
    public byte[]? CorrelationData { get; set; }
    public List<uint> SubscriptionIds { get; } = [];

    /// <summary>Seconds a session outlives its connection; 0xFFFFFFFF means for ever.</summary>
    public uint? SessionExpirySeconds { get; set; }
    public string? AssignedClientId { get; set; }
    public ushort? ServerKeepAliveSeconds { get; set; }
    public string? AuthenticationMethod { get; set; }
    public byte[]? AuthenticationData { get; set; }
    public bool? RequestProblemInformation { get; set; }
    public uint? WillDelaySeconds { get; set; }
    public bool? RequestResponseInformation { get; set; }
    public string? ResponseInformation { get; set; }
    public string? ServerReference { get; set; }
    public string? ReasonText { get; set; }

    /// <summary>How many QoS 1 and 2 messages the sender of this property takes unacknowledged.</summary>
    public ushort? ReceiveMaximum { get; set; }
    public ushort? TopicAliasMaximum { get; set; }
    public ushort? TopicAlias { get; set; }

    /// <summary>The highest QoS the server takes; absent means 2.</summary>
    public QualityOfService? MaximumQos { get; set; }
    public bool? RetainAvailable { get; set; }
    public List<UserProperty> User { get; } = [];

    /// <summary>The largest packet the sender of this property takes, in bytes.</summary>
    public uint? MaximumPacketSize { get; set; }
    public bool? WildcardsAvailable { get; set; }
    public bool? SubscriptionIdsAvailable { get; set; }
    public bool? SharedAvailable { get; set; }

    /// <summary>Reads properties without their length in front.</summary>
    /// <exception cref="MqttProtocolException">One is unknown, misplaced, repeated or out of range.</exception>
    public static MqttProperties Read(ReadOnlySpan<byte> properties, PropertyPlace place)
    {
        var read = new MqttProperties();
        var reader = new PropertyReader(properties, place);
        while (reader.TryNext(out var property))
            read.Set(property);
        if (read.AuthenticationData is not null && read.AuthenticationMethod is null)
            throw MqttProtocolException.Error("Authentication data stands without an authentication method.");
        return read;
    }

    /// <summary>Reads the length and that many bytes of properties.</summary>
    public static MqttProperties Read(ref MqttReader reader, PropertyPlace place) => Read(reader.Take((int)reader.ReadVariable()), place);

    /// <summary>Writes the length and the properties.</summary>
    public void Write(PacketBuffer into)
    {
        var body = new PacketBuffer(64);
        WriteBare(body);
        into.WriteVariable((uint)body.Length);
        into.Write(body.Written);
    }

    /// <summary>Writes the properties without their length, in the order of their identifiers (user properties last, in their own order).</summary>
    public void WriteBare(PacketBuffer into)
    {
        WriteMessageProperties(into);
        Number(into, PropertyId.SessionExpiry, SessionExpirySeconds);
        Text(into, PropertyId.AssignedClientId, AssignedClientId);
        Number(into, PropertyId.ServerKeepAlive, ServerKeepAliveSeconds);
        Text(into, PropertyId.AuthenticationMethod, AuthenticationMethod);
        Binary(into, PropertyId.AuthenticationData, AuthenticationData);
        Flag(into, PropertyId.RequestProblemInformation, RequestProblemInformation);
        Number(into, PropertyId.WillDelay, WillDelaySeconds);
        Flag(into, PropertyId.RequestResponseInformation, RequestResponseInformation);
        Text(into, PropertyId.ResponseInformation, ResponseInformation);
        Text(into, PropertyId.ServerReference, ServerReference);
        Text(into, PropertyId.ReasonString, ReasonText);
        Number(into, PropertyId.ReceiveMaximum, ReceiveMaximum);
        Number(into, PropertyId.TopicAliasMaximum, TopicAliasMaximum);
        Number(into, PropertyId.TopicAlias, TopicAlias);
        Flag(into, PropertyId.MaximumQos, MaximumQos is { } qos ? qos == QualityOfService.AtLeastOnce : null);
        Flag(into, PropertyId.RetainAvailable, RetainAvailable);
        Number(into, PropertyId.MaximumPacketSize, MaximumPacketSize);
        Flag(into, PropertyId.WildcardsAvailable, WildcardsAvailable);
        Flag(into, PropertyId.SubscriptionIdsAvailable, SubscriptionIdsAvailable);
        Flag(into, PropertyId.SharedAvailable, SharedAvailable);
        foreach (var (name, value) in User)
        {
            into.WriteByte((byte)PropertyId.UserProperty);
            into.WriteString(name);
            into.WriteString(value);
        }
    }

    private void WriteMessageProperties(PacketBuffer into)
    {
        Flag(into, PropertyId.PayloadFormat, PayloadIsText);
        Number(into, PropertyId.MessageExpiry, MessageExpirySeconds);
        Text(into, PropertyId.ContentType, ContentType);
        Text(into, PropertyId.ResponseTopic, ResponseTopic);
        Binary(into, PropertyId.CorrelationData, CorrelationData);
        foreach (var id in SubscriptionIds)
            Number(into, PropertyId.SubscriptionId, id);
    }

    private void Set(Property property)
    {
        switch (property.Id)
        {
            case PropertyId.PayloadFormat: PayloadIsText = property.Number == 1; break;
            case PropertyId.MessageExpiry: MessageExpirySeconds = property.Number; break;
            case PropertyId.ContentType: ContentType = TextOf(property); break;
            case PropertyId.ResponseTopic: ResponseTopic = TextOf(property); break;
            case PropertyId.CorrelationData: CorrelationData = property.First.ToArray(); break;
            case PropertyId.SubscriptionId: SubscriptionIds.Add(property.Number); break;
            case PropertyId.SessionExpiry: SessionExpirySeconds = property.Number; break;
            case PropertyId.AssignedClientId: AssignedClientId = TextOf(property); break;
            case PropertyId.ServerKeepAlive: ServerKeepAliveSeconds = (ushort)property.Number; break;
            case PropertyId.AuthenticationMethod: AuthenticationMethod = TextOf(property); break;
            case PropertyId.AuthenticationData: AuthenticationData = property.First.ToArray(); break;
            case PropertyId.RequestProblemInformation: RequestProblemInformation = property.Number == 1; break;
            case PropertyId.WillDelay: WillDelaySeconds = property.Number; break;
            case PropertyId.RequestResponseInformation: RequestResponseInformation = property.Number == 1; break;
            case PropertyId.ResponseInformation: ResponseInformation = TextOf(property); break;
            case PropertyId.ServerReference: ServerReference = TextOf(property); break;
            case PropertyId.ReasonString: ReasonText = TextOf(property); break;
            case PropertyId.ReceiveMaximum: ReceiveMaximum = (ushort)property.Number; break;
            case PropertyId.TopicAliasMaximum: TopicAliasMaximum = (ushort)property.Number; break;
            case PropertyId.TopicAlias: TopicAlias = (ushort)property.Number; break;
            case PropertyId.MaximumQos: MaximumQos = (QualityOfService)property.Number; break;
            case PropertyId.RetainAvailable: RetainAvailable = property.Number == 1; break;
            case PropertyId.UserProperty: User.Add(new UserProperty(TextOf(property), Encoding.UTF8.GetString(property.Second))); break;
            case PropertyId.MaximumPacketSize: MaximumPacketSize = property.Number; break;
            case PropertyId.WildcardsAvailable: WildcardsAvailable = property.Number == 1; break;
            case PropertyId.SubscriptionIdsAvailable: SubscriptionIdsAvailable = property.Number == 1; break;
            case PropertyId.SharedAvailable: SharedAvailable = property.Number == 1; break;
        }
    }

    private static string TextOf(Property property) => Encoding.UTF8.GetString(property.First);

    private static void Flag(PacketBuffer into, PropertyId id, bool? value)
    {
        if (value is not { } set)
            return;
        into.WriteByte((byte)id);
        into.WriteByte(set ? (byte)1 : (byte)0);
    }

    private static void Number(PacketBuffer into, PropertyId id, uint? value)
    {
        if (value is not { } number)
            return;
        into.WriteByte((byte)id);
        switch (PropertyReader.RuleOf(id).Kind)
        {
            case PropertyKind.UInt16: into.WriteUInt16((ushort)number); break;
            case PropertyKind.UInt32: into.WriteUInt32(number); break;
            default: into.WriteVariable(number); break;
        }
    }

    private static void Text(PacketBuffer into, PropertyId id, string? value)
    {
        if (value is null)
            return;
        into.WriteByte((byte)id);
        into.WriteString(value);
    }

    private static void Binary(PacketBuffer into, PropertyId id, byte[]? value)
    {
        if (value is null)
            return;
        into.WriteByte((byte)id);
        into.WriteBinary(value);
    }
}
