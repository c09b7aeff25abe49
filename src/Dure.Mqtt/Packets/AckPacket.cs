namespace Dure.Mqtt.Packets;

/// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP. Properties are null when there are none.</summary>
public readonly record struct AckPacket(PacketType Type, ushort PacketId, ReasonCode Reason = ReasonCode.Success, MqttProperties? Properties = null)
{
    public static AckPacket Read(PacketType type, ReadOnlySpan<byte> body, MqttVersion version)
    {
        var reader = new MqttReader(body);
        var id = reader.ReadPacketId();
        if (reader.AtEnd)
            return new AckPacket(type, id);
        if (version == MqttVersion.V311)
            reader.ExpectEnd(type);
        var reason = (ReasonCode)reader.ReadByte();
        if (!IsAllowed(type, reason))
            throw MqttProtocolException.Malformed($"{type} has the reason code 0x{(byte)reason:X2}, which it may not have.");
        var properties = reader.AtEnd ? null : MqttProperties.Read(ref reader, PlaceOf(type));
        reader.ExpectEnd(type);
        return new AckPacket(type, id, reason, properties);
    }

    public void Write(PacketBuffer into, MqttVersion version)
    {
        if (Properties is null || version == MqttVersion.V311)
        {
            Write(into, version, Type, PacketId, Reason);
            return;
        }
        var mark = into.Begin(Type, FlagsOf(Type));
        into.WriteUInt16(PacketId);
        into.WriteByte((byte)Reason);
        Properties.Write(into);
        into.End(mark);
    }

    /// <summary>Appends an acknowledgement without properties, in its shortest form. Allocates nothing.</summary>
    public static void Write(PacketBuffer into, MqttVersion version, PacketType type, ushort packetId, ReasonCode reason = ReasonCode.Success)
    {
        var isShort = version == MqttVersion.V311 || reason == ReasonCode.Success;
        var to = into.Append(isShort ? 4 : 5);
        to[0] = (byte)(((int)type << 4) | FlagsOf(type));
        to[1] = isShort ? (byte)2 : (byte)3;
        to[2] = (byte)(packetId >> 8);
        to[3] = (byte)packetId;
        if (!isShort)
            to[4] = (byte)reason;
    }

    private static byte FlagsOf(PacketType type) => type == PacketType.Pubrel ? (byte)2 : (byte)0;

    private static PropertyPlace PlaceOf(PacketType type) => type switch
    {
        PacketType.Puback => PropertyPlace.Puback,
        PacketType.Pubrec => PropertyPlace.Pubrec,
        PacketType.Pubrel => PropertyPlace.Pubrel,
        _ => PropertyPlace.Pubcomp,
    };

    private static bool IsAllowed(PacketType type, ReasonCode reason) => type is PacketType.Pubrel or PacketType.Pubcomp
        ? reason is ReasonCode.Success or ReasonCode.PacketIdNotFound
        : reason is ReasonCode.Success or ReasonCode.NoMatchingSubscribers or ReasonCode.UnspecifiedError or ReasonCode.ImplementationSpecificError
            or ReasonCode.NotAuthorized or ReasonCode.TopicNameInvalid or ReasonCode.PacketIdInUse or ReasonCode.QuotaExceeded or ReasonCode.PayloadFormatInvalid;
}
