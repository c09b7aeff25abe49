using Dure.Kernel;

namespace Dure.Plants.Integration;

/// <summary>The rate of change of a state; it must depend on its arguments only.</summary>
public delegate void Rates(double time, ReadOnlySpan<double> state, Span<double> rates);

/// <summary>Explicit integration of ordinary differential equations: with fixed steps, or with steps that keep a stated error.</summary>
public sealed class RungeKutta
{
    /// <summary>Steps of one call to <see cref="Adaptive"/>; more means that the equations are too stiff or have no solution.</summary>
    private const int MaxSteps = 10_000_000;

    private readonly Rates rates;
    private readonly double[] slopes;
    private readonly double[] trial;
    private readonly int size;

    public RungeKutta(Rates rates, int size)
    {
        (this.rates, this.size) = (rates, size);
        slopes = new double[7 * size];
        trial = new double[size];
    }

    /// <summary>Moves the state on by equal steps with the classical method of fourth order (Kutta 1901).</summary>
    public void Fixed(Span<double> state, double time, double step, int steps)
    {
        Span<double> first = Slope(0), second = Slope(1), third = Slope(2), fourth = Slope(3);
        for (var n = 0; n < steps; n++, time += step)
        {
            rates(time, state, first);
            Along(state, step / 2, first);
            rates(time + step / 2, trial, second);
            Along(state, step / 2, second);
            rates(time + step / 2, trial, third);
            Along(state, step, third);
            rates(time + step, trial, fourth);
            for (var i = 0; i < size; i++)
                state[i] += step / 6 * (first[i] + 2 * (second[i] + third[i]) + fourth[i]);
        }
    }

    /// <summary>Moves the state on with the pair 5(4) of Dormand and Prince (1980), local extrapolation, and step control by the error per step.</summary>
    /// <exception cref="ProblemException">The steps become too many or a rate is not finite.</exception>
    public void Adaptive(Span<double> state, double from, double to, double relativeError = 1e-9, double absoluteError = 1e-12, CancellationToken cancel = default)
    {
        var (time, step) = (from, Math.Min(to - from, 1e-3 * (to - from) + 1e-9));
        rates(time, state, Slope(0));
        for (var n = 0; time < to; n++)
        {
            if ((n & 255) == 255)
                cancel.ThrowIfCancellationRequested();
            step = Math.Min(step, to - time);
            var error = Try(state, time, step, relativeError, absoluteError);
            if (n == MaxSteps || !(step > 1e-14 * Math.Max(1, Math.Abs(time))))
                throw new ProblemException("urn:dure:plants:not-integrable", $"The equations cannot be integrated past time {time}: the step shrank to {step} after {n} steps.", "integration",
                    "Check that the inputs are finite and physical, or allow a larger error.");
            if (error <= 1)
            {
                time = step == to - time ? to : time + step;
                trial.CopyTo(state);
                Slope(6).CopyTo(Slope(0));
            }
            step *= double.IsFinite(error) ? Math.Clamp(0.9 * Math.Pow(Math.Max(error, 1e-10), -0.2), 0.2, 5) : 0.2;
        }
    }

    /// <summary>Leaves the state after a step in <see cref="trial"/> and its slope in slope 6; returns the error as a share of what is allowed.</summary>
    private double Try(ReadOnlySpan<double> state, double time, double step, double relativeError, double absoluteError)
    {
        Span<double> k1 = Slope(0), k2 = Slope(1), k3 = Slope(2), k4 = Slope(3), k5 = Slope(4), k6 = Slope(5), k7 = Slope(6);
        Along(state, step / 5, k1);
        rates(time + step / 5, trial, k2);
        for (var i = 0; i < size; i++)
            trial[i] = state[i] + step * (3.0 / 40 * k1[i] + 9.0 / 40 * k2[i]);
        rates(time + step * 3 / 10, trial, k3);
        for (var i = 0; i < size; i++)
            trial[i] = state[i] + step * (44.0 / 45 * k1[i] - 56.0 / 15 * k2[i] + 32.0 / 9 * k3[i]);
        rates(time + step * 4 / 5, trial, k4);
        for (var i = 0; i < size; i++)
            trial[i] = state[i] + step * (19372.0 / 6561 * k1[i] - 25360.0 / 2187 * k2[i] + 64448.0 / 6561 * k3[i] - 212.0 / 729 * k4[i]);
        rates(time + step * 8 / 9, trial, k5);
        for (var i = 0; i < size; i++)
            trial[i] = state[i] + step * (9017.0 / 3168 * k1[i] - 355.0 / 33 * k2[i] + 46732.0 / 5247 * k3[i] + 49.0 / 176 * k4[i] - 5103.0 / 18656 * k5[i]);
        rates(time + step, trial, k6);
        for (var i = 0; i < size; i++)
            trial[i] = state[i] + step * (35.0 / 384 * k1[i] + 500.0 / 1113 * k3[i] + 125.0 / 192 * k4[i] - 2187.0 / 6784 * k5[i] + 11.0 / 84 * k6[i]);
        rates(time + step, trial, k7);
        var sum = 0.0;
        for (var i = 0; i < size; i++)
        {
            var error = step * (71.0 / 57600 * k1[i] - 71.0 / 16695 * k3[i] + 71.0 / 1920 * k4[i] - 17253.0 / 339200 * k5[i] + 22.0 / 525 * k6[i] - 1.0 / 40 * k7[i]);
            var share = error / (absoluteError + relativeError * Math.Max(Math.Abs(state[i]), Math.Abs(trial[i])));
            sum += share * share;
        }
        return Math.Sqrt(sum / size);
    }

    private void Along(ReadOnlySpan<double> state, double step, ReadOnlySpan<double> slope)
    {
        for (var i = 0; i < size; i++)
            trial[i] = state[i] + step * slope[i];
    }

    private Span<double> Slope(int number) => slopes.AsSpan(number * size, size);
}
