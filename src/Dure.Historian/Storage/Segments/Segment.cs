using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Dure.Historian.Storage.Coding;
using Dure.Kernel;

namespace Dure.Historian.Storage.Segments;

/// <summary>
/// An immutable file of sorted series, named <c>FIRST-LAST.segment</c> after the batches it holds, read in place through a memory map: the
/// operating system's cache is the only cache. A block's checksum is compared when it is first read.
/// </summary>
internal sealed unsafe class Segment
{
    public const string Suffix = ".segment";

    /// <summary>The problem of a file that is not what was written; <c>Where</c> is its path.</summary>
    public const string DamagedType = "urn:dure:historian:damaged-segment";

    private const int HeadSize = 8;
    private const long FirstFormatMark = 0x3130474553524455;

    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* start;
    private readonly long directoryAt;
    private readonly int seriesCount;
    private readonly int blockCount;
    private readonly byte[] isChecked;
    private int holders = 1;
    private bool isDoomed;
    private Lazy<(long From, long To)>? times;

    private Segment(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, byte* start, ReadOnlySpan<byte> footer)
    {
        (Path, this.map, this.view) = (path, map, view);
        this.start = start;
        directoryAt = BinaryPrimitives.ReadInt64LittleEndian(footer);
        seriesCount = BinaryPrimitives.ReadInt32LittleEndian(footer[8..]);
        blockCount = BinaryPrimitives.ReadInt32LittleEndian(footer[12..]);
        FirstSequence = BinaryPrimitives.ReadInt64LittleEndian(footer[16..]);
        LastSequence = BinaryPrimitives.ReadInt64LittleEndian(footer[24..]);
        Samples = BinaryPrimitives.ReadInt64LittleEndian(footer[32..]);
        isChecked = new byte[blockCount];
    }

    public string Path { get; }
    public string Name => System.IO.Path.GetFileName(Path);
    public long FirstSequence { get; }
    public long LastSequence { get; }
    public long Samples { get; }
    public ReadOnlySpan<SeriesEntry> Series => new(start + directoryAt, seriesCount);
    private ReadOnlySpan<BlockEntry> Index => new(start + directoryAt + (long)seriesCount * SeriesEntry.Size, blockCount);

    /// <exception cref="ProblemException">The file is not a whole segment.</exception>
    public static Segment Open(string path)
    {
        var length = new FileInfo(path).Length;
        if (length < SegmentWriter.FooterSize)
            throw Damaged(path, "The end of the file is missing.");
        var map = MemoryMappedFile.CreateFromFile(File.Open(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete), null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        var view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            var footer = new ReadOnlySpan<byte>(start + length - SegmentWriter.FooterSize, SegmentWriter.FooterSize);
            CheckFooter(path, footer, length);
            var segment = new Segment(path, map, view, start, footer);
            segment.CheckIndex(BinaryPrimitives.ReadUInt32LittleEndian(footer[40..]));
            return segment;
        }
        catch
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            map.Dispose();
            throw;
        }
    }

    /// <summary>The oldest and the newest time in it; the other way round where it is empty.</summary>
    public (long From, long To) Times => (times ??= new Lazy<(long, long)>(FindTimes)).Value;

    private (long From, long To) FindTimes()
    {
        var (from, to) = (long.MaxValue, long.MinValue);
        foreach (ref readonly var block in Index)
            (from, to) = (Math.Min(from, block.FirstTime), Math.Max(to, block.LastTime));
        return (from, to);
    }

    /// <summary>Whether a series is in here, and its stretch of the index.</summary>
    public bool TryFind(int series, out SeriesEntry entry)
    {
        var directory = Series;
        var (low, high) = (0, directory.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            entry = directory[middle];
            if (entry.Series == series)
                return true;
            if (entry.Series < series)
                low = middle + 1;
            else
                high = middle - 1;
        }
        entry = default;
        return false;
    }

    /// <summary>The blocks of a series in ascending time; they do not overlap.</summary>
    public ReadOnlySpan<BlockEntry> BlocksOf(SeriesEntry series) => Index.Slice(series.FirstBlock, series.Blocks);

    /// <summary>The bytes of a block, compared with its checksum the first time.</summary>
    /// <exception cref="ProblemException">They are damaged.</exception>
    public ReadOnlySpan<byte> BytesOf(in BlockEntry entry)
    {
        var bytes = new ReadOnlySpan<byte>(start + entry.Offset, entry.Bytes);
        ref var known = ref isChecked[PlaceOf(entry.Offset)];
        if (known == 0)
        {
            if (Crc32C.Of(bytes) != entry.Checksum)
                throw Damaged(Path, $"The block at byte {entry.Offset} is damaged.");
            known = 1;
        }
        return bytes;
    }

    /// <summary>Keeps the file mapped until <see cref="Release"/>. Only under the lock of the store that holds the segment.</summary>
    public void Hold() => Interlocked.Increment(ref holders);

    public void Release()
    {
        if (Interlocked.Decrement(ref holders) > 0)
            return;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
        if (isDoomed)
            File.Delete(Path);
    }

    /// <summary>Lets go of the store's own hold; the file is deleted when the last reader is done.</summary>
    public void Retire()
    {
        isDoomed = true;
        Release();
    }

    /// <summary>A block that turned out not to decode, though its checksum was right.</summary>
    public ProblemException Undecodable(in BlockEntry entry, InvalidDataException cause) => Damaged(Path, $"The block at byte {entry.Offset} cannot be decoded: {cause.Message}.");

    /// <summary>The place in the index of the block at an offset: offsets rise.</summary>
    private int PlaceOf(long offset)
    {
        var index = Index;
        var (low, high) = (0, index.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (index[middle].Offset < offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private static void CheckFooter(string path, ReadOnlySpan<byte> footer, long length)
    {
        var mark = BinaryPrimitives.ReadInt64LittleEndian(footer[48..]);
        if (mark == FirstFormatMark)
        {
            throw new ProblemException("urn:dure:historian:old-segment", "The file has the format of the first preview, which is no longer read.", path,
                "Export the series with the version that wrote them and bring them in again.");
        }
        if (mark != SegmentWriter.FootMark || Crc32C.Of(footer[..44]) != BinaryPrimitives.ReadUInt32LittleEndian(footer[44..]))
            throw Damaged(path, "The end of the file is missing.");
        var directoryAt = BinaryPrimitives.ReadInt64LittleEndian(footer);
        var (series, blocks) = (BinaryPrimitives.ReadInt32LittleEndian(footer[8..]), BinaryPrimitives.ReadInt32LittleEndian(footer[12..]));
        if (series < 0 || blocks < 0 || directoryAt < HeadSize || directoryAt > length
            || directoryAt + (long)series * SeriesEntry.Size + (long)blocks * BlockEntry.Size + SegmentWriter.FooterSize != length)
            throw Damaged(path, "The index lies outside the file.");
    }

    private void CheckIndex(uint checksum)
    {
        if (Crc32C.Of(MemoryMarshal.AsBytes(Series), MemoryMarshal.AsBytes(Index)) != checksum)
            throw Damaged(Path, "The index is damaged.");
        foreach (ref readonly var series in Series)
        {
            if (series.Series < 0 || series.FirstBlock < 0 || series.Blocks < 1 || series.FirstBlock > blockCount - series.Blocks)
                throw Damaged(Path, $"The index has no blocks for series {series.Series}.");
        }
        foreach (ref readonly var block in Index)
        {
            if (block.Offset < HeadSize || block.Bytes < 0 || block.Offset > directoryAt - block.Bytes || block.Count is 0 or > BlockCodec.MostSamples)
                throw Damaged(Path, $"The index names a block at byte {block.Offset} that cannot be.");
        }
    }

    private static ProblemException Damaged(string path, string what) =>
        new(DamagedType, what, path, "Restore the file from a copy; or move it away to lose its samples, whose batches the journal names.");
}
