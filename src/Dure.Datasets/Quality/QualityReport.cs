using Dure.Historian.Watching;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>What is known about the quality of a dataset's signals, worst first.</summary>
/// <param name="Signals">One line per asset and signal, lowest score first, then by asset and signal.</param>
public sealed record QualityReport(IReadOnlyList<SignalQuality> Signals)
{
    /// <summary>Of a table: a line for each column and one for its rows, lowest score first; none of a version cut from series.</summary>
    public IReadOnlyList<ColumnQuality> Columns { get; init; } = [];

    /// <summary>The worst signal's score, of a table the mean of its columns' and rows'; 1 when there is nothing to report on.</summary>
    public double Score => Columns.Count > 0 ? Columns.Average(column => column.Score) : Signals.Count == 0 ? 1 : Signals[0].Score;

    /// <summary>The findings of all signals (of a table: columns) by kind: how many have it.</summary>
    public IReadOnlyList<(string Key, int Signals)> ByKind() =>
        [.. Signals.Select(signal => signal.Findings).Concat(Columns.Select(column => column.Findings))
            .SelectMany(findings => findings.Select(finding => finding.Key).Distinct(StringComparer.Ordinal))
            .GroupBy(key => key, StringComparer.Ordinal).Select(kind => (kind.Key, kind.Count()))
            .OrderByDescending(kind => kind.Item2).ThenBy(kind => kind.Key, StringComparer.Ordinal)];
}

/// <summary>One signal of one asset: its score from 0 (unusable) to 1 (nothing found), and why.</summary>
/// <param name="Watched">What the detectors that watch live signals find in the version's rows, as stretches of time; null in versions cut before there were any.</param>
public sealed record SignalQuality(
    AssetId Asset, string Signal, string Unit, long Samples, double NominalPeriodSeconds, double Score, IReadOnlyList<QualityFinding> Findings, WatchedQuality? Watched = null);

/// <summary>One column of a table, or all its rows when <paramref name="Column"/> is null: a score from 0 (no value) to 1 (nothing that lowers it), and what was found.</summary>
public sealed record ColumnQuality(string? Column, double Score, IReadOnlyList<QualityFinding> Findings);

/// <summary>
/// One thing found. <see cref="Key"/> names the kind so that a page can say it in its reader's language with
/// <see cref="Numbers"/>; <see cref="Words"/> says it in English.
/// </summary>
/// <param name="Share">How much of the signal is affected, 0 to 1; 1 - Share is what the finding leaves of the score.</param>
/// <param name="At">Where the worst case of it starts, when it has a place in time.</param>
public sealed record QualityFinding(string Key, double Share, string Words, IReadOnlyDictionary<string, double> Numbers, DateTimeOffset? At = null);

/// <summary>The kinds of finding.</summary>
public static class QualityKinds
{
    public const string Missing = "missing";
    public const string Gaps = "gaps";
    public const string FlatLine = "flat-line";
    public const string Spikes = "spikes";
    public const string Duplicates = "duplicates";
    public const string ClockBackward = "clock-backward";
    public const string ClockJump = "clock-jump";
    public const string UnitMismatch = "unit-mismatch";
    public const string OutOfRange = "out-of-range";
    public const string NotGood = "not-good";
    public const string NotFinite = "not-finite";

    // Of tables.
    public const string SkippedLines = "skipped-lines";
    public const string NoHeader = "no-header";
    public const string UnnamedColumn = "unnamed-column";
    public const string RenamedColumn = "renamed-column";
    public const string BrokenLines = "broken-lines";
    public const string BrokenCells = "broken-cells";
    public const string NoKey = "no-key";
    public const string MixedText = "mixed-text";
    public const string DecimalCommas = "decimal-commas";
    public const string AmbiguousDates = "ambiguous-dates";
    public const string SuspiciousDates = "suspicious-dates";
    public const string WrongMidnights = "wrong-midnights";
    public const string Constant = "constant";
    public const string LooksLikeId = "looks-like-id";
    public const string Outliers = "outliers";
    public const string DuplicateRows = "duplicate-rows";

    // Of images.
    public const string UnreadableImages = "unreadable-images";
    public const string OtherFiles = "other-files";
    public const string OneLabel = "one-label";
    public const string NoGoodLabel = "no-good-label";
    public const string FewGood = "few-good";
    public const string ImageSizes = "image-sizes";
    public const string SmallImages = "small-images";
    public const string MixedColours = "mixed-colours";
    public const string TwoLabels = "two-labels";
    public const string SameImages = "same-images";

    public static IReadOnlyList<string> All { get; } =
        [Missing, Gaps, FlatLine, Spikes, Duplicates, ClockBackward, ClockJump, UnitMismatch, OutOfRange, NotGood, NotFinite,
         SkippedLines, NoHeader, UnnamedColumn, RenamedColumn, BrokenLines, BrokenCells, NoKey, MixedText, DecimalCommas, AmbiguousDates, SuspiciousDates, WrongMidnights,
         Constant, LooksLikeId, Outliers, DuplicateRows,
         UnreadableImages, OtherFiles, OneLabel, NoGoodLabel, FewGood, ImageSizes, SmallImages, MixedColours, TwoLabels, SameImages];
}
