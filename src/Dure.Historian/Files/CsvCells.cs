using System.Globalization;
using System.Text;

namespace Dure.Historian.Files;

/// <summary>Splits a line of a table into its cells, quoted ones as in RFC 4180, and reads numbers as such tables write them.</summary>
internal sealed class CsvCells(char separator)
{
    private readonly List<string> cells = [];
    private readonly StringBuilder quoted = new();

    /// <summary>The separator a header uses: the most frequent of those outside quotes.</summary>
    public static char SeparatorOf(string header)
    {
        var (isQuoted, counts) = (false, new Dictionary<char, int> { [';'] = 0, ['\t'] = 0, [','] = 0 });
        foreach (var letter in header)
        {
            isQuoted ^= letter == '"';
            if (!isQuoted && counts.TryGetValue(letter, out var count))
                counts[letter] = count + 1;
        }
        return counts.MaxBy(each => each.Value).Key;
    }

    /// <summary>The cells of a line, until the next line is split; null where a quote is not closed in it, or text stands beside one.</summary>
    public IReadOnlyList<string>? Split(string line)
    {
        cells.Clear();
        for (var at = 0; ;)
        {
            var end = line.IndexOf(separator, at);
            var cell = line.AsSpan(at, (end < 0 ? line.Length : end) - at);
            if (!cell.TrimStart(' ').StartsWith('"'))
                cells.Add(cell.ToString());
            else if (!TryQuoted(line, line.IndexOf('"', at) + 1, out end))
                return null;
            if (end < 0)
                return cells;
            at = end + 1;
        }
    }

    /// <summary>A number; with a decimal comma where the comma does not separate cells.</summary>
    public bool TryNumber(ReadOnlySpan<char> cell, out double value)
    {
        if (double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
            return double.IsFinite(value);
        var comma = separator == ',' ? -1 : cell.IndexOf(',');
        if (comma < 0 || cell.Length > 60 || cell.Contains('.'))
            return false;
        Span<char> written = stackalloc char[cell.Length];
        cell.CopyTo(written);
        written[comma] = '.';
        return double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    /// <summary>Reads from behind an opening quote; the end is the separator behind the cell, or -1 at the end of the line.</summary>
    private bool TryQuoted(string line, int at, out int end)
    {
        quoted.Clear();
        for (; at < line.Length; at++)
        {
            if (line[at] != '"')
                quoted.Append(line[at]);
            else if (at + 1 < line.Length && line[at + 1] == '"')
                quoted.Append(line[at++]);
            else
                break;
        }
        end = at < line.Length ? line.IndexOf(separator, at) : -1;
        if (at >= line.Length || line.AsSpan(at + 1, (end < 0 ? line.Length : end) - at - 1).ContainsAnyExcept(' '))
            return false;
        cells.Add(quoted.ToString());
        return true;
    }
}
