using Dure.Devices.Sila;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Devices.Sila;

public sealed class ProtoTests
{
    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        Assert.Equal("089601", Hex(into => into.Integer(1, 150))); // the examples of the encoding's public guide
        Assert.Equal("120774657374696E67", Hex(into => into.Text(2, "testing")));
        Assert.Equal("1A03089601", Hex(into => into.Message(3, inner => inner.Integer(1, 150))));
        Assert.Equal("08FEFFFFFFFFFFFFFFFF01", Hex(into => into.Integer(1, -2)));
        Assert.Equal("09000000000000F03F", Hex(into => into.Real(1, 1.0)));
        Assert.Equal("090000000000000080", Hex(into => into.Real(1, -0.0)));
        Assert.Equal("", Hex(into => { into.Integer(1, 0); into.Text(2, ""); into.Real(3, 0); }));
    }

    [Fact]
    public void Numbers_come_back_as_they_were_written() =>
        Prop.ForAll<long, double>((integer, real) =>
        {
            var into = new ProtoWriter();
            into.Integer(1, integer);
            into.Real(536_870_911, real);
            var (readInteger, readReal) = (0L, 0.0);
            var reader = new ProtoReader(into.Written);
            while (reader.Next())
            {
                if (reader.Field == 1)
                    readInteger = reader.Integer();
                else
                    readReal = reader.Real();
            }
            return readInteger == integer && BitConverter.DoubleToInt64Bits(readReal) == BitConverter.DoubleToInt64Bits(real);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Theory]
    [InlineData("08")] // ends within a field
    [InlineData("0A05AA")] // a length beyond the end
    [InlineData("0AFFFFFFFFFFFFFFFFFF01")] // a length of 64 bits
    [InlineData("08FFFFFFFFFFFFFFFFFFFF01")] // eleven bytes
    [InlineData("08FFFFFFFFFFFFFFFFFF02")] // 65 bits
    [InlineData("0001")] // field 0
    [InlineData("0B")] // a group
    [InlineData("0A02C328")] // not UTF-8
    public void Malformed_bytes_are_refused(string hex) => Assert.Throws<ProblemException>(() =>
    {
        var reader = new ProtoReader(Convert.FromHexString(hex));
        while (reader.Next())
        {
            if (hex.StartsWith("0A02", StringComparison.Ordinal))
                reader.Text();
        }
    });

    private static string Hex(Action<ProtoWriter> write)
    {
        var into = new ProtoWriter();
        write(into);
        return Convert.ToHexString(into.Written);
    }
}
