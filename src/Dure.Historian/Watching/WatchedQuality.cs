namespace Dure.Historian.Watching;

/// <summary>What a watch knows of its signal at one moment. Merging two is associative, so parts of a stream can be watched apart.</summary>
/// <param name="Samples">All samples seen.</param>
/// <param name="PeriodSeconds">The declared or learnt time between samples; 0 while it is not known.</param>
/// <param name="LastMicros">The newest source time; 0 when there is none.</param>
/// <param name="Windows">The newest hours, ascending, at most <see cref="MaxWindows"/>.</param>
/// <param name="Findings">The newest findings, ascending, at most <see cref="MaxFindings"/>.</param>
/// <param name="CountsByKind">How many findings of each kind there were, those no longer kept included; by the kind's number.</param>
public sealed record WatchedQuality(
    long Samples, double PeriodSeconds, long LastMicros, IReadOnlyList<QualityWindow> Windows, IReadOnlyList<SignalFinding> Findings, IReadOnlyList<long> CountsByKind)
{
    public const int MaxWindows = 768;
    public const int MaxFindings = 256;

    public static WatchedQuality Empty { get; } = new(0, 0, 0, [], [], new long[FaultKinds.Count]);

    /// <summary>All kept windows together.</summary>
    public QualityWindow Total => Windows.Count == 0 ? default : Windows.Aggregate((left, right) => left + right);

    /// <summary>Score of all kept windows together, 0 to 1.</summary>
    public double Score => Total.Score;

    public long CountOf(FaultKind kind) => CountsByKind[(int)kind];

    /// <summary>The finding to show first: the newest of the most serious kind there is; null when nothing was found.</summary>
    public SignalFinding? Worst => Findings.Count == 0 ? null : Findings.MaxBy(finding => (FindingWords.Severity(finding.Kind), finding.ToMicros));

    /// <summary>Both together: windows of one hour add up, findings are united.</summary>
    public static WatchedQuality Merge(WatchedQuality left, WatchedQuality right) => new(
        left.Samples + right.Samples,
        Math.Max(left.PeriodSeconds, right.PeriodSeconds),
        Math.Max(left.LastMicros, right.LastMicros),
        [.. left.Windows.Concat(right.Windows).GroupBy(window => window.StartMicros).OrderBy(hour => hour.Key)
            .Select(hour => hour.Aggregate((a, b) => a + b)).TakeLast(MaxWindows)],
        [.. left.Findings.Concat(right.Findings).Order(Comparer<SignalFinding>.Create(SignalFinding.Compare)).TakeLast(MaxFindings)],
        [.. left.CountsByKind.Zip(right.CountsByKind, (a, b) => a + b)]);
}
