using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Storage;

/// <summary>A file whose checksums are right and whose numbers are not: refused, never read out of its bounds.</summary>
public sealed class SegmentTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-segment-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(-1, 0, 0)]
    [InlineData(-4, 1, 0)]
    [InlineData(4, -1, 0)]
    [InlineData(0, 0, -64)]
    [InlineData(1, 2, int.MaxValue)]
    public void Counts_and_places_that_cannot_be_are_refused(int moreSeries, int moreBlocks, int movedBy)
    {
        var bytes = File.ReadAllBytes(Written());
        var footer = bytes.AsSpan(bytes.Length - SegmentWriter.FooterSize);
        var (series, blocks) = (1 + moreSeries, 1 + moreBlocks);
        var directoryAt = bytes.Length - SegmentWriter.FooterSize - (long)series * SeriesEntry.Size - (long)blocks * BlockEntry.Size + movedBy;
        BinaryPrimitives.WriteInt64LittleEndian(footer, directoryAt);
        BinaryPrimitives.WriteInt32LittleEndian(footer[8..], series);
        BinaryPrimitives.WriteInt32LittleEndian(footer[12..], blocks);
        AssertRefused(bytes);
    }

    [Theory]
    [InlineData(long.MaxValue - 10, 100)]
    [InlineData(8, int.MaxValue)]
    [InlineData(8, -1)]
    [InlineData(7, 1)]
    [InlineData(64, 1)]
    public void A_block_outside_the_blocks_is_refused(long offset, int length)
    {
        var bytes = File.ReadAllBytes(Written());
        var index = bytes.AsSpan(bytes.Length - SegmentWriter.FooterSize - BlockEntry.Size, BlockEntry.Size);
        ref var block = ref MemoryMarshal.AsRef<BlockEntry>(index);
        block = block with { Offset = offset, Bytes = length };
        AssertRefused(bytes);
    }

    private string Written()
    {
        using var writer = new SegmentWriter(folder);
        writer.BeginSeries(0);
        writer.Add([1, 2, 3], [1, 2, 3], new Quality[3]);
        var (segment, _) = writer.Finish(1, 1, []);
        segment.Release();
        return segment.Path;
    }

    private void AssertRefused(byte[] bytes)
    {
        var footer = bytes.AsSpan(bytes.Length - SegmentWriter.FooterSize);
        var index = bytes.AsSpan(bytes.Length - SegmentWriter.FooterSize - BlockEntry.Size - SeriesEntry.Size, BlockEntry.Size + SeriesEntry.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(footer[40..], Crc32C.Of(index));
        BinaryPrimitives.WriteUInt32LittleEndian(footer[44..], Crc32C.Of(footer[..44]));
        var path = Path.Combine(folder, "crafted.segment");
        File.WriteAllBytes(path, bytes);
        var refused = Assert.Throws<ProblemException>(() => Segment.Open(path));
        Assert.Equal(Segment.DamagedType, refused.Problem.Type);
    }
}
