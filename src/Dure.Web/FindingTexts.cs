using Dure.Historian.Watching;
using Dure.Web.Language;
using Dure.Web.Parts;

namespace Dure.Web;

/// <summary>What the watches found, in the reader's language.</summary>
internal static class FindingTexts
{
    public static string Name(SignalFinding found, Wording words) => words.Name("signals.fault", found.Kind.Key());

    /// <summary>The evidence as a sentence with its numbers.</summary>
    public static string Evidence(SignalFinding found, string unit, Wording words)
    {
        var (before, after) = Numbers(found);
        return string.Format(System.Globalization.CultureInfo.InvariantCulture, words.Name("signals.found", found.Kind.Key()),
            Figures.Count(found.Count), Figures.Number(before), Figures.Number(after), unit is "" or "1" ? "" : " " + unit);
    }

    public static string Cause(SignalFinding found, Wording words) => words.Say("signals.cause-is", words.Name("signals.cause", found.Kind.Key()));

    public static string Mend(SignalFinding found, Wording words) => words.Say("signals.mend-is", words.Name("signals.mend", found.Kind.Key()));

    public static Status StatusOf(SignalFinding found) => FindingWords.Severity(found.Kind) > 2 ? Status.Alarm : FindingWords.Severity(found.Kind) > 1 ? Status.Watch : Status.Unknown;

    /// <summary>The two numbers that the kind's sentence names.</summary>
    private static (double Before, double After) Numbers(SignalFinding found) => found.Kind switch
    {
        FaultKind.ClockJump => (0, found.Before - found.After),
        FaultKind.NoiseChange => (1, found.Before > 0 ? found.After / found.Before : double.NaN),
        FaultKind.Jitter => (100 * found.Before, 100 * found.After),
        _ => (found.Before, found.After),
    };
}
