using Dure.Devices;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Devices;

public sealed class ActionRequestTests
{
    [Fact]
    public void A_request_that_keeps_the_description_has_no_objection() => Assert.Null(MadeInstrument.Request().Objection(MadeInstrument.Reactor));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(19.999)]
    [InlineData(90.001)]
    public void A_number_that_is_not_finite_or_outside_its_range_is_refused(double temperature) =>
        Assert.Equal("urn:dure:devices:unusable-parameter", MadeInstrument.Request(temperature: temperature).Objection(MadeInstrument.Reactor)!.Type);

    [Fact]
    public void Limits_belong_to_the_range()
    {
        Assert.Null(MadeInstrument.Request(temperature: 20).Objection(MadeInstrument.Reactor));
        Assert.Null(MadeInstrument.Request(temperature: 90).Objection(MadeInstrument.Reactor));
    }

    [Fact]
    public void Another_unit_is_refused_and_never_converted() => Assert.Contains("is in 'K', expected is 'Cel'", MadeInstrument.Request(temperature: 60, unit: "K").Objection(MadeInstrument.Reactor)!.What, StringComparison.Ordinal);

    [Fact]
    public void A_part_of_a_whole_number_is_refused() => Assert.NotNull(MadeInstrument.Request(cycles: 2.5).Objection(MadeInstrument.Reactor));

    [Theory]
    [InlineData("acetone")]
    [InlineData("water\nINIT")]
    public void A_text_that_is_no_choice_is_refused(string solvent) => Assert.NotNull(MadeInstrument.Request(solvent: solvent).Objection(MadeInstrument.Reactor));

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a\tb")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789")]
    public void A_key_that_could_be_misread_is_refused(string key) => Assert.Equal("urn:dure:devices:unusable-key", MadeInstrument.Request(key).Objection(MadeInstrument.Reactor)!.Type);

    [Fact]
    public void Missing_unknown_and_mistyped_parameters_are_refused()
    {
        var request = MadeInstrument.Request();
        ActionRequest With(Action<Dictionary<string, ActionValue>> change)
        {
            var parameters = new Dictionary<string, ActionValue>(request.Parameters);
            change(parameters);
            return request with { Parameters = parameters };
        }
        Assert.Equal("urn:dure:devices:missing-parameter", With(values => values.Remove("cycles")).Objection(MadeInstrument.Reactor)!.Type);
        Assert.Equal("urn:dure:devices:unknown-parameter", With(values => values["speed"] = new ActionValue.Number(1)).Objection(MadeInstrument.Reactor)!.Type);
        Assert.Equal("urn:dure:devices:unusable-parameter", With(values => values["solvent"] = new ActionValue.Flag(true)).Objection(MadeInstrument.Reactor)!.Type);
        Assert.Equal("urn:dure:devices:unknown-action", (request with { Action = "explode" }).Objection(MadeInstrument.Reactor)!.Type);
    }
}
