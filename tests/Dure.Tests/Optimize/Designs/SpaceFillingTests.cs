using Dure.Optimize.Designs;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Optimize.Designs;

public sealed class SpaceFillingTests
{
    [Fact]
    public void The_first_Sobol_points_are_the_published_ones()
    {
        double[][] published = [[0, 0, 0], [0.5, 0.5, 0.5], [0.75, 0.25, 0.25], [0.25, 0.75, 0.75], [0.375, 0.375, 0.625], [0.875, 0.875, 0.125], [0.625, 0.125, 0.875], [0.125, 0.625, 0.375]];
        Assert.Equal(published, Points(new SobolSequence(3), 3, 8));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(-77)]
    public void Each_equal_part_of_every_axis_holds_one_point_of_a_power_of_two(int? seed)
    {
        var dimensions = SobolSequence.MostDimensions;
        Assert.True(dimensions >= 30);
        var sequence = new SobolSequence(dimensions, seed);
        foreach (var count in new[] { 1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512 })
            foreach (var points in new[] { Points(sequence, dimensions, count) })
                for (var d = 0; d < dimensions; d++)
                    Assert.Equal(count, points.Select(p => (int)(p[d] * count)).Distinct().Count());
    }

    [Fact]
    public void Scrambled_points_fill_the_elementary_rectangles_of_the_first_two_axes()
    {
        var points = Points(new SobolSequence(2, 5), 2, 256);
        for (var across = 0; across <= 8; across++)
            Assert.Equal(256, points.Select(p => ((int)(p[0] * (1 << across)), (int)(p[1] * (256 >> across)))).Distinct().Count());
    }

    [Fact]
    public void Scrambling_makes_the_error_of_an_integral_smaller_than_chance_would()
    {
        double Error(Func<int, double[][]> draw) => Math.Sqrt(Enumerable.Range(1, 30).Average(seed => Math.Pow(draw(seed).Average(p => p[0] * p[1] * p[2] * 8) - 1, 2)));
        var scrambled = Error(seed => Points(new SobolSequence(3, seed), 3, 256));
        var drawn = Error(seed => { var random = new Random(seed); return [.. Enumerable.Range(0, 256).Select(_ => new[] { random.NextDouble(), random.NextDouble(), random.NextDouble() })]; });
        Assert.True(scrambled < drawn / 5, $"{scrambled} against {drawn}");
    }

    [Fact]
    public void A_seed_repeats_its_points_and_another_gives_others()
    {
        Assert.Equal(Points(new SobolSequence(5, 3), 5, 20), Points(new SobolSequence(5, 3), 5, 20));
        Assert.NotEqual(Points(new SobolSequence(5, 3), 5, 20), Points(new SobolSequence(5, 4), 5, 20));
    }

    [Fact]
    public void A_Latin_hypercube_takes_each_stratum_of_each_factor_once() =>
        Prop.ForAll(Gen.Choose(2, 40).Zip(Gen.Choose(1, 6)).ToArbitrary(), drawn =>
        {
            var (runs, factors) = drawn;
            var table = SpaceFilling.LatinHypercube(Plant.Factors(factors), runs, runs * 31 + factors, swaps: 200);
            return Enumerable.Range(0, factors).All(f => Plant.Rows(table).Select(row => (int)((row[f] + 1) / 2 * runs)).Distinct().Count() == runs);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Swaps_part_the_nearest_runs_further()
    {
        double Nearest(DesignTable table) => Plant.Rows(table).SelectMany((a, i) => Plant.Rows(table).Skip(i + 1).Select(b => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum())).Min();
        Assert.All(Enumerable.Range(1, 5), seed =>
            Assert.True(Nearest(SpaceFilling.LatinHypercube(Plant.Factors(4), 20, seed, swaps: 3000)) > 2 * Nearest(SpaceFilling.LatinHypercube(Plant.Factors(4), 20, seed, swaps: 0))));
    }

    [Fact]
    public void Steps_and_kinds_take_only_their_levels_each_as_often()
    {
        Factor[] factors = [new SteppedFactor("nozzle", "mm", [0.4, 0.6, 1.2]), new CategoricalFactor("supplier", ["North", "South"]), new ContinuousFactor("T", "°C", 20, 80)];
        foreach (var table in new[] { SpaceFilling.LatinHypercube(factors, 12, 1), SpaceFilling.Sobol(factors, 64, 1) })
        {
            Assert.All(Enumerable.Range(0, table.Runs), run => Assert.Contains(Math.Round(table.Value(run, 0), 12), new[] { 0.4, 0.6, 1.2 }));
            Assert.Equal(table.Runs / 2, Enumerable.Range(0, table.Runs).Count(run => table.Text(run, 1) == "North"));
            Assert.All(Enumerable.Range(0, table.Runs), run => Assert.InRange(table.Value(run, 2), 20, 80));
        }
    }

    [Fact]
    public void What_cannot_be_filled_is_refused()
    {
        Plant.Refused("size", () => new SobolSequence(99));
        Plant.Refused("mixture", () => SpaceFilling.Sobol(Plant.Mixture(3), 8, 1));
        Plant.Refused("size", () => SpaceFilling.Sobol(Plant.Factors(3), 0, 1));
    }

    private static double[][] Points(SobolSequence sequence, int dimensions, int count)
    {
        var points = new double[count][];
        for (var i = 0; i < count; i++)
            sequence.Next(points[i] = new double[dimensions]);
        return points;
    }
}
