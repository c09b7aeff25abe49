using System.Runtime.Intrinsics;
using Dure.Kernel;
using Dure.Plants.TennesseeEastman;
using Xunit;

namespace Dure.Tests.Plants.TennesseeEastman;

public sealed class ProcessTests
{
    [Fact]
    public void The_base_case_is_at_rest()
    {
        var rates = new double[50];
        new TennesseeEastmanProcess().Rates(rates);
        Assert.All(rates, rate => Assert.InRange(rate, -0.003, 0.003));
    }

    [Fact]
    public void The_base_case_costs_what_was_published_within_half_a_percent()
    {
        var cost = new TennesseeEastmanProcess().Cost();
        Assert.Equal(170.6, cost.Total, 0.005 * 170.6);
        Assert.Equal(cost.Total, cost.Purge + cost.Product + cost.Compressor + cost.Steam, 1e-9);
        Assert.All([cost.Purge, cost.Product, cost.Compressor, cost.Steam], part => Assert.True(part > 5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Mass_is_neither_made_nor_lost_whatever_the_state(int seed)
    {
        var random = new Random(seed);
        Span<double> state = stackalloc double[Flowsheet.States], rates = stackalloc double[Flowsheet.States], near = stackalloc double[4];
        ProcessDynamics.CopyBaseCase(state);
        foreach (ref var one in state)
            one *= 0.9 + 0.2 * random.NextDouble();
        near.Fill(90);
        Flowsheet.Evaluate(state, Surroundings.Nominal, near, rates, out var now);
        double gained = 0;
        foreach (var at in new[] { Flowsheet.ReactorAt, Flowsheet.SeparatorAt, Flowsheet.StripperAt, Flowsheet.MixingAt })
            gained += Mixtures.MolarMass(Vector512.Create<double>(rates[at..]));
        var cFeed = Mixtures.MolarMass(Vector512.Create(0.485, 0.005, 0.51, 0, 0, 0, 0, 0)) * now.CFeed;
        var aFeed = Mixtures.MolarMass(Vector512.Create(0.9999, 0.0001, 0, 0, 0, 0, 0, 0)) * now.AFeed;
        var entered = now.DFeedMass + now.EFeedMass + aFeed + cFeed;
        var left = now.Purge * Mixtures.MolarMass(now.PurgeFractions) + now.Product * Mixtures.MolarMass(now.ProductFractions);
        // A + C + E weigh 76.0 and A + E 48.0 like H and F, and so for G: only the rounding of single-precision constants is left.
        Assert.Equal(entered - left, gained, 1e-6 * entered);
    }

    [Theory]
    [InlineData(Valve.Purge, 0, "reactor pressure above 3000 kPa")]
    [InlineData(Valve.EFeed, 100, "reactor level above 24 m3")]
    [InlineData(Valve.CFeed, 0, "separator level below 1 m3")]
    [InlineData(Valve.StripperProduct, 0, "stripper level above 8 m3")]
    [InlineData(Valve.StripperProduct, 100, "stripper level below 1 m3")]
    public void A_valve_driven_to_its_end_stops_the_plant_and_the_reason_is_named(Valve valve, double percent, string reason)
    {
        var process = new TennesseeEastmanProcess { [valve] = percent };
        process.Advance(2 * 3600);
        Assert.Equal(reason, process.ShutdownReason);
    }

    [Theory]
    [InlineData(Flowsheet.ReactorAt, 1.6, 1, "reactor level above 24 m3")]
    [InlineData(Flowsheet.ReactorAt, 0.1, 1, "reactor level below 2 m3")]
    [InlineData(Flowsheet.ReactorAt, 1, 1.6, "reactor temperature above 175 Cel")]
    [InlineData(Flowsheet.SeparatorAt, 2.9, 1, "separator level above 12 m3")]
    public void Other_limits_are_watched_too(int unit, double liquid, double energy, string reason)
    {
        Span<double> state = stackalloc double[Flowsheet.States], rates = stackalloc double[Flowsheet.States], near = stackalloc double[4];
        ProcessDynamics.CopyBaseCase(state);
        near.Fill(90);
        // Gas is taken out, so that pressure, which is asked first, is not the reason.
        state.Slice(Flowsheet.ReactorAt, 3).Clear();
        state.Slice(Flowsheet.SeparatorAt, 3).Clear();
        foreach (ref var one in state.Slice(unit, 9))
            one *= liquid;
        state[unit + 8] *= energy;
        Flowsheet.Evaluate(state, Surroundings.Nominal, near, rates, out var now);
        Assert.Equal(reason, Shutdown.Reason(Shutdown.LimitPassed(now)));
    }

    [Fact]
    public void What_is_shut_down_stays_as_it_is()
    {
        var process = new TennesseeEastmanProcess { [Valve.ReactorCoolant] = 0 };
        process.Advance(1800);
        var then = process.States.ToArray();
        Assert.NotNull(process.ShutdownReason);
        process.Advance(1800);
        Assert.Equal(then, process.States);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_other_noise()
    {
        double[] Run(int seed)
        {
            var process = new TennesseeEastmanProcess(seed);
            process.Switch(ProcessDisturbance.CFeedCompositionVaries, true);
            process.Advance(1500);
            var readings = new double[41];
            process.Measure(readings);
            return [.. process.States, .. readings];
        }
        Assert.Equal(Run(7), Run(7));
        Assert.NotEqual(Run(7), Run(8));
    }

    [Fact]
    public void Asking_for_readings_changes_nothing()
    {
        var (asked, unasked) = (new TennesseeEastmanProcess(3), new TennesseeEastmanProcess(3));
        double[] first = new double[41], second = new double[41];
        for (var i = 0; i < 500; i++)
        {
            asked.Advance(1);
            asked.Measure(first);
            unasked.Advance(1);
        }
        unasked.Measure(second);
        Assert.Equal(first, second);
        Assert.Equal(asked.States, unasked.States);
    }

    [Fact]
    public void Analysers_report_a_sample_late()
    {
        var process = new TennesseeEastmanProcess();
        var readings = new double[41];
        process.Measure(readings);
        var (gas, product) = (readings[22], readings[39]);
        process.Advance(350);
        process.Measure(readings);
        Assert.Equal((gas, product), (readings[22], readings[39]));
        process.Advance(20);
        process.Measure(readings);
        Assert.NotEqual(gas, readings[22]);
        Assert.Equal(product, readings[39]);
        process.Advance(600);
        process.Measure(readings);
        Assert.NotEqual(product, readings[39]);
    }

    [Fact]
    public void A_sticking_valve_follows_only_large_moves()
    {
        var process = new TennesseeEastmanProcess();
        process.Switch(ProcessDisturbance.ReactorCoolantValveSticks, true);
        process.Advance(60);
        var rest = process.States[47];
        process[Valve.ReactorCoolant] = rest + 1.9;
        process.Advance(60);
        Assert.Equal(rest, process.States[47], 1e-9);
        process[Valve.ReactorCoolant] = rest + 2.1;
        process.Advance(60);
        Assert.Equal(rest + 2.1, process.States[47], 1e-3);
    }

    [Fact]
    public void Nonsense_is_refused()
    {
        var process = new TennesseeEastmanProcess();
        Assert.Throws<ProblemException>(() => process[Valve.Purge] = double.NaN);
        Assert.Throws<ProblemException>(() => process[(Valve)12] = 1);
        Assert.Throws<ProblemException>(() => process.Switch((ProcessDisturbance)21, true));
        Assert.Throws<ArgumentOutOfRangeException>(() => process.Advance(-1));
    }

    [Fact]
    public void A_command_beyond_a_valves_end_opens_it_to_its_end()
    {
        var process = new TennesseeEastmanProcess { [Valve.Agitator] = 250 };
        process.Advance(60);
        Assert.InRange(process.States[49], 99, 100);
    }
}
