using Dure.Plants.Heating;
using Xunit;

namespace Dure.Tests.Plants.Heating;

public sealed class FiredHeaterTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(300, 6, 14.84)]
    [InlineData(300, 3, 12.79)]
    [InlineData(250, 3, 10.50)]
    [InlineData(200, 2, 7.87)]
    [InlineData(180, 1.5, 6.86)]
    public void The_stack_loss_is_Siegerts(double stack, double oxygen, double percent) =>
        Assert.Equal(percent, 100 * FiredHeater.StackLoss(stack, 20, oxygen), 0.006);

    [Fact]
    public void Carbon_monoxide_is_harmless_at_two_percent_oxygen_and_rises_steeply_below_one_and_a_half()
    {
        Assert.InRange(FiredHeater.CarbonMonoxide(2), 10, 20);
        Assert.InRange(FiredHeater.CarbonMonoxide(1.5), 30, 60);
        Assert.True(FiredHeater.CarbonMonoxide(1.1) > FiredHeaterPlant.CarbonMonoxideLimit);
        Assert.True(FiredHeater.UnburntLoss(0.5, FiredHeater.CarbonMonoxide(0.5)) > 0.01);
    }

    [Fact]
    public void The_best_efficiency_lies_where_air_saved_and_gas_unburnt_balance()
    {
        var best = Enumerable.Range(0, 700).Select(i => 0.3 + 0.01 * i).MaxBy(oxygen => FiredHeater.Efficiency(200, 20, oxygen));
        Assert.InRange(best, 0.9, 1.6);
    }

    [Fact]
    public void Oxygen_and_air_ratio_turn_into_each_other() =>
        Assert.All(Enumerable.Range(0, 40).Select(i => 0.2 * i), oxygen => Assert.Equal(oxygen, FiredHeater.OxygenOf(FiredHeater.AirRatio(oxygen)), 1e-12));

    [Fact]
    public void Heat_closes_in_a_quiet_heater_at_rest_and_the_set_points_are_held()
    {
        var heater = Quiet(oxygen: 3, stack: 250);
        Assert.Equal(3, heater.Truth("oxygen"), 0.05);
        Assert.Equal(250, heater.Truth("stack temperature"), 0.2);
        var fired = heater.Truth("fuel") / 3600 * 48;
        Assert.Equal(38, fired * heater.Kpi("efficiency") / 100, 0.05);
        Assert.Equal(1 - 0.015 - 0.1050, heater.Kpi("efficiency") / 100, 0.001);
        Assert.Empty(heater.Breaches());
    }

    [Fact]
    public void A_colder_stack_takes_less_bypass_and_less_fuel()
    {
        var (hot, cold) = (Quiet(6, 300), Quiet(6, 200));
        Assert.True(cold.Truth("preheater bypass") < hot.Truth("preheater bypass") - 20);
        Assert.Equal((1 - 0.015 - FiredHeater.StackLoss(300, 20, 6)) / (1 - 0.015 - FiredHeater.StackLoss(200, 20, 6)), cold.Truth("fuel") / hot.Truth("fuel"), 0.002);
    }

    [Fact]
    public void Short_air_and_a_stack_below_the_dew_point_are_breaches_and_emission_minutes_count()
    {
        var heater = Quiet(0.7, 140);
        Assert.Contains("carbon monoxide", heater.Breaches());
        Assert.Contains("stack temperature", heater.Breaches());
        Assert.True(heater.Kpi("emission minutes") > 60);
    }

    [Fact]
    public void An_analyser_that_reads_high_starves_the_burners()
    {
        var heater = Quiet(2, 200);
        heater.Switch("oxygen reads high", true);
        heater.Advance(TimeSpan.FromHours(4), Cancel);
        Assert.Equal(1.2, heater.Truth("oxygen"), 0.1);
        Assert.Equal(2, heater.Measure("oxygen"), 0.2);
    }

    [Fact]
    public void A_restored_heater_continues_to_the_same_bytes()
    {
        var (heater, other) = (new FiredHeaterPlant(seed: 4), new FiredHeaterPlant(seed: 9));
        heater.Set("oxygen", 2.5);
        heater.Switch("oxygen stuck", true);
        heater.Advance(TimeSpan.FromHours(5), Cancel);
        other.Restore(heater.Save());
        heater.Advance(TimeSpan.FromHours(20), Cancel);
        other.Advance(TimeSpan.FromHours(20), Cancel);
        Assert.Equal(heater.Save(), other.Save());
        Assert.Equal(heater.Measure(), other.Measure());
    }

    private static FiredHeaterPlant Quiet(double oxygen, double stack)
    {
        var heater = new FiredHeaterPlant(seed: 1, disturbance: 0);
        heater.Set("oxygen", oxygen);
        heater.Set("stack temperature", stack);
        heater.Advance(TimeSpan.FromDays(1), Cancel);
        return heater;
    }
}
