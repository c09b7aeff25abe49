using Dure.Kernel;
using Dure.Plants.Integration;
using Dure.Plants.Reactors;
using Xunit;

namespace Dure.Tests.Plants.Reactors;

public sealed class ReactorTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_optimum_of_Williams_and_Otto_is_the_published_one()
    {
        Assert.Equal(190.9803, WilliamsOtto.SteadyProfit(4.78742, 89.70388), 5e-5);
        double[] published = [0.08746, 0.38962, 0.01531, 0.10946, 0.29061, 0.10754];
        var x = WilliamsOtto.SteadyStateOf(4.78742, 89.70388);
        for (var i = 0; i < published.Length; i++)
            Assert.Equal(published[i], x[i], 1e-5);
        foreach (var (feed, temperature) in ((double, double)[])[(0.02, 0), (-0.02, 0), (0, 0.2), (0, -0.2), (0.02, 0.2), (-0.02, -0.2)])
            Assert.True(WilliamsOtto.SteadyProfit(4.78742 + feed, 89.70388 + temperature) < 190.9803);
    }

    [Fact]
    public void The_constrained_optimum_is_the_published_one_and_only_G_is_at_its_limit()
    {
        var x = WilliamsOtto.SteadyStateOf(4.97468, 84.32244);
        Assert.Equal(178.5291, WilliamsOtto.SteadyProfit(4.97468, 84.32244), 1e-4);
        Assert.Equal(WilliamsOttoPlant.LimitOfG, x[5], 1e-6);
        Assert.True(x[0] < WilliamsOttoPlant.LimitOfA);
    }

    [Fact]
    public void A_fifth_of_the_box_is_feasible()
    {
        var (feasible, all) = (0, 0);
        for (var feed = 3.015; feed < 6; feed += 0.03)
        {
            for (var celsius = 70.15; celsius < 100; celsius += 0.3, all++)
            {
                var x = WilliamsOtto.SteadyStateOf(feed, celsius);
                if (x[0] <= WilliamsOttoPlant.LimitOfA && x[5] <= WilliamsOttoPlant.LimitOfG)
                    feasible++;
            }
        }
        Assert.Equal(0.19, feasible / (double)all, 0.01);
    }

    [Theory]
    [InlineData(3, 70)]
    [InlineData(4.8, 89)]
    [InlineData(6, 100)]
    public void Mass_fractions_at_rest_add_up_to_one_in_the_reactor_and_in_the_model_of_it(double feed, double celsius)
    {
        Assert.Equal(1, WilliamsOtto.SteadyStateOf(feed, celsius).Sum(), 1e-10);
        Assert.Equal(1, WilliamsOttoWithoutC.SteadyStateOf(feed, celsius).Sum(), 1e-10);
    }

    [Fact]
    public void The_model_without_C_misleads_by_a_stated_amount()
    {
        Assert.Equal(186.6, WilliamsOttoWithoutC.SteadyProfit(4.76, 78.2), 0.1);
        Assert.True(WilliamsOttoWithoutC.SteadyProfit(4.76, 78.2) > WilliamsOttoWithoutC.SteadyProfit(4.78742, 89.70388) + 40);
        Assert.Equal(150.7, WilliamsOtto.SteadyProfit(4.76, 78.2), 0.1);
    }

    [Fact]
    public void The_quiet_Williams_Otto_plant_settles_at_the_steady_state()
    {
        var plant = new WilliamsOttoPlant(seed: 1, disturbance: 0);
        plant.Set("feed of B", 4.78742);
        plant.Set("temperature", 89.70388);
        plant.Advance(TimeSpan.FromHours(4), Cancel);
        Assert.Equal(190.9803, plant.Kpi("profit"), 1e-4);
        Assert.Contains("G", plant.Breaches());
        Assert.True(plant.Kpi("off-specification minutes") > 100);
    }

    [Fact]
    public void Fixed_steps_of_the_plant_follow_the_accurate_integrator()
    {
        var plant = new WilliamsOttoPlant(seed: 1, disturbance: 0);
        var exact = WilliamsOtto.SteadyStateOf(plant.SetpointOf("feed of B"), plant.SetpointOf("temperature"));
        plant.Switch("jacket fouled", true);
        var method = new RungeKutta((_, at, rates) => WilliamsOtto.Rates(at, 5.5, 80, rates), WilliamsOtto.StateLength);
        for (var minute = 0; minute < 60; minute++)
        {
            plant.Advance(TimeSpan.FromMinutes(1), Cancel);
            method.Adaptive(exact, 0, 60, 1e-11, cancel: Cancel);
            for (var i = 0; i < exact.Length; i++)
                Assert.Equal(exact[i], plant.Truth()[i], 1e-8);
        }
    }

    [Fact]
    public void The_steady_state_of_van_de_Vusse_is_the_published_one()
    {
        var x = VanDeVusse.SteadyStateOf(14.19, -1113.5);
        Assert.Equal(2.14021, x[0], 1e-5);
        Assert.Equal(1.09030, x[1], 1e-5);
        Assert.Equal(114.1911, x[2], 1e-4);
        Assert.Equal(112.9066, x[3], 1e-4);
    }

    [Fact]
    public void Its_gain_changes_sign_at_the_published_flow()
    {
        var best = Enumerable.Range(0, 2000).Select(i => 14 + 0.001 * i).MaxBy(flow => VanDeVusse.SteadyStateOf(flow, -1113.5)[1]);
        Assert.Equal(14.743, best, 0.0015);
        Assert.Equal(1.09065, VanDeVusse.SteadyStateOf(best, -1113.5)[1], 1e-5);
    }

    [Fact]
    public void A_steady_state_that_does_not_exist_is_refused() =>
        Assert.Throws<ProblemException>(() => WilliamsOtto.SteadyStateOf(double.NaN, 80));
}
