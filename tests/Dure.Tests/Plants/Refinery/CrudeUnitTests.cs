using Dure.Kernel;
using Dure.Plants.Distillation;
using Dure.Plants.Integration;
using Dure.Plants.Refinery;
using Xunit;

namespace Dure.Tests.Plants.Refinery;

public sealed class CrudeUnitTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void From_the_base_point_to_the_best_permitted_one_the_physics_save_23_2_percent_of_the_fuel() =>
        Assert.Equal(-0.232, CrudeUnit.SteadyFuel(0.99, 0.01, 2, 200) / CrudeUnit.SteadyFuel(0.995, 0.005, 6, 300) - 1, 0.0005);

    [Theory]
    [InlineData(21, 200)]
    [InlineData(-1, 200)]
    [InlineData(double.NaN, 200)]
    [InlineData(2, double.NaN)]
    [InlineData(2, 3000)]
    public void A_heater_that_gives_no_heat_is_refused(double oxygen, double stack) =>
        Assert.Equal("urn:dure:plants:no-heat", Assert.Throws<ProblemException>(() => CrudeUnit.SteadyFuel(0.99, 0.01, oxygen, stack)).Problem.Type);

    [Fact]
    public void The_quiet_unit_settles_at_the_same_fuel_as_the_physics_say()
    {
        Assert.Equal(CrudeUnit.SteadyFuel(0.995, 0.005, 6, 300), DayOfFuel(0.995, 0.005, 6, 300), 4.0);
        Assert.Equal(CrudeUnit.SteadyFuel(0.99, 0.01, 2, 200), DayOfFuel(0.99, 0.01, 2, 200), 4.0);
    }

    [Fact]
    public void With_a_margin_to_the_specification_a_fifth_is_saved_and_no_minute_is_off()
    {
        var (careful, careless) = (Running(seed: 11, 0.9914, 0.0086, 2, 200), Running(seed: 11, 0.995, 0.005, 6, 300));
        foreach (var unit in (CrudeUnit[])[careful, careless])
            unit.Advance(TimeSpan.FromDays(30), Cancel);
        Assert.Equal(0, careful.Kpi("off-specification minutes"));
        Assert.Equal(0, careful.Kpi("emission minutes"));
        Assert.Equal(0, careless.Kpi("off-specification minutes"));
        Assert.InRange(careful.Kpi("specific fuel") / careless.Kpi("specific fuel"), 0.78, 0.81);
    }

    [Fact]
    public void At_the_specification_itself_minutes_are_off_and_counted()
    {
        var unit = Running(seed: 2, 0.99, 0.01, 2, 200);
        unit.Advance(TimeSpan.FromDays(4), Cancel);
        Assert.InRange(unit.Kpi("off-specification minutes"), 1000, 4 * 1440);
    }

    [Fact]
    public void Fouled_burners_at_two_percent_oxygen_make_emission_minutes()
    {
        var unit = Running(seed: 2, 0.992, 0.008, 2, 200);
        unit.Switch("burners fouled", true);
        unit.Advance(TimeSpan.FromDays(3), Cancel);
        Assert.True(unit.Kpi("emission minutes") > 500);
        Assert.True(unit.Truth("carbon monoxide") > 60);
    }

    [Fact]
    public void An_analyser_that_reads_too_pure_puts_the_product_off_specification()
    {
        var unit = Running(seed: 2, 0.9914, 0.0086, 2, 200);
        unit.Switch("purity reads high", true);
        unit.Advance(TimeSpan.FromDays(2), Cancel);
        Assert.True(unit.Kpi("off-specification minutes") > 1000);
        Assert.Contains("distillate purity", unit.Breaches());
    }

    [Fact]
    public void A_silent_analyser_freezes_the_control_and_breaks_nothing()
    {
        var unit = Running(seed: 2, 0.9914, 0.0086, 2, 200);
        unit.Switch("impurity silent", true);
        unit.Advance(TimeSpan.FromDays(1), Cancel);
        Assert.True(double.IsNaN(unit.Measure("bottoms impurity")));
        Assert.All(unit.Truth(), value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void Over_a_month_what_goes_in_comes_out()
    {
        var unit = Running(seed: 5, 0.992, 0.008, 3, 250);
        var (feed, left) = (0.0, 0.0);
        for (var minute = 0; minute < 30 * 1440; minute++)
        {
            unit.Advance(TimeSpan.FromMinutes(1), Cancel);
            feed += unit.Truth("feed");
            left += unit.Truth("distillate") + unit.Truth("bottoms");
        }
        Assert.Equal(1, left / feed, 1e-4);
    }

    [Fact]
    public void Each_setpoint_range_is_kept_and_ramped()
    {
        var unit = new CrudeUnit(seed: 1);
        Assert.Throws<ProblemException>(() => unit.Set("oxygen", 1.9));
        Assert.Throws<ProblemException>(() => unit.Set("stack temperature", double.NaN));
        unit.Set("oxygen", 2);
        unit.Advance(TimeSpan.FromMinutes(20), Cancel);
        Assert.InRange(unit.Truth("oxygen"), 3.5, 5.2);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        var units = (CrudeUnit[])[new(seed: 8), new(seed: 8), new(seed: 9)];
        foreach (var unit in units)
            unit.Advance(TimeSpan.FromDays(2), Cancel);
        Assert.Equal(units[0].Save(), units[1].Save());
        Assert.NotEqual(units[0].Save(), units[2].Save());
    }

    [Fact]
    public void A_restored_unit_continues_to_the_same_bytes()
    {
        var (unit, other) = (Running(seed: 3, 0.993, 0.007, 3, 240), new CrudeUnit(seed: 1));
        unit.Switch("oxygen drifting", true);
        unit.Advance(TimeSpan.FromMinutes(1234), Cancel);
        other.Restore(unit.Save());
        foreach (var one in (CrudeUnit[])[unit, other])
        {
            one.Set("oxygen", 4);
            one.Advance(TimeSpan.FromDays(1), Cancel);
        }
        Assert.Equal(unit.Save(), other.Save());
        Assert.Equal(unit.Measure(), other.Measure());
    }

    [Fact]
    public void The_long_step_follows_the_accurate_integrator_under_moving_inputs()
    {
        var (start, state) = ColumnA.FlowsFor(0.992, 0.008);
        var exact = (double[])state.Clone();
        var inputs = start;
        var (stepper, method, worst) = (new ColumnStepper(), new RungeKutta((_, at, rates) => ColumnA.Rates(at, inputs, rates), ColumnA.StateLength), 0.0);
        for (var minute = 0; minute < 600; minute++)
        {
            inputs = start with
            {
                Feed = 1 + 0.02 * SeededWave(minute, 0), FeedComposition = 0.5 + 0.005 * SeededWave(minute, 1),
                Reflux = start.Reflux + 0.02 * SeededWave(minute, 2), BoilUp = start.BoilUp + 0.02 * SeededWave(minute, 0) + 0.02 * SeededWave(minute, 2),
            };
            stepper.Step(state, inputs, 0.5);
            stepper.Step(state, inputs, 0.5);
            method.Adaptive(exact, minute, minute + 1, 1e-9, cancel: Cancel);
            worst = Math.Max(worst, Math.Max(Math.Abs(state[0] - exact[0]), Math.Abs(state[ColumnA.Stages - 1] - exact[ColumnA.Stages - 1])));
        }
        Assert.InRange(worst, 0, 2e-5);
    }

    [Fact, Trait("Speed", "Slow")]
    public void In_a_thousand_days_with_a_margin_no_minute_is_off_specification()
    {
        var unit = Running(seed: 5001, 0.9914, 0.0086, 2, 200);
        unit.Advance(TimeSpan.FromDays(1000), Cancel);
        Assert.Equal(0, unit.Kpi("off-specification minutes"));
        Assert.Equal(0, unit.Kpi("emission minutes"));
    }

    private static double SeededWave(int minute, int stream) => Math.Sin(minute / (13.0 + 17 * stream)) + 0.5 * Math.Sin(minute / (3.1 + stream));

    private static CrudeUnit Running(int seed, double top, double bottom, double oxygen, double stack, double disturbance = 1)
    {
        var unit = new CrudeUnit(seed, disturbance);
        unit.Set("distillate purity", top);
        unit.Set("bottoms impurity", bottom);
        unit.Set("oxygen", oxygen);
        unit.Set("stack temperature", stack);
        return unit;
    }

    /// <summary>kg/h, the mean over two days after one of settling.</summary>
    private static double DayOfFuel(double top, double bottom, double oxygen, double stack)
    {
        var unit = Running(1, top, bottom, oxygen, stack, disturbance: 0);
        unit.Advance(TimeSpan.FromDays(1), Cancel);
        var before = unit.Kpi("fuel used");
        unit.Advance(TimeSpan.FromDays(2), Cancel);
        return (unit.Kpi("fuel used") - before) * 1000 / 48;
    }
}
