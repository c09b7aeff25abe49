using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Exchange.Shells;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>Values, metadata, references and paths of a submodel.</summary>
public sealed class ValueFormTests
{
    private static readonly string whole = Value(MadeShells.Submodel(), new ShellForm(WithBlobs: true));

    [Fact]
    public void Values_stand_in_their_native_JSON_form()
    {
        var value = JsonNode.Parse(whole)!;
        Assert.Equal("21.5", value["Temperature"]!.ToJsonString());
        Assert.Equal("true", value["IsRunning"]!.ToJsonString());
        Assert.Equal("18446744073709551615", value["Tool"]!["Strokes"]!.ToJsonString());
        Assert.Equal("""[1,2.50]""", value["Readings"]!.ToJsonString());
        Assert.Equal("""{"min":10,"max":90}""", value["Limits"]!.ToJsonString());
        Assert.Equal("Press", value["Name"]![0]!["en"]!.GetValue<string>());
        Assert.Equal("AAECAw==", value["Picture"]!["value"]!.GetValue<string>());
        Assert.Equal("120.5", value["Hall"]!["statements"]!["Area"]!.ToJsonString());
        Assert.Equal("""{"Rate":3}""", value["Feeds"]!["annotations"]!.ToJsonString());
        Assert.Null(value["Reset"]);
        Assert.Null(value["Pressing"]);
    }

    [Theory]
    [InlineData(XsdType.Double, "+.5", "0.5")]
    [InlineData(XsdType.Double, "-007.E3", "-7E3")]
    [InlineData(XsdType.Double, "INF", "\"INF\"")]
    [InlineData(XsdType.Int, "+007", "7")]
    [InlineData(XsdType.Decimal, "123456789012345678901234567890.10", "123456789012345678901234567890.10")]
    [InlineData(XsdType.Boolean, "1", "true")]
    [InlineData(XsdType.String, "1", "\"1\"")]
    public void Numbers_keep_their_digits(XsdType type, string literal, string json) => Assert.Equal(json, Value(new Property { ValueType = type, Value = literal }));

    [Fact]
    public void The_values_of_a_submodel_put_back_change_nothing()
    {
        var submodel = MadeShells.Submodel();
        ShellForm.ApplyValue(Encoding.UTF8.GetBytes(whole), submodel);
        Assert.Equal(Encoding.UTF8.GetString(ShellJson.Write(MadeShells.Submodel())), Encoding.UTF8.GetString(ShellJson.Write(submodel)));
    }

    [Fact]
    public void Only_what_a_value_names_is_changed()
    {
        var submodel = MadeShells.Submodel();
        ShellForm.ApplyValue("""{"Temperature":30,"Tool":{"Maker":{"Town":"Busan"}},"Readings":[7,8]}"""u8.ToArray(), submodel);
        var value = JsonNode.Parse(Value(submodel, new()))!;
        Assert.Equal(("30", "Busan", "[7,8]", "true"), (value["Temperature"]!.ToJsonString(), value["Tool"]!["Maker"]!["Town"]!.GetValue<string>(), value["Readings"]!.ToJsonString(), value["IsRunning"]!.ToJsonString()));
    }

    [Theory]
    [InlineData("""{"Temperature":"warm"}""", "submodel.Temperature")]
    [InlineData("""{"Temperature":null}""", "submodel.Temperature")]
    [InlineData("""{"Unknown":1}""", "submodel.Unknown")]
    [InlineData("""{"Readings":[1]}""", "submodel.Readings")]
    [InlineData("""{"Reset":{}}""", "submodel.Reset")]
    [InlineData("""{"Limits":{"low":1}}""", "submodel.Limits.low")]
    [InlineData("""{"Twin":{"type":"ModelReference","keys":[]}}""", "submodel.Twin")]
    [InlineData("""[]""", "submodel")]
    [InlineData("""{""", "request body")]
    public void A_value_that_does_not_fit_is_refused_with_its_place(string json, string where) =>
        Assert.Equal(where, Assert.Throws<ProblemException>(() => ShellForm.ApplyValue(Encoding.UTF8.GetBytes(json), MadeShells.Submodel())).Problem.Where);

    [Fact]
    public void Metadata_have_no_values()
    {
        var metadata = Written(writer => ShellForm.WriteMetadata(writer, MadeShells.Submodel().SubmodelElements![0]));
        Assert.Equal("""{"modelType":"Property","idShort":"Temperature","valueType":"xs:double"}""", metadata);
        Assert.DoesNotContain("submodelElements", Written(writer => ShellForm.WriteMetadata(writer, MadeShells.Submodel())), StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_name_every_element_and_lead_back_to_it()
    {
        var submodel = MadeShells.Submodel();
        var paths = new ShellForm().Paths(submodel, "").ToList();
        Assert.Contains("Tool.Maker.Town", paths);
        Assert.Contains("Readings[1]", paths);
        Assert.All(paths, path => Assert.NotNull(ElementTree.TryFind(submodel, ElementPath.Parse(path))));
        Assert.DoesNotContain("Tool.Maker", new ShellForm(IsCore: true).Paths(submodel, ""));
    }

    [Fact]
    public void A_reference_has_a_key_for_each_step()
    {
        var reference = ElementTree.ReferenceTo(MadeShells.Submodel(), ElementPath.Parse("Readings[1]"));
        Assert.Equal([KeyKind.Submodel, KeyKind.SubmodelElementList, KeyKind.Property], reference.Keys.Select(key => key.Type));
        Assert.Equal("1", reference.Keys[^1].Value);
        Assert.Empty(ShellAudit.CheckObject(reference));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData("Tool.")]
    [InlineData("Tool[")]
    [InlineData("Tool[-1]")]
    [InlineData("Tool[x]")]
    [InlineData("Tool.[0]")]
    [InlineData("Tool[0]x")]
    [InlineData("9a")]
    public void What_is_not_a_path_is_refused(string text) => Assert.Throws<ProblemException>(() => ElementPath.Parse(text));

    [Fact]
    public void Core_shows_the_elements_below_without_theirs()
    {
        var core = JsonNode.Parse(Written(writer => new ShellForm(IsCore: true).WriteNormal(writer, MadeShells.Submodel())))!;
        var tool = core["submodelElements"]!.AsArray().Single(element => element!["idShort"]!.GetValue<string>() == "Tool")!;
        Assert.Null(tool["value"]);
    }

    [Fact]
    public void The_bytes_of_blobs_come_only_when_asked_for()
    {
        Assert.DoesNotContain("AAECAw==", Written(writer => new ShellForm().WriteNormal(writer, MadeShells.Submodel())), StringComparison.Ordinal);
        Assert.DoesNotContain("AAECAw==", Value(MadeShells.Submodel(), new ShellForm()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_patch_changes_the_members_it_names()
    {
        var patched = ShellForm.Patch(MadeShells.Submodel(), """{"idShort":"Other"}"""u8.ToArray());
        Assert.Equal(("Other", 15), (patched.IdShort, patched.SubmodelElements!.Count));
    }

    private static string Value(Submodel submodel, ShellForm form) => Written(writer => form.WriteValue(writer, submodel));

    private static string Value(SubmodelElement element) => Written(writer => new ShellForm().WriteValue(writer, element));

    private static string Written(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
            write(writer);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
