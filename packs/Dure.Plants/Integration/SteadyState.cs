using Dure.Kernel;

namespace Dure.Plants.Integration;

/// <summary>The state at which nothing changes, by Newton's method with halved steps (Dennis and Schnabel 1983, ch. 6) and differences as derivatives.</summary>
public static class SteadyState
{
    private const int MaxRounds = 100;
    private const int MaxHalvings = 30;

    /// <summary>Moves the state to where the rates vanish; the size of the largest rate left.</summary>
    /// <param name="state">Where to begin, and the answer.</param>
    /// <param name="tolerance">Largest rate that counts as none.</param>
    /// <exception cref="ProblemException">No such state was found from there: <paramref name="state"/> is then the best that was seen.</exception>
    public static double Solve(Rates rates, Span<double> state, double tolerance = 1e-12)
    {
        var size = state.Length;
        var (rate, trial, trialRate, step, derivatives) = (new double[size], new double[size], new double[size], new double[size], new double[size * size]);
        rates(0, state, rate);
        for (var round = 0; round < MaxRounds && Largest(rate) > tolerance; round++)
        {
            Differentiate(rates, state, rate, derivatives, trial, trialRate);
            if (LuFactors.TryOf(derivatives, size) is not { } factors)
                break;
            factors.Solve(rate, step);
            var (before, share, halvings) = (Norm(rate), 1.0, 0);
            for (; halvings < MaxHalvings; halvings++, share /= 2)
            {
                for (var i = 0; i < size; i++)
                    trial[i] = state[i] - share * step[i];
                rates(0, trial, trialRate);
                if (Norm(trialRate) < before)
                    break;
            }
            if (halvings == MaxHalvings)
                break;
            trial.CopyTo(state);
            trialRate.CopyTo(rate, 0);
        }
        var left = Largest(rate);
        return left <= Math.Max(tolerance, 1e-9) ? left : throw new ProblemException("urn:dure:plants:no-steady-state",
            $"No steady state was found: the largest rate left is {left}.", "steady state", "Check the inputs, or begin nearer.");
    }

    private static void Differentiate(Rates rates, ReadOnlySpan<double> state, ReadOnlySpan<double> rate, double[] derivatives, double[] trial, double[] trialRate)
    {
        var size = state.Length;
        state.CopyTo(trial);
        for (var column = 0; column < size; column++)
        {
            var step = 1e-7 * Math.Max(Math.Abs(state[column]), 1e-3);
            trial[column] = state[column] + step;
            rates(0, trial, trialRate);
            for (var row = 0; row < size; row++)
                derivatives[row * size + column] = (trialRate[row] - rate[row]) / step;
            trial[column] = state[column];
        }
    }

    private static double Largest(ReadOnlySpan<double> rate)
    {
        var most = 0.0;
        foreach (var one in rate)
            most = double.IsNaN(one) ? double.PositiveInfinity : Math.Max(most, Math.Abs(one));
        return most;
    }

    private static double Norm(ReadOnlySpan<double> rate)
    {
        var sum = 0.0;
        foreach (var one in rate)
            sum += one * one;
        return Math.Sqrt(sum);
    }
}
