using Dure.Kernel;
using Dure.Plants;
using Xunit;

namespace Dure.Tests.Plants;

/// <summary>What every plant has from its base, shown on a tank that follows its set-point.</summary>
public sealed class VirtualPlantTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(double.NaN, "urn:dure:plants:not-a-number")]
    [InlineData(double.PositiveInfinity, "urn:dure:plants:not-a-number")]
    [InlineData(10.001, "urn:dure:plants:out-of-range")]
    [InlineData(-0.001, "urn:dure:plants:out-of-range")]
    public void A_setpoint_that_is_no_number_or_out_of_range_is_refused_and_changes_nothing(double value, string type)
    {
        var tank = new Tank(seed: 1);
        Assert.Equal(type, Assert.Throws<ProblemException>(() => tank.Set("level", value)).Problem.Type);
        Assert.Equal(5, tank.SetpointOf("level"));
    }

    [Fact]
    public void Unknown_names_are_refused_with_the_names_there_are()
    {
        var tank = new Tank(seed: 1);
        Assert.Contains("level", Assert.Throws<ProblemException>(() => tank.Set("pressure", 1)).Problem.Mend, StringComparison.Ordinal);
        Assert.Equal("urn:dure:plants:unknown-fault", Assert.Throws<ProblemException>(() => tank.Switch("fire", true)).Problem.Type);
    }

    [Theory]
    [InlineData(-60)]
    [InlineData(30)]
    public void Time_runs_forward_in_whole_intervals(int seconds) =>
        Assert.Equal("urn:dure:plants:bad-time",
            Assert.Throws<ProblemException>(() => new Tank(seed: 1).Advance(TimeSpan.FromSeconds(seconds), Cancel)).Problem.Type);

    [Fact]
    public void A_setpoint_ramps_at_its_speed_and_not_faster()
    {
        var tank = new Tank(seed: 1);
        tank.Set("level", 8);
        tank.Advance(TimeSpan.FromMinutes(2), Cancel);
        Assert.Equal(6, tank.Followed, 12);
        tank.Advance(TimeSpan.FromMinutes(10), Cancel);
        Assert.Equal(8, tank.Followed, 12);
    }

    [Fact]
    public void Reading_does_not_change_what_is_read_later()
    {
        var (read, unread) = (new Tank(seed: 3), new Tank(seed: 3));
        for (var minute = 0; minute < 50; minute++)
        {
            Assert.Equal(read.Measure(), read.Measure());
            read.Advance(TimeSpan.FromMinutes(1), Cancel);
        }
        unread.Advance(TimeSpan.FromMinutes(50), Cancel);
        Assert.Equal(unread.Measure(), read.Measure());
        Assert.Equal(unread.Save(), read.Save());
    }

    [Fact]
    public void A_restored_plant_continues_to_the_same_bytes()
    {
        var plant = new Tank(seed: 7);
        plant.Set("level", 9);
        plant.Switch("stuck gauge", true);
        plant.Advance(TimeSpan.FromMinutes(33), Cancel);
        var other = new Tank(seed: 1);
        other.Restore(plant.Save());
        foreach (var one in (Tank[])[plant, other])
        {
            one.Set("level", 2);
            one.Advance(TimeSpan.FromHours(3), Cancel);
        }
        Assert.Equal(plant.Save(), other.Save());
        Assert.Equal(plant.Measure(), other.Measure());
        Assert.Equal(TimeSpan.FromMinutes(213), other.Elapsed);
    }

    [Fact]
    public void Damaged_snapshots_are_refused_and_change_nothing()
    {
        var tank = new Tank(seed: 7);
        var snapshot = tank.Save();
        for (var place = 0; place < snapshot.Length; place++)
        {
            var damaged = (byte[])snapshot.Clone();
            damaged[place] ^= 0x10;
            Assert.Equal("urn:dure:plants:bad-snapshot", Assert.Throws<ProblemException>(() => tank.Restore(damaged)).Problem.Type);
            Assert.Throws<ProblemException>(() => tank.Restore(snapshot.AsSpan(0, place)));
        }
        Assert.Equal(snapshot, tank.Save());
    }

    [Fact]
    public void Noise_has_the_stated_spread_and_depends_on_the_seed()
    {
        var (tank, other) = (new Tank(seed: 5), new Tank(seed: 6));
        var (sum, squares, count) = (0.0, 0.0, 4000);
        for (var i = 0; i < count; i++)
        {
            tank.Advance(TimeSpan.FromMinutes(1), Cancel);
            var error = tank.Measure("level") - tank.Truth("level");
            (sum, squares) = (sum + error, squares + error * error);
        }
        other.Advance(tank.Elapsed, Cancel);
        Assert.NotEqual(other.Measure("level"), tank.Measure("level"));
        Assert.Equal(0, sum / count, 0.005);
        Assert.Equal(0.1, Math.Sqrt(squares / count), 0.005);
    }

    [Fact]
    public void An_analyser_reports_a_sample_when_it_is_ready_and_holds_it()
    {
        var tank = new Tank(seed: 1);
        tank.Set("level", 10);
        var truths = new List<double> { tank.Truth("level") };
        for (var minute = 1; minute <= 60; minute++)
        {
            tank.Advance(TimeSpan.FromMinutes(1), Cancel);
            truths.Add(tank.Truth("level"));
            var sampled = Math.Max(0, (minute - 7) / 5 * 5);
            Assert.Equal(minute < 7 ? truths[0] : truths[sampled], tank.Measure("analysed"));
        }
    }

    [Fact]
    public void Sensor_faults_bias_drift_stick_and_fall_silent_and_end()
    {
        var tank = new Tank(seed: 2);
        tank.Switch("silent gauge", true);
        Assert.True(double.IsNaN(tank.Measure("level")));
        tank.Switch("silent gauge", false);
        var before = tank.Measure("level");
        tank.Switch("stuck gauge", true);
        tank.Set("level", 10);
        tank.Advance(TimeSpan.FromHours(1), Cancel);
        Assert.Equal(before, tank.Measure("level"));
        tank.Switch("stuck gauge", false);
        Assert.NotEqual(before, tank.Measure("level"));
        before = tank.Measure("analysed");
        tank.Switch("lying analyser", true);
        Assert.Equal(before + 0.5, tank.Measure("analysed"), 12);
        tank.Advance(TimeSpan.FromHours(2), Cancel);
        Assert.Equal(tank.Truth("level") + 0.5 + 2 * 0.25, tank.Measure("analysed"), 6);
    }

    [Fact]
    public void Drift_grows_until_the_calibration()
    {
        var tank = new Tank(seed: 4);
        tank.Advance(TimeSpan.FromHours(23), Cancel);
        var late = tank.Measure("drifting") - tank.Truth("drifting");
        tank.Advance(TimeSpan.FromHours(1), Cancel);
        Assert.Equal(0.01 * 23 * SeededNoise.Normal(4, (2 << 20) + 2, 0), late, 9);
        Assert.Equal(tank.Truth("drifting"), tank.Measure("drifting"), 9);
    }

    [Fact]
    public void Breaches_name_what_is_truly_outside_its_limits()
    {
        var tank = new Tank(seed: 4);
        Assert.Empty(tank.Breaches());
        tank.Set("level", 10);
        tank.Advance(TimeSpan.FromHours(1), Cancel);
        Assert.Equal(["level"], tank.Breaches());
    }

    /// <summary>A first-order lag of ten minutes behind its set-point.</summary>
    private sealed class Tank : VirtualPlant
    {
        private static readonly PlantDescription Its = new(
            "tank", AssetId.Parse("plants/tank"), "A tank.",
            [new Setpoint("level", "m", 0, 10, 5, 0.5, "Level")],
            [
                new Measurement("level", "m", "Level", NoiseStandardDeviation: 0.1, Low: 1, High: 9),
                new Measurement("analysed", "m", "Level, sampled") { SampledEvery = TimeSpan.FromMinutes(5), Delay = TimeSpan.FromMinutes(7) },
                new Measurement("drifting", "m", "Level, drifting", DriftPerHour: 0.01),
            ],
            [new Kpi("level", "m", IsBetterLow: true, "Level")],
            [
                new Fault("stuck gauge", "Stuck.", new SensorFault("level", IsStuck: true)),
                new Fault("silent gauge", "Silent.", new SensorFault("level", IsSilent: true)),
                new Fault("lying analyser", "Bias.", new SensorFault("analysed", Bias: 0.5, DriftPerHour: 0.25)),
            ])
        { CalibratedEvery = TimeSpan.FromHours(24) };

        public Tank(int seed) : base(Its, TimeSpan.FromMinutes(1), 1, seed) => State[0] = 5;

        public double Followed => Values[0];

        protected override void AdvanceOnce() => State[0] += 0.1 * (Values[0] - State[0]);

        protected override void Sense(Span<double> truth) => truth.Fill(State[0]);

        protected override void Assess(Span<double> kpis) => kpis[0] = State[0];
    }
}
