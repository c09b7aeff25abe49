using System.Globalization;
using System.Text;
using Dure.Historian.Http;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian;

/// <summary>Numbers from text are the nearest doubles, as the framework's parser gives them.</summary>
public sealed class Utf8NumberTests
{
    [Fact]
    public void Any_double_written_out_comes_back() => Prop.ForAll<double>(value =>
        !double.IsFinite(value) || Parsed(value.ToString("R", CultureInfo.InvariantCulture)) == value).QuickCheckThrowOnFailure();

    [Fact]
    public void Decimals_of_all_lengths_are_the_nearest_double()
    {
        var random = new Random(5);
        for (var round = 0; round < 50_000; round++)
        {
            var digits = string.Concat(Enumerable.Range(0, random.Next(1, 22)).Select(_ => (char)('0' + random.Next(10))));
            var point = random.Next(0, digits.Length + 1);
            var text = (random.Next(2) == 0 ? "-" : "") + digits[..point] + (random.Next(4) > 0 ? "." : "") + digits[point..];
            if (text is "." or "-.")
                continue;
            Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), Parsed(text));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1.2.3")]
    [InlineData("12x")]
    [InlineData("--1")]
    [InlineData("1 ")]
    public void What_is_no_number_is_refused(string text) => Assert.False(Utf8Number.TryParse(Encoding.UTF8.GetBytes(text), out _));

    private static double Parsed(string text) => Utf8Number.TryParse(Encoding.UTF8.GetBytes(text), out var value) ? value : double.NaN;
}
