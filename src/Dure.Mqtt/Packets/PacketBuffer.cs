using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Dure.Mqtt.Packets;

/// <summary>
/// Bytes to send, appended packet by packet; grows as needed and keeps its memory when cleared. <see cref="Begin"/> and <see cref="End"/>
/// put the fixed header in front once the length is known. Not safe for many threads.
/// </summary>
public sealed class PacketBuffer(int capacity = 256) : IBufferWriter<byte>
{
    /// <summary>The largest remaining length that four bytes can say.</summary>
    public const int MaximumRemainingLength = 268_435_455;

    private const int ReservedHeader = 2;
    private byte[] bytes = new byte[capacity];

    public int Length { get; private set; }

    public int Capacity => bytes.Length;

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    /// <summary>What was written from <paramref name="start"/> on, to be filled in afterwards.</summary>
    internal Span<byte> WrittenFrom(int start) => bytes.AsSpan(start, Length - start);

    public ReadOnlyMemory<byte> WrittenMemory => bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Forgets all bytes behind <paramref name="length"/>.</summary>
    public void Cut(int length) => Length = Math.Min(length, Length);

    /// <summary>Gives memory back after a burst.</summary>
    public void Shrink(int capacity)
    {
        if (Length == 0 && bytes.Length > capacity)
            bytes = new byte[capacity];
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return bytes.AsSpan(Length);
    }

    /// <summary>Room for exactly <paramref name="count"/> bytes, already counted as written.</summary>
    public Span<byte> Append(int count)
    {
        Reserve(count);
        var room = bytes.AsSpan(Length, count);
        Length += count;
        return room;
    }

    public void Write(ReadOnlySpan<byte> data) => data.CopyTo(Append(data.Length));

    public void WriteByte(byte value) => Append(1)[0] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Append(2), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Append(4), value);

    public void WriteVariable(uint value) => WriteVariable(Append(VariableLength(value)), value);

    public void WriteBinary(ReadOnlySpan<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, ushort.MaxValue);
        WriteUInt16((ushort)data.Length);
        Write(data);
    }

    public void WriteString(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, ushort.MaxValue);
        WriteUInt16((ushort)length);
        Encoding.UTF8.GetBytes(text, Append(length));
    }

    /// <summary>Starts a packet and returns the mark that <see cref="End"/> needs.</summary>
    public int Begin(PacketType type, byte flags = 0)
    {
        var mark = Length;
        Append(ReservedHeader)[0] = (byte)(((int)type << 4) | flags);
        return mark;
    }

    /// <summary>Ends the packet: writes its length, moving the body when that takes more than one byte.</summary>
    public void End(int mark)
    {
        var body = Length - mark - ReservedHeader;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body, MaximumRemainingLength);
        var extra = VariableLength((uint)body) - 1;
        if (extra > 0)
        {
            Append(extra);
            bytes.AsSpan(mark + ReservedHeader, body).CopyTo(bytes.AsSpan(mark + ReservedHeader + extra));
        }
        WriteVariable(bytes.AsSpan(mark + 1), (uint)body);
    }

    internal static int VariableLength(uint value) => value switch { < 0x80 => 1, < 0x4000 => 2, < 0x20_0000 => 3, _ => 4 };

    internal static int WriteVariable(Span<byte> to, uint value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
            to[at++] = (byte)(value | 0x80);
        to[at++] = (byte)value;
        return at;
    }

    private void Reserve(int count)
    {
        if (bytes.Length - Length >= count)
            return;
        var larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(Array.MaxLength, Math.Max(bytes.Length * 2L, (long)Length + count)));
        Written.CopyTo(larger);
        bytes = larger;
    }
}
