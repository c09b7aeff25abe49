using Dure.Plants.Fermentation;
using Dure.Plants.Integration;
using Xunit;

namespace Dure.Tests.Plants.Fermentation;

public sealed class FedBatchTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A feed in thirty half hours, found by coordinate search from a constant one.</summary>
    private static readonly double[] Good =
    [
        0.155, 0.183, 0.213, 0.247, 0.284, 0.337, 0.382, 0.454, 0.517, 0.609, 0.707, 0.816, 0.947, 1.113, 1.284,
        1.467, 1.804, 2.000, 1.828, 0.000, 0.000, 0.764, 0.777, 0.777, 0.781, 0.787, 0.800, 0.831, 0.901, 1.534,
    ];

    [Fact]
    public void A_good_feed_in_half_hours_comes_near_the_optima_that_were_reported()
    {
        var plant = new FedBatchPlant(seed: 1, disturbance: 0);
        foreach (var feed in Good)
        {
            plant.Set("feed", feed);
            plant.Advance(TimeSpan.FromMinutes(30), Cancel);
        }
        Assert.Equal(32.574, plant.Kpi("secreted protein"), 0.002);
    }

    [Fact]
    public void Feeding_all_the_time_or_never_yields_far_less()
    {
        Assert.InRange(Constant(0), 0, 5);
        Assert.InRange(Constant(2), 0, 20);
        Assert.InRange(Constant(0.5), 5, 30);
    }

    [Fact]
    public void Glucose_and_cells_balance_over_the_tank()
    {
        double[] state = [.. SecretedProtein.Start];
        new RungeKutta((_, x, rates) => SecretedProtein.Rates(x, 0.6, rates), SecretedProtein.StateLength).Adaptive(state, 0, 10, 1e-11, cancel: Cancel);
        var (cells, glucose, fed) = (state[2] * state[4], state[3] * state[4], 20 * 0.6 * 10);
        Assert.Equal(7.3 * (cells - 1), 5 + fed - glucose, 1e-7);
        Assert.Equal(1 + 6, state[4], 1e-9);
    }

    [Fact]
    public void The_batch_ends_and_then_stays_as_it_is()
    {
        var plant = new FedBatchPlant(seed: 3);
        Assert.Null(plant.ShutdownReason);
        plant.Advance(TimeSpan.FromHours(15), Cancel);
        var end = plant.Truth();
        Assert.NotNull(plant.ShutdownReason);
        plant.Set("feed", 1);
        plant.Advance(TimeSpan.FromHours(5), Cancel);
        Assert.Equal(end, plant.Truth());
    }

    [Fact]
    public void Batches_differ_by_their_seed_and_a_contaminated_one_yields_less()
    {
        var (one, other, poor) = (new FedBatchPlant(seed: 1), new FedBatchPlant(seed: 2), new FedBatchPlant(seed: 1));
        poor.Switch("contaminated", true);
        foreach (var plant in (FedBatchPlant[])[one, other, poor])
        {
            plant.Set("feed", 0.5);
            plant.Advance(TimeSpan.FromHours(15), Cancel);
        }
        Assert.NotEqual(one.Kpi("secreted protein"), other.Kpi("secreted protein"));
        Assert.True(poor.Kpi("secreted protein") < one.Kpi("secreted protein"));
    }

    private static double Constant(double feed)
    {
        var plant = new FedBatchPlant(seed: 1, disturbance: 0);
        plant.Set("feed", feed);
        plant.Advance(TimeSpan.FromHours(15), Cancel);
        return plant.Kpi("secreted protein");
    }
}
