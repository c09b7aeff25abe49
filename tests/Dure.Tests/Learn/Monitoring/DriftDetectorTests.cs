using Dure.Learn;
using Xunit;

namespace Dure.Tests.Learn.Monitoring;

public sealed class DriftDetectorTests
{
    public static TheoryData<string> Kinds => ["adwin", "page-hinkley", "kswin"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_lasting_change_of_the_mean_is_found_soon(string kind)
    {
        var (detector, random) = (Make(kind), new Random(1));
        for (var i = 0; i < 1000; i++)
            detector.Add(0.2 + 0.2 * random.NextDouble());
        var delay = 0;
        while (!detector.Add(0.6 + 0.2 * random.NextDouble()))
            Assert.True(++delay < 150, $"nothing found in {delay} values");
    }

    [Theory]
    [InlineData("adwin", 2)]
    [InlineData("page-hinkley", 2)]
    [InlineData("kswin", 60)]
    public void Without_change_there_are_few_alarms(string kind, int most)
    {
        var (detector, random) = (Make(kind), new Random(2));
        Assert.InRange(Enumerable.Range(0, 50_000).Count(_ => detector.Add(random.NextDouble())), 0, most);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Missing_values_are_counted_and_change_nothing(string kind)
    {
        var (with, without, random) = (Make(kind), Make(kind), new Random(3));
        for (var i = 0; i < 2000; i++)
        {
            var value = random.NextDouble() + (i > 1000 ? 0.5 : 0);
            if (i % 7 == 0)
                Assert.False(with.Add(i % 2 == 0 ? double.NaN : double.PositiveInfinity));
            Assert.Equal(without.Add(value), with.Add(value));
        }
        Assert.Equal((286, 2000), (with.Missing, with.Seen));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_value_takes_no_memory(string kind)
    {
        var (detector, random) = (Make(kind), new Random(4));
        detector.Add(random.NextDouble());
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            detector.Add(random.NextDouble());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    [Fact]
    public void The_adaptive_window_keeps_what_came_after_the_change_and_its_mean()
    {
        var (window, random) = (new AdaptiveWindow(low: -10, high: 10), new Random(5));
        for (var i = 0; i < 3000; i++)
            window.Add(random.NextDouble());
        Assert.Equal(3000, window.Length);
        Assert.Equal(0.5, window.Mean, 0.02);
        for (var i = 0; i < 1000; i++)
            window.Add(4 + random.NextDouble());
        Assert.InRange(window.Length, 900, 1100);
        Assert.Equal(4.5, window.Mean, 0.1);
    }

    [Fact]
    public void A_change_of_spread_alone_is_found_by_the_distribution_test()
    {
        var (detector, random) = (new KolmogorovSmirnovWindow(), new Random(6));
        for (var i = 0; i < 300; i++)
            detector.Add(random.NextDouble() - 0.5);
        Assert.Contains(true, Enumerable.Range(0, 60).Select(_ => detector.Add(20 * (random.NextDouble() - 0.5))));
    }

    private static DriftDetector Make(string kind) => kind switch
    {
        "adwin" => new AdaptiveWindow(),
        "page-hinkley" => new PageHinkley(tolerance: 0.05, threshold: 10),
        _ => new KolmogorovSmirnovWindow(),
    };
}
