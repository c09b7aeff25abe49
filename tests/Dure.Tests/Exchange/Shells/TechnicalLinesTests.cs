using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>Technical data as people write them.</summary>
public sealed class TechnicalLinesTests
{
    private const string Written = "# Drive | 구동\nRated power | 정격 출력 = 2.2 [kW]\nProtection class = IP55\n\n# Limits\nNote = see [1] before use\n";

    [Fact]
    public void Lines_become_properties_with_names_types_and_units()
    {
        var areas = TechnicalLines.Read(Written);
        Assert.Equal(["Drive", "Limits"], areas.Select(area => area.Name[0].Text));
        var power = areas[0].Properties[0];
        Assert.Equal(("정격 출력", "2.2", XsdType.Double, "kW"), (power.Name[1].Text, power.Value, power.Type, power.Unit));
        Assert.Equal((XsdType.String, null, "see [1] before use"), (areas[0].Properties[1].Type, areas[0].Properties[1].Unit, areas[1].Properties[0].Value));
    }

    [Fact]
    public void What_was_written_comes_back_from_the_submodel()
    {
        var submodel = TechnicalDataTemplate.Fill(new TechnicalDataForm("urn:td", "Maker", LangString.English("Press"), "1", "2", new DateOnly(2026, 1, 1), TechnicalLines.Read(Written)));
        Assert.Empty(ShellAudit.CheckObject(submodel));
        Assert.Equal(Written, TechnicalLines.Write(submodel));
    }

    [Theory]
    [InlineData("no sign")]
    [InlineData("= 5")]
    [InlineData("name =")]
    [InlineData("# ")]
    [InlineData("a | = 5")]
    [InlineData("a | b | c = 5")]
    public void A_line_that_is_neither_area_nor_property_is_refused_with_its_number(string line) =>
        Assert.Contains("line 2", Assert.Throws<ProblemException>(() => TechnicalLines.Read("# Area\n" + line)).Problem.Where, StringComparison.Ordinal);

    [Fact]
    public void Properties_of_the_same_name_are_told_apart()
    {
        var submodel = TechnicalDataTemplate.Fill(new TechnicalDataForm("urn:td", "Maker", LangString.English("Press"), "1", "2", new DateOnly(2026, 1, 1), TechnicalLines.Read("힘 = 1\n힘 = 2")));
        Assert.Empty(ShellAudit.CheckObject(submodel));
    }
}
