using Dure.Optimize.Pareto;
using Xunit;

namespace Dure.Tests.Optimize.Pareto;

public sealed class HypervolumeTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_volume_is_the_share_of_drawn_points_below_it(int directions)
    {
        var random = new Random(directions);
        var points = Points(random, 8, directions);
        var drawn = Points(random, 100_000, directions);
        var share = drawn.Count(each => points.Any(point => Hypervolume.Dominates(point, each))) / 100_000.0;
        Assert.Equal(share, Hypervolume.Of(points, new double[directions]), 0.006);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void What_a_sure_point_is_expected_to_add_is_what_it_adds(int directions)
    {
        var random = new Random(10 + directions);
        var points = Points(random, 12, directions);
        var reference = new double[directions];
        Array.Fill(reference, 0.2); // some points do not exceed it
        var expected = new ExpectedHypervolume([FreeBoxes.Above(reference, points)]);
        var before = Hypervolume.Of(points, reference);
        var (deviations, ignored) = (new double[directions], new double[directions]);
        Array.Fill(deviations, 1e-9);
        var count = 0;
        foreach (var point in Points(random, 200, directions))
        {
            var added = Hypervolume.Of([.. points, point], reference) - before;
            if (added > 1e-6)
                Assert.Equal(added, Math.Exp(expected.Log(point, deviations, ignored, new double[directions])), 1e-6);
            else
                Assert.True(expected.Log(point, deviations, ignored, new double[directions]) < Math.Log(1e-5));
            count += added > 1e-6 ? 1 : 0;
        }
        Assert.InRange(count, 20, 199);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void What_an_unsure_point_is_expected_to_add_is_the_mean_of_what_it_may_add_with_slopes_of_differences(int directions)
    {
        var random = new Random(20 + directions);
        var points = Points(random, 6, directions);
        var reference = new double[directions];
        var expected = new ExpectedHypervolume([FreeBoxes.Above(reference, points), FreeBoxes.Above(reference, points[..3])]);
        double[] means = [.. Enumerable.Repeat(0.6, directions)], deviations = [.. Enumerable.Repeat(0.3, directions)];
        var (meanSlopes, deviationSlopes, ignored) = (new double[directions], new double[directions], new double[directions]);
        var log = expected.Log(means, deviations, meanSlopes, deviationSlopes);
        var sum = 0.0;
        for (var draw = 0; draw < 20_000; draw++)
        {
            double[] point = [.. means.Select((mean, i) => mean + deviations[i] * Gauss(random))];
            foreach (var front in new[] { points, points[..3] })
                sum += Hypervolume.Of([.. front, point], reference) - Hypervolume.Of(front, reference);
        }
        Assert.Equal(Math.Log(sum / 40_000), log, 0.05);
        for (var i = 0; i < directions; i++)
        {
            const double Step = 1e-6;
            double moved(double[] of, double by)
            {
                of[i] += by;
                var at = expected.Log(means, deviations, ignored, new double[directions]);
                of[i] -= by;
                return at;
            }
            Assert.Equal((moved(means, Step) - moved(means, -Step)) / (2 * Step), meanSlopes[i], 1e-5);
            Assert.Equal((moved(deviations, Step) - moved(deviations, -Step)) / (2 * Step), deviationSlopes[i], 1e-5);
        }
    }

    [Fact]
    public void Of_equal_points_one_stays_at_the_front_and_what_is_no_better_than_the_reference_adds_nothing()
    {
        Assert.Equal([0, 3], Hypervolume.Front([[1, 2], [1, 2], [0, 1], [2, 1]]));
        Assert.Equal(0, Hypervolume.Of([[1, 0], [0, 1], [-1, 5]], [0, 0]));
        Assert.Equal(0, Hypervolume.Of([], [0, 0]));
    }

    private static double[][] Points(Random random, int count, int directions) => [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, directions).Select(_ => random.NextDouble()).ToArray())];

    private static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
