using Dure.Datasets;
using Dure.Web.Language;

namespace Dure.Web;

/// <summary>Findings of the quality report in the reader's language.</summary>
internal static class QualityWords
{
    /// <summary>The numbers that each kind's sentence names, in the order of its places.</summary>
    private static readonly Dictionary<string, string[]> Places = new(StringComparer.Ordinal)
    {
        [QualityKinds.Missing] = ["rows", "of"],
        [QualityKinds.Gaps] = ["gaps", "periodSeconds", "longestSeconds"],
        [QualityKinds.FlatLine] = ["samples", "value"],
        [QualityKinds.Spikes] = ["samples", "worst"],
        [QualityKinds.Duplicates] = ["samples"],
        [QualityKinds.ClockBackward] = ["times"],
        [QualityKinds.ClockJump] = ["steps", "hours"],
        [QualityKinds.UnitMismatch] = ["median", "ratio"],
        [QualityKinds.OutOfRange] = ["samples"],
        [QualityKinds.NotGood] = ["samples"],
        [QualityKinds.NotFinite] = ["samples"],
        [QualityKinds.SkippedLines] = ["lines"],
        [QualityKinds.NoHeader] = ["columns"],
        [QualityKinds.UnnamedColumn] = ["column"],
        [QualityKinds.RenamedColumn] = ["column"],
        [QualityKinds.BrokenLines] = ["lines", "first"],
        [QualityKinds.BrokenCells] = ["cells"],
        [QualityKinds.NoKey] = ["rows"],
        [QualityKinds.MixedText] = ["cells"],
        [QualityKinds.DecimalCommas] = ["cells"],
        [QualityKinds.AmbiguousDates] = ["cells"],
        [QualityKinds.SuspiciousDates] = ["rows"],
        [QualityKinds.WrongMidnights] = ["rows"],
        [QualityKinds.Constant] = ["rows"],
        [QualityKinds.LooksLikeId] = ["rows"],
        [QualityKinds.Outliers] = ["rows", "low", "high"],
        [QualityKinds.DuplicateRows] = ["rows"],
        [QualityKinds.UnreadableImages] = ["images"],
        [QualityKinds.OtherFiles] = ["files"],
        [QualityKinds.OneLabel] = ["images"],
        [QualityKinds.NoGoodLabel] = ["labels"],
        [QualityKinds.FewGood] = ["images", "needed"],
        [QualityKinds.ImageSizes] = ["sizes", "leastWidth", "leastHeight", "mostWidth", "mostHeight"],
        [QualityKinds.SmallImages] = ["images", "needed"],
        [QualityKinds.MixedColours] = ["grey", "images"],
        [QualityKinds.TwoLabels] = ["images"],
        [QualityKinds.SameImages] = ["images"],
    };

    public static string Of(QualityFinding finding, Wording words)
    {
        if (!Places.TryGetValue(finding.Key, out var places) || places.Any(place => !finding.Numbers.ContainsKey(place)))
            return finding.Words;
        var sentence = words.Name("datasets.found", finding.Key);
        for (var i = 0; i < places.Length; i++)
            sentence = sentence.Replace($"{{{i}}}", Figures.Number(finding.Numbers[places[i]]), StringComparison.Ordinal);
        return sentence;
    }
}
