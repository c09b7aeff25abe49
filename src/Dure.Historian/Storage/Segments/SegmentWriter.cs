using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Dure.Evidence;
using Dure.Historian.Storage.Coding;
using Dure.Kernel;

namespace Dure.Historian.Storage.Segments;

/// <summary>
/// Writes a segment that is there whole or not at all: a mark, the blocks series by series, the directory of series, the index of blocks, a
/// footer with their places and checksum. The file's SHA-256 is taken while it is written.
/// </summary>
internal sealed class SegmentWriter : IDisposable
{
    public const long HeadMark = 0x3247_4553_4552_5544; // "DURESEG2", little-endian
    public const long FootMark = 0x3230_4753_4552_5544; // "DURESG02"
    public const int FooterSize = 56;
    private const int WriteBytes = 1 << 20;
    private const int Alignment = 64;

    private readonly string folder;
    private readonly string temporary;
    private readonly FileStream stream;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly BlockCodec codec = new();
    private readonly ByteSink sink = new();
    private readonly List<SeriesEntry> directory = [];
    private readonly List<BlockEntry> index = [];
    private long position;
    private long samples;

    public SegmentWriter(string folder)
    {
        this.folder = folder;
        temporary = DurableFile.TemporaryBeside(Path.Combine(folder, "new" + Segment.Suffix));
        stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        BinaryPrimitives.WriteInt64LittleEndian(sink.Take(8), HeadMark);
    }

    public long Samples => samples;

    /// <summary>Begins a series; numbers must rise.</summary>
    public void BeginSeries(int number) => directory.Add(new SeriesEntry(number, index.Count, 0));

    /// <summary>Codes up to <see cref="BlockCodec.MostSamples"/> ascending rows of the series begun last.</summary>
    public void Add(ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities)
    {
        var start = sink.Length;
        var statistics = codec.Encode(times, values, qualities, sink);
        var bytes = sink.Written[start..];
        index.Add(new BlockEntry(times[0], times[^1], position + start, statistics.Min, statistics.Max, statistics.Sum, bytes.Length, Crc32C.Of(bytes), (ushort)times.Length, (ushort)statistics.Bad));
        samples += times.Length;
        FlushWhenFull();
    }

    /// <summary>Takes a block over from another segment as it is.</summary>
    public void Copy(in BlockEntry entry, ReadOnlySpan<byte> bytes)
    {
        index.Add(entry with { Offset = position + sink.Length });
        bytes.CopyTo(sink.Take(bytes.Length));
        samples += entry.Count;
        FlushWhenFull();
    }

    /// <summary>Ends the file, flushes it to the device and moves it into its place.</summary>
    /// <param name="first">The oldest batch in it, by sequence.</param>
    public (Segment Segment, SegmentFacts Facts) Finish(long first, long last, IReadOnlyList<string> replaces)
    {
        _ = sink.Take((int)(Alignment - (position + sink.Length) % Alignment) % Alignment);
        var directoryAt = position + sink.Length;
        for (var i = 0; i < directory.Count; i++)
            directory[i] = directory[i] with { Blocks = (i + 1 < directory.Count ? directory[i + 1].FirstBlock : index.Count) - directory[i].FirstBlock };
        directory.RemoveAll(series => series.Blocks == 0);
        var directoryBytes = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(directory));
        var indexBytes = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(index));
        Flush();
        Write(directoryBytes);
        Write(indexBytes);
        Write(Footer(directoryAt, first, last, Crc32C.Of(directoryBytes, indexBytes)));
        stream.Flush(flushToDisk: true);
        stream.Dispose();

        var name = $"{first:D19}-{last:D19}{Segment.Suffix}";
        var path = Path.Combine(folder, name);
        DurableFile.Publish(temporary, path);
        Span<byte> digest = stackalloc byte[ContentHash.Size];
        hash.GetHashAndReset(digest);
        var segment = Segment.Open(path);
        var (from, to) = segment.Times;
        return (segment, new SegmentFacts(name, new ContentHash(digest), first, last, samples, directory.Count, from, to, position, replaces));
    }

    /// <summary>Ends the writing; a file that was not finished is removed.</summary>
    public void Dispose()
    {
        stream.Dispose();
        hash.Dispose();
        File.Delete(temporary);
    }

    private byte[] Footer(long directoryAt, long first, long last, uint checksum)
    {
        var footer = new byte[FooterSize];
        BinaryPrimitives.WriteInt64LittleEndian(footer, directoryAt);
        BinaryPrimitives.WriteInt32LittleEndian(footer.AsSpan(8), directory.Count);
        BinaryPrimitives.WriteInt32LittleEndian(footer.AsSpan(12), index.Count);
        BinaryPrimitives.WriteInt64LittleEndian(footer.AsSpan(16), first);
        BinaryPrimitives.WriteInt64LittleEndian(footer.AsSpan(24), last);
        BinaryPrimitives.WriteInt64LittleEndian(footer.AsSpan(32), samples);
        BinaryPrimitives.WriteUInt32LittleEndian(footer.AsSpan(40), checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(footer.AsSpan(44), Crc32C.Of(footer.AsSpan(0, 44)));
        BinaryPrimitives.WriteInt64LittleEndian(footer.AsSpan(48), FootMark);
        return footer;
    }

    private void FlushWhenFull()
    {
        if (sink.Length >= WriteBytes)
            Flush();
    }

    private void Flush()
    {
        Write(sink.Written);
        sink.Clear();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        hash.AppendData(bytes);
        position += bytes.Length;
    }
}
