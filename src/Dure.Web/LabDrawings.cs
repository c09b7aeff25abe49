using System.Globalization;
using System.Net;
using System.Text;
using Dure.Lab;
using Dure.Lab.Campaigns;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;
using Dure.Web.Language;
using Dure.Web.Parts;

namespace Dure.Web;

/// <summary>
/// A campaign's figures as SVG: the same text on a page, where the sheet's colours rule, and alone in a file, where the attributes do.
/// </summary>
internal static class LabDrawings
{
    private const int Width = 560;
    private const string Ink = "#1a2226", Soft = "#515e65", Line = "#d6dbde", Accent = "#0b6478", Paper = "#ffffff";

    /// <summary>The colours of low to high on a map: even steps of lightness that also those tell apart who see no red or no green (after viridis, Smith and van der Walt 2015).</summary>
    private static readonly (int R, int G, int B)[] Scale = [(68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142), (31, 158, 137), (53, 183, 121), (110, 206, 88), (181, 222, 43), (253, 231, 37)];

    /// <summary>Measured values by trial, and the best so far.</summary>
    public static string Course(Wording words, Campaign campaign, int outcomeNumber)
    {
        const int height = 240, left = 64, right = 16, top = 10, bottom = 42;
        var outcome = campaign.Plan.Outcomes[outcomeNumber];
        var good = CampaignGood(campaign, outcomeNumber);
        var dots = campaign.Trials.Where(trial => trial.Stage == TrialStage.Measured && double.IsFinite(trial.Values[outcomeNumber])).ToArray();
        var y = ChartAxis.Of(dots.Select(trial => trial.Values[outcomeNumber]).DefaultIfEmpty(0).Min(), dots.Select(trial => trial.Values[outcomeNumber]).DefaultIfEmpty(1).Max());
        var last = Math.Max(campaign.Plan.Budget, campaign.Trials.Count);
        double atX(double trial) => left + trial / last * (Width - left - right);
        double atY(double value) => height - bottom - y.At(value) * (height - bottom - top);
        var svg = Open(height, words.Say("lab.course.label", outcome.Name));
        foreach (var tick in y.Ticks)
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" stroke=\"{Line}\" x1=\"{left}\" x2=\"{Width - right}\" y1=\"{N(atY(tick))}\" y2=\"{N(atY(tick))}\"/>").Append(Text(left - 8, atY(tick) + 4, Figures.Number(tick), "end"));
        foreach (var tick in ChartAxis.Of(0, last).Ticks.Where(tick => tick <= last))
            svg.Append(Text(atX(tick), height - bottom + 18, Figures.Number(tick), "middle"));
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"axis\" fill=\"none\" stroke=\"{Soft}\" d=\"M{left} {top}V{height - bottom}H{Width - right}\"/>");
        foreach (var trial in dots)
        {
            var holds = good.Contains(trial.Number);
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"{(holds ? "dot" : "dot-out")}\" fill=\"{(holds ? Accent : "none")}\" stroke=\"{(holds ? Paper : Soft)}\" cx=\"{N(atX(trial.Number))}\" cy=\"{N(atY(trial.Values[outcomeNumber]))}\" r=\"4\"><title>{E(words.Say("lab.trial.number", trial.Number))}: {E(LabWords.Outcomes(campaign.Plan, trial))}</title></circle>");
        }
        if (BestSoFar(campaign, outcome, outcomeNumber, good) is { Count: > 0 } steps)
        {
            var path = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"M{N(atX(steps[0].Trial))} {N(atY(steps[0].Value))}"));
            foreach (var step in steps.Skip(1))
                path.Append(CultureInfo.InvariantCulture, $"H{N(atX(step.Trial))}V{N(atY(step.Value))}");
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"line-1\" fill=\"none\" stroke=\"{Accent}\" stroke-width=\"2\" d=\"{path}H{N(atX(Math.Max(steps[^1].Trial, campaign.Trials.Count)))}\"/>");
        }
        return svg.Append(Text((left + Width - right) / 2.0, height - 4, words["lab.course.across"], "middle")).Append("</svg>").ToString();
    }

    /// <summary>What is believed over two factors, with the trials drawn on it.</summary>
    /// <param name="isUncertainty">Whether it shows how unsure that is instead.</param>
    public static string Map(Wording words, Campaign campaign, CampaignPicture picture, bool isUncertainty, LabTrial? best)
    {
        const int left = 74, top = 10, plotWidth = 396, plotHeight = 300, height = 372;
        var (map, space, outcome) = (picture.Map!, campaign.Plan.Space, campaign.Plan.Outcomes[picture.Outcome]);
        var shown = isUncertainty ? map.Deviations : map.Means;
        var (low, high) = RangeOf(shown, map.IsAllowed);
        var (columns, rows) = (map.AcrossAt.Length, map.UpAt.Length);
        var (cellWidth, cellHeight) = ((double)plotWidth / columns, (double)plotHeight / rows);
        var (across, up) = (space.Factors[map.Across], space.Factors[map.Up]);
        var svg = Open(height, MapLabel(words, campaign, picture, isUncertainty));
        svg.Append("<defs><pattern id=\"lab-closed\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" fill=\"#888\" fill-opacity=\".55\"/><path d=\"M0 6 6 0\" stroke=\"#fff\" stroke-opacity=\".8\" stroke-width=\"1\"/></pattern></defs><g shape-rendering=\"crispEdges\">");
        for (var u = 0; u < rows; u++)
            for (var a = 0; a < columns; a++)
            {
                var i = u * columns + a;
                var share = high > low ? (shown[i] - low) / (high - low) : 0.5;
                svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{N(left + a * cellWidth)}\" y=\"{N(top + plotHeight - (u + 1) * cellHeight)}\" width=\"{N(cellWidth + 0.3)}\" height=\"{N(cellHeight + 0.3)}\" fill=\"{(map.IsAllowed[i] ? Colour(share) : "url(#lab-closed)")}\"><title>{E(across.Name)} {E(LabWords.Value(across, map.AcrossAt[a]))}, {E(up.Name)} {E(LabWords.Value(up, map.UpAt[u]))}: {E(LabWords.Value(outcome, map.Means[i]))} ± {E(Figures.Number(map.Deviations[i]))}</title></rect>");
            }
        svg.Append("</g>");
        if (Held(campaign, map.Across, map.AcrossAt) is var (fromX, toX) && Held(campaign, map.Up, map.UpAt) is var (fromY, toY) && (fromX > 0 || fromY > 0 || toX < columns || toY < rows))
            svg.Append(CultureInfo.InvariantCulture, $"<rect fill=\"none\" stroke=\"#fff\" stroke-width=\"4\" x=\"{N(left + fromX * cellWidth)}\" y=\"{N(top + plotHeight - toY * cellHeight)}\" width=\"{N(Math.Max(3, (toX - fromX) * cellWidth))}\" height=\"{N(Math.Max(3, (toY - fromY) * cellHeight))}\"/><rect fill=\"none\" stroke=\"#000\" stroke-width=\"1.5\" stroke-dasharray=\"5 3\" x=\"{N(left + fromX * cellWidth)}\" y=\"{N(top + plotHeight - toY * cellHeight)}\" width=\"{N(Math.Max(3, (toX - fromX) * cellWidth))}\" height=\"{N(Math.Max(3, (toY - fromY) * cellHeight))}\"/>");
        foreach (var trial in campaign.Trials.Where(trial => trial.Stage != TrialStage.Void).OrderBy(trial => trial == best))
            if (Place(across, map.AcrossAt, trial.Point[map.Across], trial.Number) is { } x && Place(up, map.UpAt, trial.Point[map.Up], trial.Number + 0.5) is { } y)
                svg.Append(Mark(words, campaign, trial, left + x * cellWidth, top + plotHeight - y * cellHeight, trial == best));
        Axis(svg, across, map.AcrossAt, columns, (i, text) => Text(left + (i + 0.5) * cellWidth, top + plotHeight + 16, text, "middle"));
        Axis(svg, up, map.UpAt, rows, (i, text) => Text(left - 6, top + plotHeight - (i + 0.5) * cellHeight + 4, text, "end"));
        svg.Append(Text(left + plotWidth / 2.0, height - 26, Named(across), "middle", Ink)).Append(CultureInfo.InvariantCulture, $"<g transform=\"rotate(-90 12 {top + plotHeight / 2})\">").Append(Text(12, top + plotHeight / 2.0, Named(up), "middle", Ink)).Append("</g>");
        for (var i = 0; i < 30; i++)
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{left + plotWidth + 18}\" y=\"{N(top + 20 + (29 - i) * 8)}\" width=\"14\" height=\"8.4\" fill=\"{Colour(i / 29.0)}\" shape-rendering=\"crispEdges\"/>");
        svg.Append(Text(left + plotWidth + 18, top + 10, Figures.Number(high), "start")).Append(Text(left + plotWidth + 18, top + 276, Figures.Number(low), "start")).Append(Text(left + plotWidth + 18, top + 294, Units.Shown(outcome.Unit), "start"));
        return svg.Append("</svg>").ToString();
    }

    /// <summary>What a map shows, for those who do not see it.</summary>
    public static string MapLabel(Wording words, Campaign campaign, CampaignPicture picture, bool isUncertainty)
    {
        var (map, space, outcome) = (picture.Map!, campaign.Plan.Space, campaign.Plan.Outcomes[picture.Outcome]);
        var sign = outcome.Aim == Aim.Less ? -1 : 1;
        var at = Enumerable.Range(0, map.Means.Length).Where(i => map.IsAllowed[i]).DefaultIfEmpty(0).MaxBy(i => isUncertainty ? map.Deviations[i] : sign * map.Means[i]);
        var (a, u) = (at % map.AcrossAt.Length, at / map.AcrossAt.Length);
        return words.Say(isUncertainty ? "lab.map.label.unsure" : "lab.map.label", outcome.Name, space.Factors[map.Across].Name, space.Factors[map.Up].Name,
            isUncertainty ? LabWords.WithUnit(Figures.Number(map.Deviations[at]), outcome.Unit) : LabWords.Value(outcome, map.Means[at]), LabWords.Value(space.Factors[map.Across], map.AcrossAt[a]), LabWords.Value(space.Factors[map.Up], map.UpAt[u]));
    }

    /// <summary>What is believed along one factor, with the range in which nine in ten measurements would lie.</summary>
    /// <param name="y">The axis, the same for all profiles.</param>
    public static string Profile(Wording words, Campaign campaign, CampaignPicture picture, FactorProfile profile, ChartAxis y)
    {
        const int width = 300, height = 176, left = 46, right = 10, top = 8, bottom = 38;
        var (factor, outcome, count) = (campaign.Plan.Space.Factors[profile.Factor], campaign.Plan.Outcomes[picture.Outcome], profile.At.Length);
        double atX(double i) => left + (factor.IsNumber ? count == 1 ? 0.5 : i / (count - 1) : (i + 0.5) / count) * (width - left - right);
        double atY(double value) => height - bottom - Math.Clamp(y.At(value), 0, 1) * (height - bottom - top);
        var svg = Open(height, words.Say("lab.profile.label", outcome.Name, factor.Name), width);
        foreach (var tick in y.Ticks.Where((_, i) => i % 2 == 0))
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" stroke=\"{Line}\" x1=\"{left}\" x2=\"{width - right}\" y1=\"{N(atY(tick))}\" y2=\"{N(atY(tick))}\"/>").Append(Text(left - 6, atY(tick) + 4, Figures.Number(tick), "end"));
        if (factor.IsNumber)
        {
            var band = string.Concat(Enumerable.Range(0, count).Select(i => $"{(i == 0 ? 'M' : 'L')}{N(atX(i))} {N(atY(profile.Highs[i]))}")) + string.Concat(Enumerable.Range(0, count).Reverse().Select(i => $"L{N(atX(i))} {N(atY(profile.Lows[i]))}")) + "Z";
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"band\" fill=\"{Accent}\" fill-opacity=\".16\" d=\"{band}\"/><path class=\"line-1\" fill=\"none\" stroke=\"{Accent}\" stroke-width=\"2\" d=\"{string.Concat(Enumerable.Range(0, count).Select(i => $"{(i == 0 || !profile.IsAllowed[i] && !profile.IsAllowed[i - 1] ? 'M' : 'L')}{N(atX(i))} {N(atY(profile.Means[i]))}"))}\"/>");
        }
        else
        {
            for (var i = 0; i < count; i++)
                svg.Append(CultureInfo.InvariantCulture, $"<path class=\"whisker\" fill=\"none\" stroke=\"{Ink}\" stroke-width=\"1.5\" d=\"M{N(atX(i))} {N(atY(profile.Lows[i]))}V{N(atY(profile.Highs[i]))}\"/><circle class=\"dot\" fill=\"{Accent}\" cx=\"{N(atX(i))}\" cy=\"{N(atY(profile.Means[i]))}\" r=\"5\"><title>{E(LabWords.Value(factor, profile.At[i]))}: {E(LabWords.Value(outcome, profile.Means[i]))}</title></circle>");
        }
        var here = Place(factor, profile.At, picture.Around[profile.Factor], 0);
        if (factor.IsNumber && here is { } at)
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"here\" fill=\"none\" stroke=\"{Soft}\" stroke-dasharray=\"3 3\" d=\"M{N(atX(at - 0.5))} {top}V{height - bottom}\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"axis\" fill=\"none\" stroke=\"{Soft}\" d=\"M{left} {top}V{height - bottom}H{width - right}\"/>");
        Axis(svg, factor, profile.At, count, (i, text) => Text(atX(i), height - bottom + 16, text, factor.IsNumber && i == count - 1 ? "end" : "middle"), 3);
        return svg.Append(Text((left + width - right) / 2.0, height - 4, Named(factor), "middle", Ink)).Append("</svg>").ToString();
    }

    /// <summary>An axis that holds all profiles of a picture.</summary>
    public static ChartAxis AxisOf(CampaignPicture picture)
    {
        var values = picture.Profiles.SelectMany(profile => profile.Lows.Concat(profile.Highs)).Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
        return ChartAxis.Of(values.Min(), values.Max());
    }

    /// <summary>The best value after each trial that bettered it.</summary>
    public static IReadOnlyList<(int Trial, double Value)> BestSoFar(Campaign campaign, int outcomeNumber) => BestSoFar(campaign, campaign.Plan.Outcomes[outcomeNumber], outcomeNumber, CampaignGood(campaign, outcomeNumber));

    private static List<(int Trial, double Value)> BestSoFar(Campaign campaign, Outcome outcome, int number, HashSet<int> good)
    {
        var steps = new List<(int Trial, double Value)>();
        foreach (var trial in campaign.Trials.Where(trial => good.Contains(trial.Number)))
            if (steps.Count == 0 || (outcome.Aim == Aim.Less ? trial.Values[number] < steps[^1].Value : trial.Values[number] > steps[^1].Value))
                steps.Add((trial.Number, trial.Values[number]));
        return steps;
    }

    /// <summary>The numbers of the measured trials that hold all limits.</summary>
    private static HashSet<int> CampaignGood(Campaign campaign, int number) => [.. campaign.Trials.Where(trial => trial.Stage == TrialStage.Measured && double.IsFinite(trial.Values[number])
        && campaign.Plan.Outcomes.Select((outcome, k) => double.IsFinite(trial.Values[k]) && outcome.Holds(trial.Values[k])).All(holds => holds)).Select(trial => trial.Number)];

    private static string Mark(Wording words, Campaign campaign, LabTrial trial, double x, double y, bool isBest)
    {
        var title = $"<title>{E(words.Say("lab.trial.number", trial.Number))} ({E(LabWords.Stage(words, trial.Stage))}): {E(LabWords.Point(campaign.Plan.Space, trial.Point))}{(trial.Values.Length > 0 ? " → " + E(LabWords.Outcomes(campaign.Plan, trial)) : "")}</title>";
        return trial.Stage switch
        {
            _ when isBest => string.Create(CultureInfo.InvariantCulture, $"<path data-best fill=\"#fff\" stroke=\"#000\" stroke-width=\"1.5\" stroke-linejoin=\"round\" d=\"M{N(x)} {N(y - 9)}l2.6 5.6 6.1 .7-4.5 4.2 1.2 6-5.4-3-5.4 3 1.2-6-4.5-4.2 6.1-.7z\">{title}</path>"),
            TrialStage.Measured => string.Create(CultureInfo.InvariantCulture, $"<circle fill=\"#fff\" stroke=\"#000\" cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"4.2\">{title}</circle>"),
            TrialStage.Failed => string.Create(CultureInfo.InvariantCulture, $"<path fill=\"none\" stroke=\"#fff\" stroke-width=\"4.5\" d=\"M{N(x - 4)} {N(y - 4)}l8 8m0-8l-8 8\"/><path fill=\"none\" stroke=\"#000\" stroke-width=\"2\" d=\"M{N(x - 4)} {N(y - 4)}l8 8m0-8l-8 8\">{title}</path>"),
            _ => string.Create(CultureInfo.InvariantCulture, $"<circle fill=\"#fff\" fill-opacity=\".85\" stroke=\"#000\" stroke-width=\"1.5\" stroke-dasharray=\"2.5 2\" cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"9\">{title}</circle><text x=\"{N(x)}\" y=\"{N(y + 3.5)}\" text-anchor=\"middle\" class=\"on-white\" fill=\"#000\" font-size=\"10\" font-family=\"sans-serif\" pointer-events=\"none\">{trial.Number}</text>"),
        };
    }

    /// <summary>Where a value lies in cells, from 0 to their count; null where it is beyond.</summary>
    private static double? Place(Factor factor, double[] at, double value, double scatter)
    {
        if (!factor.IsNumber)
            return Array.IndexOf(at, value) is var option and >= 0 ? option + 0.5 + (at.Length > 12 ? 0 : (scatter * 0.618 % 1 - 0.5) * 0.7) : null;
        var margin = at.Length > 1 ? 0.5 * Math.Abs(at[1] - at[0]) : 1;
        if (value < at[0] - margin || value > at[^1] + (at.Length > 1 ? 0.5 * Math.Abs(at[^1] - at[^2]) : 1))
            return null;
        var i = 0;
        while (i < at.Length - 2 && at[i + 1] < value)
            i++;
        return at.Length == 1 ? 0.5 : i + 0.5 + Math.Clamp((value - at[i]) / (at[i + 1] - at[i]), -0.5, 1.5);
    }

    /// <summary>The cells to which a factor is held now.</summary>
    private static (double From, double To) Held(Campaign campaign, int number, double[] at)
    {
        var factor = campaign.Plan.Space.Factors[number];
        if (campaign.Narrowings.FirstOrDefault(one => one.Factor == factor.Name) is not { } held)
            return (0, at.Length);
        if (held.Options is { } options)
        {
            var kept = Enumerable.Range(0, at.Length).Where(i => options.Contains(((Factor.Category)factor).Options[(int)at[i]])).ToArray();
            return kept.Length == 0 ? (0, at.Length) : (kept[0], kept[^1] + 1);
        }
        return (Place(factor, at, held.Low, 0) is { } low ? Math.Max(0, low - 0.5) : 0, Place(factor, at, held.High, 0) is { } high ? Math.Min(at.Length, high + 0.5) : at.Length);
    }

    private static (double Low, double High) RangeOf(double[] values, bool[] isAllowed)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var i = 0; i < values.Length; i++)
            if (isAllowed[i])
                (low, high) = (Math.Min(low, values[i]), Math.Max(high, values[i]));
        return high >= low ? (low, high) : (values.Min(), values.Max());
    }

    /// <summary>Writes some of an axis' values: of options all that find room, of numbers a few.</summary>
    private static void Axis(StringBuilder svg, Factor factor, double[] at, int count, Func<double, string, string> write, int labels = 5)
    {
        var most = factor.IsNumber ? Math.Min(labels, count) : Math.Min(8, count);
        for (var k = 0; k < most; k++)
        {
            var i = most == 1 ? 0 : (int)Math.Round((double)k * (count - 1) / (most - 1));
            var text = factor is Factor.Category category ? category.Options[(int)at[i]] : Figures.Number(Rough(at[i]));
            svg.Append(write(i, text.Length > 12 ? text[..11] + "…" : text));
        }
    }

    /// <summary>Three digits are enough on an axis.</summary>
    private static double Rough(double value) => value == 0 ? 0 : double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Named(Factor factor) => Units.Shown(factor.UnitText) is { Length: > 0 } unit ? $"{factor.Name} ({unit})" : factor.Name;

    private static string Colour(double share)
    {
        var at = Math.Clamp(share, 0, 1) * (Scale.Length - 1);
        var i = Math.Min((int)at, Scale.Length - 2);
        var rest = at - i;
        int mixed(int from, int to) => (int)Math.Round(from + (to - from) * rest);
        return $"#{mixed(Scale[i].R, Scale[i + 1].R):x2}{mixed(Scale[i].G, Scale[i + 1].G):x2}{mixed(Scale[i].B, Scale[i + 1].B):x2}";
    }

    private static StringBuilder Open(int height, string label, int width = Width) =>
        new StringBuilder().Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lines\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{E(label)}\">");

    private static string Text(double x, double y, string text, string anchor, string colour = Soft) =>
        $"<text class=\"{(colour == Soft ? "soft" : "ink")}\" x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\" fill=\"{colour}\" font-size=\"12\" font-family=\"sans-serif\">{E(text)}</text>";

    private static string E(string text) => WebUtility.HtmlEncode(text);

    private static string N(double value) => Figures.Svg(value);
}
