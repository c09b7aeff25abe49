using Dure.Optimize.SetPoints;
using Dure.Plants.Refinery;
using Xunit;

namespace Dure.Tests.Plants.Refinery;

public sealed class FuelSavingTests
{
    [Fact]
    public void A_fifth_of_the_fuel_is_saved_within_30_moves_and_no_minute_is_off_specification_or_above_an_emission_limit() => Days(first: 0, count: 3);

    [Fact]
    [Trait("Speed", "Slow")]
    public void So_it_is_on_a_thousand_days() => Days(first: 0, count: 1000);

    [Fact]
    public void A_silent_analyser_ends_it_and_the_unit_is_sent_back_to_where_it_was_safe()
    {
        var unit = new CrudeUnit(seed: 5);
        var saving = new FuelSaving(unit, seed: 5);
        saving.Run(TimeSpan.FromHours(5), TestContext.Current.CancellationToken);
        unit.Switch("impurity silent", isOn: true);
        saving.Run(TimeSpan.FromHours(12), TestContext.Current.CancellationToken);
        Assert.Equal(OptimizerPhase.Stopped, saving.Optimizer.Phase);
        Assert.NotNull(saving.Optimizer.StopReason);
        Assert.Contains(saving.Optimizer.Explorer!.Evidence, point => point.SetPoints[0].Equals(unit.SetpointOf("distillate purity")));
    }

    private static void Days(int first, int count)
    {
        var saved = new double[count];
        Parallel.For(0, count, new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken }, number =>
        {
            var (unit, left) = (new CrudeUnit(first + number), new CrudeUnit(first + number));
            var saving = new FuelSaving(unit, first + number);
            saving.Run(TimeSpan.FromHours(24), TestContext.Current.CancellationToken);
            left.Advance(TimeSpan.FromHours(24), TestContext.Current.CancellationToken);
            var (used, usual) = (unit.Kpi("fuel used"), left.Kpi("fuel used"));
            saving.Run(TimeSpan.FromHours(3), TestContext.Current.CancellationToken);
            left.Advance(TimeSpan.FromHours(3), TestContext.Current.CancellationToken);
            saved[number] = 1 - (unit.Kpi("fuel used") - used) / (left.Kpi("fuel used") - usual);
            Assert.Equal((0, 0), (unit.Kpi("off-specification minutes"), unit.Kpi("emission minutes")));
            Assert.InRange(saving.Optimizer.Moves, 1, 30);
        });
        Assert.True(saved.Average() >= 0.2, $"{saved.Average():P2}");
    }
}
