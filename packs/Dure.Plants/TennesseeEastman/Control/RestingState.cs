using System.Diagnostics.CodeAnalysis;
using Dure.Kernel;
using Dure.Plants.Integration;

namespace Dure.Plants.TennesseeEastman.Control;

/// <summary>
/// Where the plant comes to rest at given set-points, without waiting for it: the 38 rates are zero and each loop with an integral holds its reading
/// at its set-point, 50 equations for 50 states. Newton with differences, damped; from the base case on a path of set-points when that is far.
/// </summary>
internal static class RestingState
{
    private const int N = Flowsheet.States;
    private const double Solved = 1e-9;
    private const double TypicalRate = 100;
    private const double ValveTolerance = 1e-6;

    /// <summary>Where the search for the units' temperatures begins.</summary>
    private const double TypicalCelsius = 90;

    /// <summary>The shortest piece of the path from the base case's set-points that is tried.</summary>
    private const double ShortestStep = 1.0 / 64;

    /// <summary>Typical values of the set-points, by which their equations are scaled.</summary>
    private static readonly double[] TypicalSetpoints = [23, 50, 2700, 75, 120, 50, 50, 55, 60, 100, 100, 100];

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
    private static bool TryPath(ReadOnlySpan<double> setpoints, Surroundings outside, Span<double> state)
    {
        var near = new double[SupervisorSetpoints.Count];
        Span<double> trial = stackalloc double[N];
        double reached = 0, step = 1;
        while (reached < 1)
        {
            var next = Math.Min(reached + step, 1);
            for (var i = 0; i < near.Length; i++)
                near[i] = SupervisorSetpoints.All[i].Start + next * (setpoints[i] - SupervisorSetpoints.All[i].Start);
            state.CopyTo(trial);
            if (TrySolve((_, at, miss) => Misses(at, near, outside, miss), trial))
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

    private static bool TrySolve(Rates misses, Span<double> state)
    {
        try
        {
            SteadyState.Solve(misses, state, Solved);
            return true;
        }
        catch (ProblemException)
        {
            return false;
        }
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

    /// <summary>By how much each equation is missed, in shares of what is typical.</summary>
    private static void Misses(ReadOnlySpan<double> state, ReadOnlySpan<double> setpoints, in Surroundings outside, Span<double> miss)
    {
        Span<double> near = stackalloc double[4], readings = stackalloc double[Gauges.Continuous], percents = stackalloc double[Gauges.Sampled];
        near.Fill(TypicalCelsius);
        Flowsheet.Evaluate(state, outside, near, miss, out var now);
        for (var i = 0; i < Flowsheet.ValvesAt; i++)
            miss[i] /= TypicalRate;
        Gauges.Read(now, readings);
        Gauges.Analyse(now, percents);
        ControlStructure.Held(readings, percents, state[Flowsheet.ValvesAt..], miss[Flowsheet.ValvesAt..]);
        for (var i = Flowsheet.ValvesAt; i < N; i++)
            miss[i] = (miss[i] - setpoints[i - Flowsheet.ValvesAt]) / TypicalSetpoints[i - Flowsheet.ValvesAt];
    }
}
