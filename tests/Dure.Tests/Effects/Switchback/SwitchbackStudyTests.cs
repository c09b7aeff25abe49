using Dure.Effects;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Effects.Switchback;

public sealed class SwitchbackStudyTests
{
    [Fact]
    public void The_true_effect_lies_in_the_interval_as_often_as_stated_though_noise_follows_itself() => Assert.InRange(Coverage(-0.2, experiments: 600), 0.93, 0.97);

    [Fact]
    public void No_effect_is_called_none_as_often_as_stated() => Assert.InRange(Coverage(0, experiments: 600), 0.93, 0.97);

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData(-0.2, 0.0)]
    [InlineData(-0.2, 0.97)]
    [InlineData(-0.2, 0.999)]
    [InlineData(0.0, 0.97)]
    public void So_it_is_within_half_a_per_cent_over_twenty_thousand_experiments(double effect, double kept) =>
        Assert.InRange(Coverage(effect, experiments: 20_000, new SimulatedSwitchback { Kept = kept }), 0.945, 0.955);

    [Fact]
    [Trait("Speed", "Slow")]
    public void With_the_pairs_said_to_be_needed_nine_effects_of_ten_are_found()
    {
        var plant = new SimulatedSwitchback { HistoryBlocks = 600, Effect = -0.03 };
        var needed = plant.Study(1).PairsNeeded(plant.Record(1), plant.History!.Value, plant.Effect);
        var found = Enumerable.Range(0, 4000).AsParallel().Count(seed => (plant with { Pairs = needed, HistoryBlocks = 0 }).Evaluate(seed).Effects[0].Change.High < 0);
        Assert.InRange(found / 4000.0, 0.87, 0.94);
    }

    [Fact]
    public void Covariates_of_before_narrow_the_interval_and_leave_its_coverage()
    {
        var plant = new SimulatedSwitchback { Effect = -0.1, Slope = 0.05, HistoryBlocks = 40, Kept = 0.5 };
        var results = Enumerable.Range(0, 400).AsParallel().AsOrdered().Select(plant.Evaluate).ToArray();
        Assert.All(results, result => Assert.True(result.Effects[0].IsAdjusted));
        Assert.True(results.Average(result => Width(result.Effects[0].Change)) < 0.7 * results.Average(result => Width(result.Effects[0].Unadjusted)));
        Assert.InRange(results.Count(result => !result.Effects[0].Change.Excludes(-10)) / 400.0, 0.92, 0.98);
    }

    [Fact]
    public void What_is_left_of_the_block_before_is_seen_and_a_long_enough_wash_out_takes_it_away()
    {
        var slow = new SimulatedSwitchback { Effect = -0.2, Lag = 0.9, WashOut = TimeSpan.Zero, Kept = 0.5 };
        Assert.True(Enumerable.Range(0, 50).All(seed => slow.Evaluate(seed).IsCarriedOver));
        Assert.InRange(Enumerable.Range(0, 400).AsParallel().Count(seed => (slow with { Lag = 0 }).Evaluate(seed).IsCarriedOver), 0, 12);
    }

    [Fact]
    public void The_effect_the_left_out_share_and_the_blocks_are_those_of_the_rows()
    {
        var result = new SimulatedSwitchback { Effect = -0.2 }.Evaluate(4);
        Assert.InRange(result.Effects[0].Change.Estimate, -22, -18);
        Assert.Equal(2.0 / 12, result.WashedOutShare, 12);
        Assert.Equal(24, result.Blocks.Count);
        Assert.Equal(result.Blocks.Where(block => block.IsTreated).Average(block => block.Value), result.Effects[0].Treated.Estimate, 12);
        Assert.Equal(25, result.Table().Count(letter => letter == (byte)'\n'));
    }

    [Fact]
    public void Rows_with_a_silent_instrument_are_left_out_and_counted_and_a_block_without_any_is_refused()
    {
        var plant = new SimulatedSwitchback { Effect = -0.2 };
        var record = plant.Record(2);
        record.Columns["fuel"].AsSpan(6, 12).Fill(double.NaN);
        var result = plant.Study(2).Evaluate(record, plant.Start);
        Assert.Equal(12.0 / (24 * 24), result.SilentShare, 12);
        record.Columns["fuel"].AsSpan(0, 24).Fill(double.NaN);
        Assert.Equal("urn:dure:effects:empty-block", Assert.Throws<ProblemException>(() => plant.Study(2).Evaluate(record, plant.Start)).Problem.Type);
    }

    [Fact]
    public void A_column_that_is_missing_and_a_history_that_overlaps_are_refused()
    {
        var plant = new SimulatedSwitchback();
        var study = plant.Study(1) with { Covariates = ["moon"] };
        Assert.Equal("urn:dure:effects:no-such-column", Assert.Throws<ProblemException>(() => study.Evaluate(plant.Record(1), plant.Start)).Problem.Type);
        var overlapping = new TimeRange(plant.Start, plant.Start + TimeSpan.FromHours(12));
        Assert.Equal("urn:dure:effects:history-overlaps", Assert.Throws<ProblemException>(() => plant.Study(1).Evaluate(plant.Record(1), plant.Start, overlapping)).Problem.Type);
    }

    private static double Coverage(double effect, int experiments, SimulatedSwitchback? plant = null)
    {
        plant = (plant ?? new()) with { Effect = effect };
        return Enumerable.Range(0, experiments).AsParallel().Count(seed => !plant.Evaluate(seed).Effects[0].Change.Excludes(100 * effect)) / (double)experiments;
    }

    private static double Width(Interval interval) => interval.High - interval.Low;
}
