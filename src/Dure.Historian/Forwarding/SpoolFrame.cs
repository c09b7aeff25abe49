using System.Buffers.Binary;
using Dure.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dure.Historian.Forwarding;

/// <summary>A batch as it waits on disk.</summary>
/// <param name="Sequence">Its number in the spool, from 1, without gaps.</param>
/// <param name="SpooledAtMicros">When it was put there.</param>
/// <param name="Blocks">The batch's blocks in JSON, as <see cref="BatchJson"/> writes them.</param>
public sealed record SpooledBatch(long Sequence, long SpooledAtMicros, int Samples, ReadOnlyMemory<byte> Blocks);

/// <summary>
/// A frame of a spool file: the body's length (31 bits, and one that says whether the frame begins a group that was flushed at once), a
/// CRC-32C over that word and the body (4), and the body: sequence (8), time (8), samples (4), blocks. Little-endian.
/// </summary>
internal static class SpoolFrame
{
    public const int HeaderSize = 8;
    public const int MaxBodySize = 64 * 1024 * 1024;
    private const int FactsSize = 20;
    private const int GroupBit = int.MinValue;

    public static int SizeOf(int blocks) => HeaderSize + FactsSize + blocks;

    public static void Write(MemoryStream group, SpooledBatch batch)
    {
        var body = new byte[FactsSize + batch.Blocks.Length];
        BinaryPrimitives.WriteInt64LittleEndian(body, batch.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8), batch.SpooledAtMicros);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(16), batch.Samples);
        batch.Blocks.Span.CopyTo(body.AsSpan(FactsSize));
        Span<byte> header = stackalloc byte[HeaderSize];
        BinaryPrimitives.WriteInt32LittleEndian(header, body.Length | (group.Length == 0 ? GroupBit : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Crc32C.Of(header[..4], body));
        group.Write(header);
        group.Write(body);
    }

    /// <summary>The whole frame at a place of a file; null when it is damaged or cut off there.</summary>
    public static SpooledBatch? Read(SafeFileHandle file, long at, long end, out int size, out bool beginsGroup)
    {
        (size, beginsGroup) = (0, false);
        Span<byte> header = stackalloc byte[HeaderSize];
        if (end - at < HeaderSize + FactsSize || RandomAccess.Read(file, header, at) < HeaderSize)
            return null;
        var word = BinaryPrimitives.ReadInt32LittleEndian(header);
        var length = word & ~GroupBit;
        if (length is < FactsSize or > MaxBodySize || length > end - at - HeaderSize)
            return null;
        var body = new byte[length];
        if (!Fill(file, body, at + HeaderSize) || Crc32C.Of(header[..4], body) != BinaryPrimitives.ReadUInt32LittleEndian(header[4..]))
            return null;
        (size, beginsGroup) = (HeaderSize + length, (word & GroupBit) != 0);
        return new SpooledBatch(BinaryPrimitives.ReadInt64LittleEndian(body), BinaryPrimitives.ReadInt64LittleEndian(body.AsSpan(8)),
            BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(16)), body.AsMemory(FactsSize));
    }

    /// <summary>
    /// Whether a whole later group stands behind a damaged frame: then the damaged one had been flushed. Looks at every place, since the
    /// damaged frame's length cannot be trusted.
    /// </summary>
    public static bool HasGroupAfter(SafeFileHandle file, long damagedAt, long end, long lastSequence)
    {
        var window = new byte[1 << 16];
        for (var start = damagedAt + 1; start < end; start += window.Length - HeaderSize - sizeof(long))
        {
            var read = RandomAccess.Read(file, window, start);
            for (var i = 0; i + HeaderSize + sizeof(long) <= read; i++)
            {
                // A plausible group bit and sequence are asked for before a checksum is computed.
                var ahead = BinaryPrimitives.ReadInt64LittleEndian(window.AsSpan(i + HeaderSize)) - lastSequence;
                if (window[i + 3] >= 0x80 && ahead is > 0 and < 1_000_000 && Read(file, start + i, end, out _, out var beginsGroup) is not null && beginsGroup)
                    return true;
            }
            if (read < window.Length)
                return false;
        }
        return false;
    }

    private static bool Fill(SafeFileHandle file, byte[] body, long at)
    {
        for (var filled = 0; filled < body.Length;)
        {
            var read = RandomAccess.Read(file, body.AsSpan(filled), at + filled);
            if (read == 0)
                return false;
            filled += read;
        }
        return true;
    }
}
