using Dure.Kernel;

namespace Dure.Effects;

/// <summary>Puts plan, evidence and result of a study into the words of a claim.</summary>
internal static class ClaimWriter
{
    public static Claim Write(EffectPlan plan, DateTimeOffset? preRegisteredAt, EffectEvidence evidence, AlarmStudyResult result, ContentHash alarmTable)
    {
        var metric = result.Metrics.FirstOrDefault(m => string.Equals(m.Name, plan.Metric, StringComparison.Ordinal)) ?? throw new ProblemException(
            "urn:dure:effects:unknown-metric", $"The study has no metric '{plan.Metric}'.", $"plan '{plan.Title}'",
            $"Name one of {string.Join(", ", result.Metrics.Select(m => m.Name))}.");
        var (verdict, reason) = ClaimJudge.Judge(metric, plan.Claimed, preRegisteredAt is not null, plan.OutcomeKnownBefore);
        var difference = Figure.Of(metric.Difference);
        return new()
        {
            ClaimId = Id(plan, evidence.Treatment, alarmTable),
            Title = plan.Title,
            Metric = metric.Name,
            Unit = metric.Unit,
            Boundary = plan.Boundary,
            Design = plan.Design,
            PreRegisteredAt = preRegisteredAt,
            PlanDigest = plan.Digest().ToString(),
            Baseline = plan.Baseline,
            ReportingPeriod = new(Micros.Time(evidence.Machines.Min(m => m.TimesMicros[0])), Micros.Time(evidence.Machines.Max(m => m.TimesMicros[^1]))),
            Variables = evidence.Variables,
            StaticFactors = ["both ways watch the same rows of the same machines", "both ways are fitted on the same commissioning rows"],
            Events = Events(result),
            Model = evidence.Treatment,
            N = evidence.Machines.Sum(m => (long)m.Truth.Length),
            NEff = result.Machines,
            Estimate = difference.Estimate,
            CiLow = difference.CiLow,
            CiHigh = difference.CiHigh,
            Level = metric.Difference.Level,
            Claimed = plan.Claimed,
            Verdict = verdict,
            VerdictReason = reason,
            Findings = [.. result.Metrics.Select(m => new ClaimFinding(m.Name, m.Meaning, m.Unit, Figure.Of(m.Treated), Figure.Of(m.Baseline), Figure.Of(m.Difference), m.FindingInWords, m.Method))],
            DataDigests = [.. evidence.DataDigests.Append(alarmTable).Select(d => d.ToString())],
            SoftwareDigest = evidence.SoftwareDigest?.ToString(),
        };
    }

    private static string[] Events(AlarmStudyResult result) =>
    [
        $"{result.Events.Count} faults in {result.Machines} recordings, {result.HealthyHours:0.00} fault-free hours",
        $"{result.UndetectedByTreated} faults without alarm of the treated way, {result.UndetectedByBaseline} without alarm of the baseline; their delay counts as the fault's whole length",
        "an alarm that is already on when a fault begins counts as detection without delay, for both ways",
    ];

    private static string Id(EffectPlan plan, string treatment, ContentHash alarmTable) =>
        "claim-" + ContentHash.Of(System.Text.Encoding.UTF8.GetBytes($"{plan.Digest()} {treatment} {alarmTable}")).Short;
}
