using System.Text;
using Dure.Kernel;

namespace Dure.Lab;

/// <summary>Comma-separated lines with quotes (RFC 4180), as spreadsheets write them; semicolons where the first line has no comma.</summary>
internal static class SheetLines
{
    private const int MostCharacters = 16 << 20;

    public static List<string[]> Read(string text, string where)
    {
        if (text.Length > MostCharacters)
            throw new ProblemException("urn:dure:lab:bad-sheet", $"It has {text.Length:N0} characters.", where, $"Keep it under {MostCharacters:N0}.");
        text = text.TrimStart('\uFEFF');
        var head = text.AsSpan(0, Math.Max(0, text.IndexOf('\n', StringComparison.Ordinal)) is var end and > 0 ? end : text.Length);
        var separator = head.Contains(',') || !head.Contains(';') ? ',' : ';';
        var (lines, cells, cell) = (new List<string[]>(), new List<string>(), new StringBuilder());
        var (isQuoted, began) = (false, 1);
        for (var (i, line) = (0, 1); i < text.Length; i++)
        {
            var at = text[i];
            if (at == '\n')
                line++;
            if (isQuoted && at == '"' && i + 1 < text.Length && text[i + 1] == '"')
                cell.Append(text[i++]);
            else if (at == '"' && (isQuoted || cell.Length == 0))
                (isQuoted, began) = (!isQuoted, line);
            else if (!isQuoted && at == separator)
                End(cells, cell);
            else if (!isQuoted && (at is '\n' or '\r'))
                EndLine(lines, cells, cell);
            else
                cell.Append(at);
        }
        if (isQuoted)
            throw new ProblemException("urn:dure:lab:bad-sheet", "A quotation mark is opened and not closed.", $"{where}, line {began}", "Close it, or double it where it belongs to the text.");
        EndLine(lines, cells, cell);
        return lines;
    }

    public static string Write(IEnumerable<IReadOnlyList<string>> lines)
    {
        var text = new StringBuilder("\uFEFF"); // without it spreadsheets read Korean as something else
        foreach (var line in lines)
            text.AppendJoin(',', line.Select(Quoted)).Append("\r\n");
        return text.ToString();
    }

    private static string Quoted(string cell) => cell.AsSpan().IndexOfAny(",;\"\r\n") >= 0 ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private static void End(List<string> cells, StringBuilder cell)
    {
        cells.Add(cell.ToString());
        cell.Clear();
    }

    private static void EndLine(List<string[]> lines, List<string> cells, StringBuilder cell)
    {
        End(cells, cell);
        if (cells.Exists(each => !string.IsNullOrWhiteSpace(each)))
            lines.Add([.. cells]);
        cells.Clear();
    }
}
