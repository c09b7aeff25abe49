namespace Dure.Historian.Files;

/// <summary>The lines of a text file, one at a time, none longer than a bound: a file without line ends cannot fill the memory.</summary>
internal sealed class BoundedLines(Stream file) : IDisposable
{
    public const int MaxLineLength = 256 * 1024;

    private readonly StreamReader reader = new(file, leaveOpen: true);
    private readonly char[] buffer = new char[32 * 1024];
    private readonly System.Text.StringBuilder pending = new();
    private int place;
    private int filled;

    /// <summary>Whether the last line was longer than the bound: it was read to its end, and only its beginning is there.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>The next line without its end; null behind the last.</summary>
    public async ValueTask<string?> Next(CancellationToken cancel)
    {
        pending.Clear();
        IsTooLong = false;
        while (true)
        {
            if (place == filled)
            {
                (place, filled) = (0, await reader.ReadAsync(buffer, cancel));
                if (filled == 0)
                    return pending.Length > 0 ? Line() : null;
            }
            var end = Array.IndexOf(buffer, '\n', place, filled - place);
            var part = (end < 0 ? filled : end) - place;
            IsTooLong |= pending.Length + part > MaxLineLength;
            if (!IsTooLong)
                pending.Append(buffer, place, part);
            place = end < 0 ? filled : end + 1;
            if (end >= 0)
                return Line();
        }
    }

    public void Dispose() => reader.Dispose();

    private string Line()
    {
        if (pending.Length > 0 && pending[^1] == '\r')
            pending.Length--;
        return pending.ToString();
    }
}
