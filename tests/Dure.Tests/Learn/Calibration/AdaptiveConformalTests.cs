using Dure.Learn.Calibration;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Calibration;

/// <summary>Over time the promise is kept in the long run, also where the series changes.</summary>
public sealed class AdaptiveConformalTests
{
    private static AdaptiveConformal Begin(AdaptiveOptions options, Random random) => new(options, [.. Enumerable.Range(0, 200).Select(_ => Math.Abs(MadeTable.Normal(random)))]);

    /// <summary>Coverage of a series whose residuals have a spread that changes, told of after a delay.</summary>
    private static double Coverage(AdaptiveConformal adaptive, int rows, Func<int, double> spread, Random random, int delay = 1)
    {
        var waiting = new Queue<(PredictionInterval Given, double Truth)>();
        var held = 0;
        for (var row = 0; row < rows; row++)
        {
            var (given, truth) = (adaptive.Around(0), spread(row) * MadeTable.Normal(random));
            held += given.Contains(truth) ? 1 : 0;
            waiting.Enqueue((given, truth));
            if (waiting.Count >= delay)
                (given, truth) = waiting.Dequeue();
            else
                continue;
            adaptive.Tell(given, 0, truth);
        }
        return held / (double)rows;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(48)]
    public void Values_lie_inside_as_often_as_promised_though_the_spread_grows_and_jumps(int delay)
    {
        foreach (var level in (double[])[0.8, 0.9])
            for (var seed = 0; seed < 5; seed++)
            {
                var random = new Random(seed);
                var adaptive = Begin(new AdaptiveOptions { Level = level, Rate = 0.02, Window = 300 }, random);
                Assert.Equal(level, Coverage(adaptive, 4000, row => row < 1500 ? 1 : row < 2000 ? 6 : 1 + row / 500.0, random, delay), 0.02);
            }
    }

    [Fact]
    public void Without_adaption_and_with_a_long_window_the_promise_is_broken_there()
    {
        var random = new Random(1);
        var adaptive = Begin(new AdaptiveOptions { Rate = 0, Window = 100_000 }, random);
        Assert.InRange(Coverage(adaptive, 2000, row => 1 + row / 200.0, random), 0.5, 0.85);
    }

    [Fact]
    public void Where_nothing_changes_it_is_the_quantile_of_the_window()
    {
        var adaptive = new AdaptiveConformal(new AdaptiveOptions { Window = 19 }, [.. Enumerable.Range(1, 30).Select(i => (double)i)]);
        Assert.Equal(29, adaptive.Radius); // of 12 to 30 the 18th
        adaptive.Tell(new(-100, 100), 0, 40, 1);
        Assert.InRange(adaptive.Aim, 0.89, 0.9);
    }

    [Fact]
    public void Nothing_but_misses_widen_it_without_end_and_nothing_but_hits_close_it()
    {
        var random = new Random(2);
        var adaptive = Begin(new AdaptiveOptions { Rate = 0.05, Window = 50 }, random);
        for (var i = 0; i < 200; i++)
            adaptive.Tell(new(0, 0), 0, 1);
        Assert.InRange(adaptive.Radius, 50, double.MaxValue);
        for (var i = 0; i < 10_000; i++)
            adaptive.Tell(new(-1e9, 1e9), 0, 1);
        Assert.Equal(0, adaptive.Radius);
    }

    [Fact]
    public void What_was_written_goes_on_as_if_nothing_had_been()
    {
        var random = new Random(3);
        var one = Begin(new AdaptiveOptions { Window = 40 }, random);
        Coverage(one, 100, _ => 2, random);
        var other = AdaptiveConformal.Read(one.Write());
        foreach (var adaptive in (AdaptiveConformal[])[one, other])
            Coverage(adaptive, 100, _ => 1, new Random(4));
        Assert.Equal(one.Write(), other.Write());
    }
}
