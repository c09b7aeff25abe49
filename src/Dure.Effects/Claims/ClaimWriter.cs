using Dure.Kernel;

namespace Dure.Effects;

/// <summary>Puts plan, evidence and result of a study into the words of a claim.</summary>
internal static class ClaimWriter
{
    public static Claim Write(EffectPlan plan, DateTimeOffset? preRegisteredAt, StudyEvidence evidence, StudyFindings found, ContentHash table)
    {
        var metric = found.Metrics.FirstOrDefault(m => string.Equals(m.Name, plan.Metric, StringComparison.Ordinal)) ?? throw new ProblemException(
            "urn:dure:effects:unknown-metric", $"The study has no metric '{plan.Metric}'.", $"plan '{plan.Title}'",
            $"Name one of {string.Join(", ", found.Metrics.Select(m => m.Name))}.");
        var (verdict, reason) = ClaimJudge.Judge(metric, plan.Claimed, preRegisteredAt is not null, plan.OutcomeKnownBefore, found.Doubt);
        var difference = Figure.Of(metric.Difference);
        return new()
        {
            ClaimId = Id(plan, evidence.Treatment, table),
            Title = plan.Title,
            Metric = metric.Name,
            Unit = metric.DifferenceUnit ?? metric.Unit,
            Boundary = plan.Boundary,
            Design = plan.Design,
            PreRegisteredAt = preRegisteredAt,
            PlanDigest = plan.Digest().ToString(),
            Baseline = plan.Baseline,
            ReportingPeriod = found.Period,
            Variables = evidence.Variables,
            StaticFactors = found.StaticFactors,
            Events = found.Events,
            Model = evidence.Treatment,
            N = found.Rows,
            NEff = found.Units,
            Estimate = difference.Estimate,
            CiLow = difference.CiLow,
            CiHigh = difference.CiHigh,
            Level = metric.Difference.Level,
            Claimed = plan.Claimed,
            Verdict = verdict,
            VerdictReason = reason,
            Findings = [.. found.Metrics.Select(m => new ClaimFinding(m.Name, m.Meaning, m.Unit, Figure.Of(m.Treated), Figure.Of(m.Baseline), Figure.Of(m.Difference), m.FindingInWords, m.Method, m.DifferenceUnit))],
            DataDigests = [.. evidence.DataDigests.Append(table).Select(d => d.ToString())],
            SoftwareDigest = evidence.SoftwareDigest?.ToString(),
            Blocks = found.Blocks,
        };
    }

    private static string Id(EffectPlan plan, string treatment, ContentHash table) =>
        "claim-" + ContentHash.Of(System.Text.Encoding.UTF8.GetBytes($"{plan.Digest()} {treatment} {table}")).Short;
}
