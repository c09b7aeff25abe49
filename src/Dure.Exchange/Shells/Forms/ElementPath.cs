using System.Globalization;
using System.Text;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>The way from a submodel to one of its elements: <c>Tool.Readings[2]</c> (IDTA 01002, idShortPath).</summary>
public sealed record ElementPath
{
    private const int MaxLength = 8192;
    private const int MaxSteps = 100;

    private readonly List<string> steps;

    private ElementPath(List<string> steps) => this.steps = steps;

    /// <summary>Names, and places in lists as digits in brackets.</summary>
    public IReadOnlyList<string> Steps => steps;

    /// <summary>The path of the element that holds this one; null when that is the submodel.</summary>
    public ElementPath? Above => steps.Count > 1 ? new ElementPath(steps[..^1]) : null;

    /// <exception cref="ProblemException">The text is not a path.</exception>
    public static ElementPath Parse(string text)
    {
        var steps = new List<string>();
        if (text.Length is > 0 and <= MaxLength)
            foreach (var dotted in text.Split('.'))
                if (!TryAdd(dotted, steps, mayBegin: steps.Count == 0))
                    throw Bad(text);
        return steps.Count is > 0 and <= MaxSteps ? new ElementPath(steps) : throw Bad(text);
    }

    public override string ToString() => Join(steps);

    internal static string Join(IEnumerable<string> steps)
    {
        var text = new StringBuilder();
        foreach (var step in steps)
            text.Append(text.Length > 0 && step[0] != '[' ? "." : "").Append(step);
        return text.ToString();
    }

    /// <summary>A name with any number of places behind it; only the first step of a path may be a place without a name.</summary>
    private static bool TryAdd(string dotted, List<string> steps, bool mayBegin)
    {
        var bracket = dotted.IndexOf('[', StringComparison.Ordinal);
        var name = bracket < 0 ? dotted : dotted[..bracket];
        if (name.Length > 0)
        {
            if (TextRules.Fault(name, 1, 128, TextPattern.IdShort) is not null)
                return false;
            steps.Add(name);
        }
        else if (bracket < 0 || !mayBegin)
            return false;
        for (var at = bracket; at >= 0 && at < dotted.Length;)
        {
            var end = dotted.IndexOf(']', at);
            if (end < 0 || dotted[at] != '[' || !int.TryParse(dotted.AsSpan(at + 1, end - at - 1), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                return false;
            steps.Add(dotted[at..(end + 1)]);
            at = end + 1;
        }
        return true;
    }

    private static ProblemException Bad(string text) => new("urn:dure:exchange:bad-id-short-path", $"'{FindingList.Shown(text)}' is not an idShort path.", "idShortPath",
        "Write names with dots between and places in lists in brackets, for example Tool.Readings[2].");
}
