using Dure.Kernel;

namespace Dure.Historian.Files;

/// <summary>The lines of a text file, one at a time, none longer than a bound: a file without line ends cannot fill the memory.</summary>
internal sealed class BoundedLines(Stream file) : IDisposable
{
    private const int MaxLineLength = 256 * 1024;

    private readonly StreamReader reader = new(file, leaveOpen: true);
    private readonly char[] buffer = new char[32 * 1024];
    private readonly System.Text.StringBuilder pending = new();
    private int place;
    private int filled;

    /// <summary>The next line without its end; null behind the last.</summary>
    /// <exception cref="ProblemException">The line is too long.</exception>
    public async ValueTask<string?> Next(CancellationToken cancel)
    {
        pending.Clear();
        while (true)
        {
            if (place == filled)
            {
                (place, filled) = (0, await reader.ReadAsync(buffer, cancel));
                if (filled == 0)
                    return pending.Length > 0 ? Line() : null;
            }
            var end = Array.IndexOf(buffer, '\n', place, filled - place);
            pending.Append(buffer, place, (end < 0 ? filled : end) - place);
            place = end < 0 ? filled : end + 1;
            if (pending.Length > MaxLineLength)
                throw new ProblemException("urn:dure:historian:bad-csv", $"A line has more than {MaxLineLength:N0} characters.", "CSV file", "Check that the file is text with line ends.");
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
