using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Dure.Mqtt.Packets;

namespace Dure.Mqtt.Server.Store;

/// <summary>A record in the log: its length (4 bytes), CRC-32C of its bytes (4 bytes), its bytes. A frame that was cut or altered is seen.</summary>
internal static class LogFrame
{
    public const int HeaderBytes = 8;
    public const int MaxRecordBytes = 512 * 1024 * 1024;

    public static int Begin(PacketBuffer into)
    {
        var mark = into.Length;
        into.Append(HeaderBytes);
        return mark;
    }

    public static void End(PacketBuffer into, int mark)
    {
        var frame = into.WrittenFrom(mark);
        var record = frame[HeaderBytes..];
        BinaryPrimitives.WriteInt32LittleEndian(frame, record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], ChecksumOf(record));
    }

    /// <summary>The next record's bytes, or false at the end or where a frame is torn.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (bytes.Length < HeaderBytes)
            return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length is <= 0 or > MaxRecordBytes || bytes.Length - HeaderBytes < length)
            return false;
        record = bytes.Slice(HeaderBytes, length);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == ChecksumOf(record);
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            sum = BitOperations.Crc32C(sum, word);
        foreach (var last in bytes[(words.Length * sizeof(ulong))..])
            sum = BitOperations.Crc32C(sum, last);
        return ~sum;
    }
}
