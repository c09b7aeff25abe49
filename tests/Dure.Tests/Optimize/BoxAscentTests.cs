using Dure.Optimize.Numerics;
using Xunit;

namespace Dure.Tests.Optimize;

public sealed class BoxAscentTests
{
    private static readonly double[] Low = [0, 0, 0], High = [1, 1, 1];

    [Fact]
    public void The_top_of_a_hill_within_the_box_is_found_and_one_outside_at_the_wall()
    {
        static double height(ReadOnlySpan<double> x, Span<double> slope)
        {
            var (a, b, c) = (x[0] - 0.3, x[1] - 1.5, x[2] - 0.6);
            (slope[0], slope[1], slope[2]) = (-2 * a - c, -20 * b, -2 * c - a);
            return -a * a - 10 * b * b - c * c - a * c;
        }
        double[] at = [0.9, 0.1, 0.1];
        BoxAscent.Climb(height, at, Low, High, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(0.3, at[0], 1e-3);
        Assert.Equal(1, at[1]);
        Assert.Equal(0.6, at[2], 1e-3);
    }

    [Fact]
    public void What_is_not_free_stays_and_it_never_goes_down()
    {
        static double rough(ReadOnlySpan<double> x, Span<double> slope)
        {
            var value = 0.0;
            for (var i = 0; i < 3; i++)
            {
                value += Math.Sin(9 * x[i]) + 0.3 * Math.Cos(31 * x[i]);
                slope[i] = 9 * Math.Cos(9 * x[i]) - 9.3 * Math.Sin(31 * x[i]);
            }
            return value;
        }
        var random = new Random(1);
        for (var run = 0; run < 50; run++)
        {
            double[] start = [random.NextDouble(), random.NextDouble(), random.NextDouble()];
            var at = (double[])start.Clone();
            var value = BoxAscent.Climb(rough, at, Low, High, [true, false, true], cancel: TestContext.Current.CancellationToken);
            Assert.True(value >= rough(start, new double[3]));
            Assert.Equal(start[1], at[1]);
            Assert.All(at, each => Assert.InRange(each, 0, 1));
        }
    }
}
