using System.Runtime.InteropServices;
using Dure.Historian.Storage.Coding;

namespace Dure.Historian.Storage.Segments;

/// <summary>A block in a segment's index, as it lies in the file: 64 bytes, one cache line, read in place.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal readonly record struct BlockEntry(
    long FirstTime, long LastTime, long Offset, double Min, double Max, double Sum, int Bytes, uint Checksum, ushort Count, ushort Bad)
{
    public const int Size = 64;

    public BlockStatistics Statistics => new(Count, Bad, Min, Max, Sum);
}

/// <summary>A series in a segment's directory, as it lies in the file: its number and its stretch of the index.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal readonly record struct SeriesEntry(int Series, int FirstBlock, int Blocks)
{
    public const int Size = 16;
}

/// <summary>What a segment holds, for its journal entry.</summary>
/// <param name="First">The oldest batch in it, by sequence.</param>
/// <param name="Replaces">Names of the segments it was merged from; none for one that was sealed from memory.</param>
internal sealed record SegmentFacts(string Name, Kernel.ContentHash Hash, long First, long Last, long Samples, int Series, long From, long To, long Bytes, IReadOnlyList<string> Replaces);
