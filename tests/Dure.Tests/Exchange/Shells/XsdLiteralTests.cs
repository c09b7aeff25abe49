using System.Globalization;
using Dure.Exchange.Shells;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

public sealed class XsdLiteralTests
{
    [Theory]
    [InlineData(XsdType.Date, "2024-02-29")]
    [InlineData(XsdType.Date, "-0001-02-29")]
    [InlineData(XsdType.DateTime, "2022-04-01T24:00:00.000Z")]
    [InlineData(XsdType.Time, "21:32:52+14:00")]
    [InlineData(XsdType.GMonthDay, "--02-29")]
    [InlineData(XsdType.Duration, "-P1Y2M3DT5H20M30.123S")]
    [InlineData(XsdType.Double, "-INF")]
    [InlineData(XsdType.Float, ".5E-3")]
    [InlineData(XsdType.UnsignedLong, "+18446744073709551615")]
    [InlineData(XsdType.Base64Binary, "0F+4 0A= =")]
    [InlineData(XsdType.HexBinary, "")]
    [InlineData(XsdType.AnyUri, "//factory.example/공장?line=2#a")]
    public void Literals_are_taken(XsdType type, string text) => Assert.True(XsdLiteral.Is(type, text));

    [Theory]
    [InlineData(XsdType.Date, "2023-02-29")]
    [InlineData(XsdType.Date, "-0004-02-29")]
    [InlineData(XsdType.Date, "1900-02-29")]
    [InlineData(XsdType.DateTime, "2022-04-01T24:00:01")]
    [InlineData(XsdType.DateTime, "2022-04-01T10:00:00\n")]
    [InlineData(XsdType.Time, "21:32:52+14:01")]
    [InlineData(XsdType.GMonthDay, "--02-30")]
    [InlineData(XsdType.Duration, "P")]
    [InlineData(XsdType.Duration, "P1DT")]
    [InlineData(XsdType.Double, "+INF")]
    [InlineData(XsdType.Int, "1e2")]
    [InlineData(XsdType.Int, "१२")]
    [InlineData(XsdType.Boolean, "True")]
    [InlineData(XsdType.Base64Binary, "AB==")]
    [InlineData(XsdType.HexBinary, "abc")]
    [InlineData(XsdType.AnyUri, "a b")]
    [InlineData(XsdType.AnyUri, "1:b")]
    public void Everything_else_is_not(XsdType type, string text) => Assert.False(XsdLiteral.Is(type, text));

    [Fact]
    public void Every_whole_number_is_taken_exactly_where_it_fits() => Prop.ForAll<long>(value =>
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        return XsdLiteral.Is(XsdType.Long, text) && XsdLiteral.Is(XsdType.Short, text) == value is >= short.MinValue and <= short.MaxValue
            && XsdLiteral.Is(XsdType.UnsignedByte, text) == value is >= 0 and <= 255 && XsdLiteral.Is(XsdType.PositiveInteger, text) == value > 0;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_moment_of_the_calendar_is_taken() => Prop.ForAll<DateTime>(moment =>
        XsdLiteral.Is(XsdType.DateTime, moment.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture))
        && XsdLiteral.Is(XsdType.Date, moment.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))).QuickCheckThrowOnFailure();

    [Fact]
    public void No_text_makes_the_check_throw() => Prop.ForAll<string?>(text =>
    {
        foreach (var type in Enum.GetValues<XsdType>())
            XsdLiteral.Is(type, text ?? "");
        return true;
    }).QuickCheckThrowOnFailure();
}
