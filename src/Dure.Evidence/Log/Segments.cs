using System.Globalization;
using Dure.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dure.Evidence;

/// <summary>One file of the journal: the entries from <paramref name="First"/> on.</summary>
internal sealed record Segment(long First, string Path)
{
    public string Name => System.IO.Path.GetFileName(Path);
}

/// <summary>The segment files of a folder, and the one that grows.</summary>
internal sealed class Segments : IDisposable
{
    private const string Extension = ".entries";

    private readonly string folder;
    private readonly int maxEntryBytes;
    private volatile Segment[] all;
    private SafeFileHandle? growing;

    public Segments(string folder, int maxEntryBytes)
    {
        this.folder = folder;
        this.maxEntryBytes = maxEntryBytes;
        all = [.. Directory.EnumerateFiles(folder, "*" + Extension).Select(Named).OrderBy(segment => segment.First)];
        if (all is [{ First: not 0 } first, ..])
            throw new ProblemException(JournalFault.DamagedType, $"The first segment begins with entry {first.First}; entries 0 to {first.First - 1} are missing.",
                first.Path, "Restore the missing segment files from a copy.");
    }

    public IReadOnlyList<Segment> All => all;

    /// <summary>Bytes in the file that grows.</summary>
    public long Length { get; private set; }

    /// <summary>Opens the last file for appending, making the first one when there is none.</summary>
    public void OpenLast()
    {
        if (all.Length == 0)
        {
            Begin(0);
            return;
        }
        growing = File.OpenHandle(all[^1].Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        Length = RandomAccess.GetLength(growing);
    }

    /// <summary>Starts the next file; everything in the one before is on the disk already.</summary>
    public void Begin(long first)
    {
        var segment = new Segment(first, Path.Combine(folder, first.ToString("D16", CultureInfo.InvariantCulture) + Extension));
        var next = File.OpenHandle(segment.Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            RandomAccess.FlushToDisk(next);
        }
        catch
        {
            next.Dispose();
            throw;
        }
        growing?.Dispose();
        (growing, Length) = (next, RandomAccess.GetLength(next));
        all = [.. all, segment];
    }

    /// <summary>Writes after the end; on failure the file is cut back to where it was.</summary>
    public void Append(ReadOnlySpan<byte> frames)
    {
        try
        {
            RandomAccess.Write(Growing, frames, Length);
        }
        catch (IOException)
        {
            RandomAccess.SetLength(Growing, Length);
            throw;
        }
        Length += frames.Length;
    }

    public void Flush() => RandomAccess.FlushToDisk(Growing);

    public void CutTo(long length)
    {
        RandomAccess.SetLength(Growing, length);
        RandomAccess.FlushToDisk(Growing);
        Length = length;
    }

    public Segment Of(long entry) => all.Last(segment => segment.First <= entry);

    public static SafeFileHandle OpenRead(Segment segment) =>
        File.OpenHandle(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>The entry's bytes as they lie at <paramref name="offset"/>, its checksum and leaf hash compared.</summary>
    public JournalEntry Read(SafeFileHandle file, Segment segment, long index, long offset, ContentHash leaf)
    {
        Span<byte> header = stackalloc byte[Frame.HeaderSize];
        ReadExactly(file, segment, index, header, offset);
        var length = Frame.ReadLength(header).Length;
        if (length > maxEntryBytes)
            throw Fault(segment, index, offset, "checksum", "of an entry within the bounds", $"a length of {length} bytes").ToException();
        var bytes = new byte[length];
        ReadExactly(file, segment, index, bytes, offset + Frame.HeaderSize);
        var actual = MerkleTree.LeafHash(bytes);
        if (actual != leaf)
            throw Fault(segment, index, offset, "leaf hash", leaf.ToString(), actual.ToString()).ToException();
        var entry = JournalEntry.Parse(bytes);
        if (entry.Index != index)
            throw Fault(segment, index, offset, "index", $"{index}", $"{entry.Index}").ToException();
        return entry;
    }

    public static JournalFault Fault(Segment segment, long index, long offset, string which, string expected, string actual) =>
        new(index, which, expected, actual, segment.Name, offset);

    public void Dispose() => growing?.Dispose();

    private SafeFileHandle Growing => growing ?? throw new InvalidOperationException("No segment is open for appending.");

    private static void ReadExactly(SafeFileHandle file, Segment segment, long index, Span<byte> destination, long offset)
    {
        for (var read = 0; read < destination.Length;)
        {
            var got = RandomAccess.Read(file, destination[read..], offset + read);
            if (got == 0)
                throw Fault(segment, index, offset, "checksum", "within the file", "beyond its end").ToException();
            read += got;
        }
    }

    private static Segment Named(string path) =>
        long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            ? new Segment(first, path)
            : throw new ProblemException(JournalFault.DamagedType, "The file's name is not an entry number.", path, "Move foreign files out of the journal's folder.");
}
