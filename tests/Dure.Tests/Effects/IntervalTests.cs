using Dure.Effects;
using Dure.Kernel.Distributions;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Effects;

public sealed class IntervalTests
{
    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.9599639845400545)]
    [InlineData(0.95, 1.6448536269514722)]
    [InlineData(0.9999999, 5.199337582187471)]
    [InlineData(1e-10, -6.361340902404056)]
    public void Normal_quantiles_match_their_tables(double p, double expected) => Assert.Equal(expected, Normal.Quantile(p), 9);

    // Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilson_intervals_match_Newcombes_printed_table(int successes, int trials, double low, double high)
    {
        var interval = Wilson.Interval(successes, trials);
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    // Newcombe (1998), Statistics in Medicine 17:873-890, table II, method 10: 56/70 against 48/80.
    [Fact]
    public void A_difference_of_rates_matches_Newcombes_printed_example()
    {
        var difference = Wilson.Difference(Wilson.Interval(56, 70), Wilson.Interval(48, 80));
        Assert.Equal(0.2, difference.Estimate, 12);
        Assert.Equal(0.0524, difference.Low, 4);
        Assert.Equal(0.3339, difference.High, 4);
    }

    [Fact]
    public void A_Wilson_interval_stays_within_0_and_1_and_holds_the_share() =>
        Prop.ForAll<PositiveInt, NonNegativeInt>((trials, part) =>
        {
            var successes = part.Get % (trials.Get + 1);
            var interval = Wilson.Interval(successes, trials.Get);
            return interval is { Low: >= 0, High: <= 1 } && interval.Low <= interval.Estimate && interval.Estimate <= interval.High;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_Wilson_interval_mirrors_when_successes_and_failures_swap() =>
        Prop.ForAll<PositiveInt, NonNegativeInt>((trials, part) =>
        {
            var successes = part.Get % (trials.Get + 1);
            var (a, b) = (Wilson.Interval(successes, trials.Get), Wilson.Interval(trials.Get - successes, trials.Get));
            return Math.Abs(a.Low - (1 - b.High)) < 1e-9 && Math.Abs(a.High - (1 - b.Low)) < 1e-9;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_exact_interval_of_no_success_ends_where_the_rule_of_three_says()
    {
        // 1 - (alpha / 2)^(1 / n), the closed form for zero successes.
        var interval = ClopperPearson.Interval(0, 300);
        Assert.Equal(0, interval.Low);
        Assert.Equal(1 - Math.Pow(0.025, 1.0 / 300), interval.High, 12);
    }

    [Fact]
    public void The_exact_interval_holds_the_share_and_stays_within_0_and_1() =>
        Prop.ForAll<PositiveInt, NonNegativeInt>((trials, part) =>
        {
            var successes = part.Get % (trials.Get + 1);
            var interval = ClopperPearson.Interval(successes, trials.Get);
            return 0 <= interval.Low && interval.Low <= interval.Estimate && interval.Estimate <= interval.High && interval.High <= 1;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Without_trials_a_rate_is_unknown_and_its_interval_is_everything()
    {
        var interval = Wilson.Interval(0, 0);
        Assert.True(double.IsNaN(interval.Estimate));
        Assert.Equal((0, 1), (interval.Low, interval.High));
    }

    [Fact]
    public void A_level_outside_0_and_1_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Wilson.Interval(1, 2, 95));

    [Fact]
    public void A_bootstrap_repeats_exactly_for_the_same_seed() =>
        Prop.ForAll<int>(seed =>
        {
            double[] series = [1, 5, 2, 8, 3, 9, 4, 4];
            var bootstrap = new BlockBootstrap(200, seed);
            return bootstrap.OfSeries(series, 3, v => v.Average()) == bootstrap.OfSeries(series, 3, v => v.Average());
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bootstrap_of_independent_values_agrees_with_the_normal_interval_of_a_mean()
    {
        var random = new Random(3);
        var values = Enumerable.Range(0, 400).Select(_ => random.NextDouble()).ToArray();
        var mean = values.Average();
        var half = Normal.Quantile(0.975) * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / 399 / 400);
        var interval = new BlockBootstrap(4000).OfSeries(values, 1, v => v.Average());
        Assert.Equal(mean - half, interval.Low, 0.1 * half);
        Assert.Equal(mean + half, interval.High, 0.1 * half);
    }

    [Fact]
    public void Blocks_widen_the_interval_of_a_series_that_remembers()
    {
        var (random, value) = (new Random(5), 0.0);
        var series = Enumerable.Range(0, 1000).Select(_ => value = 0.9 * value + random.NextDouble() - 0.5).ToArray();
        var apart = new BlockBootstrap().OfSeries(series, 1, v => v.Average());
        var together = new BlockBootstrap().OfSeries(series, 40, v => v.Average());
        Assert.True(together.High - together.Low > 2 * (apart.High - apart.Low));
    }

    [Fact]
    public void One_machine_has_no_spread_to_draw_from()
    {
        var interval = new BlockBootstrap(100).OfClusters<double>([[1, 2, 3]], v => v.Average());
        Assert.Equal((2, 2, 2), (interval.Estimate, interval.Low, interval.High));
    }

    [Fact]
    public void Nothing_to_resample_is_refused_with_a_reason() =>
        Assert.Equal("urn:dure:effects:nothing-to-resample",
            Assert.Throws<ProblemException>(() => new BlockBootstrap().OfSeries([], 1, v => v.Average())).Problem.Type);
}
