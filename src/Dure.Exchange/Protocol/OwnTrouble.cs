using Dure.Kernel;

namespace Dure.Exchange.Protocol;

/// <summary>
/// Tells what fails in this house from what the other side did. The first is told to nobody outside: it names files and folders, and nobody
/// outside can mend it; most of it passes.
/// </summary>
public static class OwnTrouble
{
    public const string Type = "urn:dure:exchange:try-later";

    /// <summary>Problems that speak of what was sent or agreed on, and of nothing else.</summary>
    private static readonly string[] ToldAsTheyAre = ["urn:dure:exchange:", "urn:dure:http:", "urn:dure:kernel:", "urn:dure:historian:bad-cursor"];

    /// <summary>What those outside are told instead.</summary>
    public static Problem Told { get; } = new(Type, "This node cannot do it just now.", "node", "Try again later.");

    /// <summary>Whether a problem is none for those outside.</summary>
    public static bool Is(Problem problem) => !ToldAsTheyAre.Any(type => problem.Type.StartsWith(type, StringComparison.Ordinal));

    /// <summary>Whether the disk or the journal fails: then the same may go well later.</summary>
    public static bool MayPass(Exception failed) => failed is IOException or UnauthorizedAccessException || failed is ProblemException { Problem.Type: var type }
        && (type.StartsWith("urn:dure:evidence:", StringComparison.Ordinal) || type.StartsWith("urn:dure:historian:", StringComparison.Ordinal) || type == Type);
}
