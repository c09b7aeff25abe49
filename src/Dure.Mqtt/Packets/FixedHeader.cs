namespace Dure.Mqtt.Packets;

/// <summary>A packet's first byte and remaining length. <see cref="Length"/> is the header's own size in bytes.</summary>
public readonly record struct FixedHeader(PacketType Type, byte Flags, int Remaining, int Length)
{
    /// <summary>Header and body together, the size that "maximum packet size" counts.</summary>
    public int PacketSize => Length + Remaining;

    /// <summary>Reads the header at the start of <paramref name="bytes"/>; false when more bytes are needed.</summary>
    /// <exception cref="MqttProtocolException">The type, its flags or the length is not allowed, or the packet is larger than <paramref name="maximumPacketSize"/>.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, int maximumPacketSize, out FixedHeader header)
    {
        header = default;
        if (bytes.Length < 2)
            return false;
        var (type, flags) = ((PacketType)(bytes[0] >> 4), (byte)(bytes[0] & 0x0F));
        if (type == default)
            throw MqttProtocolException.Malformed("Packet type 0 does not exist.");
        var expected = type is PacketType.Pubrel or PacketType.Subscribe or PacketType.Unsubscribe ? 2 : 0;
        if (type != PacketType.Publish && flags != expected)
            throw MqttProtocolException.Malformed($"{type} has the flags {flags:X}; {expected:X} is required.");
        if (!MqttReader.TryReadVariable(bytes[1..], out var remaining, out var length))
            return false;
        header = new FixedHeader(type, flags, (int)remaining, length + 1);
        if (header.PacketSize > maximumPacketSize)
            throw new MqttProtocolException(ReasonCode.PacketTooLarge, $"{type} has {header.PacketSize} bytes; at most {maximumPacketSize} are taken.");
        return true;
    }
}
