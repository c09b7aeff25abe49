using System.Diagnostics.CodeAnalysis;

namespace Dure.Plants.TennesseeEastman.Control;

/// <summary>
/// Where the plant comes to rest at given set-points, without waiting for it: the 38 rates are zero and each loop with an integral holds its reading
/// at its set-point, 50 equations for 50 states. Newton with differences, damped; from the base case on a path of set-points when that is far.
/// </summary>
internal static class SteadyState
{
    private const int N = Flowsheet.States;
    private const int MostIterations = 30;
    private const double Solved = 1e-9;
    private const double LeastShare = 1e-3;
    private const double TypicalRate = 100;
    private const double ValveTolerance = 1e-6;

    /// <summary>Where the search for the units' temperatures begins.</summary>
    private const double TypicalCelsius = 90;

    /// <summary>The shortest piece of the path from the base case's set-points that is tried.</summary>
    private const double ShortestStep = 1.0 / 64;

    /// <summary>Typical values of the set-points, by which their equations are scaled.</summary>
    private static readonly double[] ReadingScales = [23, 50, 2700, 75, 120, 50, 50, 55, 60, 100, 100, 100];

    /// <summary>Finds the state of rest.</summary>
    /// <param name="state">Filled with 50 numbers.</param>
    /// <param name="why">Why there is none that the plant could hold.</param>
    public static bool TryFind(ReadOnlySpan<double> setpoints, in Surroundings outside, Span<double> state, [NotNullWhen(false)] out string? why)
    {
        ProcessDynamics.CopyBaseCase(state);
        why = TryPath(setpoints, outside, state) ? Hindrance(state, outside) : "There is no steady state at these set-points.";
        return why is null;
    }

    /// <summary>Moves from the base case's set-points to those wanted, each time as far as Newton follows.</summary>
    private static bool TryPath(ReadOnlySpan<double> setpoints, in Surroundings outside, Span<double> state)
    {
        Span<double> near = stackalloc double[SupervisorSetpoints.Count], trial = stackalloc double[N];
        double reached = 0, step = 1;
        while (reached < 1)
        {
            var next = Math.Min(reached + step, 1);
            for (var i = 0; i < near.Length; i++)
                near[i] = SupervisorSetpoints.All[i].Start + next * (setpoints[i] - SupervisorSetpoints.All[i].Start);
            state.CopyTo(trial);
            if (TryNewton(near, outside, trial))
            {
                trial.CopyTo(state);
                reached = next;
                step *= 2;
            }
            else if ((step /= 2) < ShortestStep)
                return false;
        }
        return true;
    }

    /// <summary>What keeps a solution from being a state of the plant; null: nothing.</summary>
    private static string? Hindrance(ReadOnlySpan<double> state, in Surroundings outside)
    {
        for (var i = 0; i < Valves.Count; i++)
            if (state[Flowsheet.ValvesAt + i] is < -ValveTolerance or > 100 + ValveTolerance)
                return $"The valve {(Valve)i} would have to stand at {state[Flowsheet.ValvesAt + i]:F1} %.";
        Span<double> rates = stackalloc double[N], near = stackalloc double[4];
        near.Fill(TypicalCelsius);
        Flowsheet.Evaluate(state, outside, near, rates, out var now);
        return Shutdown.Reason(Shutdown.LimitPassed(now)) is { } reason ? $"The steady state has {reason}." : null;
    }

    private static bool TryNewton(ReadOnlySpan<double> setpoints, in Surroundings outside, Span<double> state)
    {
        Span<double> miss = stackalloc double[N], scratch = stackalloc double[N], move = stackalloc double[N];
        var jacobian = new double[N * N];
        var size = Misses(state, setpoints, outside, miss);
        for (var iteration = 0; size >= Solved && iteration < MostIterations; iteration++)
        {
            Differentiate(state, setpoints, outside, miss, scratch, jacobian);
            miss.CopyTo(move);
            if (!GaussElimination.TrySolve(jacobian, move) || !TryMove(state, setpoints, outside, move, miss, ref size))
                return false;
        }
        return size < Solved;
    }

    /// <summary>Takes as much of a move, whole or halved, as makes the equations miss by less.</summary>
    private static bool TryMove(
        Span<double> state, ReadOnlySpan<double> setpoints, in Surroundings outside, ReadOnlySpan<double> move, Span<double> miss, ref double size)
    {
        Span<double> trial = stackalloc double[N], trialMiss = stackalloc double[N];
        for (var share = 1.0; share > LeastShare; share /= 2)
        {
            for (var i = 0; i < N; i++)
                trial[i] = state[i] - share * move[i];
            var trialSize = Misses(trial, setpoints, outside, trialMiss);
            if (trialSize >= size)
                continue;
            trial.CopyTo(state);
            trialMiss.CopyTo(miss);
            size = trialSize;
            return true;
        }
        return false;
    }

    /// <summary>Row i, column j: how equation i answers state j.</summary>
    private static void Differentiate(
        Span<double> state, ReadOnlySpan<double> setpoints, in Surroundings outside, ReadOnlySpan<double> miss, Span<double> moved, Span<double> jacobian)
    {
        for (var j = 0; j < N; j++)
        {
            var (was, delta) = (state[j], 1e-6 * Math.Max(Math.Abs(state[j]), 1e-3));
            state[j] = was + delta;
            Misses(state, setpoints, outside, moved);
            state[j] = was;
            for (var i = 0; i < N; i++)
                jacobian[i * N + j] = (moved[i] - miss[i]) / delta;
        }
    }

    /// <summary>By how much each equation is missed, and the largest of them; infinite for states that cannot be.</summary>
    private static double Misses(ReadOnlySpan<double> state, ReadOnlySpan<double> setpoints, in Surroundings outside, Span<double> miss)
    {
        Span<double> near = stackalloc double[4], readings = stackalloc double[Gauges.Continuous], percents = stackalloc double[Gauges.Sampled];
        near.Fill(TypicalCelsius);
        Flowsheet.Evaluate(state, outside, near, miss, out var now);
        for (var i = 0; i < Flowsheet.ValvesAt; i++)
            miss[i] /= TypicalRate;
        Gauges.Read(now, readings);
        Gauges.Analyse(now, percents);
        ControlStructure.Held(readings, percents, state[Flowsheet.ValvesAt..], miss[Flowsheet.ValvesAt..]);
        double largest = 0;
        for (var i = 0; i < N; i++)
        {
            if (i >= Flowsheet.ValvesAt)
                miss[i] = (miss[i] - setpoints[i - Flowsheet.ValvesAt]) / ReadingScales[i - Flowsheet.ValvesAt];
            if (!double.IsFinite(miss[i]))
                return double.PositiveInfinity;
            largest = Math.Max(largest, Math.Abs(miss[i]));
        }
        return largest;
    }
}
