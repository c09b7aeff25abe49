namespace Dure.Historian.Files;

/// <summary>Where paths really lead.</summary>
internal static class RealPath
{
    private const int MostLinks = 40;

    private static readonly StringComparison Comparison = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>Whether two folders are the same or one lies in the other, links followed.</summary>
    public static bool Overlap(string one, string other)
    {
        var (first, second) = (Of(one, MostLinks), Of(other, MostLinks));
        return LiesIn(first, second) || LiesIn(second, first);
    }

    private static bool LiesIn(string path, string folder) => Ended(path).StartsWith(Ended(folder), Comparison);

    private static string Ended(string path) => Path.EndsInDirectorySeparator(path) ? path : path + Path.DirectorySeparatorChar;

    /// <summary>The path with its links followed, as far as it exists.</summary>
    private static string Of(string path, int linksLeft)
    {
        var whole = Path.GetFullPath(path);
        var real = Path.GetPathRoot(whole)!; // a full path has one
        foreach (var part in whole[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            // A link leads to a path that may have links itself.
            real = linksLeft > 0 && new DirectoryInfo(next).LinkTarget is { } target ? Of(Path.Combine(real, target), linksLeft - 1) : next;
        }
        return real;
    }
}
