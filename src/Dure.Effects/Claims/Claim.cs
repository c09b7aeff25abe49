using System.Text.Json.Serialization;

namespace Dure.Effects;

/// <summary>The answer a claim comes to.</summary>
public enum ClaimVerdict
{
    /// <summary>The plan was registered before and the whole interval lies at or beyond nine tenths of the claim.</summary>
    [JsonStringEnumMemberName("confirmed")] Confirmed,

    /// <summary>There is an effect in the claimed direction, but the interval reaches below nine tenths of the claim.</summary>
    [JsonStringEnumMemberName("effect-real-smaller")] EffectRealSmaller,

    /// <summary>The interval holds zero.</summary>
    [JsonStringEnumMemberName("not-shown")] NotShown,

    /// <summary>The whole interval lies on the wrong side of zero.</summary>
    [JsonStringEnumMemberName("refuted")] Refuted,

    /// <summary>The figures may be right, but no plan was registered before the outcome could be read.</summary>
    [JsonStringEnumMemberName("not-verifiable")] NotVerifiable,
}

/// <summary>A span of time as two UTC stamps.</summary>
public sealed record Period(DateTimeOffset From, DateTimeOffset To);

/// <summary>One figure with its interval; null where it could not be formed.</summary>
public sealed record Figure(double? Estimate, double? CiLow, double? CiHigh)
{
    internal static Figure Of(Interval interval) => new(Known(interval.Estimate), Known(interval.Low), Known(interval.High));

    private static double? Known(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>One metric of the study as it stands in the claim.</summary>
/// <param name="DifferenceUnit">UCUM code of the difference where it is not <paramref name="Unit"/>.</param>
public sealed record ClaimFinding(string Metric, string Meaning, string Unit, Figure Treated, Figure Baseline, Figure Difference, string Finding, string Method,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? DifferenceUnit = null);

/// <summary>A statement about an effect that anyone can check: what was compared, by what plan, with what interval, on what data.
/// The claim of <c>claimId</c>, as canonical JSON, is a blob of the node; the journal's signed head vouches for it.</summary>
public sealed record Claim
{
    /// <summary>Made of the claim's content: the same plan and data give the same id.</summary>
    public required string ClaimId { get; init; }
    public required string Title { get; init; }
    public required string Metric { get; init; }
    public required string Unit { get; init; }
    public required string Boundary { get; init; }
    public required string Design { get; init; }

    /// <summary>When the plan entered the journal, if that was before the outcome could be read.</summary>
    public DateTimeOffset? PreRegisteredAt { get; init; }
    public required string PlanDigest { get; init; }

    /// <summary>How the baseline answers on the same rows; both ways watch the reporting period.</summary>
    public required string Baseline { get; init; }
    public required Period ReportingPeriod { get; init; }
    public required IReadOnlyList<string> Variables { get; init; }
    public required IReadOnlyList<string> StaticFactors { get; init; }

    /// <summary>What happened in the period that needs to be known: faults that a way never alarmed in, say.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>The treatment.</summary>
    public required string Model { get; init; }

    /// <summary>Rows compared.</summary>
    public required long N { get; init; }

    /// <summary>Machines, or pairs of blocks: the units of chance that the intervals rest on.</summary>
    public required int NEff { get; init; }
    public required double? Estimate { get; init; }
    public required double? CiLow { get; init; }
    public required double? CiHigh { get; init; }
    public required double Level { get; init; }
    public required double Claimed { get; init; }
    public required ClaimVerdict Verdict { get; init; }
    public required string VerdictReason { get; init; }

    /// <summary>All metrics, also those in which the treatment is worse.</summary>
    public required IReadOnlyList<ClaimFinding> Findings { get; init; }
    public required IReadOnlyList<string> DataDigests { get; init; }
    public required string? SoftwareDigest { get; init; }

    /// <summary>The blocks of a switchback with the metric's figure in each; null for other studies.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SwitchbackBlock>? Blocks { get; init; }

    /// <summary>One line for a table.</summary>
    [JsonIgnore]
    public string Headline
    {
        get
        {
            var finding = Findings.First(f => string.Equals(f.Metric, Metric, StringComparison.Ordinal));
            var unit = finding.DifferenceUnit is { } other ? $" {other}" : "";
            return $"{Metric} {Shown(finding.Treated.Estimate)} {finding.Unit} against {Shown(finding.Baseline.Estimate)} {finding.Unit}, difference {Shown(Estimate)}{unit} ({Shown(CiLow)} to {Shown(CiHigh)}): {finding.Finding}; all {Findings.Count} metrics: {Tally}";
        }
    }

    private string Tally => string.Join(", ", Findings.GroupBy(f => f.Finding, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} {g.Key}"));

    private static string Shown(double? value) => value is { } known ? known.ToString("0.##") : "unknown";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Claim))]
internal sealed partial class ClaimJson : JsonSerializerContext;
