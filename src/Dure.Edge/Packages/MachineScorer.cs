using Dure.Edge.Fleet;
using Dure.Edge.Onnx;

namespace Dure.Edge.Packages;

/// <summary>
/// Scores the rows of one machine in the order of time and carries the detector's state from row to row. The graph takes <c>x</c> [1, n]
/// and perhaps <c>state</c>, and gives <c>score</c>, <c>contributions</c> [1, n] and <c>state_next</c>, all double. For one thread at a time.
/// </summary>
public sealed class MachineScorer
{
    private const string X = "x", State = "state", ScoreName = "score", Parts = "contributions", NextState = "state_next";

    private readonly OnnxSession session;
    private readonly double[] state;
    private readonly double[] parts;
    private readonly int[] stateShape;

    public MachineScorer(OnnxModel model, string asset, int signals, IReadOnlyList<double>? startState)
    {
        session = OnnxSession.Create(model);
        var names = session.Inputs.Select(input => input.Name).ToHashSet(StringComparer.Ordinal);
        var outputs = session.Outputs.Select(output => output.Name).ToHashSet(StringComparer.Ordinal);
        HasState = names.Remove(State);
        if (!names.SetEquals([X]) || !outputs.Contains(ScoreName) || outputs.Contains(NextState) != HasState)
            throw OnnxProblems.BadShape($"Its inputs are {string.Join(", ", session.Inputs.Select(input => input.Name))}; a detector has x and perhaps state, and gives score, contributions and state_next.", asset);
        (parts, HasContributions) = (new double[signals], outputs.Contains(Parts));
        stateShape = HasState ? Shape(session.Inputs.First(input => input.Name == State), signals) : [];
        state = new double[HasState ? stateShape.Aggregate(1, (a, b) => a * b) : 0];
        if (HasState && startState is not null && startState.Count != state.Length)
            throw OnnxProblems.BadShape($"Its start state has {startState.Count} numbers; the graph takes {state.Length}.", asset);
        for (var i = 0; i < state.Length && startState is not null; i++)
            state[i] = startState[i];
    }

    /// <summary>Whether a score depends on the rows before.</summary>
    public bool HasState { get; }

    public bool HasContributions { get; }

    /// <summary>Each signal's part of the last score, in the score's unit.</summary>
    public ReadOnlySpan<double> Contributions => parts;

    /// <summary>What the detector remembers of the rows so far.</summary>
    public ReadOnlySpan<double> Memory => state;

    /// <summary>Goes on from what a scorer of the same model remembered; false when the length is another.</summary>
    public bool Restore(IReadOnlyList<double> memory)
    {
        if (memory.Count != state.Length)
            return false;
        for (var i = 0; i < state.Length; i++)
            state[i] = memory[i];
        return true;
    }

    /// <summary>
    /// The score of the next row; above 1 is above the limit. A missing value is NaN. A score that is not a finite number leaves the memory
    /// as it was, for one such row would spoil all that follow.
    /// </summary>
    public double Score(ReadOnlySpan<double> row)
    {
        session.Set(X, row, 1, parts.Length);
        if (HasState)
            session.Set<double>(State, state, stateShape);
        session.Run();
        var score = session.Get<double>(ScoreName);
        if (score.Length == 1 && !double.IsFinite(score[0]))
            return score[0];
        if (HasState)
            Take(NextState, state);
        if (HasContributions)
            Take(Parts, parts);
        return score.Length == 1 ? score[0] : throw OnnxProblems.BadShape($"It has {score.Length} numbers for one row.", $"output '{ScoreName}'");
    }

    /// <summary>The signals that weighed most in the last score, largest first; parts below zero speak against the alarm and are left out.</summary>
    public AlarmPart[] TopContributions(IReadOnlyList<PackageSignal> signals, int most)
    {
        var sum = parts.Where(part => part > 0).Sum();
        return sum > 0 && double.IsFinite(sum)
            ? [.. parts.Select((part, i) => new AlarmPart(signals[i].Name, part / sum)).Where(one => one.Share > 0).OrderByDescending(one => one.Share).Take(most)]
            : [];
    }

    private void Take(string output, Span<double> into)
    {
        var values = session.Get<double>(output);
        if (values.Length != into.Length)
            throw OnnxProblems.BadShape($"It has {values.Length} numbers; {into.Length} are needed.", $"output '{output}'");
        values.CopyTo(into);
    }

    private static int[] Shape(OnnxValueInfo input, int signals)
    {
        int[] shape = input.Dims is { } dims ? [.. dims.Select(dim => (int)Math.Clamp(dim.Size ?? 1, 0, 1 << 16))] : [1, signals];
        return shape.Aggregate(1L, (a, b) => Math.Min(a * b, int.MaxValue)) <= 1 << 16 ? shape
            : throw OnnxProblems.TooLarge($"Its shape is [{string.Join(',', shape)}].", $"input '{input.Name}'");
    }
}
