using System.Buffers.Binary;

namespace Dure.Historian.Storage.Coding;

/// <summary>A growing buffer that encoders write to; reused from block to block.</summary>
internal sealed class ByteSink
{
    private byte[] bytes = new byte[16 * 1024];

    public int Length { get; private set; }
    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Forgets what was written after the first bytes.</summary>
    public void CutTo(int length) => Length = Math.Min(Length, length);

    /// <summary>Room for the next bytes, counted as written.</summary>
    public Span<byte> Take(int count)
    {
        if (Length + count > bytes.Length)
            Array.Resize(ref bytes, Math.Max(2 * bytes.Length, Length + count));
        var taken = bytes.AsSpan(Length, count);
        Length += count;
        return taken;
    }

    /// <summary>Bytes already written, to be written over.</summary>
    public Span<byte> Patch(int at, int count) => bytes.AsSpan(at, count);

    public void Byte(int value) => Take(1)[0] = (byte)value;

    public void UInt16(int value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), (ushort)value);

    /// <summary>Seven bits a byte, the lowest first; the top bit says that more follows.</summary>
    public void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((int)(value & 0x7F) | 0x80);
        Byte((int)value);
    }

    public void Signed(long value) => Varint(ZigZag.Of(value));
}

/// <summary>Small signed numbers as small unsigned ones: 0, -1, 1, -2 become 0, 1, 2, 3.</summary>
internal static class ZigZag
{
    public static ulong Of(long value) => (ulong)((value << 1) ^ (value >> 63));

    public static long Undo(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}

/// <summary>Reads what a <see cref="ByteSink"/> wrote; every step checks that the bytes are there.</summary>
internal ref struct ByteSource(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int at;

    /// <summary>What is left; unpacking may look beyond its own part as long as it stays within.</summary>
    public readonly ReadOnlySpan<byte> Rest => bytes[at..];

    public int Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw new InvalidDataException("a number has more than ten bytes");
    }

    public long Signed() => ZigZag.Undo(Varint());

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > bytes.Length - at)
            throw new InvalidDataException("the block ends early");
        var taken = bytes.Slice(at, count);
        at += count;
        return taken;
    }
}
