using System.Diagnostics.CodeAnalysis;

namespace Dure.Kernel;

/// <summary>A machine or part of one, by its ISA-95 path without the signal: <c>skab/valve1/0</c>.</summary>
public readonly record struct AssetId : IComparable<AssetId>
{
    private readonly string? path;

    private AssetId(string path) => this.path = path;

    public string Path => path ?? "";

    public static AssetId Parse(string text) => TryParse(text, out var asset, out var why)
        ? asset
        : throw new ProblemException("urn:dure:kernel:bad-path", why, $"asset '{PathRules.Shown(text)}'", PathRules.Mend);

    public static bool TryParse(string? text, out AssetId asset, [NotNullWhen(false)] out string? why)
    {
        why = PathRules.Fault(text, minSegments: 1);
        asset = why is null ? new AssetId(text!) : default;
        return why is null;
    }

    public SignalId Signal(string name) => SignalId.Parse($"{Path}/{name}");

    public int CompareTo(AssetId other) => string.CompareOrdinal(Path, other.Path);

    public override string ToString() => Path;
}

/// <summary>One measured quantity of an asset, by its path: the asset's path and the signal's name, <c>skab/valve1/0/Pressure</c>.</summary>
public readonly record struct SignalId : IComparable<SignalId>
{
    /// <summary>Characters a path may have.</summary>
    public const int MaxLength = PathRules.MaxLength;

    /// <summary>Parts a path may have.</summary>
    public const int MaxParts = PathRules.MaxSegments;

    private readonly string? path;

    private SignalId(string path) => this.path = path;

    public string Path => path ?? "";

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public AssetId Asset => AssetId.Parse(Path[..Path.LastIndexOf('/')]);

    public static SignalId Parse(string text) => TryParse(text, out var signal, out var why)
        ? signal
        : throw new ProblemException("urn:dure:kernel:bad-path", why, $"signal '{PathRules.Shown(text)}'", PathRules.Mend);

    public static bool TryParse(string? text, out SignalId signal, [NotNullWhen(false)] out string? why)
    {
        why = PathRules.Fault(text, minSegments: 2);
        signal = why is null ? new SignalId(text!) : default;
        return why is null;
    }

    public int CompareTo(SignalId other) => string.CompareOrdinal(Path, other.Path);

    public override string ToString() => Path;
}

/// <summary>What a path may look like; the bounds keep names readable in a URL, a topic and a file.</summary>
internal static class PathRules
{
    public const int MaxLength = 200;
    public const int MaxSegments = 10;
    public const string Mend = "Write it as site/area/machine/signal: 2 to 10 parts of letters, digits, space, '_', '-' or '.', parted by '/'.";

    public static string? Fault(string? text, int minSegments)
    {
        if (string.IsNullOrEmpty(text))
            return "The path is empty.";
        if (text.Length > MaxLength)
            return $"The path has {text.Length} characters; {MaxLength} are allowed.";

        var segments = 1;
        var segmentStart = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] != '/')
            {
                if (!char.IsLetterOrDigit(text[i]) && text[i] is not (' ' or '_' or '-' or '.'))
                    return $"The character '{text[i]}' (U+{(int)text[i]:X4}) at place {i + 1} is not allowed.";
                continue;
            }
            var segment = text.AsSpan(segmentStart, i - segmentStart);
            if (segment.IsEmpty || segment[0] == ' ' || segment[^1] == ' ' || segment is "." or "..")
                return $"Part {segments} is empty, dots only, or has a space at its edge.";
            if (i < text.Length)
                segments++;
            segmentStart = i + 1;
        }
        if (segments < minSegments || segments > MaxSegments)
            return $"The path has {segments} part(s); {minSegments} to {MaxSegments} are allowed.";
        return null;
    }

    public static string Shown(string? text) => text is null ? "" : text.Length <= 80 ? text : text[..80] + "…";
}
