namespace Dure.Mqtt.Packets;

/// <summary>When retained messages are sent on SUBSCRIBE (MQTT 5.0, 3.8.3.1).</summary>
public enum RetainHandling : byte
{
    Always = 0,
    IfNew = 1,
    Never = 2,
}

/// <summary>A topic filter and how its messages are to be delivered. 3.1.1 knows the QoS only.</summary>
public sealed record TopicSubscription(string Filter, QualityOfService Qos, bool NoLocal = false, bool RetainAsPublished = false, RetainHandling RetainHandling = RetainHandling.Always)
{
    internal byte Options => (byte)((int)Qos | (NoLocal ? 4 : 0) | (RetainAsPublished ? 8 : 0) | ((int)RetainHandling << 4));

    internal static TopicSubscription Of(string filter, byte options) =>
        new(filter, (QualityOfService)(options & 3), (options & 4) != 0, (options & 8) != 0, (RetainHandling)((options >> 4) & 3));
}

/// <summary>
/// SUBSCRIBE. A filter that breaks the rules for filters is read all the same (<see cref="TopicRules.IsFilter"/> tells),
/// since the answer to it is a code in SUBACK.
/// </summary>
public sealed record SubscribePacket(ushort PacketId, IReadOnlyList<TopicSubscription> Subscriptions, MqttProperties Properties)
{
    public static SubscribePacket Read(ReadOnlySpan<byte> body, MqttVersion version)
    {
        var reader = new MqttReader(body);
        var id = reader.ReadPacketId();
        var properties = version == MqttVersion.V50 ? MqttProperties.Read(ref reader, PropertyPlace.Subscribe) : new MqttProperties();
        var subscriptions = new List<TopicSubscription>();
        do
        {
            var filter = reader.ReadString();
            var options = reader.ReadByte();
            var allowed = version == MqttVersion.V50 ? 0x3F : 0x03;
            if ((options & ~allowed) != 0 || (options & 3) == 3 || (options & 0x30) == 0x30)
                throw MqttProtocolException.Malformed($"SUBSCRIBE has the options 0x{options:X2}, of which some do not exist.");
            if ((options & 4) != 0 && filter.StartsWith("$share/", StringComparison.Ordinal))
                throw MqttProtocolException.Error("SUBSCRIBE asks for 'no local' on a shared subscription.");
            subscriptions.Add(TopicSubscription.Of(filter, options));
        }
        while (!reader.AtEnd);
        return new SubscribePacket(id, subscriptions, properties);
    }

    public void Write(PacketBuffer into, MqttVersion version)
    {
        var mark = into.Begin(PacketType.Subscribe, 2);
        into.WriteUInt16(PacketId);
        if (version == MqttVersion.V50)
            Properties.Write(into);
        foreach (var subscription in Subscriptions)
        {
            into.WriteString(subscription.Filter);
            into.WriteByte(version == MqttVersion.V50 ? subscription.Options : (byte)subscription.Qos);
        }
        into.End(mark);
    }
}

/// <summary>UNSUBSCRIBE: the filters to give up.</summary>
public sealed record UnsubscribePacket(ushort PacketId, IReadOnlyList<string> Filters, MqttProperties Properties)
{
    public static UnsubscribePacket Read(ReadOnlySpan<byte> body, MqttVersion version)
    {
        var reader = new MqttReader(body);
        var id = reader.ReadPacketId();
        var properties = version == MqttVersion.V50 ? MqttProperties.Read(ref reader, PropertyPlace.Unsubscribe) : new MqttProperties();
        var filters = new List<string>();
        do
        {
            filters.Add(reader.ReadString());
        }
        while (!reader.AtEnd);
        return new UnsubscribePacket(id, filters, properties);
    }

    public void Write(PacketBuffer into, MqttVersion version)
    {
        var mark = into.Begin(PacketType.Unsubscribe, 2);
        into.WriteUInt16(PacketId);
        if (version == MqttVersion.V50)
            Properties.Write(into);
        foreach (var filter in Filters)
            into.WriteString(filter);
        into.End(mark);
    }
}

/// <summary>SUBACK or UNSUBACK: one code for each filter, in order. UNSUBACK of 3.1.1 has none.</summary>
public sealed record SubackPacket(PacketType Type, ushort PacketId, IReadOnlyList<ReasonCode> Codes, MqttProperties Properties)
{
    public static SubackPacket Read(PacketType type, ReadOnlySpan<byte> body, MqttVersion version)
    {
        var reader = new MqttReader(body);
        var id = reader.ReadPacketId();
        var place = type == PacketType.Suback ? PropertyPlace.Suback : PropertyPlace.Unsuback;
        var properties = version == MqttVersion.V50 ? MqttProperties.Read(ref reader, place) : new MqttProperties();
        var codes = new List<ReasonCode>();
        while (!reader.AtEnd)
            codes.Add((ReasonCode)reader.ReadByte());
        if (type == PacketType.Unsuback && version == MqttVersion.V311 ? codes.Count > 0 : codes.Count == 0)
            throw MqttProtocolException.Malformed($"{type} has {codes.Count} codes.");
        if (type == PacketType.Suback && version == MqttVersion.V311 && codes.Exists(code => code is not (<= ReasonCode.GrantedQos2 or ReasonCode.UnspecifiedError)))
            throw MqttProtocolException.Malformed("SUBACK has a return code that does not exist.");
        return new SubackPacket(type, id, codes, properties);
    }

    public void Write(PacketBuffer into, MqttVersion version)
    {
        var mark = into.Begin(Type);
        into.WriteUInt16(PacketId);
        if (version == MqttVersion.V50)
            Properties.Write(into);
        if (version == MqttVersion.V50 || Type == PacketType.Suback)
        {
            foreach (var code in Codes)
                into.WriteByte(version == MqttVersion.V311 && code >= ReasonCode.UnspecifiedError ? (byte)ReasonCode.UnspecifiedError : (byte)code);
        }
        into.End(mark);
    }
}
