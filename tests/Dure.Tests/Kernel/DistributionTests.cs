using Dure.Kernel.Distributions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Kernel;

public sealed class DistributionTests
{
    [Theory]
    [InlineData(1.96, 0.9750021048517795)]
    [InlineData(-5, 2.866515718791939e-7)]
    [InlineData(0.5, 0.6914624612740131)]
    [InlineData(8, 0.9999999999999993778)]
    public void The_normal_distribution_matches_its_tables(double z, double below) => Assert.Equal(1, Normal.Cdf(z) / below, 1e-13);

    [Theory]
    [InlineData(0.975, 10, 2.2281388519649385)]
    [InlineData(0.975, 1, 12.706204736432095)]
    [InlineData(0.05, 5, -2.0150483733330233)]
    [InlineData(0.9995, 30, 3.645958635)]
    public void Student_quantiles_match_their_tables(double p, double freedom, double t) => Assert.Equal(1, StudentT.Quantile(p, freedom) / t, 1e-9);

    [Theory]
    [InlineData(0.05, 3, 16, 3.238871517)]
    [InlineData(0.05, 1, 1, 161.4476388)]
    [InlineData(0.01, 5, 10, 5.636326190)]
    public void Fisher_quantiles_match_their_tables(double tail, double above, double below, double f)
    {
        Assert.Equal(1, FisherF.UpperQuantile(tail, above, below) / f, 1e-8);
        Assert.Equal(tail, FisherF.UpperTail(FisherF.UpperQuantile(tail, above, below), above, below), 1e-12);
    }

    [Fact]
    public void Sixty_four_in_each_group_find_half_a_deviation_four_times_out_of_five() =>
        Assert.Equal(0.8014596, FisherF.NonCentralUpperTail(FisherF.UpperQuantile(0.05, 1, 126), 1, 126, 8), 1e-6);

    [Fact]
    public void A_quantile_is_where_the_distribution_reaches_its_probability() =>
        Prop.ForAll(Gen.Choose(1, 999).Zip(Gen.Choose(1, 400)).ToArbitrary(), drawn =>
        {
            var (p, freedom) = (drawn.Item1 / 1000.0, drawn.Item2 / 4.0);
            return Math.Abs(StudentT.Cdf(StudentT.Quantile(p, freedom), freedom) - p) < 1e-11 && Math.Abs(Normal.Cdf(Normal.Quantile(p)) - p) < 1e-14;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_square_of_t_is_F_with_one_degree_of_freedom() =>
        Prop.ForAll(Gen.Choose(-600, 600).Zip(Gen.Choose(1, 80)).ToArbitrary(), drawn =>
            Math.Abs(StudentT.TwoSided(drawn.Item1 / 100.0, drawn.Item2) - FisherF.UpperTail(drawn.Item1 / 100.0 * (drawn.Item1 / 100.0), 1, drawn.Item2)) < 1e-12).QuickCheckThrowOnFailure();

    [Fact]
    public void Power_is_the_chance_of_a_false_finding_where_there_is_no_effect_and_grows_with_it()
    {
        var f = FisherF.UpperQuantile(0.05, 2, 9);
        double[] powers = [.. new[] { 0.0, 1e-9, 1, 5, 20, 100, 3000 }.Select(effect => FisherF.NonCentralUpperTail(f, 2, 9, effect))];
        Assert.Equal(0.05, powers[0], 1e-12);
        Assert.Equal(0.05, powers[1], 1e-8);
        Assert.Equal(powers, powers.Order());
        Assert.Equal(1, powers[^1], 1e-9);
    }
}
