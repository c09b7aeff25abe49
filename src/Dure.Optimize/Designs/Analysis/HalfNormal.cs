using Dure.Kernel.Distributions;

namespace Dure.Optimize.Designs.Analysis;

/// <summary>One effect in a half-normal plot.</summary>
/// <param name="Size">Of the effect without its sign.</param>
/// <param name="Quantile">Where it would stand if all were noise.</param>
public readonly record struct HalfNormalPoint(string Name, double Effect, double Size, double Quantile);

/// <summary>
/// Judges the effects of a two-level design without any estimate of noise: most effects are noise, so the small ones tell how large noise is. Daniel (1959);
/// Lenth (1989).
/// </summary>
/// <param name="Points">Smallest first.</param>
/// <param name="PseudoStandardError">Lenth's, of an effect.</param>
/// <param name="Margin">Effects beyond it stand out one at a time.</param>
/// <param name="SimultaneousMargin">Effects beyond it stand out of all.</param>
public sealed record HalfNormal(IReadOnlyList<HalfNormalPoint> Points, double PseudoStandardError, double Margin, double SimultaneousMargin)
{
    /// <summary>Of all coefficients of a fit but the constant and blocks; the design's columns should be at right angles and of equal length.</summary>
    public static HalfNormal Of(LinearFit fit, double level = 0.95)
    {
        var model = fit.Model ?? throw DesignProblem.Of("model", "The fit is of a bare matrix.", "half-normal plot", "Fit a model to a table.");
        return Of([.. fit.Coefficients.Take(model.Columns).Where((_, c) => !model.Terms[model.TermOf(c)].IsConstant).Select(c => (c.Name, c.Effect))], level);
    }

    /// <summary>Of effects that were computed elsewhere.</summary>
    public static HalfNormal Of(IReadOnlyList<(string Name, double Effect)> effects, double level = 0.95)
    {
        if (effects.Count < 3)
            throw DesignProblem.Of("too-few-effects", $"Of {effects.Count} effects nobody can tell noise.", "half-normal plot", "Give three effects or more; better seven.");
        var sorted = effects.OrderBy(e => Math.Abs(e.Effect)).ToArray();
        double[] sizes = [.. sorted.Select(e => Math.Abs(e.Effect))];
        var first = 1.5 * Median(sizes);
        var error = 1.5 * Median([.. sizes.Where(s => s < 2.5 * first || first == 0)]);
        var freedom = sizes.Length / 3.0;
        var simultaneous = (1 + Math.Pow(level, 1.0 / sizes.Length)) / 2;
        return new([.. sorted.Select((e, i) => new HalfNormalPoint(e.Name, e.Effect, sizes[i], Normal.Quantile(0.5 + 0.5 * (i + 0.5) / sizes.Length)))],
            error, StudentT.Quantile(0.5 + level / 2, freedom) * error, StudentT.Quantile(simultaneous, freedom) * error);
    }

    private static double Median(double[] sorted) => sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
}
