using System.Buffers.Binary;

namespace Dure.Datasets;

/// <summary>
/// Counts a zip file's entries without keeping them (PKWARE APPNOTE 6.3, sections 4.3.12 and 4.3.16): a stranger's small file may list more than there is
/// memory for, whatever number it names.
/// </summary>
internal static class ZipEntries
{
    private const int EndBytes = 22, LocatorBytes = 20, LargeEndBytes = 56, HeaderBytes = 46, MostComment = ushort.MaxValue;
    private const uint EndMark = 0x06054B50, LargeEndMark = 0x06064B50, LocatorMark = 0x07064B50, HeaderMark = 0x02014B50;

    /// <summary>Whether there are at most so many; also where the file is none, for those who read it say that.</summary>
    public static bool AreAtMost(string path, int most)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
        if (Start(file) is not { } at)
            return true;
        Span<byte> header = stackalloc byte[HeaderBytes];
        for (var entries = 0; ; entries++)
        {
            file.Position = at;
            if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(header) != HeaderMark)
                return true;
            if (entries == most)
                return false;
            at += HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[30..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[32..]);
        }
    }

    /// <summary>Where the list of entries begins, by the record at the file's end; null when there is none.</summary>
    private static long? Start(FileStream file)
    {
        var tail = new byte[(int)Math.Min(file.Length, EndBytes + MostComment)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        for (var at = tail.Length - EndBytes; at >= 0; at--)
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) == EndMark)
                return IsFull(tail.AsSpan(at)) && at >= LocatorBytes ? LargeStart(file, tail.AsSpan(at - LocatorBytes)) : BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 16));
        return null;
    }

    /// <summary>Whether a number of the record is the one that leads to its larger form (zip64, section 4.3.14).</summary>
    private static bool IsFull(ReadOnlySpan<byte> end) => BinaryPrimitives.ReadUInt16LittleEndian(end[4..]) == ushort.MaxValue
        || BinaryPrimitives.ReadUInt16LittleEndian(end[10..]) == ushort.MaxValue || BinaryPrimitives.ReadUInt32LittleEndian(end[16..]) == uint.MaxValue;

    private static long? LargeStart(FileStream file, ReadOnlySpan<byte> locator)
    {
        Span<byte> end = stackalloc byte[LargeEndBytes];
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != LocatorMark || BinaryPrimitives.ReadInt64LittleEndian(locator[8..]) is not (>= 0 and var at) || at > file.Length)
            return null;
        file.Position = at;
        return file.ReadAtLeast(end, end.Length, throwOnEndOfStream: false) == end.Length && BinaryPrimitives.ReadUInt32LittleEndian(end) == LargeEndMark
            && BinaryPrimitives.ReadInt64LittleEndian(end[48..]) is >= 0 and var start ? start : null;
    }
}
