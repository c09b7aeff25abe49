using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Dure.Mqtt.Packets;

/// <summary>Reads MQTT's data types from a packet's bytes in order; whatever does not fit is a <see cref="MqttProtocolException"/>.</summary>
public ref struct MqttReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>The bytes not yet read.</summary>
    public readonly ReadOnlySpan<byte> Rest => rest;

    public readonly bool AtEnd => rest.IsEmpty;

    public ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)rest.Length)
            throw MqttProtocolException.Malformed($"A field of {count} bytes does not fit into the {rest.Length} that are left of its packet.");
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    public byte ReadByte() => Take(1)[0];

    /// <summary>A byte that may be 0 or 1 only.</summary>
    public bool ReadFlag() => ReadByte() switch
    {
        0 => false,
        1 => true,
        var other => throw MqttProtocolException.Error($"A flag holds {other}; 0 or 1 is allowed."),
    };

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    /// <summary>A packet identifier, which is never zero.</summary>
    public ushort ReadPacketId()
    {
        var id = ReadUInt16();
        return id != 0 ? id : throw MqttProtocolException.Error("A packet identifier is 0; 1 to 65535 is allowed.");
    }

    /// <summary>A variable byte integer: at most four bytes, in the shortest form.</summary>
    public uint ReadVariable()
    {
        if (!TryReadVariable(rest, out var value, out var length))
            throw MqttProtocolException.Malformed("A variable byte integer ends in the middle.");
        rest = rest[length..];
        return value;
    }

    /// <summary>Whether the next field is exactly these bytes.</summary>
    internal readonly bool StartsWithBinary(ReadOnlySpan<byte> expected) =>
        rest.Length >= 2 + expected.Length && BinaryPrimitives.ReadUInt16BigEndian(rest) == expected.Length && rest.Slice(2, expected.Length).SequenceEqual(expected);

    public ReadOnlySpan<byte> ReadBinary() => Take(ReadUInt16());

    /// <summary>A text's UTF-8 bytes: well-formed and without U+0000.</summary>
    public ReadOnlySpan<byte> ReadText()
    {
        var text = Take(ReadUInt16());
        if (!Utf8.IsValid(text) || text.Contains((byte)0))
            throw MqttProtocolException.Malformed("A text is not well-formed UTF-8, or holds U+0000.");
        return text;
    }

    public string ReadString() => Encoding.UTF8.GetString(ReadText());

    /// <summary>Refuses bytes behind the last field.</summary>
    public readonly void ExpectEnd(PacketType packet)
    {
        if (!rest.IsEmpty)
            throw MqttProtocolException.Malformed($"{packet} has {rest.Length} bytes behind its last field.");
    }

    /// <summary>False when the bytes end inside the integer.</summary>
    internal static bool TryReadVariable(ReadOnlySpan<byte> bytes, out uint value, out int length)
    {
        value = 0;
        for (length = 0; length < 4; length++)
        {
            if (length == bytes.Length)
                return false;
            var part = bytes[length];
            value |= (uint)(part & 0x7F) << (7 * length);
            if (part >= 0x80)
                continue;
            if (part == 0 && length > 0)
                throw MqttProtocolException.Malformed("A variable byte integer is longer than it needs to be.");
            length++;
            return true;
        }
        throw MqttProtocolException.Malformed("A variable byte integer has more than four bytes.");
    }
}
