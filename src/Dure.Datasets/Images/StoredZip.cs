using System.Buffers.Binary;
using System.Text;

namespace Dure.Datasets;

/// <summary>
/// Writes a zip file whose entries are stored as they are (PKWARE APPNOTE 6.3, sections 4.3.7 to 4.3.16). The same entries give the same bytes on
/// every system: <see cref="System.IO.Compression.ZipArchive"/> writes down which one it ran on.
/// </summary>
internal sealed class StoredZip(Stream to)
{
    private const int LocalHeader = 0x04034B50, CentralHeader = 0x02014B50, End = 0x06054B50;
    private const ushort Version = 20, NamesAreUtf8 = 1 << 11;

    /// <summary>The first day a zip file can name: when a file was made is no part of what it holds.</summary>
    private const uint NoTime = 0x00210000;

    private static readonly uint[] Sums = [.. Enumerable.Range(0, 256).Select(Sum)];

    private const int LocalBytes = 30, CentralBytes = 46, EndBytes = 22;

    private readonly List<(byte[] Name, uint Sum, uint Bytes, uint At)> entries = [];
    private uint at;

    /// <summary>Bytes of a file with such entries besides their contents.</summary>
    public static long BytesBeside(IReadOnlyList<string> names) => EndBytes + names.Sum(name => LocalBytes + CentralBytes + 2L * Encoding.UTF8.GetByteCount(name));

    public void Add(string name, ReadOnlySpan<byte> content)
    {
        var entry = (Name: Encoding.UTF8.GetBytes(name), Sum: SumOf(content), Bytes: (uint)content.Length, At: at);
        entries.Add(entry);
        Span<byte> head = stackalloc byte[LocalBytes];
        BinaryPrimitives.WriteInt32LittleEndian(head, LocalHeader);
        BinaryPrimitives.WriteUInt16LittleEndian(head[4..], Version);
        Describe(head[6..], entry);
        Write(head);
        Write(entry.Name);
        Write(content);
    }

    public void Complete()
    {
        var start = at;
        Span<byte> head = stackalloc byte[CentralBytes];
        foreach (var entry in entries)
        {
            head.Clear();
            BinaryPrimitives.WriteInt32LittleEndian(head, CentralHeader);
            BinaryPrimitives.WriteUInt16LittleEndian(head[4..], Version);
            BinaryPrimitives.WriteUInt16LittleEndian(head[6..], Version);
            Describe(head[8..], entry);
            BinaryPrimitives.WriteUInt32LittleEndian(head[42..], entry.At);
            Write(head);
            Write(entry.Name);
        }
        Span<byte> end = stackalloc byte[EndBytes];
        end.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(end, End);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], (ushort)entries.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], (ushort)entries.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], at - start);
        BinaryPrimitives.WriteUInt32LittleEndian(end[16..], start);
        Write(end);
    }

    /// <summary>What both headers of an entry say, from the flags on.</summary>
    private static void Describe(Span<byte> head, (byte[] Name, uint Sum, uint Bytes, uint At) entry)
    {
        head[..24].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(head, NamesAreUtf8);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], NoTime);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], entry.Sum);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], entry.Bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(head[16..], entry.Bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(head[20..], (ushort)entry.Name.Length);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        to.Write(bytes);
        at = checked(at + (uint)bytes.Length);
    }

    /// <summary>CRC-32 of ISO 3309, as zip and PNG files carry it.</summary>
    internal static uint SumOf(params ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var each in bytes)
            sum = Sums[(byte)(sum ^ each)] ^ sum >> 8;
        return ~sum;
    }

    private static uint Sum(int value)
    {
        var sum = (uint)value;
        for (var bit = 0; bit < 8; bit++)
            sum = (sum & 1) == 1 ? 0xEDB88320 ^ sum >> 1 : sum >> 1;
        return sum;
    }
}
