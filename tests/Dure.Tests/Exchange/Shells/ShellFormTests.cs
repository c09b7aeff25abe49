using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Shells;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>JSON and XML, from well-formed to hostile.</summary>
public sealed class ShellFormTests
{
    private const int Tries = 3000;
    private const int Seed = 20261121;

    [Fact]
    public void An_environment_survives_JSON() => Assert.Equal(Text(MadeShells.Environment()), Text(ShellAudit.ReadJson(ShellJson.Write(MadeShells.Environment())).OrThrow()));

    [Fact]
    public void An_environment_survives_XML()
    {
        using var xml = Xml(MadeShells.Environment());
        Assert.Equal(Text(MadeShells.Environment()), Text(ShellAudit.ReadXml(xml).OrThrow()));
    }

    [Fact]
    public void White_space_in_values_survives_XML()
    {
        var environment = MadeShells.With(new Property { IdShort = "one", Value = " \r\n\t " });
        using var xml = Xml(environment);
        Assert.Equal(Text(environment), Text(ShellAudit.ReadXml(xml).OrThrow()));
    }

    [Fact]
    public void XML_of_V3_0_is_read_with_a_warning()
    {
        using var xml = Xml(MadeShells.Environment());
        var older = Encoding.UTF8.GetString(xml.ToArray()).Replace("/aas/3/1", "/aas/3/0", StringComparison.Ordinal);
        var reading = ShellXml.Read(new MemoryStream(Encoding.UTF8.GetBytes(older)));
        Assert.Equal(FormRule.OlderForm, Assert.Single(reading.Findings).Rule);
        Assert.Equal(Text(MadeShells.Environment()), Text(reading.OrThrow()));
    }

    [Theory]
    [InlineData("""{"submodels":[{"id":"a","modelType":"Submodel","id":"b"}]}""", FormRule.Syntax)]
    [InlineData("""{"submodels":[{"id":"\ud800","modelType":"Submodel"}]}""", "AASd-130")]
    [InlineData("""{"submodels":[null]}""", FormRule.Null)]
    [InlineData("[]", FormRule.Type)]
    [InlineData("", FormRule.Syntax)]
    public void What_is_not_the_form_is_told(string json, string rule)
    {
        var reading = ShellJson.Read<ShellEnvironment>(Encoding.UTF8.GetBytes(json));
        Assert.Null(reading.Value);
        Assert.Equal(rule, reading.Findings[0].Rule);
        Assert.StartsWith("urn:dure:exchange:", Assert.Throws<ProblemException>(() => reading.OrThrow()).Problem.Type, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_is_bounded_in_both_forms()
    {
        var deep = new StringBuilder();
        for (var i = 0; i < 100_000; i++)
            deep.Append("""{"modelType":"SubmodelElementCollection","idShort":"aa","value":[""");
        Assert.Equal(FormRule.Syntax, ShellJson.Read<SubmodelElement>(Encoding.UTF8.GetBytes(deep.ToString())).Findings[0].Rule);
        var xml = $"<environment xmlns=\"{ShellXml.Namespace}\">" + string.Concat(Enumerable.Repeat("<a>", 100_000));
        Assert.Equal(FormRule.Syntax, ShellXml.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml))).Findings[0].Rule);
    }

    [Fact]
    public void A_document_type_is_never_read()
    {
        var xml = """<!DOCTYPE e [<!ENTITY a "aaaaaaaaaa">]><environment xmlns="https://admin-shell.io/aas/3/1">&a;</environment>""";
        Assert.Equal(FormRule.Syntax, ShellXml.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml))).Findings[0].Rule);
    }

    [Fact]
    public void Changed_JSON_is_read_or_refused_and_never_throws()
    {
        var random = new Random(Seed);
        var good = ShellJson.Write(MadeShells.Environment());
        var read = 0;
        for (var i = 0; i < Tries; i++)
        {
            var reading = ShellAudit.ReadJson(Mutated(random, good));
            Assert.True(reading.Value is not null || reading.Findings.Count > 0);
            if (reading.Value is { } value && ++read > 0)
                Assert.Empty(ShellAudit.ReadJson(ShellJson.Write(value)).Findings);
        }
        Assert.True(read > Tries / 100, $"only {read} of {Tries} were readable");
    }

    [Fact]
    public void Changed_XML_is_read_or_refused_and_never_throws()
    {
        var random = new Random(Seed);
        using var xml = Xml(MadeShells.Environment());
        var good = xml.ToArray();
        for (var i = 0; i < Tries; i++)
        {
            var reading = ShellAudit.ReadXml(new MemoryStream(Mutated(random, good)));
            Assert.True(reading.Value is not null || reading.Findings.Count > 0);
        }
    }

    internal static byte[] Mutated(Random random, byte[] good)
    {
        var bytes = good.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 20), bytes.Count - at);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(32, 127);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                default:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
            }
        }
        return [.. bytes];
    }

    private static MemoryStream Xml(ShellEnvironment environment)
    {
        var xml = new MemoryStream();
        ShellXml.Write(xml, environment);
        xml.Position = 0;
        return xml;
    }

    private static string Text(ShellEnvironment environment) => JsonNode.Parse(ShellJson.Write(environment))!.ToJsonString();
}
