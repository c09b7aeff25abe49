using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dure.Kernel;

namespace Dure.Historian.Http;

/// <summary>
/// A signal's path from a line's measurement, tags and field: the tag <c>asset</c>, or else the measurement and the tags' values in their
/// order, then the field's key. Characters a path does not allow become '_'. What has more parts than a path may have keeps the others in its
/// last part, parted by '.'; what is longer than a path may be ends in a hash of the whole.
/// </summary>
internal sealed class LinePath
{
    private const int HashLength = 12;
    private const int LongestRaw = 8192;

    private readonly char[] path = new char[LongestRaw];

    /// <returns>The path; null when a tag is malformed or all is too long.</returns>
    public string? Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> field)
    {
        if (key.Length + field.Length + 2 > path.Length)
            return null;
        var length = Prefix(key);
        return length < 0 ? null : Fitted(path.AsSpan(0, Append(length, field, first: false)));
    }

    private int Prefix(ReadOnlySpan<byte> key)
    {
        var comma = LineScan.EndOf(key, (byte)',', quoted: false);
        var length = Append(0, key[..comma], first: true);
        while (comma < key.Length)
        {
            key = key[(comma + 1)..];
            comma = LineScan.EndOf(key, (byte)',', quoted: false);
            var tag = key[..comma];
            var equals = LineScan.EndOf(tag, (byte)'=', quoted: false);
            if (equals <= 0 || equals + 1 >= tag.Length)
                return -1;
            if (tag[..equals].SequenceEqual("asset"u8))
                return Append(0, tag[(equals + 1)..], first: true);
            length = Append(length, tag[(equals + 1)..], first: false);
        }
        return length;
    }

    /// <summary>Appends a part, unescaped and made fit for a path.</summary>
    private int Append(int length, ReadOnlySpan<byte> part, bool first)
    {
        if (!first)
            path[length++] = '/';
        var text = path.AsSpan(length);
        var count = Encoding.UTF8.GetChars(part, text);
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (text[i] == '\\' && i + 1 < count)
                i++;
            var isAllowed = char.IsLetterOrDigit(text[i]) || text[i] is ' ' or '_' or '-' or '.' || (text[i] == '/' && first);
            text[kept++] = isAllowed ? text[i] : '_';
        }
        return length + kept;
    }

    private static string Fitted(Span<char> whole)
    {
        for (int i = 0, parts = 1; i < whole.Length; i++)
        {
            if (whole[i] == '/' && ++parts > SignalId.MaxParts)
                whole[i] = '.';
        }
        if (whole.Length <= SignalId.MaxLength)
            return new string(whole);
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(whole.ToArray()));
        return string.Create(CultureInfo.InvariantCulture, $"{whole[..(SignalId.MaxLength - HashLength - 1)].TrimEnd([' ', '/', '.'])}-{Convert.ToHexStringLower(hash)[..HashLength]}");
    }
}

/// <summary>Places in a line.</summary>
internal static class LineScan
{
    /// <summary>The place of the first such byte that is neither escaped nor, where asked, within quotes; the length when there is none.</summary>
    public static int EndOf(ReadOnlySpan<byte> text, byte wanted, bool quoted)
    {
        var isInQuotes = false;
        for (var i = 0; i < text.Length; i++)
        {
            var each = text[i];
            if (each == '\\')
                i++;
            else if (quoted && each == '"')
                isInQuotes = !isInQuotes;
            else if (each == wanted && !isInQuotes)
                return i;
        }
        return text.Length;
    }

    /// <summary>The same in a text that has neither escapes nor quotes.</summary>
    public static int PlaceOf(ReadOnlySpan<byte> text, byte wanted) => text.IndexOf(wanted) is var place && place >= 0 ? place : text.Length;

    /// <summary>Whether a line's fields leave a quote open, so that its text goes on behind the line's end.</summary>
    public static bool IsOpen(ReadOnlySpan<byte> line)
    {
        var isInQuotes = false;
        for (var i = Math.Min(line.Length, EndOf(line, (byte)' ', quoted: false)); i < line.Length; i++)
        {
            if (line[i] == '\\')
                i++;
            else if (line[i] == '"')
                isInQuotes = !isInQuotes;
        }
        return isInQuotes;
    }
}
