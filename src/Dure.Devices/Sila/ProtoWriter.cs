using System.Buffers.Binary;
using System.Text;

namespace Dure.Devices.Sila;

/// <summary>
/// Writes the wire form of Protocol Buffers (proto3): fields as tag and value, fields with their default value left out unless they stand in a list.
/// </summary>
public sealed class ProtoWriter
{
    internal const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;
    private byte[] buffer = new byte[128];
    private int length;

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, length);

    public byte[] ToArray() => Written.ToArray();

    /// <summary>int64, uint64, enum: as the 64 bits stand; 0 is left out.</summary>
    public void Integer(int field, long value)
    {
        if (value == 0)
            return;
        Tag(field, Varint);
        WriteVarint((ulong)value);
    }

    public void Flag(int field, bool value) => Integer(field, value ? 1 : 0);

    public void Real(int field, double value)
    {
        if (BitConverter.DoubleToInt64Bits(value) == 0) // minus zero is not the default
            return;
        Tag(field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);
    }

    public void Text(int field, string value)
    {
        if (value.Length == 0)
            return;
        var bytes = Encoding.UTF8.GetByteCount(value);
        Tag(field, Delimited);
        WriteVarint((ulong)bytes);
        Encoding.UTF8.GetBytes(value, Take(bytes));
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
            Delimit(field, value);
    }

    /// <summary>A message within this one; also when it is empty, since its presence says something.</summary>
    public void Message(int field, Action<ProtoWriter> write)
    {
        var inner = new ProtoWriter();
        write(inner);
        Delimit(field, inner.Written);
    }

    /// <summary>A oneof of bytes: written also when it is empty.</summary>
    public void Delimit(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, Delimited);
        WriteVarint((ulong)value.Length);
        value.CopyTo(Take(value.Length));
    }

    private void Tag(int field, int wire) => WriteVarint(((ulong)field << 3) | (uint)wire);

    private void WriteVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Take(1)[0] = (byte)(value | 0x80);
        Take(1)[0] = (byte)value;
    }

    private Span<byte> Take(int count)
    {
        if (length + count > buffer.Length)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, length + count));
        length += count;
        return buffer.AsSpan(length - count, count);
    }
}
