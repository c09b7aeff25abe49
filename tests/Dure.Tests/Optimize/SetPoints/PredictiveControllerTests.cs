using Dure.Kernel;
using Dure.Optimize.Numerics;
using Dure.Optimize.SetPoints;
using Dure.Plants.Distillation;
using Xunit;

namespace Dure.Tests.Optimize.SetPoints;

public sealed class PredictiveControllerTests
{
    [Fact]
    public void A_quadratic_program_is_solved_to_what_a_fine_search_finds()
    {
        var random = new Random(6);
        for (var round = 0; round < 60; round++)
        {
            double[] h = [2 + random.NextDouble(), 0.5, 0.5, 1 + random.NextDouble()], g = [4 * random.NextDouble() - 2, 4 * random.NextDouble() - 2];
            double[] a = [.. Enumerable.Range(0, 10).Select(_ => 2 * random.NextDouble() - 1)], b = [.. Enumerable.Range(0, 5).Select(_ => random.NextDouble())];
            var x = QuadraticProgram.Solve(h, g, a, b)!;
            var (value, best) = (Value(x[0], x[1]), double.PositiveInfinity);
            for (var p = -4.0; p <= 4; p += 0.02)
                for (var q = -4.0; q <= 4; q += 0.02)
                    if (Enumerable.Range(0, 5).All(i => a[2 * i] * p + a[2 * i + 1] * q <= b[i]))
                        best = Math.Min(best, Value(p, q));
            Assert.All(Enumerable.Range(0, 5), i => Assert.True(a[2 * i] * x[0] + a[2 * i + 1] * x[1] <= b[i] + 1e-8));
            Assert.InRange(value, best - 0.1, best + 1e-8);

            double Value(double p, double q) => 0.5 * (h[0] * p * p + 2 * h[1] * p * q + h[3] * q * q) + g[0] * p + g[1] * q;
        }
        Assert.Null(QuadraticProgram.Solve([1], [0], [1, -1], [-1, -1])); // x ≤ -1 and x ≥ 1
    }

    [Fact]
    public void Column_A_is_brought_to_new_purities_sooner_than_by_two_loops_and_without_offset()
    {
        var predictive = Run(new Predictive());
        var loops = Run(new TwoLoops());
        Assert.True(predictive.Error < 0.4 * loops.Error, $"squared error {predictive.Error} against {loops.Error}");
        Assert.InRange(predictive.Offset, 0, 2e-5);
    }

    [Fact]
    public void Inputs_keep_to_their_limits_and_moves_and_outputs_to_theirs_where_they_can()
    {
        var plant = new LinearPlant(1, 1, 1, [0.9], [0.1], [1]);
        var controller = new PredictiveController(plant, [new ControlInput(-2, 2, 0.3, 0.01)], [new ControlOutput(1, High: 1)]);
        var (x, before, highest) = (0.0, 0.0, 0.0);
        for (var n = 0; n < 100; n++)
        {
            var u = controller.Next([x + 0.2], [1.5])[0]; // a disturbance that the model does not know of
            Assert.InRange(u, -2, 2);
            Assert.InRange(Math.Abs(u - before), 0, 0.3 + 1e-9);
            before = u;
            x = 0.9 * x + 0.1 * u;
            highest = Math.Max(highest, x + 0.2);
        }
        Assert.InRange(highest, 0.99, 1.001); // the target is beyond the limit: it stands at the limit
    }

    [Fact]
    public void What_cannot_be_controlled_so_is_refused()
    {
        ControlInput[] input = [new(-1, 1, 1, 1)];
        ControlOutput[] output = [new(1)];
        Assert.Contains("not stable", Assert.Throws<ProblemException>(() => new PredictiveController(new LinearPlant(1, 1, 1, [1.01], [1], [1]), input, output)).Problem.What, StringComparison.Ordinal);
        Assert.Throws<ProblemException>(() => new PredictiveController(new LinearPlant(2, 1, 1, [0.5], [1], [1]), input, output));
        Assert.Throws<ProblemException>(() => new PredictiveController(new LinearPlant(1, 1, 1, [double.NaN], [1], [1]), input, output));
        Assert.Throws<ProblemException>(() => new PredictiveController(new LinearPlant(1, 1, 1, [0.5], [1], [1]), [new(1, 2, 1, 1)], output));
        Assert.Throws<ProblemException>(() => new PredictiveController(new LinearPlant(1, 1, 1, [0.5], [1], [1]), input, [new(1, 2, 1)]));
        Assert.Throws<ProblemException>(() => new PredictiveController(new LinearPlant(1, 1, 1, [0.5], [1], [1]), input, output).Next([0], [double.NaN]));
    }

    private interface IControl
    {
        (double Reflux, double BoilUp) Act(double top, double bottom, double topTarget, double bottomTarget);
    }

    /// <summary>The true column for eight hours: new purities, then more feed. In L and V, which act on each other (relative gain 36).</summary>
    private static (double Error, double Offset) Run(IControl control)
    {
        var (state, stepper, error) = (ColumnA.SteadyStateOf(new ColumnInputs(ColumnA.NominalReflux, ColumnA.NominalBoilUp)), new ColumnStepper(), 0.0);
        for (var minute = 0; minute < 480; minute++)
        {
            var (top, bottom) = minute < 10 ? (0.99, 0.01) : (0.992, 0.008);
            var (reflux, boilUp) = control.Act(state[ColumnA.Stages - 1], state[0], top, bottom);
            var inputs = new ColumnInputs(ColumnA.NominalReflux + reflux, ColumnA.NominalBoilUp + boilUp, Feed: minute < 240 ? 1 : 1.02);
            for (var n = 0; n < 4; n++)
                stepper.Step(state, inputs, 0.25);
            error += Math.Pow(1000 * (state[ColumnA.Stages - 1] - top), 2) + Math.Pow(1000 * (state[0] - bottom), 2);
        }
        return (error, Math.Max(Math.Abs(state[ColumnA.Stages - 1] - 0.992), Math.Abs(state[0] - 0.008)));
    }

    /// <summary>Skogestad's two-loop tuning for the LV structure: gains 26.1 and -37.5, resets 3.76 and 3.31 min, with an analyser's minute as the sampling time.</summary>
    private sealed class TwoLoops : IControl
    {
        private double top, bottom;

        public (double Reflux, double BoilUp) Act(double topIs, double bottomIs, double topTarget, double bottomTarget)
        {
            var (topError, bottomError) = (topTarget - topIs, bottomTarget - bottomIs);
            (top, bottom) = (top + topError / 3.76, bottom + bottomError / 3.31);
            return (26.1 * (topError + top), -37.5 * (bottomError + bottom));
        }
    }

    /// <summary>A controller on the column linearised at its nominal point, all 82 states of it, sampled by the minute.</summary>
    private sealed class Predictive : IControl
    {
        private readonly PredictiveController controller = new(Linear(), [new(-1, 1, 0.1, 0.05), new(-1, 1, 0.1, 0.05)], [new(1e4), new(1e4)], horizon: 40, moves: 4);

        public (double Reflux, double BoilUp) Act(double top, double bottom, double topTarget, double bottomTarget)
        {
            var inputs = controller.Next([top - 0.99, bottom - 0.01], [topTarget - 0.99, bottomTarget - 0.01]);
            return (inputs[0], inputs[1]);
        }

        private static LinearPlant Linear()
        {
            const int N = ColumnA.StateLength;
            var rest = ColumnA.SteadyStateOf(new ColumnInputs(ColumnA.NominalReflux, ColumnA.NominalBoilUp));
            var (a, b, c, stepper) = (new double[N * N], new double[N * 2], new double[2 * N], new ColumnStepper());
            var still = Minute(rest, 0, 0);
            for (var j = 0; j < N; j++)
            {
                var moved = (double[])rest.Clone();
                moved[j] += 1e-6;
                var after = Minute(moved, 0, 0);
                for (var i = 0; i < N; i++)
                    a[i * N + j] = (after[i] - still[i]) / 1e-6;
            }
            for (var j = 0; j < 2; j++)
            {
                var after = Minute(rest, j == 0 ? 1e-6 : 0, j == 1 ? 1e-6 : 0);
                for (var i = 0; i < N; i++)
                    b[i * 2 + j] = (after[i] - still[i]) / 1e-6;
            }
            (c[ColumnA.Stages - 1], c[N]) = (1, 1);
            return new LinearPlant(N, 2, 2, a, b, c);

            double[] Minute(double[] from, double reflux, double boilUp)
            {
                var state = (double[])from.Clone();
                for (var n = 0; n < 4; n++)
                    stepper.Step(state, new ColumnInputs(ColumnA.NominalReflux + reflux, ColumnA.NominalBoilUp + boilUp), 0.25);
                return state;
            }
        }
    }
}
