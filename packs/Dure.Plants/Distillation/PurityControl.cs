namespace Dure.Plants.Distillation;

/// <summary>
/// Holds both products of Column A at their set-points by boil-up and distillate per feed, from analysers' reports. The two purities act on each other
/// (relative gain 36), so it does not pair them with the two flows but turns both: in logits, the difference of the products answers to the internal
/// flow l alone, and their sum to the external flow d = v - l, which decides how the feed divides (Skogestad and Postlethwaite 2005, ch. 10.8 and 13.4).
/// Tuned from SIMC (Skogestad 2003) for a dead time of six minutes, sampling, analysis and column; the separation more slowly.
/// </summary>
internal static class PurityControl
{
    public const int StateLength = 4;

    private const int Internal = 0, External = 1, InternalIntegral = 2, ExternalIntegral = 3;

    // Separation: gain 2.3 per unit of l and 20 min, a third of the gain at which it was seen to swing; sum: an integrator of 1.0 per min and unit of d.
    private const double SeparationGain = 0.15, SeparationReset = 20, SumGain = 0.08, SumReset = 48;

    /// <summary>Where the flows per feed stay, whatever the analysers say.</summary>
    private const double LeastInternal = 1.5, MostInternal = 6, LeastExternal = 0.35, MostExternal = 0.65;

    /// <summary>Distillate per feed.</summary>
    public static double DistillateRatio(ReadOnlySpan<double> state) => state[External];

    /// <summary>Boil-up per feed.</summary>
    public static double BoilUpRatio(ReadOnlySpan<double> state) => state[Internal] + state[External];

    public static void Settle(Span<double> state, ColumnInputs inputs)
    {
        state[Internal] = state[InternalIntegral] = inputs.Reflux / inputs.Feed;
        state[External] = state[ExternalIntegral] = (inputs.BoilUp - inputs.Reflux) / inputs.Feed;
    }

    /// <summary>Acts on new reports; a report that is no number leaves the flows as they are.</summary>
    public static void Act(Span<double> state, double topSet, double bottomSet, double topReport, double bottomReport, double minutes)
    {
        var (top, bottom) = (Logit(topSet) - Logit(topReport), Logit(bottomSet) - Logit(bottomReport));
        if (double.IsNaN(top + bottom))
            return;
        var (separation, sum) = (top - bottom, top + bottom);
        state[InternalIntegral] = Math.Clamp(state[InternalIntegral] + SeparationGain * minutes / SeparationReset * separation, LeastInternal, MostInternal);
        state[ExternalIntegral] = Math.Clamp(state[ExternalIntegral] - SumGain * minutes / SumReset * sum, LeastExternal, MostExternal);
        state[Internal] = Math.Clamp(state[InternalIntegral] + SeparationGain * separation, LeastInternal, MostInternal);
        state[External] = Math.Clamp(state[ExternalIntegral] - SumGain * sum, LeastExternal, MostExternal);
    }

    private static double Logit(double share)
    {
        var within = double.IsNaN(share) ? share : Math.Clamp(share, 1e-5, 1 - 1e-5);
        return Math.Log(within / (1 - within));
    }
}
