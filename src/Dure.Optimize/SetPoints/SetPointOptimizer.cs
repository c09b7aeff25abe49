using Dure.Kernel;

namespace Dure.Optimize.SetPoints;

/// <summary>How a plant is waited for and watched.</summary>
public sealed record SetPointOptimizerOptions
{
    public SafeExplorerOptions Explorer { get; init; } = new();

    public SteadyStateOptions Steadiness { get; init; } = new();

    /// <summary>How long a plant is left alone after a move at least, and until when it has to be steady.</summary>
    public TimeSpan SettlesAfter { get; init; } = TimeSpan.FromMinutes(30);

    public TimeSpan SettlesBefore { get; init; } = TimeSpan.FromMinutes(120);

    /// <summary>How long it is then measured; readings are means over this time.</summary>
    public TimeSpan Measures { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Moves at most; then the plant stays at the best that is certified.</summary>
    public int Moves { get; init; } = 30;

    /// <summary>Samples in a row beyond a limit at which the monitor trips.</summary>
    public int TripSamples { get; init; } = 3;
}

/// <summary>What the optimiser is doing.</summary>
public enum OptimizerPhase
{
    /// <summary>Waits until the plant is at rest.</summary>
    Settling,

    /// <summary>Takes the mean of what the instruments say.</summary>
    Measuring,

    /// <summary>All moves are made; the plant stays where it is, and is watched.</summary>
    Done,

    /// <summary>Went back to safe set-points and does nothing more until a person has looked.</summary>
    Stopped,
}

/// <summary>A command to the plant, through whatever gate stands before its actuators.</summary>
public sealed record SetPointCommand(MoveKind Kind, IReadOnlyList<double> SetPoints, string Reason);

/// <summary>
/// Optimises a running plant from its samples alone: waits for rest, measures, asks a <see cref="SafeExplorer"/> for the next certified move, and so on up to a
/// number of moves. Every sample is watched: limits that are passed, doubtful instruments or a plant that does not settle end it, with the plant
/// sent back to where it was last known to be safe.
/// </summary>
public sealed class SetPointOptimizer
{
    private readonly SetPointProblem problem;
    private readonly SetPointOptimizerOptions options;
    private readonly SteadyStateDetector detector;
    private readonly double[] sums;
    private double[] commanded;
    private SafeExplorer? explorer;
    private TimeSpan? since;
    private int counted, missed, beyond;

    /// <param name="current">The set-points at which the plant runs, which it knows to be safe.</param>
    public SetPointOptimizer(SetPointProblem problem, SetPointOptimizerOptions options, IReadOnlyList<double> current)
    {
        (this.problem, this.options, commanded) = (problem, options, [.. current]);
        if (options.Moves < 1 || options.TripSamples < 1 || options.Measures <= TimeSpan.Zero || options.SettlesAfter < TimeSpan.Zero || options.SettlesBefore <= options.SettlesAfter)
            throw SetPointProblem.Bad("Moves, times or samples to trip are out of range.", "set-point optimiser", "Give at least one move and one sample, a time to measure, and a latest time to settle after the earliest.");
        if (current.Count != problem.SetPoints.Count || !IsInRange(current))
            throw SetPointProblem.Bad($"The plant runs at ({string.Join(", ", current)}), which is outside the ranges.", "start", "Bring the plant into the ranges, or widen them.");
        // A movement within a part of what is known anyway as noise is none.
        detector = new SteadyStateDetector([.. problem.Limits.Select(limit => limit.NoiseBound / 4)], options.Steadiness);
        sums = new double[1 + problem.Limits.Count];
    }

    public OptimizerPhase Phase { get; private set; }

    /// <summary>Moves made so far.</summary>
    public int Moves { get; private set; }

    /// <summary>Why it stopped; null: it has not.</summary>
    public string? StopReason { get; private set; }

    /// <summary>What has been learnt; null before the first settled point.</summary>
    public SafeExplorer? Explorer => explorer;

    /// <summary>Takes a sample and says what to command now; null: nothing.</summary>
    /// <param name="at">Time since any fixed start; it only grows.</param>
    /// <param name="objective">To be raised.</param>
    /// <param name="readings">One for each limit; NaN where an instrument is silent.</param>
    public SetPointCommand? Sample(TimeSpan at, double objective, ReadOnlySpan<double> readings)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(readings.Length, problem.Limits.Count);
        since ??= at;
        if (Phase == OptimizerPhase.Stopped)
            return null;
        beyond = Passed(readings) is null ? 0 : beyond + 1;
        if (beyond >= options.TripSamples)
            return Stop(at, Passed(readings)!);
        var isSteady = detector.Add(readings);
        return Phase switch
        {
            OptimizerPhase.Settling => Settle(at, isSteady),
            OptimizerPhase.Measuring => Measure(at, objective, readings),
            _ => null,
        };
    }

    private SetPointCommand? Settle(TimeSpan at, bool isSteady)
    {
        var waited = at - since!.Value;
        if (waited >= options.SettlesAfter && isSteady)
        {
            (Phase, since, counted, missed) = (OptimizerPhase.Measuring, at, 0, 0);
            Array.Clear(sums);
        }
        return waited < options.SettlesBefore || Phase != OptimizerPhase.Settling ? null : Stop(at, $"The plant has not come to rest within {options.SettlesBefore.TotalMinutes:0} minutes, or an instrument is silent.");
    }

    private SetPointCommand? Measure(TimeSpan at, double objective, ReadOnlySpan<double> readings)
    {
        var isWhole = double.IsFinite(objective);
        foreach (var reading in readings)
            isWhole &= double.IsFinite(reading);
        if (isWhole)
        {
            (sums[0], counted) = (sums[0] + objective, counted + 1);
            for (var i = 0; i < readings.Length; i++)
                sums[1 + i] += readings[i];
        }
        else
            missed++;
        if (at - since!.Value < options.Measures)
            return null;
        if (missed >= counted)
            return Stop(at, "More than half of the samples were no numbers.");
        return Move(at, new SettledPoint([.. commanded], sums[0] / counted, [.. sums.Skip(1).Select(sum => sum / counted)], at));
    }

    private SetPointCommand? Move(TimeSpan at, SettledPoint settled)
    {
        if (explorer is null)
            explorer = new SafeExplorer(problem, options.Explorer with { Moves = options.Moves }, [settled]);
        else
            explorer.Report(settled);
        if (explorer.Doubt is { } doubt)
            return Stop(at, doubt.ToString());
        if (Moves < options.Moves - 1)
            return Command(at, explorer.Next(at));
        Phase = OptimizerPhase.Done;
        return explorer.Best(at, inOneMove: true) is { } best ? Command(at, new SafeMove(MoveKind.Hold, best.SetPoints, 0, 0, "The best that is certified, for good.")) : null;
    }

    private SetPointCommand? Command(TimeSpan at, SafeMove move)
    {
        if (!IsInRange(move.SetPoints) || !IsInReach(move.SetPoints))
            return Stop(at, "A chosen move was outside the ranges or too far.");
        var isMoved = !move.SetPoints.SequenceEqual(commanded);
        (commanded, Moves, since) = ([.. move.SetPoints], Moves + (isMoved ? 1 : 0), at);
        if (Phase != OptimizerPhase.Done)
            Phase = OptimizerPhase.Settling;
        explorer?.Moved(commanded);
        detector.Restart();
        return isMoved ? new SetPointCommand(move.Kind, [.. commanded], move.Reason) : null;
    }

    /// <summary>Back to the last executed set-points that were measured to be safe; at once, for ramps are the plant's business.</summary>
    private SetPointCommand? Stop(TimeSpan at, string reason)
    {
        (Phase, StopReason) = (OptimizerPhase.Stopped, reason);
        if (explorer is null)
            return null;
        var safest = explorer.Evidence.LastOrDefault(point => explorer.Certificate.Margin([.. point.SetPoints], at) > 0 && !point.SetPoints.SequenceEqual(commanded)) ?? explorer.Evidence[0];
        commanded = [.. safest.SetPoints];
        explorer.Moved(commanded);
        return new SetPointCommand(MoveKind.Retreat, [.. commanded], reason);
    }

    private string? Passed(ReadOnlySpan<double> readings)
    {
        for (var i = 0; i < readings.Length; i++)
            if (readings[i] > problem.Limits[i].High || readings[i] < problem.Limits[i].Low)
                return $"{problem.Limits[i].Name} reads {readings[i]:G6} {problem.Limits[i].Unit}, beyond its limit.";
        return null;
    }

    private bool IsInRange(IReadOnlyList<double> to)
    {
        for (var j = 0; j < to.Count; j++)
            if (!(to[j] >= problem.SetPoints[j].Low && to[j] <= problem.SetPoints[j].High))
                return false;
        return true;
    }

    private bool IsInReach(IReadOnlyList<double> to)
    {
        for (var j = 0; j < to.Count; j++)
            if (!(Math.Abs(to[j] - commanded[j]) <= problem.SetPoints[j].MostChange * (1 + 1e-12)))
                return false;
        return true;
    }
}
