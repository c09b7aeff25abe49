using Dure.Kernel;
using Dure.Plants.Integration;
using Xunit;

namespace Dure.Tests.Plants.Integration;

public sealed class IntegrationTests
{
    private static readonly Rates Swing = (_, x, rates) => (rates[0], rates[1]) = (x[1], -x[0]);

    [Fact]
    public void Fixed_steps_are_of_fourth_order()
    {
        var (coarse, fine) = (ErrorOfSwing(50), ErrorOfSwing(100));
        Assert.InRange(coarse / fine, 14, 18);
        Assert.InRange(fine, 0, 1e-5);
    }

    [Theory]
    [InlineData(1e-6)]
    [InlineData(1e-9)]
    [InlineData(1e-11)]
    public void Adaptive_steps_keep_near_the_error_asked_for(double error)
    {
        double[] state = [1, 0];
        new RungeKutta(Swing, 2).Adaptive(state, 0, 20, error, error, TestContext.Current.CancellationToken);
        Assert.InRange(Math.Abs(state[0] - Math.Cos(20)), 0, 100 * error);
        Assert.InRange(Math.Abs(state[1] + Math.Sin(20)), 0, 100 * error);
    }

    [Fact]
    public void Adaptive_steps_hit_the_end_and_see_the_time()
    {
        double[] state = [0];
        new RungeKutta((time, _, rates) => rates[0] = 3 * time * time, 1).Adaptive(state, 1, 2.5, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(2.5 * 2.5 * 2.5 - 1, state[0], 1e-9);
    }

    [Fact]
    public void A_solution_that_runs_away_is_refused_and_not_waited_for() =>
        Assert.Equal("urn:dure:plants:not-integrable", Assert.Throws<ProblemException>(() =>
            new RungeKutta((_, x, rates) => rates[0] = x[0] * x[0], 1).Adaptive(new double[] { 1 }, 0, 2, cancel: TestContext.Current.CancellationToken)).Problem.Type);

    [Fact]
    public void A_rate_that_is_no_number_is_refused() =>
        Assert.Throws<ProblemException>(() =>
            new RungeKutta((_, _, rates) => rates[0] = double.NaN, 1).Adaptive(new double[] { 1 }, 0, 2, cancel: TestContext.Current.CancellationToken));

    [Fact]
    public void Factors_solve_what_needs_exchanged_rows_and_singular_matrices_are_known()
    {
        var random = new Random(3);
        for (var size = 1; size <= 30; size++)
        {
            var matrix = Enumerable.Range(0, size * size).Select(_ => random.NextDouble() - 0.5).ToArray();
            if (size > 1)
                matrix[0] = 0;
            var truth = Enumerable.Range(0, size).Select(_ => random.NextDouble()).ToArray();
            var right = new double[size];
            for (var row = 0; row < size; row++)
                for (var column = 0; column < size; column++)
                    right[row] += matrix[row * size + column] * truth[column];
            var solution = new double[size];
            LuFactors.TryOf((double[])matrix.Clone(), size)!.Solve(right, solution);
            for (var i = 0; i < size; i++)
                Assert.Equal(truth[i], solution[i], 1e-8);
        }
        Assert.Null(LuFactors.TryOf([1, 2, 2, 4], 2));
        Assert.Null(LuFactors.TryOf([double.NaN], 1));
    }

    [Fact]
    public void Newton_finds_a_steady_state_from_afar_and_says_when_there_is_none()
    {
        double[] state = [10, -5];
        SteadyState.Solve((_, x, rates) => (rates[0], rates[1]) = (Math.Exp(x[0] / 4) - 2, x[0] * x[1] - 1), state);
        Assert.Equal(4 * Math.Log(2), state[0], 1e-9);
        Assert.Equal(1 / (4 * Math.Log(2)), state[1], 1e-9);
        Assert.Equal("urn:dure:plants:no-steady-state",
            Assert.Throws<ProblemException>(() => SteadyState.Solve((_, x, rates) => rates[0] = x[0] * x[0] + 1, new double[] { 3 })).Problem.Type);
    }

    private static double ErrorOfSwing(int steps)
    {
        double[] state = [1, 0];
        new RungeKutta(Swing, 2).Fixed(state, 0, 6.0 / steps, steps);
        return double.Hypot(state[0] - Math.Cos(6), state[1] + Math.Sin(6));
    }
}
