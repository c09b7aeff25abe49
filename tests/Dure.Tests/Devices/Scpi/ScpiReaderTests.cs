using System.Text;
using Dure.Devices.Scpi;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Devices.Scpi;

public sealed class ScpiReaderTests
{
    [Theory]
    [InlineData("3", 3, "")]
    [InlineData("-1.5", -1.5, "")]
    [InlineData("+2.50E-03", 0.0025, "")]
    [InlineData(" 71.2 % ", 71.2, "%")]
    [InlineData("5 Ex", 5, "Ex")]
    [InlineData("9.91E37", double.NaN, "")]
    [InlineData("-9.9E37", double.NegativeInfinity, "")]
    public void Numbers_of_all_forms_are_read(string answer, double value, string unit) => Assert.Equal((value, unit), ScpiReader.Number(answer));

    [Theory]
    [InlineData("")]
    [InlineData("volts")]
    [InlineData("+")]
    [InlineData("..")]
    public void What_is_no_number_is_refused(string answer) => Assert.Throws<ProblemException>(() => ScpiReader.Number(answer));

    [Fact]
    public void Errors_and_identities_are_read()
    {
        Assert.Equal(new ScpiError(-113, "Undefined header"), ScpiReader.Error("-113,\"Undefined header\""));
        Assert.Equal(0, ScpiReader.Error("+0,\"No error\"").Number);
        Assert.Equal("34401A", ScpiReader.Identity("HEWLETT-PACKARD,34401A,0,11-5-2").Model);
        Assert.Throws<ProblemException>(() => ScpiReader.Identity("hello"));
    }

    [Fact]
    public void A_block_says_its_length_as_soon_as_its_head_is_there()
    {
        Assert.Null(ScpiReader.Block("#3"u8, 1000));
        Assert.Equal((5, 120), ScpiReader.Block("#3120"u8, 1000));
        Assert.Throws<ProblemException>(() => ScpiReader.Block("#3120"u8, 100));
        Assert.Throws<ProblemException>(() => ScpiReader.Block("#0"u8, 100));
        Assert.Throws<ProblemException>(() => ScpiReader.Block("#21x"u8, 100));
        Assert.Throws<ProblemException>(() => ScpiReader.Block("12"u8, 100));
    }

    [Fact]
    public void Any_text_is_read_or_refused_with_a_reason() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            var text = Encoding.Latin1.GetString(bytes ?? []);
            foreach (var read in (Action[])[() => ScpiReader.Number(text), () => ScpiReader.Error(text), () => ScpiReader.Flag(text), () => ScpiReader.Identity(text), () => ScpiReader.Block(bytes ?? [], 1000)])
            {
                try
                {
                    read();
                }
                catch (ProblemException)
                {
                    // the documented refusal
                }
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
