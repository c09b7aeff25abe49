using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>A file of a spool, named by its first batch; the last one grows.</summary>
internal sealed class SpoolSegment(long first, string path)
{
    private const string Suffix = ".spool";

    public long First => first;

    public string Path => path;

    /// <summary>The last batch in it; before <see cref="First"/> while it is empty.</summary>
    public long Last { get; set; } = first - 1;

    public long Bytes { get; set; }

    public static string FileFor(string folder, long first) => System.IO.Path.Combine(folder, $"{first:D19}{Suffix}");

    /// <summary>The files of a folder in order. The last one is read through and cut behind its last whole batch.</summary>
    /// <param name="notes">Takes what was mended, a sentence each.</param>
    /// <exception cref="ProblemException">The last file is damaged where it had been flushed.</exception>
    public static IReadOnlyList<SpoolSegment> Find(string folder, List<string> notes)
    {
        var found = Directory.EnumerateFiles(folder, "*" + Suffix)
            .Select(path => new SpoolSegment(long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), out var first) ? first : 0, path))
            .Where(segment => segment.First > 0).OrderBy(segment => segment.First).ToList();
        for (var i = 0; i < found.Count - 1; i++)
            (found[i].Last, found[i].Bytes) = (found[i + 1].First - 1, new FileInfo(found[i].Path).Length);
        if (found.Count == 0)
            return found;
        found[^1].Scan(notes);
        if (found[^1].Last < found[^1].First)
        {
            File.Delete(found[^1].Path); // nothing whole stands in it
            found.RemoveAt(found.Count - 1);
        }
        return found;
    }

    public static ProblemException Damaged(string path, long at) => new("urn:dure:gateway:damaged-spool", $"The frame at byte {at} is damaged, though it had been flushed.", path,
        "Restore the file from a copy; or stop the gateway and move it away, which loses the batches in it that were not sent.");

    /// <summary>Reads the file through; a group that a crash cut short was never acknowledged to its sender and is cut off.</summary>
    private void Scan(List<string> notes)
    {
        using var handle = File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite);
        var end = RandomAccess.GetLength(handle);
        while (Bytes < end)
        {
            if (SpoolFrame.Read(handle, Bytes, end, out var size, out _) is { } batch && batch.Sequence == Last + 1)
            {
                Bytes += size;
                Last = batch.Sequence;
                continue;
            }
            if (SpoolFrame.HasGroupAfter(handle, Bytes, end, Last))
                throw Damaged(Path, Bytes);
            notes.Add($"{end - Bytes} bytes of an unfinished write were cut off {System.IO.Path.GetFileName(Path)}.");
            RandomAccess.SetLength(handle, Bytes);
            RandomAccess.FlushToDisk(handle);
            return;
        }
    }
}
