using Dure.Effects;
using Xunit;

namespace Dure.Tests.Effects.Switchback;

public sealed class TypicalValuesTests
{
    /// <summary>The means of all subsets of 1, 2, 4 are 1, 1.5, 2, 7/3, 2.5, 3, 4.</summary>
    [Theory]
    [InlineData(0.75, 1, 4)]
    [InlineData(0.5, 1.5, 3)]
    public void The_interval_lies_between_order_statistics_of_the_means_of_subsets(double level, double low, double high)
    {
        var interval = TypicalValues.Interval([4, 1, 2], level);
        Assert.Equal(7.0 / 3, interval.Estimate, 12);
        Assert.Equal((low, high), (interval.Low, interval.High));
    }

    /// <summary>A shift lies in the interval when the test that flips signs does not refuse it: counted here one flip after the other.</summary>
    [Fact]
    public void It_holds_just_the_shifts_that_the_test_by_flipped_signs_does_not_refuse()
    {
        double[] differences = [-0.21, -0.19, -0.235, -0.18, -0.2, -0.26, -0.155, -0.205];
        var interval = TypicalValues.Interval(differences);
        for (var shift = -0.28; shift < -0.13; shift += 0.00137)
            Assert.Equal(shift > interval.Low && shift < interval.High, IsAccepted(differences, shift));
    }

    [Fact]
    public void Many_pairs_are_judged_by_subsets_drawn_with_the_seed_and_come_close_to_Students_interval()
    {
        var random = new Random(5);
        double[] differences = [.. Enumerable.Range(0, 40).Select(_ => 3 + random.NextDouble() + random.NextDouble() + random.NextDouble())];
        var interval = TypicalValues.Interval(differences, seed: 9);
        var deviation = Math.Sqrt(differences.Sum(d => Math.Pow(d - interval.Estimate, 2)) / 39);
        Assert.Equal(interval, TypicalValues.Interval(differences, seed: 9));
        Assert.InRange((interval.High - interval.Low) / (2 * 2.0227 * deviation / Math.Sqrt(40)), 0.93, 1.07);
    }

    private static bool IsAccepted(double[] differences, double shift)
    {
        var (observed, above, below) = (differences.Sum(d => d - shift), 0, 0);
        for (var flips = 0; flips < 1 << differences.Length; flips++)
        {
            var sum = differences.Select((d, i) => (d - shift) * ((flips >> i & 1) == 1 ? -1 : 1)).Sum();
            (above, below) = (above + (sum >= observed - 1e-12 ? 1 : 0), below + (sum <= observed + 1e-12 ? 1 : 0));
        }
        return Math.Min(above, below) > 0.025 * (1 << differences.Length);
    }
}
