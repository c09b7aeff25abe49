using Dure.Plants.Distillation;
using Xunit;

namespace Dure.Tests.Plants.Distillation;

public sealed class ColumnPlantTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0.995, 0.005)]
    [InlineData(0.992, 0.015)]
    [InlineData(0.97, 0.04)]
    public void The_quiet_column_holds_what_it_is_told(double top, double bottom)
    {
        var plant = Running(seed: 1, top, bottom, disturbance: 0);
        plant.Advance(TimeSpan.FromDays(1), Cancel);
        var (tops, bottoms) = (0.0, 0.0);
        for (var minute = 0; minute < 1000; minute++)
        {
            plant.Advance(TimeSpan.FromMinutes(1), Cancel);
            (tops, bottoms) = (tops + plant.Truth("distillate purity") / 1000, bottoms + plant.Truth("bottoms impurity") / 1000);
        }
        Assert.Equal(top, tops, 5e-5);
        Assert.Equal(bottom, bottoms, 5e-5);
    }

    [Fact]
    public void Profit_at_rest_is_that_of_the_stage_to_stage_calculation()
    {
        var plant = Running(seed: 1, 0.992, 0.01, disturbance: 0);
        plant.Advance(TimeSpan.FromDays(1), Cancel);
        var before = plant.Kpi("earned");
        plant.Advance(TimeSpan.FromDays(1), Cancel);
        Assert.Equal(ColumnPlant.SteadyProfit(0.992, 0.01), (plant.Kpi("earned") - before) / 1440, 2e-4);
    }

    [Fact]
    public void The_best_profit_lies_at_the_specification_of_the_distillate_and_inside_that_of_the_bottoms()
    {
        Assert.True(ColumnPlant.SteadyProfit(0.99, 0.0075) > ColumnPlant.SteadyProfit(0.992, 0.0075));
        Assert.True(ColumnPlant.SteadyProfit(0.99, 0.0075) > ColumnPlant.SteadyProfit(0.99, 0.004));
        Assert.True(ColumnPlant.SteadyProfit(0.99, 0.0075) > ColumnPlant.SteadyProfit(0.99, 0.013));
        Assert.True(ColumnPlant.SteadyProfit(0.9899, 0.0075) < 0);
    }

    [Fact]
    public void With_a_margin_no_minute_is_off_and_without_many_are()
    {
        var (careful, careless) = (Running(seed: 4, 0.9915, 0.0085), Running(seed: 4, 0.99, 0.0085));
        foreach (var plant in (ColumnPlant[])[careful, careless])
            plant.Advance(TimeSpan.FromDays(20), Cancel);
        Assert.Equal(0, careful.Kpi("off-specification minutes"));
        Assert.InRange(careless.Kpi("off-specification minutes"), 2000, 28800);
    }

    private static ColumnPlant Running(int seed, double top, double bottom, double disturbance = 1)
    {
        var plant = new ColumnPlant(seed, disturbance);
        plant.Set("distillate purity", top);
        plant.Set("bottoms impurity", bottom);
        return plant;
    }
}
