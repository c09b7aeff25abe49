using Dure.Effects;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Effects.Switchback;

public sealed class SwitchbackDesignTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void Each_pair_has_one_treated_block_and_the_seed_decides_which()
    {
        var design = new SwitchbackDesign(500, 12 * Hour, 2 * Hour, Seed: 3);
        var treated = design.Assignment();
        Assert.All(Enumerable.Range(0, 500), pair => Assert.NotEqual(treated[2 * pair], treated[2 * pair + 1]));
        Assert.InRange(Enumerable.Range(0, 500).Count(pair => treated[2 * pair]), 210, 290);
        Assert.Equal(treated, (design with { BlockLength = Hour }).Assignment());
        Assert.NotEqual(treated, (design with { Seed = 4 }).Assignment());
    }

    /// <summary>Pairs for a paired t test with power 0.9 at 5 %, as tables of sample size give them: 13 for a difference of one deviation, 44 for half of one.</summary>
    [Theory]
    [InlineData(1.0, 13, 13)]
    [InlineData(0.5, 44, 45)]
    [InlineData(10.0, 6, 6)]
    public void The_pairs_needed_are_those_of_the_tables(double effectInDeviations, int least, int most) =>
        Assert.InRange(SwitchbackDesign.PairsNeeded(Math.Exp(-0.1) - 1, 0.1 / effectInDeviations), least, most);

    [Fact]
    public void Six_pairs_are_the_least_for_95_per_cent_and_fewer_are_refused_with_that_number()
    {
        Assert.Equal(6, SwitchbackDesign.LeastPairs(0.95));
        Assert.Equal(8, SwitchbackDesign.LeastPairs(0.99));
        var problem = Assert.Throws<ProblemException>(() => new SimulatedSwitchback { Pairs = 5 }.Evaluate(1)).Problem;
        Assert.Contains("6 are needed", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_design_that_would_probably_miss_the_effect_is_refused_with_the_pairs_it_takes()
    {
        var plant = new SimulatedSwitchback { Pairs = 8, HistoryBlocks = 28 };
        var record = plant.Record(1);
        plant.Study(1).Require(record, plant.History!.Value, -0.2);
        var problem = Assert.Throws<ProblemException>(() => plant.Study(1).Require(record, plant.History!.Value, -0.005)).Problem;
        Assert.Equal("urn:dure:effects:too-few-blocks", problem.Type);
        Assert.Contains($"{plant.Study(1).PairsNeeded(record, plant.History!.Value, -0.005)} are needed", problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 12, 2)]
    [InlineData(8, 12, 12)]
    [InlineData(8, 12, -1)]
    [InlineData(8, 0, 0)]
    public void A_design_that_cannot_be_run_is_refused(int pairs, int blockHours, int washOutHours) =>
        Assert.Throws<ProblemException>(() => new SwitchbackStudy(new(pairs, blockHours * Hour, washOutHours * Hour, 1), [], []).Evaluate(new SimulatedSwitchback().Record(1), SimulatedSwitchback.Begin));
}
