using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Kernel;

public sealed class UnitTests
{
    [Theory]
    [InlineData("bar", "Pa", 1, 1e5)]
    [InlineData("kPa", "bar", 250, 2.5)]
    [InlineData("Cel", "K", 20, 293.15)]
    [InlineData("K", "Cel", 293.15, 20)]
    [InlineData("[degF]", "Cel", 212, 100)]
    [InlineData("Cel", "[degF]", -40, -40)]
    [InlineData("L/min", "m3/h", 100, 6)]
    [InlineData("[g]", "m/s2", 2, 19.6133)]
    [InlineData("m[g]", "m/s2", 1000, 9.80665)]
    [InlineData("kW.h", "MJ", 1, 3.6)]
    [InlineData("J/s", "W", 5, 5)]
    [InlineData("/min", "Hz", 3000, 50)]
    [InlineData("{rpm}/min", "1/s", 60, 1)]
    [InlineData("%", "1", 50, 0.5)]
    [InlineData("[ppm]", "%", 10000, 1)]
    [InlineData("10*3", "1", 2, 2000)]
    [InlineData("10*-6.m", "um", 7, 7)]
    [InlineData("[psi]", "kPa", 1, 6.894757293168361)]
    [InlineData("[gal_us]", "L", 1, 3.785411784)]
    [InlineData("[kn_i]", "km/h", 10, 18.52)]
    [InlineData("[lb_av]", "kg", 1, 0.45359237)]
    [InlineData("[ft_i]", "[in_i]", 1, 12)]
    [InlineData("deg", "rad", 180, Math.PI)]
    [InlineData("mm[Hg]", "Pa", 1, 133.322387415)]
    [InlineData("t", "kg", 1, 1000)]
    [InlineData("kg.m/s2", "N", 3, 3)]
    [InlineData("V.A", "W", 3, 3)]
    [InlineData("V/A", "Ohm", 3, 3)]
    [InlineData("A.s/V", "F", 3, 3)]
    [InlineData("Wb/m2", "T", 3, 3)]
    [InlineData("Wb/A", "H", 3, 3)]
    [InlineData("C/s", "A", 3, 3)]
    [InlineData("mol/(m3.s)", "umol/(L.s)", 1, 1000)]
    [InlineData("m/s/s", "m.s-2", 3, 3)]
    [InlineData("dB", "B", 20, 2)]
    [InlineData("eV", "J", 1, 1.602176634e-19)]
    [InlineData("d", "h", 1, 24)]
    [InlineData("GiBy", "MiBy", 1, 1024)]
    public void A_reading_is_converted_between_units_of_one_dimension(string from, string to, double reading, double expected)
    {
        var converted = Unit.Parse(from).ConversionTo(Unit.Parse(to)).Apply(reading);
        Assert.Equal(expected, converted, Math.Abs(expected) * 1e-12 + 1e-12);
    }

    [Fact]
    public void Units_of_different_dimensions_are_refused_by_name_and_dimension()
    {
        var refused = Assert.Throws<ProblemException>(() => Unit.Parse("bar").ConversionTo(Unit.Parse("Cel"), "Pressure"));
        Assert.Equal("urn:dure:kernel:unit-mismatch", refused.Problem.Type);
        Assert.Equal("Pressure cannot be converted: 'bar' is M·L⁻¹·T⁻², 'Cel' is Θ.", refused.Problem.What);
    }

    [Theory]
    [InlineData("mol", "1")]
    [InlineData("rad", "1")]
    [InlineData("dB", "1")]
    [InlineData("N.m", "bar")]
    public void What_is_not_the_same_quantity_never_converts_unnoticed(string from, string to) =>
        Assert.False(Unit.Parse(from).CanConvertTo(Unit.Parse(to)));

    [Theory]
    [InlineData("", "empty")]
    [InlineData("°C", "'Cel' is")]
    [InlineData("kWh", "'kW.h' is")]
    [InlineData("rpm", "'/min' is")]
    [InlineData("parsnip", "'parsnip' is not a unit")]
    [InlineData("Cel/min", "stand alone")]
    [InlineData("Cel2", "no powers")]
    [InlineData("kCel", "'kCel' is not a unit")]
    [InlineData("m//s", "'/' at place 3")]
    [InlineData("m.", "missing at the end")]
    [InlineData("(m", "')' is missing")]
    [InlineData("m)", "')' at place 2")]
    [InlineData("m{", "not closed")]
    [InlineData("[degF", "not closed")]
    [InlineData("m99999", "exponent")]
    [InlineData("m s", "' ' at place 2")]
    [InlineData("0", "size")]
    [InlineData("((((((((((m))))))))))", "parentheses")]
    public void What_is_not_a_unit_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(Unit.TryParse(text, out _, out var why));
        Assert.Contains(reason, why, StringComparison.Ordinal);
        Assert.Throws<ProblemException>(() => Unit.Parse(text));
    }

    [Fact]
    public void Any_text_is_either_a_unit_or_refused_with_a_reason() =>
        Prop.ForAll<string>(text => Unit.TryParse(text, out var unit, out var why) ? unit.Code == text : why.Length > 0).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_string_of_unit_characters_is_either_a_unit_or_refused()
    {
        var pieces = Gen.Elements("m", "k", "g", "s", "Cel", "[degF]", "(", ")", ".", "/", "2", "-", "+", "10*", "{", "}", "[", "]", "{x}", "bar", "%", "'", "99", "°");
        var texts = Gen.ArrayOf(pieces).Select(string.Concat).ToArbitrary();
        Prop.ForAll(texts, text => Unit.TryParse(text, out _, out var why) || why!.Length > 0).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void There_and_back_gives_the_reading_again()
    {
        var units = Gen.Elements("bar", "kPa", "[psi]", "mm[Hg]", "atm", "MPa").Select(Unit.Parse);
        var pairs = (from a in units from b in units select (a, b)).ToArbitrary();
        Prop.ForAll(pairs, pair => Math.Abs(pair.b.ConversionTo(pair.a).Apply(pair.a.ConversionTo(pair.b).Apply(123.456)) - 123.456) < 1e-10).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_text_of_any_length_costs_no_more_than_the_bound() =>
        Assert.False(Unit.TryParse(new string('(', 1_000_000), out _, out _));
}
