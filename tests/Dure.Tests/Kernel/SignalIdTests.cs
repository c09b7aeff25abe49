using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Kernel;

public sealed class SignalIdTests
{
    [Fact]
    public void A_signal_knows_its_asset_and_its_name()
    {
        var signal = SignalId.Parse("skab/valve1/0/Volume Flow");
        Assert.Equal("Volume Flow", signal.Name);
        Assert.Equal(AssetId.Parse("skab/valve1/0"), signal.Asset);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("alone", "part")]
    [InlineData("a//b", "Part 2")]
    [InlineData("a/../b", "Part 2")]
    [InlineData("a/b\n", "U+000A")]
    [InlineData("a/ b", "Part 2")]
    [InlineData("a/b/", "Part 3")]
    public void A_bad_path_is_refused_and_the_fault_is_named(string text, string named)
    {
        Assert.False(SignalId.TryParse(text, out _, out var why));
        Assert.Contains(named, why, StringComparison.Ordinal);
    }
}
