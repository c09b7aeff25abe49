using Dure.Kernel;
using Dure.Plants.Distillation;
using Dure.Plants.Integration;
using Xunit;

namespace Dure.Tests.Plants.Distillation;

public sealed class ColumnATests
{
    private static readonly ColumnInputs Nominal = new(ColumnA.NominalReflux, ColumnA.NominalBoilUp);

    [Fact]
    public void Gains_and_relative_gain_are_the_published_ones()
    {
        var gains = ColumnA.Gains(Nominal);
        double[] published = [0.87540, -0.86176, 1.08460, -1.09824];
        for (var i = 0; i < 4; i++)
            Assert.Equal(published[i], gains[i], 1e-4);
        Assert.Equal(35.94, 1 / (1 - gains[1] * gains[2] / (gains[0] * gains[3])), 0.02);
    }

    [Theory]
    [InlineData(0.99, 0.01, 2.7063, 3.2063)]
    [InlineData(0.98, 0.02, 2.2863, 2.7863)]
    [InlineData(0.95, 0.05, 1.8732, 2.3732)]
    [InlineData(0.995, 0.01, 3.0488, 3.5462)]
    [InlineData(0.995, 0.005, 3.3530, 3.8530)]
    public void Flows_for_specifications_are_the_published_ones(double top, double bottom, double reflux, double boilUp)
    {
        var (inputs, _) = ColumnA.FlowsFor(top, bottom);
        Assert.Equal(reflux, inputs.Reflux, 1e-4);
        Assert.Equal(boilUp, inputs.BoilUp, 1e-4);
    }

    [Fact]
    public void The_light_component_and_the_whole_balance_over_the_column_at_rest()
    {
        var inputs = Nominal with { Feed = 1.03, FeedComposition = 0.47, BoilUp = 3.1, FeedLiquidShare = 0.9 };
        var state = ColumnA.SteadyStateOf(inputs);
        var (distillate, bottoms) = (ColumnA.Distillate(state), ColumnA.Bottoms(state));
        Assert.Equal(inputs.Feed, distillate + bottoms, 1e-10);
        Assert.Equal(inputs.Feed * inputs.FeedComposition, distillate * state[ColumnA.Stages - 1] + bottoms * state[0], 1e-10);
    }

    [Fact]
    public void Nothing_appears_or_is_lost_while_the_column_moves()
    {
        var (state, rates) = (ColumnA.SteadyStateOf(Nominal), new double[ColumnA.StateLength]);
        var random = new Random(5);
        for (var i = 0; i < state.Length; i++)
            state[i] *= 1 + 0.02 * (random.NextDouble() - 0.5);
        var inputs = Nominal with { Feed = 1.1, FeedComposition = 0.4, Reflux = 2.5 };
        ColumnA.Rates(state, inputs, rates);
        var (moles, light) = (0.0, 0.0);
        for (var i = 0; i < ColumnA.Stages; i++)
        {
            moles += rates[ColumnA.Stages + i];
            light += rates[ColumnA.Stages + i] * state[i] + rates[i] * state[ColumnA.Stages + i];
        }
        var (distillate, bottoms) = (ColumnA.Distillate(state), ColumnA.Bottoms(state));
        Assert.Equal(inputs.Feed - distillate - bottoms, moles, 1e-12);
        Assert.Equal(inputs.Feed * inputs.FeedComposition - distillate * state[ColumnA.Stages - 1] - bottoms * state[0], light, 1e-12);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.25)]
    public void The_fast_stepper_follows_the_accurate_integrator(double minutes)
    {
        var inputs = Nominal with { Feed = 1.05, FeedComposition = 0.48, Reflux = 2.9, BoilUp = 3.4 };
        var (fast, exact) = (ColumnA.SteadyStateOf(Nominal), ColumnA.SteadyStateOf(Nominal));
        var (stepper, method, worst) = (new ColumnStepper(), new RungeKutta((_, at, rates) => ColumnA.Rates(at, inputs, rates), ColumnA.StateLength), 0.0);
        for (var time = 0; time < 300; time++)
        {
            for (var n = 0.0; n < 1; n += minutes)
                stepper.Step(fast, inputs, minutes);
            method.Adaptive(exact, time, time + 1, 1e-10, cancel: TestContext.Current.CancellationToken);
            worst = Math.Max(worst, Math.Max(Math.Abs(fast[0] - exact[0]), Math.Abs(fast[ColumnA.Stages - 1] - exact[ColumnA.Stages - 1])));
        }
        Assert.InRange(worst, 0, 4e-4 * minutes * minutes);
    }

    [Theory]
    [InlineData(0.4, 0.01, 0.5)]
    [InlineData(0.99, 0.6, 0.5)]
    [InlineData(double.NaN, 0.01, 0.5)]
    [InlineData(0.999999999999, 1e-12, 0.5)]
    public void Products_that_no_column_gives_are_refused(double top, double bottom, double feed) =>
        Assert.Equal("urn:dure:plants:no-such-separation", Assert.Throws<ProblemException>(() => ColumnA.FlowsFor(top, bottom, feed)).Problem.Type);

    [Fact]
    public void Flows_with_which_a_stage_runs_dry_are_refused() =>
        Assert.Equal("urn:dure:plants:runs-dry", Assert.Throws<ProblemException>(() => ColumnA.SteadyStateOf(Nominal with { BoilUp = 12 })).Problem.Type);
}
