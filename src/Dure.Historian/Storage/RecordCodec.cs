using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>Accepted samples of one series within a batch: ascending, no time twice.</summary>
internal readonly record struct AcceptedRows(int Series, long[] Times, double[] Values, Quality[] Qualities);

/// <summary>A batch as it lies in the write-ahead log.</summary>
internal sealed record BatchRecord(long Sequence, string Source, IReadOnlyList<AcceptedRows> Rows)
{
    public long Samples => Rows.Sum(rows => (long)rows.Times.Length);
}

/// <summary>
/// The write-ahead log's form of a batch, little-endian: sequence (8), source length (2) and UTF-8, number of series (4), then per series its
/// number (4), count (4), times (8 each), values (8 each), qualities (1 each).
/// </summary>
internal static class RecordCodec
{
    /// <param name="headroom">Bytes left free at the start.</param>
    /// <returns>A rented array, and how many bytes of it count, headroom and all.</returns>
    public static (byte[] Bytes, int Length) Encode(BatchRecord record, int headroom)
    {
        var source = Encoding.UTF8.GetBytes(record.Source);
        var size = headroom + 8 + 2 + source.Length + 4;
        foreach (var rows in record.Rows)
            size = checked(size + 8 + 17 * rows.Times.Length);
        var bytes = ArrayPool<byte>.Shared.Rent(size);
        var rest = bytes.AsSpan(headroom, size - headroom);
        BinaryPrimitives.WriteInt64LittleEndian(rest, record.Sequence);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[8..], (ushort)source.Length);
        source.CopyTo(rest[10..]);
        rest = rest[(10 + source.Length)..];
        BinaryPrimitives.WriteInt32LittleEndian(rest, record.Rows.Count);
        rest = rest[4..];
        foreach (var rows in record.Rows)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, rows.Series);
            BinaryPrimitives.WriteInt32LittleEndian(rest[4..], rows.Times.Length);
            rest = rest[8..];
            rest = Put(rest, MemoryMarshal.AsBytes<long>(rows.Times));
            rest = Put(rest, MemoryMarshal.AsBytes<double>(rows.Values));
            rest = Put(rest, MemoryMarshal.AsBytes<Quality>(rows.Qualities));
        }
        return (bytes, size);
    }

    /// <exception cref="InvalidDataException">The bytes are not a record; only possible where the checksum was right and the writer wrong.</exception>
    public static BatchRecord Decode(ReadOnlySpan<byte> bytes)
    {
        var sequence = BinaryPrimitives.ReadInt64LittleEndian(Take(ref bytes, 8));
        var source = Encoding.UTF8.GetString(Take(ref bytes, BinaryPrimitives.ReadUInt16LittleEndian(Take(ref bytes, 2))));
        var series = BinaryPrimitives.ReadInt32LittleEndian(Take(ref bytes, 4));
        var rows = new List<AcceptedRows>(Math.Min(series, bytes.Length / 8));
        for (var i = 0; i < series; i++)
        {
            var number = BinaryPrimitives.ReadInt32LittleEndian(Take(ref bytes, 4));
            var count = BinaryPrimitives.ReadInt32LittleEndian(Take(ref bytes, 4));
            if (count < 0 || 17L * count > bytes.Length)
                throw new InvalidDataException($"a series of {count} samples does not fit the record");
            rows.Add(new AcceptedRows(number, MemoryMarshal.Cast<byte, long>(Take(ref bytes, 8 * count)).ToArray(),
                MemoryMarshal.Cast<byte, double>(Take(ref bytes, 8 * count)).ToArray(), MemoryMarshal.Cast<byte, Quality>(Take(ref bytes, count)).ToArray()));
        }
        return new BatchRecord(sequence, source, rows);
    }

    private static Span<byte> Put(Span<byte> to, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(to);
        return to[bytes.Length..];
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        if (count > bytes.Length)
            throw new InvalidDataException("the record ends early");
        var taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }
}
