using Dure.Kernel.Distributions;
using Dure.Optimize.Designs.Analysis;

namespace Dure.Optimize.Designs.Plots;

/// <summary>Plots of an experiment's analysis, each as SVG text to put into a page; words come from the caller.</summary>
public static class DesignPlots
{
    /// <summary>The mean response at each setting of a factor.</summary>
    public static string MainEffect(DesignTable table, ReadOnlySpan<double> responses, int factor, PlotText text)
    {
        DesignProblem.CheckResponses(responses, table.Runs, "main effect plot");
        var values = responses.ToArray();
        var kinds = table.Factors[factor] as CategoricalFactor;
        var means = Enumerable.Range(0, table.Runs).GroupBy(run => Math.Round(table.Value(run, factor), 9)).OrderBy(g => g.Key)
            .Select(g => (X: g.Key, Y: g.Average(run => values[run]), Count: g.Count())).ToArray();
        var frame = new SvgFrame(text, Range(means.Select(m => m.X), 0.08), Range(means.Select(m => m.Y), 0.1), hasXNumbers: false);
        frame.Path([.. means.Select(m => (m.X, m.Y))], kinds is null ? "" : "stroke-dasharray=\"2 3\"");
        foreach (var (x, y, count) in means)
        {
            frame.XLabel(x, kinds is null ? SvgFrame.Number(x) : kinds.Levels[(int)x]);
            frame.Dot(x, y, $"{SvgFrame.Number(y)} (n = {count})");
        }
        frame.AcrossY(values.Average(), "");
        return frame.ToString();
    }

    /// <summary>Effects against where noise would put them; those that stand out are named.</summary>
    public static string HalfNormal(HalfNormal effects, PlotText text)
    {
        var frame = new SvgFrame(text, (0, Math.Max(effects.Points[^1].Size, effects.Margin) * 1.15), (0, effects.Points[^1].Quantile * 1.08));
        frame.Path([(0, 0), (effects.PseudoStandardError * effects.Points[^1].Quantile, effects.Points[^1].Quantile)], "opacity=\"0.6\"");
        foreach (var point in effects.Points)
        {
            frame.Dot(point.Size, point.Quantile, $"{point.Name}: {SvgFrame.Number(point.Effect)}");
            if (point.Size > effects.Margin)
                frame.Text(point.Size, point.Quantile, point.Name, "end");
        }
        return frame.ToString();
    }

    /// <summary>The largest effects as bars, with Lenth's margins.</summary>
    /// <param name="most">Bars at most.</param>
    public static string Pareto(HalfNormal effects, PlotText text, int most = 12)
    {
        var shown = effects.Points.Reverse().Take(most).ToArray();
        var frame = new SvgFrame(text, (0, Math.Max(shown[0].Size, effects.Margin) * 1.1), (-shown.Length + 0.5, 0.5), hasYNumbers: false);
        for (var i = 0; i < shown.Length; i++)
        {
            frame.Bar(0, shown[i].Size, -i, 0.35, $"{shown[i].Name}: {SvgFrame.Number(shown[i].Effect)}");
            frame.YLabel(-i, shown[i].Name);
        }
        if (effects.Margin > 0)
            frame.AcrossX(effects.Margin, SvgFrame.Number(effects.Margin));
        return frame.ToString();
    }

    /// <summary>Residuals against fitted values: a funnel asks for a power of the response, a bend for more terms.</summary>
    public static string Residuals(LinearFit fit, PlotText text)
    {
        var frame = new SvgFrame(text, Range(fit.Fitted, 0.05), Range(fit.Residuals, 0.1));
        frame.AcrossY(0, "");
        for (var run = 0; run < fit.Runs; run++)
            frame.Dot(fit.Fitted[run], fit.Residuals[run], $"{run + 1}: {SvgFrame.Number(fit.Residuals[run])}");
        return frame.ToString();
    }

    /// <summary>Residuals against where a normal distribution would put them: on a line when noise is normal.</summary>
    public static string NormalResiduals(LinearFit fit, PlotText text)
    {
        var sorted = fit.Residuals.Index().OrderBy(r => r.Item).ToArray();
        double Quantile(int place) => Normal.Quantile((place + 0.5) / sorted.Length);
        var frame = new SvgFrame(text, Range(fit.Residuals, 0.1), (Quantile(0) * 1.1, Quantile(sorted.Length - 1) * 1.1));
        for (var place = 0; place < sorted.Length; place++)
            frame.Dot(sorted[place].Item, Quantile(place), $"{sorted[place].Index + 1}: {SvgFrame.Number(sorted[place].Item)}");
        return frame.ToString();
    }

    /// <summary>Lines of equal response over two continuous factors, the others held.</summary>
    /// <param name="held">Coded settings of all factors; those of the two are not read.</param>
    public static string Contour(IFittedSurface fit, int factorX, int factorY, ReadOnlySpan<double> held, PlotText text, int levels = 8)
    {
        if (fit.Model is not { } model || factorX == factorY || model.Factors[factorX] is not ContinuousFactor across || model.Factors[factorY] is not ContinuousFactor up || held.Length != model.Factors.Count)
            throw DesignProblem.Of("plot", "The lines are asked for other than two continuous factors of the fit, with a setting for each factor.", "contour plot", "Name two different continuous factors and hold all others at a coded setting.");
        (double, double) Real((double X, double Y) at) => (across.Decode(at.X), up.Decode(at.Y));
        var contour = new Contours(fit, factorX, factorY, held);
        var frame = new SvgFrame(text, (across.Low, across.High), (up.Low, up.High));
        foreach (var level in SvgFrame.Ticks(contour.Range, levels))
        {
            var lines = contour.At(level);
            frame.Segments([.. lines.Select(l => (Real(l.A), Real(l.B)))]);
            if (lines.Count > 0 && lines[lines.Count / 2].A is var (x, y))
                frame.Text(across.Decode(Math.Clamp(x, -0.9, 0.8)), up.Decode(Math.Clamp(y, -0.95, 0.95)), SvgFrame.Number(level));
        }
        return frame.ToString();
    }

    private static (double Low, double High) Range(IEnumerable<double> values, double margin)
    {
        var all = values.ToArray();
        var (low, high) = (all.Min(), all.Max());
        return (low - margin * (high - low), high + margin * (high - low));
    }
}
