using System.Diagnostics;
using Dure.Kernel;
using Dure.Plants;
using Dure.Plants.TennesseeEastman;
using Xunit;

namespace Dure.Tests.Plants.TennesseeEastman;

public sealed class PlantTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(8)]
    public void Two_days_pass_without_shutdown(int disturbance) => Stands(disturbance, seed: 4);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Speed", "Slow")]
    public void Two_days_pass_without_shutdown_under_each_disturbance(int seed)
    {
        for (var disturbance = 1; disturbance <= 20; disturbance++)
            Stands(disturbance, seed);
    }

    [Fact]
    public void The_base_case_is_held_and_costs_about_what_it_should()
    {
        var plant = new TennesseeEastmanPlant(seed: 2);
        double cost = 0;
        for (var hour = 0; hour < 48; hour++)
        {
            plant.Advance(Hour, TestContext.Current.CancellationToken);
            Assert.Empty(plant.Breaches());
            Assert.Equal(2705, plant.Truth("reactor pressure"), 10.0);
            Assert.Equal(53.7, plant.Truth("product g"), 0.5);
            cost += plant.Kpi("operating cost") / 48;
        }
        Assert.Equal(170.6, cost, 4.0);
        // 7038 kg/h of each G and H were published; a percent of light ends comes on top.
        Assert.Equal(14076 / 0.99, plant.Kpi("product flow"), 150.0);
    }

    [Fact]
    public void Moved_setpoints_are_reached()
    {
        var plant = new TennesseeEastmanPlant(seed: 3);
        (string Name, double Value, double Within)[] moves =
        [
            ("production rate", 22, 0.15), ("product g", 51, 0.5), ("reactor pressure", 2790, 6), ("reactor level", 68, 1),
            ("reactor temperature", 122, 0.1), ("separator level", 60, 2), ("stripper level", 42, 2),
        ];
        foreach (var (name, value, _) in moves)
            plant.Set(name, value);
        plant.Advance(60 * Hour, TestContext.Current.CancellationToken);
        Assert.Null(plant.ShutdownReason);
        foreach (var (name, value, within) in moves)
            Assert.Equal(value, plant.Truth(name == "production rate" ? "stripper underflow" : name), within);
    }

    [Fact]
    public void A_restored_plant_goes_on_to_the_same_bytes()
    {
        var plant = new TennesseeEastmanPlant(seed: 5);
        plant.Switch("idv 8", true);
        plant.Set("reactor pressure", 2760);
        plant.Advance(Hour, TestContext.Current.CancellationToken);
        var saved = plant.Save();
        var other = new TennesseeEastmanPlant(seed: 99);
        other.Restore(saved);
        plant.Advance(Hour, TestContext.Current.CancellationToken);
        other.Advance(Hour, TestContext.Current.CancellationToken);
        Assert.Equal(plant.Save(), other.Save());
        Assert.Equal(plant.Measure(), other.Measure());
    }

    [Fact]
    public void A_settled_plant_is_where_a_long_run_ends()
    {
        var (settled, ran) = (new TennesseeEastmanPlant(seed: 6), new TennesseeEastmanPlant(seed: 6));
        foreach (var plant in new[] { settled, ran })
        {
            plant.Set("reactor pressure", 2780);
            plant.Set("reactor level", 66);
            plant.Set("reactor temperature", 122);
            plant.Set("compressor recycle", 5);
            plant.Set("stripper steam", 10);
            plant.Set("agitator", 90);
        }
        settled.Settle();
        ran.Advance(100 * Hour, TestContext.Current.CancellationToken);
        var mean = new double[settled.Truth().Length];
        double cost = 0;
        for (var hour = 0; hour < 50; hour++)
        {
            ran.Advance(Hour, TestContext.Current.CancellationToken);
            cost += ran.Kpi("operating cost") / 50;
            var truth = ran.Truth();
            for (var i = 0; i < mean.Length; i++)
                mean[i] += truth[i] / 50;
        }
        Assert.Equal(settled.Kpi("operating cost"), cost, 0.01 * cost);
        Assert.All(mean.Zip(settled.Truth()), pair => Assert.Equal(pair.Second, pair.First, Math.Max(0.03 * Math.Abs(pair.Second), 0.05)));
    }

    [Fact]
    public void A_settled_plant_stays_where_it_is()
    {
        var plant = new TennesseeEastmanPlant(seed: 7);
        plant.Set("reactor pressure", 2800);
        plant.Settle();
        plant.Advance(10 * Hour, TestContext.Current.CancellationToken);
        Assert.Equal(2800, plant.Truth("reactor pressure"), 5.0);
        Assert.Equal(75, plant.Truth("reactor level"), 1.0);
    }

    /// <summary>Ricker, Computers chem. Engng 19 (1995) 949-959: the least cost at the base case's product is 114.31 $/h (mode 1, level 65 %, 2800 kPa).</summary>
    [Fact]
    public void The_published_optimum_costs_what_was_published()
    {
        var plant = new TennesseeEastmanPlant();
        foreach (var (name, value) in new[]
        {
            ("reactor pressure", 2800.0), ("reactor level", 65), ("reactor temperature", 122.9), ("feed share a", 63), ("feed a and c", 51),
            ("compressor recycle", 0), ("stripper steam", 1), ("agitator", 100),
        })
            plant.Set(name, value);
        plant.Settle();
        Assert.Equal(114.31, plant.Kpi("operating cost"), 0.5);
        Assert.Equal(plant.Kpi("operating cost"), plant.Cost.Total, 1e-12);
    }

    [Fact]
    public void Where_the_plant_cannot_rest_it_says_why_and_nothing_changes()
    {
        var plant = new TennesseeEastmanPlant(seed: 8);
        plant.Switch("idv 6", true);
        plant.Advance(TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken);
        var before = plant.Save();
        var problem = Assert.Throws<ProblemException>(plant.Settle).Problem;
        Assert.Equal("urn:dure:plants:unsettled", problem.Type);
        Assert.Equal(before, plant.Save());
    }

    [Fact]
    public void Setpoints_beyond_their_limits_are_refused()
    {
        var plant = new TennesseeEastmanPlant();
        Assert.All(plant.Description.Setpoints, one =>
        {
            Assert.Throws<ProblemException>(() => plant.Set(one.Name, one.High + 0.01));
            Assert.Throws<ProblemException>(() => plant.Set(one.Name, one.Low - 0.01));
            Assert.InRange(one.Start, one.Low, one.High);
        });
    }

    [Fact]
    public void The_description_is_whole()
    {
        var plant = new TennesseeEastmanPlant();
        var description = plant.Description;
        Assert.Equal((12, 41 + 12, 20), (description.Setpoints.Count, description.Measurements.Count, description.Faults.Count));
        Assert.Equal(plant.Truth(), plant.Measure());
        Assert.Equal(2705, plant.Truth("reactor pressure"), 0.001);
        Assert.Equal(63.053, plant.Truth("d feed valve"), 0.001);
        Assert.Equal(plant[Valve.DFeed], plant.Truth("d feed valve"));
    }

    [Fact]
    public void It_runs_two_thousand_times_faster_than_time()
    {
        var plant = new TennesseeEastmanPlant();
        plant.Advance(Hour, TestContext.Current.CancellationToken);
        var watch = Stopwatch.StartNew();
        plant.Advance(2 * Hour, TestContext.Current.CancellationToken);
        Assert.True(watch.Elapsed < 2 * Hour / 2000, $"2 h took {watch.Elapsed.TotalMilliseconds:F0} ms");
    }

    private static void Stands(int disturbance, int seed)
    {
        var plant = new TennesseeEastmanPlant(seed);
        if (disturbance > 0)
            plant.Switch($"idv {disturbance}", true);
        plant.Advance(48 * Hour, TestContext.Current.CancellationToken);
        Assert.True(plant.ShutdownReason is null, $"disturbance {disturbance}, seed {seed}: {plant.ShutdownReason} after {plant.Elapsed}");
        Assert.InRange(plant.Truth("reactor temperature"), 119, 122);
    }
}
