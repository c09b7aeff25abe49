namespace Dure.Effects;

public enum Finding
{
    /// <summary>The interval of the difference lies wholly on the good side of zero.</summary>
    Better,

    /// <summary>The interval of the difference holds zero, or could not be formed.</summary>
    NoDifferenceShown,

    /// <summary>The interval of the difference lies wholly on the bad side of zero.</summary>
    Worse,
}

/// <summary>One figure for both ways and the difference, treated less baseline (for lead times: baseline delay less treated delay).</summary>
/// <param name="Name">Stable name, such as <c>false-alarms-per-hour</c>.</param>
/// <param name="Meaning">What is counted, in words.</param>
/// <param name="Unit">UCUM code.</param>
/// <param name="Treated">The way under study.</param>
/// <param name="Baseline">What is done without it.</param>
/// <param name="Difference">The effect.</param>
/// <param name="HigherIsBetter">Whether a positive difference is good.</param>
/// <param name="Method">How the intervals were made.</param>
public sealed record MetricComparison(
    string Name, string Meaning, string Unit, Interval Treated, Interval Baseline, Interval Difference, bool HigherIsBetter, string Method)
{
    public Finding Finding => !Difference.Excludes(0) ? Finding.NoDifferenceShown
        : Difference.Low > 0 == HigherIsBetter ? Finding.Better
        : Finding.Worse;

    /// <summary>UCUM code of <see cref="Difference"/> where it is not <see cref="Unit"/>: % of the baseline, say.</summary>
    public string? DifferenceUnit { get; init; }

    public string FindingInWords => Finding switch
    {
        Finding.Better => "better",
        Finding.Worse => "worse",
        _ => "no difference shown",
    };
}

/// <summary>All figures of a study; the ones in which the treated way is worse stand beside the others.</summary>
public sealed record AlarmStudyResult(int Machines, IReadOnlyList<FaultEvent> Events, double HealthyHours, IReadOnlyList<MetricComparison> Metrics)
{
    public MetricComparison Metric(string name) => Metrics.First(m => string.Equals(m.Name, name, StringComparison.Ordinal));

    /// <summary>Faults that a way never alarmed in; their delay is censored at their length.</summary>
    public int UndetectedByTreated => Events.Count(e => e.TreatedDelaySeconds is null);

    public int UndetectedByBaseline => Events.Count(e => e.BaselineDelaySeconds is null);
}
