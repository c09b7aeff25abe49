using System.Xml.Linq;
using Dure.Optimize.Designs;
using Dure.Optimize.Designs.Analysis;
using Dure.Optimize.Designs.Plots;
using Xunit;

namespace Dure.Tests.Optimize.Designs;

public sealed class PlotTests
{
    private static readonly PlotText Words = new("수율 & <effects>", "시간 (min)", "수율 (%)", "높을수록 좋음");

    [Fact]
    public void Every_plot_is_well_formed_has_its_words_and_takes_the_pages_colour()
    {
        var fit = FitTests.YieldFit();
        var effects = HalfNormal.Of([("A", 21.6), ("B", 3.1), ("A·B", 0.1), ("C", 9.9), ("D", -14.6), ("E", 1.1), ("F", -0.4)]);
        string[] plots =
        [
            DesignPlots.MainEffect(FitTests.YieldTable(), [.. fit.Fitted], 0, Words), DesignPlots.HalfNormal(effects, Words), DesignPlots.Pareto(effects, Words),
            DesignPlots.Residuals(fit, Words), DesignPlots.NormalResiduals(fit, Words), DesignPlots.Contour(fit, 0, 1, [0, 0], Words),
        ];
        Assert.All(plots, plot =>
        {
            var svg = XDocument.Parse(plot).Root!;
            Assert.Equal(("img", Words.Title), (svg.Attribute("role")!.Value, svg.Elements().First(e => e.Name.LocalName == "title").Value));
            Assert.Contains(svg.Descendants(), e => e.Name.LocalName == "text" && e.Value == Words.Y);
            Assert.Equal(Words.Description, svg.Elements().First(e => e.Name.LocalName == "desc").Value);
            Assert.DoesNotContain("NaN", plot, StringComparison.Ordinal);
            Assert.DoesNotContain('#', plot);
            Assert.InRange(plot.Length, 500, 60_000);
        });
    }

    [Fact]
    public void Effects_that_stand_out_are_named()
    {
        var svg = DesignPlots.HalfNormal(HalfNormal.Of([("A", 21.6), ("B", 3.1), ("AB", 0.1), ("C", 1.9), ("D", -1.6), ("E", 1.1), ("F", -0.4)]), Words);
        Assert.Equal(["A"], XDocument.Parse(svg).Descendants().Where(e => e.Name.LocalName == "text" && e.Value is "A" or "B" or "C").Select(e => e.Value));
    }

    [Fact]
    public void A_level_line_stays_where_the_response_has_its_value()
    {
        var fit = FitTests.YieldFit();
        var contours = new Contours(fit, 0, 1, [0, 0]);
        var lines = contours.At(79);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Equal(79, fit.Predict([line.A.X, line.A.Y]).Mean, 0.01));
    }

    [Fact]
    public void A_response_that_never_changes_and_huge_numbers_can_be_shown()
    {
        var factors = Plant.Factors(2);
        var table = TwoLevelFactorial.Full(factors).Table;
        foreach (var value in new[] { 0, 3, 1e12, -1e-12 })
            XDocument.Parse(DesignPlots.MainEffect(table, [value, value, value, value], 0, Words));
        Plant.Refused("plot", () => DesignPlots.Contour(FitTests.YieldFit(), 0, 0, [0, 0], Words));
    }
}
