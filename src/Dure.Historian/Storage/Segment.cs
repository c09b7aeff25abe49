using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Dure.Evidence;
using Dure.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dure.Historian.Storage;

/// <summary>A stretch of one series within a segment: its times' bounds, its size, and where it lies.</summary>
internal readonly record struct BlockPlace(long FirstTime, long LastTime, int Count, long Offset);

/// <summary>
/// An immutable file of sorted series, named <c>FIRST-LAST.segment</c> after the batches it holds. Blocks of up to 4,096 samples (times,
/// values, qualities, CRC-32C), then the index (series, blocks), then index offset, index CRC and a mark. Memory holds the index only.
/// </summary>
internal sealed class Segment : IDisposable
{
    public const string Suffix = ".segment";
    public const int BlockSamples = 4096;
    private const int BytesPerSample = 17;
    private const int FooterSize = 24;
    private const long Mark = 0x3130474553524455; // "UDRSEG01": read as a whole footer or not at all

    private readonly SafeFileHandle file;
    private readonly Dictionary<int, BlockPlace[]> index;

    private Segment(string path, SafeFileHandle file, long first, long last, Dictionary<int, BlockPlace[]> index) =>
        (Path, this.file, FirstSequence, LastSequence, this.index) = (path, file, first, last, index);

    public string Path { get; }
    public long FirstSequence { get; }
    public long LastSequence { get; }
    public IEnumerable<int> Series => index.Keys;

    public ReadOnlySpan<BlockPlace> BlocksOf(int series) => index.GetValueOrDefault(series);

    /// <summary>Writes series as a segment that is there whole or not at all.</summary>
    public static Segment Write(string folder, long first, long last, IEnumerable<KeyValuePair<int, SeriesBuffer>> series)
    {
        var path = System.IO.Path.Combine(folder, $"{first:D19}-{last:D19}{Suffix}");
        var temporary = DurableFile.TemporaryBeside(path);
        using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
        {
            var index = new MemoryStream();
            foreach (var (number, buffer) in series.OrderBy(pair => pair.Key))
                WriteSeries(stream, index, number, buffer);
            WriteFooter(stream, index);
            stream.Flush(flushToDisk: true);
        }
        DurableFile.Publish(temporary, path);
        return Open(path);
    }

    /// <exception cref="ProblemException">The file is not a whole segment.</exception>
    public static Segment Open(string path)
    {
        var bounds = System.IO.Path.GetFileNameWithoutExtension(path).Split('-');
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            return new Segment(path, file, long.Parse(bounds[0]), long.Parse(bounds[1]), ReadIndex(file, path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads one block and checks it.</summary>
    public SampleBlock Read(BlockPlace place)
    {
        var size = place.Count * BytesPerSample + sizeof(uint);
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var bytes = rented.AsSpan(0, size);
            if (RandomAccess.Read(file, bytes, place.Offset) != size || Crc32C.Of(bytes[..^4]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]))
                throw Damaged(Path, $"The block at byte {place.Offset} is damaged.");
            var values = bytes[(8 * place.Count)..];
            return new SampleBlock(MemoryMarshal.Cast<byte, long>(bytes[..(8 * place.Count)]).ToArray(),
                MemoryMarshal.Cast<byte, double>(values[..(8 * place.Count)]).ToArray(),
                MemoryMarshal.Cast<byte, Quality>(values.Slice(8 * place.Count, place.Count)).ToArray());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public void Dispose() => file.Dispose();

    private static void WriteSeries(FileStream stream, MemoryStream index, int number, SeriesBuffer buffer)
    {
        using var entry = new BinaryWriter(index, System.Text.Encoding.UTF8, leaveOpen: true);
        entry.Write(number);
        entry.Write((buffer.Count + BlockSamples - 1) / BlockSamples);
        for (var at = 0; at < buffer.Count; at += BlockSamples)
        {
            var count = Math.Min(BlockSamples, buffer.Count - at);
            entry.Write(buffer.Times[at]);
            entry.Write(buffer.Times[at + count - 1]);
            entry.Write(count);
            entry.Write(stream.Position);
            WriteBlock(stream, buffer.Times.Slice(at, count), buffer.Values.Slice(at, count), buffer.Qualities.Slice(at, count));
        }
    }

    private static void WriteBlock(FileStream stream, ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities)
    {
        var block = new byte[times.Length * BytesPerSample + sizeof(uint)];
        MemoryMarshal.AsBytes(times).CopyTo(block);
        MemoryMarshal.AsBytes(values).CopyTo(block.AsSpan(8 * times.Length));
        MemoryMarshal.AsBytes(qualities).CopyTo(block.AsSpan(16 * times.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(block.Length - 4), Crc32C.Of(block.AsSpan(0, block.Length - 4)));
        stream.Write(block);
    }

    private static void WriteFooter(FileStream stream, MemoryStream index)
    {
        var indexAt = stream.Position;
        var indexBytes = index.GetBuffer().AsSpan(0, (int)index.Length);
        stream.Write(indexBytes);
        Span<byte> footer = stackalloc byte[FooterSize];
        BinaryPrimitives.WriteInt64LittleEndian(footer, indexAt);
        BinaryPrimitives.WriteInt64LittleEndian(footer[8..], Crc32C.Of(indexBytes));
        BinaryPrimitives.WriteInt64LittleEndian(footer[16..], Mark);
        stream.Write(footer);
    }

    private static Dictionary<int, BlockPlace[]> ReadIndex(SafeFileHandle file, string path)
    {
        var length = RandomAccess.GetLength(file);
        var footer = new byte[FooterSize];
        if (length < FooterSize || RandomAccess.Read(file, footer, length - FooterSize) != FooterSize || BinaryPrimitives.ReadInt64LittleEndian(footer.AsSpan(16)) != Mark)
            throw Damaged(path, "The end of the file is missing.");
        var indexAt = BinaryPrimitives.ReadInt64LittleEndian(footer);
        if (indexAt < 0 || indexAt > length - FooterSize || length - FooterSize - indexAt > int.MaxValue)
            throw Damaged(path, "The index lies outside the file.");
        var bytes = new byte[length - FooterSize - indexAt];
        if (RandomAccess.Read(file, bytes, indexAt) != bytes.Length || Crc32C.Of(bytes) != BinaryPrimitives.ReadInt64LittleEndian(footer.AsSpan(8)))
            throw Damaged(path, "The index is damaged.");

        using var reader = new BinaryReader(new MemoryStream(bytes));
        var index = new Dictionary<int, BlockPlace[]>();
        while (reader.BaseStream.Position < bytes.Length)
        {
            var number = reader.ReadInt32();
            var blocks = new BlockPlace[reader.ReadInt32()];
            for (var i = 0; i < blocks.Length; i++)
                blocks[i] = new BlockPlace(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt64());
            index[number] = blocks;
        }
        return index;
    }

    private static ProblemException Damaged(string path, string what) =>
        new("urn:dure:historian:damaged-segment", what, path, "Restore the file from a copy; or move it away to lose its samples, whose batches the journal names.");
}
