using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Exchange.Catalog;

/// <summary>
/// Signals that are offered as they grow: by path, by machine, or by pattern. In a pattern <c>*</c> stands for any letters within one part of a path
/// and a part <c>**</c> for any parts; a pattern that ends before the path does stands for all below it.
/// </summary>
public sealed record SeriesSelection
{
    public const int MaxPatterns = 100;
    private const int MaxLength = 200;

    public required IReadOnlyList<string> Patterns { get; init; }

    /// <summary>Samples of this time and later belong to it; null: those of times after the agreement.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <exception cref="ProblemException">A pattern cannot be one.</exception>
    public void Check()
    {
        if (Patterns.Count is 0 or > MaxPatterns)
            throw Bad($"{Patterns.Count} patterns are given.", $"Name 1 to {MaxPatterns}.");
        foreach (var pattern in Patterns)
            if (pattern.Length is 0 or > MaxLength || pattern.Split('/').Any(part => part.Length == 0) || pattern.Any(char.IsControl))
                throw Bad($"'{(pattern.Length > 80 ? pattern[..80] + "…" : pattern)}' is not a path or a pattern.", "Write it as site/area/machine, site/*/machine/Pressure or site/**/Pressure.");
    }

    /// <summary>Whether a signal of this path belongs to it.</summary>
    public bool Includes(string path)
    {
        var parts = path.Split('/');
        return Patterns.Any(pattern => Fits(pattern.Split('/'), parts));
    }

    internal JsonObject ToJson() => new()
    {
        ["patterns"] = new JsonArray([.. Patterns.Select(pattern => JsonValue.Create(pattern))]),
        ["since"] = Since?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
    };

    internal static SeriesSelection Of(JsonObject body) => new()
    {
        Patterns = [.. body["patterns"]!.AsArray().Select(pattern => pattern!.GetValue<string>())],
        Since = body["since"]?.GetValue<string>() is { } since ? DateTimeOffset.Parse(since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null,
    };

    private static bool Fits(ReadOnlySpan<string> pattern, ReadOnlySpan<string> path)
    {
        for (; pattern.Length > 0; pattern = pattern[1..], path = path[1..])
        {
            if (pattern[0] == "**")
            {
                for (var skip = 0; skip <= path.Length; skip++)
                    if (Fits(pattern[1..], path[skip..]))
                        return true;
                return false;
            }
            if (path.Length == 0 || !FitsPart(pattern[0], path[0]))
                return false;
        }
        return true;
    }

    /// <summary>The usual walk: on a mismatch the last star takes one letter more.</summary>
    private static bool FitsPart(string pattern, string text)
    {
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (star, mark) = (p++, t);
            else if (p < pattern.Length && pattern[p] == text[t])
                (p, t) = (p + 1, t + 1);
            else if (star >= 0)
                (p, t) = (star + 1, ++mark);
            else
                return false;
        }
        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    private static ProblemException Bad(string what, string mend) => new("urn:dure:exchange:bad-offering", what, "field 'series'", mend);
}
