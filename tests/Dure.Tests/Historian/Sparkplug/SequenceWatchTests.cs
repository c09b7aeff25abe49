using Dure.Historian.Sparkplug;
using Xunit;

namespace Dure.Tests.Historian.Sparkplug;

public sealed class SequenceWatchTests
{
    private const long Patience = 5_000_000;

    [Theory]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(200)]
    [InlineData(254)]
    public void A_loss_of_any_length_but_a_whole_round_is_seen(int lost)
    {
        var watch = new SequenceWatch();
        watch.Start(9);
        watch.Met(10, 0, Patience);
        watch.Met((ulong)(11 + lost) % 256, 7, Patience);
        Assert.True(watch.HasHole);
        Assert.Equal(7 + Patience, watch.Deadline);
        watch.Forgive();
        watch.Met((ulong)(12 + lost) % 256, 8, Patience);
        Assert.False(watch.HasHole);
    }

    [Fact]
    public void A_number_that_comes_late_fills_its_hole_and_one_that_comes_twice_opens_none()
    {
        var watch = new SequenceWatch();
        watch.Start(254);
        watch.Met(0, 0, Patience);
        Assert.True(watch.HasHole);
        watch.Met(255, 0, Patience);
        watch.Met(0, 0, Patience);
        Assert.False(watch.HasHole);
    }
}
