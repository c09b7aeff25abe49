using Dure.Devices;
using Dure.Devices.Sila;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Devices.Sila;

public sealed class FeatureReaderTests
{
    [Fact]
    public void A_definition_gives_commands_properties_and_names_on_the_wire()
    {
        var feature = FeatureReader.Read(MadeFeature.Xml);
        Assert.Equal("org.made/lab/Reactor/v2", feature.QualifiedIdentifier);
        Assert.Equal("sila2.org.made.lab.reactor.v2.Reactor", feature.Service);
        Assert.True(feature.Command("React").IsObservable);
        Assert.Equal(["Yield", "Log"], feature.Command("React").Responses.Select(response => response.Identifier));
        Assert.Equal("Progress", feature.Command("React").IntermediateResponses.Single().Identifier);
        Assert.True(feature.Property("Temperature").IsObservable);
        Assert.Equal("sila-org.made-lab-reactor-v2-metadata-operator-bin", feature.MetadataHeader("Operator"));
        Assert.Throws<ProblemException>(() => feature.Command("Explode"));
    }

    [Fact]
    public void A_form_has_the_units_and_limits_of_the_constraints()
    {
        var react = SilaForms.Actions(FeatureReader.Read(MadeFeature.Xml)).Single(action => action.Name == "React");
        var temperature = react.Parameters[0];
        Assert.Equal(("Temperature", FieldKind.Number, "°C", 20.0), (temperature.Name, temperature.Kind, temperature.Unit, temperature.Low));
        Assert.True(temperature.High < 90 && temperature.High > 89.999999); // exclusive
        Assert.Equal(["water", "ethanol"], react.Parameters[1].Choices);
        Assert.Equal("%", react.Results[0].Unit);
    }

    [Fact]
    public void The_core_features_of_our_own_are_definitions()
    {
        Assert.Equal(SilaCore.QualifiedIdentifier, FeatureReader.Read(SilaCore.SiLAService).QualifiedIdentifier);
        Assert.Equal(SilaCore.IdempotencyKeyIdentifier, FeatureReader.Read(SilaCore.IdempotencyKey).QualifiedIdentifier);
    }

    [Theory]
    [InlineData("<Feature/>")]
    [InlineData("")]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>")]
    public void What_is_no_definition_is_refused(string xml) => Assert.Throws<ProblemException>(() => FeatureReader.Read(xml));

    [Theory]
    [InlineData("<Basic>String</Basic>", "<Basic>Complex</Basic>")]
    [InlineData("<Identifier>React</Identifier>", "<Identifier>react it</Identifier>")]
    [InlineData("<Observable>Yes</Observable>", "<Observable>Perhaps</Observable>")]
    [InlineData("<DataTypeIdentifier>Vial</DataTypeIdentifier>", "<DataTypeIdentifier>Bottle</DataTypeIdentifier>")]
    [InlineData("<MinimalInclusive>20</MinimalInclusive>", "<MinimalInclusive>NaN</MinimalInclusive>")]
    [InlineData("Originator=\"org.made\"", "Originator=\"../org\"")]
    public void A_wrong_part_is_refused_by_name(string right, string wrong)
    {
        Assert.Contains(right, MadeFeature.Xml, StringComparison.Ordinal);
        Assert.Equal("urn:dure:devices:sila-definition", Assert.Throws<ProblemException>(() => FeatureReader.Read(MadeFeature.Xml.Replace(right, wrong, StringComparison.Ordinal))).Problem.Type);
    }

    [Fact]
    public void Types_that_hold_themselves_or_are_nested_without_end_are_refused()
    {
        static string With(string definitions) => MadeFeature.Xml.Replace("</Feature>", definitions + "</Feature>", StringComparison.Ordinal);
        static string Definition(string name, string type) => $"<DataTypeDefinition><Identifier>{name}</Identifier><DisplayName/><Description/><DataType>{type}</DataType></DataTypeDefinition>";
        Assert.Throws<ProblemException>(() => FeatureReader.Read(With(Definition("A", "<DataTypeIdentifier>B</DataTypeIdentifier>") + Definition("B", "<List><DataType><DataTypeIdentifier>A</DataTypeIdentifier></DataType></List>"))));
        var deep = string.Concat(Enumerable.Repeat("<Constrained><DataType>", 2000)) + "<Basic>Real</Basic>" + string.Concat(Enumerable.Repeat("</DataType><Constraints/></Constrained>", 2000));
        Assert.Throws<ProblemException>(() => FeatureReader.Read(With(Definition("Deep", deep))));
    }

    [Fact]
    public void Mutated_definitions_are_read_or_refused() => Mutate(1500);

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_hundred_thousand_mutated_definitions_are_read_or_refused() => Mutate(100_000);

    private static void Mutate(int count)
    {
        var random = new Random(17);
        var original = MadeFeature.Xml.ToCharArray();
        for (var i = 0; i < count; i++)
        {
            var changed = (char[])original.Clone();
            for (var j = random.Next(1, 6); j > 0; j--)
                changed[random.Next(changed.Length)] = original[random.Next(original.Length)];
            try
            {
                SilaForms.Actions(FeatureReader.Read(new string(changed)));
            }
            catch (ProblemException)
            {
                // the documented refusal
            }
        }
    }
}
