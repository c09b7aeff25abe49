using System.Text;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Schema;
using Dure.Exchange.Shells;
using Xunit;

namespace Dure.Anchors.Exchange;

/// <summary>
/// The examples of the metamodel that IDTA publishes with V3.1.2, and environments that the aas-core test generator made wrong on purpose.
/// </summary>
public sealed class ShellCorpora
{
    private const string Folder = "spec/aas";

    /// <summary>Which rules may speak of a kind of violation.</summary>
    private static readonly Dictionary<string, string[]> rulesOf = new(StringComparer.Ordinal)
    {
        ["ConstraintViolation"] = ["AASd-107", "AASd-108", "AASd-109", "AASd-114", "AASd-121", "AASd-122", "AASd-123", "AASd-124", "AASd-125", "AASd-126", "AASd-127", "AASd-128"],
        ["InvalidMinMaxExample"] = [FormRule.ValueType, "AASd-130"],
        ["InvalidValueExample"] = [FormRule.ValueType, "AASd-020", "AASd-130"],
        ["MaxLengthViolation"] = [FormRule.MaxLength],
        ["MinLengthViolation"] = [FormRule.MinLength],
        ["PatternViolation"] = [FormRule.Pattern, FormRule.MinLength, "AASd-002", "AASd-130"],
        ["EnumViolation"] = [FormRule.Enumeration],
        ["InvalidModelType"] = [FormRule.ModelType],
        ["MissingModelType"] = [FormRule.ModelType],
        ["NullViolation"] = [FormRule.Null],
        ["RequiredViolation"] = [FormRule.Required],
        ["TypeViolation"] = [FormRule.Type],
        ["UnexpectedAdditionalProperty"] = [FormRule.UnknownMember],
    };

    [Fact]
    public void All_valid_environments_are_accepted_and_written_as_they_were_read()
    {
        var count = 0;
        foreach (var (name, data) in Lines("metamodel-valid"))
        {
            var reading = ShellAudit.ReadJson(Encoding.UTF8.GetBytes(data.ToJsonString()));
            Assert.True(reading.Value is not null, $"{name}: {string.Join(' ', reading.Findings)}");
            Assert.True(JsonNode.DeepEquals(data, JsonNode.Parse(ShellJson.Write(reading.Value))), name);
            count++;
        }
        Assert.Equal(1957, count);
    }

    [Fact]
    public void All_valid_environments_survive_XML_and_fit_the_published_schema()
    {
        var schemas = new XmlSchemaSet();
        schemas.Add(ShellXml.Namespace, Shared.Path($"{Folder}/schema/aas-v3.1.xsd"));
        foreach (var (name, data) in Lines("metamodel-valid"))
        {
            using var xml = new MemoryStream();
            ShellXml.Write(xml, ShellAudit.ReadJson(Encoding.UTF8.GetBytes(data.ToJsonString())).OrThrow());
            xml.Position = 0;
            using (var reader = XmlReader.Create(xml, new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = schemas }))
                Assert.Null(Record.Exception(() => { while (reader.Read()) { } }));
            xml.Position = 0;
            var again = ShellAudit.ReadXml(xml);
            Assert.True(again.Value is not null, $"{name}: {string.Join(' ', again.Findings)}");
            Assert.True(JsonNode.DeepEquals(data, JsonNode.Parse(ShellJson.Write(again.Value))), name);
        }
    }

    /// <summary>
    /// The generator wrote for V3.0, whose AASd-090 allowed data elements three categories. V3.1 has given it up: 74 of its own valid
    /// examples carry other categories. So the four environments of this kind are accepted, and nothing else that is wrong is.
    /// </summary>
    [Fact]
    public void All_environments_that_V3_1_forbids_are_refused_by_the_rule_that_they_break()
    {
        var (refused, givenUp) = (0, 0);
        foreach (var (name, data, violation) in Invalid())
        {
            var reading = ShellAudit.ReadJson(Encoding.UTF8.GetBytes(data.ToJsonString()));
            if (violation == "SetViolation")
            {
                Assert.NotNull(reading.Value);
                givenUp++;
                continue;
            }
            Assert.True(reading.Value is null, name);
            Assert.True(reading.Findings.Any(finding => rulesOf[violation].Contains(finding.Rule)), $"{name}: {reading.Findings[0]}");
            Assert.All(reading.Findings, finding => Assert.StartsWith(data.First().Key, finding.Path, StringComparison.Ordinal));
            refused++;
        }
        Assert.Equal((355, 4), (refused, givenUp));
    }

    [Fact]
    public void All_published_submodel_templates_are_valid()
    {
        var files = Directory.GetFiles(Shared.Path($"{Folder}/submodel-templates"), "*.json");
        Assert.Equal(14, files.Length);
        Assert.All(files, file => Assert.Empty(ShellAudit.ReadJson(File.ReadAllBytes(file)).Findings));
    }

    /// <summary>The sample of handover documentation lists properties without saying their type; the nameplate is written in the namespace of V3.0.</summary>
    [Theory]
    [InlineData("AIDataset_template", 0, "")]
    [InlineData("DigitalNameplate_template", 2, FormRule.OlderForm)]
    [InlineData("HandoverDocumentation_sample", 0, "AASd-109")]
    [InlineData("TimeSeriesData_template", 0, "")]
    public void The_published_packages_are_read_and_survive_both_forms(string name, int files, string findings)
    {
        using var stream = File.OpenRead(Shared.Path($"{Folder}/aasx/{name}.aasx"));
        var package = AasxPackage.Read(stream);
        Assert.Equal(files, package.Files.Count);
        Assert.Equal(findings, string.Join(' ', package.Findings.Select(finding => finding.Rule).Distinct()));
        foreach (var form in Enum.GetValues<AasxForm>())
        {
            using var again = new MemoryStream();
            package.Write(again, form);
            again.Position = 0;
            var read = AasxPackage.Read(again);
            Assert.Equal(Encoding.UTF8.GetString(ShellJson.Write(package.Environment)), Encoding.UTF8.GetString(ShellJson.Write(read.Environment)));
            Assert.Equal(package.Files.Select(file => (file.Path, file.ContentType, file.Content.Length)), read.Files.Select(file => (file.Path, file.ContentType, file.Content.Length)));
        }
    }

    private static IEnumerable<(string Name, JsonObject Data)> Lines(string file) =>
        File.ReadLines(Shared.Path($"{Folder}/examples/{file}.jsonl")).Select(line => JsonNode.Parse(line)!).Select(line => (line["case"]!.GetValue<string>(), line["data"]!.AsObject()));

    private static IEnumerable<(string Name, JsonObject Data, string Violation)> Invalid() =>
        File.ReadLines(Shared.Path($"{Folder}/examples/metamodel-invalid.jsonl")).Select(line => JsonNode.Parse(line)!)
            .Select(line => (line["case"]!.GetValue<string>(), line["data"]!.AsObject(), line["violation"]!.GetValue<string>()));
}
