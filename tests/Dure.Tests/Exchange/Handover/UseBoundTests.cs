using Dure.Exchange.Handover;
using Xunit;

namespace Dure.Tests.Exchange.Handover;

/// <summary>One use is one copy and little more.</summary>
public sealed class UseBoundTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1000, 1000)]
    [InlineData(1 << 20, 256 << 10 | 16 << 10)]
    [InlineData(4L << 20, (1 << 20) + (64 << 10))]
    [InlineData(64L << 20, 17L << 20)]
    [InlineData(10L << 30, (128L << 20) + (160L << 20))]
    public void What_broken_lines_lost_is_allowed_for_and_no_second_copy_of_more_than_they_hold(long content, long allowance)
    {
        Assert.Equal(content + allowance, DataDoor.MostOfUse(content));
        if (content > 1 << 20)
            Assert.True(DataDoor.MostOfUse(content) < 2 * content * 2 / 3);
    }
}
