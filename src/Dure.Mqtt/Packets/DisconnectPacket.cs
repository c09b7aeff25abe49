namespace Dure.Mqtt.Packets;

/// <summary>DISCONNECT (with reason and properties in 5.0 only) or AUTH.</summary>
public sealed record DisconnectPacket(PacketType Type, ReasonCode Reason, MqttProperties Properties)
{
    public DisconnectPacket(ReasonCode reason) : this(PacketType.Disconnect, reason, new MqttProperties())
    {
    }

    public static DisconnectPacket Read(PacketType type, ReadOnlySpan<byte> body, MqttVersion version)
    {
        if (version == MqttVersion.V311 && (type == PacketType.Auth || !body.IsEmpty))
            throw MqttProtocolException.Malformed($"{type} with {body.Length} bytes does not exist in 3.1.1.");
        if (body.IsEmpty)
            return new DisconnectPacket(type, ReasonCode.Success, new MqttProperties());
        var reader = new MqttReader(body);
        var reason = (ReasonCode)reader.ReadByte();
        if (!IsAllowed(type, reason))
            throw MqttProtocolException.Malformed($"{type} has the reason code 0x{(byte)reason:X2}, which it may not have.");
        var place = type == PacketType.Disconnect ? PropertyPlace.Disconnect : PropertyPlace.Auth;
        var properties = reader.AtEnd ? new MqttProperties() : MqttProperties.Read(ref reader, place);
        reader.ExpectEnd(type);
        return new DisconnectPacket(type, reason, properties);
    }

    public void Write(PacketBuffer into, MqttVersion version)
    {
        var mark = into.Begin(Type);
        if (version == MqttVersion.V50)
        {
            into.WriteByte((byte)Reason);
            Properties.Write(into);
        }
        into.End(mark);
    }

    private static bool IsAllowed(PacketType type, ReasonCode reason) => type == PacketType.Auth
        ? reason is ReasonCode.Success or ReasonCode.ContinueAuthentication or ReasonCode.ReAuthenticate
        : reason is ReasonCode.Success or ReasonCode.DisconnectWithWill || (reason >= ReasonCode.UnspecifiedError && Enum.IsDefined(reason));
}

/// <summary>PINGREQ and PINGRESP: two bytes each.</summary>
public static class PingPacket
{
    public static void Write(PacketBuffer into, PacketType type)
    {
        var to = into.Append(2);
        to[0] = (byte)((int)type << 4);
        to[1] = 0;
    }

    public static void Check(PacketType type, ReadOnlySpan<byte> body) => new MqttReader(body).ExpectEnd(type);
}
