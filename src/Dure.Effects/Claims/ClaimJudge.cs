namespace Dure.Effects;

/// <summary>Turns an interval and a plan into a verdict.</summary>
internal static class ClaimJudge
{
    // Share of the claimed effect that the whole interval must reach.
    private const double Tolerance = 0.9;

    public static (ClaimVerdict Verdict, string Reason) Judge(MetricComparison metric, double claimed, bool isPreRegistered, bool outcomeKnownBefore, string? doubt = null)
    {
        var difference = metric.Difference;
        var asClaimed = $"{claimed:0.##}{(metric.DifferenceUnit is { } unit ? $" {unit}" : "")}";
        return metric.Finding switch
        {
            _ when doubt is not null => (ClaimVerdict.NotVerifiable, doubt),
            Finding.NoDifferenceShown => (ClaimVerdict.NotShown, "The interval of the difference holds zero."),
            Finding.Worse => (ClaimVerdict.Refuted, "The whole interval of the difference lies on the wrong side of zero."),
            _ when !isPreRegistered => (ClaimVerdict.NotVerifiable,
                "The interval excludes zero, but no plan was in the journal before the outcome could be read."),
            _ when outcomeKnownBefore => (ClaimVerdict.NotVerifiable,
                "The interval shows an improvement, but the outcome of this data could be known when the plan was made; only a comparison whose outcome nobody knew can be confirmed."),
            _ when Reaches(difference, claimed, metric.HigherIsBetter) => (ClaimVerdict.Confirmed,
                claimed == 0 ? "A plan registered before claimed an improvement, and the whole interval is one."
                    : $"A plan registered before claimed {asClaimed}, and the whole interval lies at or beyond nine tenths of it."),
            _ => (ClaimVerdict.EffectRealSmaller, $"The interval excludes zero, but reaches below nine tenths of the claimed {asClaimed}."),
        };
    }

    private static bool Reaches(Interval difference, double claimed, bool higherIsBetter) =>
        higherIsBetter ? difference.Low >= Tolerance * claimed : difference.High <= Tolerance * claimed;
}
