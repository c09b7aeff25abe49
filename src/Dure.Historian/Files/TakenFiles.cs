using System.Text;
using Dure.Kernel;

namespace Dure.Historian.Files;

/// <summary>
/// The contents a folder has given already, by hash: a line each in a file that only grows, flushed before the file is moved. A line that a
/// crash cut short is cut off; the file it stood for is then read again, and the historian drops what it has.
/// </summary>
internal sealed class TakenFiles
{
    public const string FileName = ".dure-taken";

    /// <summary>Beyond it the oldest half is forgotten: a file that old does not come again by a restart.</summary>
    private const int MostRemembered = 200_000;

    private readonly string path;
    private readonly HashSet<ContentHash> hashes = [];
    private readonly List<ContentHash> inOrder = [];

    public TakenFiles(string folder)
    {
        path = Path.Combine(folder, FileName);
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        var text = new StreamReader(file, leaveOpen: true).ReadToEnd();
        var whole = text.LastIndexOf('\n') + 1;
        foreach (var line in text[..whole].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (ContentHash.TryParse(line.Split(' ', 2)[0], out var hash) && hashes.Add(hash))
                inOrder.Add(hash);
        }
        if (whole < text.Length)
            file.SetLength(Encoding.UTF8.GetByteCount(text.AsSpan(0, whole)));
    }

    public bool Contains(ContentHash hash) => hashes.Contains(hash);

    /// <summary>On return the hash is on disk.</summary>
    public void Add(ContentHash hash, string name)
    {
        if (!hashes.Add(hash))
            return;
        inOrder.Add(hash);
        if (inOrder.Count > MostRemembered)
            Forget();
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        file.Write(Encoding.UTF8.GetBytes($"{hash} {name.Replace('\n', ' ')}\n"));
        file.Flush(flushToDisk: true);
    }

    private void Forget()
    {
        inOrder.RemoveRange(0, MostRemembered / 2);
        hashes.IntersectWith(inOrder);
        var part = path + ".part";
        using (var file = new FileStream(part, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(string.Concat(inOrder.SkipLast(1).Select(hash => $"{hash}\n"))));
            file.Flush(flushToDisk: true);
        }
        File.Move(part, path, overwrite: true);
    }
}
