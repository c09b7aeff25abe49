using System.Buffers.Binary;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>
/// How an entry lies in a segment file: its length (31 bits, and one bit that says whether it begins a group that was
/// written and flushed at once), a CRC-32C over that word and the bytes, then the bytes. All little-endian.
/// </summary>
internal static class Frame
{
    public const int HeaderSize = 8;
    private const uint GroupBit = 0x8000_0000;

    public static void WriteHeader(Span<byte> header, ReadOnlySpan<byte> entry, bool beginsGroup)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)entry.Length | (beginsGroup ? GroupBit : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Checksum(header[..4], entry));
    }

    public static (int Length, bool BeginsGroup) ReadLength(ReadOnlySpan<byte> header)
    {
        var word = BinaryPrimitives.ReadUInt32LittleEndian(header);
        return ((int)(word & ~GroupBit), (word & GroupBit) != 0);
    }

    public static uint StoredChecksum(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);

    public static uint Checksum(ReadOnlySpan<byte> lengthWord, ReadOnlySpan<byte> entry) => Crc32C.Of(lengthWord, entry);
}
