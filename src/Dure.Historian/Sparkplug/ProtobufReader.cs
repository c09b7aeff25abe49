using System.Buffers.Binary;

namespace Dure.Historian.Sparkplug;

/// <summary>How a protobuf field is laid out: the low three bits of its tag.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>Goes through the fields of a protobuf message. Never throws: bytes that make no sense end it with <see cref="IsBroken"/>.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int at;

    /// <summary>The number of the field that was read last.</summary>
    public uint Field { get; private set; }

    public WireType Type { get; private set; }

    /// <summary>The value of a number of any layout, as its bits.</summary>
    public ulong Number { get; private set; }

    /// <summary>The value of texts, byte strings and messages.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public bool IsBroken { get; private set; }

    /// <summary>Reads the next field; false at the end and where the bytes make no sense.</summary>
    public bool Next()
    {
        if (at >= bytes.Length)
            return false;
        uint tag = bytes[at];
        if (tag < 0x80)
        {
            at++;
        }
        else
        {
            if (!TryVarint(out var wide) || wide > uint.MaxValue)
                return Break();
            tag = (uint)wide;
        }
        (Field, Type) = (tag >> 3, (WireType)(tag & 7));
        if (Field == 0)
            return Break();
        switch (Type)
        {
            case WireType.Varint:
                if (!TryVarint(out var number))
                    return Break();
                Number = number;
                return true;
            case WireType.Bytes:
                if (!TryVarint(out var length) || length > (ulong)(bytes.Length - at))
                    return Break();
                Bytes = bytes.Slice(at, (int)length);
                at += (int)length;
                return true;
            case WireType.Fixed64 when bytes.Length - at >= 8:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
                at += 8;
                return true;
            case WireType.Fixed32 when bytes.Length - at >= 4:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
                at += 4;
                return true;
            default:
                return Break();
        }
    }

    private bool Break()
    {
        IsBroken = true;
        at = bytes.Length;
        return false;
    }

    private bool TryVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at >= bytes.Length)
                return false;
            ulong part = bytes[at++];
            value |= (part & 0x7F) << shift;
            if (part < 0x80)
                return true;
        }
        return false;
    }
}
