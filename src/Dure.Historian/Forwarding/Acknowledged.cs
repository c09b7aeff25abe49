using System.Globalization;
using System.Text;
using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>
/// Which batches of a spool the node has: all up to a number, and stretches beyond it where live batches overtook older ones. Kept in a small
/// file that is replaced whole. Were it lost, batches would be sent again, and the node would drop them as duplicates.
/// </summary>
internal sealed class Acknowledged
{
    public const string FileName = "acknowledged";

    /// <summary>Stretches beyond it are not begun: live batches then wait for the older ones.</summary>
    public const int MostStretches = 64;

    private readonly string path;
    private readonly SortedList<long, long> beyond = [];

    public Acknowledged(string folder)
    {
        path = Path.Combine(folder, FileName);
        if (File.Exists(path))
            Load(File.ReadAllText(path));
    }

    /// <summary>All batches up to it are acknowledged.</summary>
    public long Through { get; private set; }

    public int Stretches => beyond.Count;

    /// <summary>The first batch from a number on that is not acknowledged.</summary>
    public long NextOpen(long from)
    {
        from = Math.Max(from, Through + 1);
        foreach (var (first, last) in beyond)
        {
            if (first > from)
                break;
            from = Math.Max(from, last + 1);
        }
        return from;
    }

    /// <summary>The last batch before the next acknowledged one, from an open one on.</summary>
    public long LastOpen(long from)
    {
        foreach (var first in beyond.Keys)
        {
            if (first > from)
                return first - 1;
        }
        return long.MaxValue;
    }

    public void Add(long from, long to)
    {
        if (to <= Through)
            return;
        from = Math.Max(from, Through + 1);
        foreach (var (first, last) in beyond.ToArray())
        {
            if (first > to + 1 || last < from - 1)
                continue;
            (from, to) = (Math.Min(from, first), Math.Max(to, last));
            beyond.Remove(first);
        }
        if (from == Through + 1)
            Through = to;
        else
            beyond.Add(from, to);
    }

    /// <summary>On return it is on disk.</summary>
    public void Save()
    {
        var text = new StringBuilder().Append(Through).Append('\n');
        foreach (var (first, last) in beyond)
            text.Append(CultureInfo.InvariantCulture, $"{first}-{last}\n");
        var bytes = Encoding.ASCII.GetBytes(text.ToString());
        var part = path + ".part";
        using (var file = new FileStream(part, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes($"{Crc32C.Of(bytes):x8}\n"));
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(part, path, overwrite: true);
    }

    /// <summary>A file that is not whole counts as none.</summary>
    private void Load(string text)
    {
        var parts = text.Split('\n', 2);
        if (parts.Length < 2 || parts[0] != $"{Crc32C.Of(Encoding.ASCII.GetBytes(parts[1])):x8}")
            return;
        var lines = parts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Through = long.Parse(lines[0], CultureInfo.InvariantCulture);
        foreach (var line in lines.Skip(1))
        {
            var ends = line.Split('-');
            beyond.Add(long.Parse(ends[0], CultureInfo.InvariantCulture), long.Parse(ends[1], CultureInfo.InvariantCulture));
        }
    }
}
