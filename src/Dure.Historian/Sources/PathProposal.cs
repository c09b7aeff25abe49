using System.Text;
using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>Makes valid signal paths of names that sources use.</summary>
public static class PathProposal
{
    private const int MostParts = 10;
    private const int LongestPath = 200;

    /// <summary>A valid path close to the name: its own parts where they can stay, else with '_' in the place of what a path cannot hold.</summary>
    /// <param name="under">Put before it, such as the source's name; may be empty when the name has two parts of its own.</param>
    /// <returns>A path that <see cref="SignalId.Parse"/> takes; null when the name has no letter or digit to make one of, or it would be too long.</returns>
    public static string? Of(string under, string name)
    {
        var parts = new List<string>();
        foreach (var part in $"{under}/{name}".Split('/'))
        {
            if (Cleaned(part) is { Length: > 0 } cleaned)
                parts.Add(cleaned);
        }
        if (parts.Count > MostParts)
        {
            var last = string.Join('.', parts[(MostParts - 1)..]);
            parts.RemoveRange(MostParts - 1, parts.Count - MostParts + 1);
            parts.Add(last);
        }
        var path = string.Join('/', parts);
        return path.Length <= LongestPath && SignalId.TryParse(path, out _, out _) ? path : null;
    }

    /// <summary>Letters, digits, space, '_', '-' and '.'; any run of others becomes one '_'. Units in brackets at the end are left out.</summary>
    private static string Cleaned(string part)
    {
        if (part.EndsWith(']') && part.LastIndexOf('[') is > 0 and var bracket)
            part = part[..bracket];
        var text = new StringBuilder(part.Length);
        foreach (var character in part)
        {
            if (char.IsLetterOrDigit(character) || character is ' ' or '_' or '-' or '.')
                text.Append(character);
            else if (text.Length > 0 && text[^1] != '_')
                text.Append('_');
        }
        var cleaned = text.ToString().Trim(' ', '_');
        return cleaned.All(character => character is '.' or '-' or '_' or ' ') ? "" : cleaned;
    }
}
