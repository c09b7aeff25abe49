namespace Dure.Learn;

/// <summary>Scores rows of one machine in order of time; owns the state and allocates nothing per row. Not for several threads.</summary>
public sealed class DetectorStream
{
    private readonly FittedDetector detector;
    private readonly double[] state;
    private readonly double[] standardised;
    private readonly double[] scratch;

    internal DetectorStream(FittedDetector detector)
    {
        this.detector = detector;
        state = detector.StartState.ToArray();
        standardised = new double[detector.Columns];
        scratch = new double[detector.ScratchSize];
    }

    /// <summary>What the detector remembers after the newest row; its first places are the deviations it sees, in commissioning standard deviations,
    /// whose sign says higher or lower.</summary>
    public ReadOnlySpan<double> State => state;

    /// <summary>Deviations of the newest row alone, in commissioning standard deviations.</summary>
    public ReadOnlySpan<double> Newest => standardised;

    /// <summary>Missing values met so far; each counted as the commissioning mean.</summary>
    public long Missing { get; private set; }

    /// <summary>Statistic divided by its limit: above 1 is an alarm. Contributions, when room is given, sum to the score.</summary>
    public double Score(ReadOnlySpan<double> row, Span<double> contributions = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, standardised.Length);
        if (contributions.Length != 0)
            ArgumentOutOfRangeException.ThrowIfNotEqual(contributions.Length, standardised.Length);
        Missing += detector.Scale.Standardise(row, standardised);
        detector.Advance(state, standardised, scratch);
        var limit = detector.Limit;
        var score = detector.Statistic(state, scratch, contributions) / limit;
        foreach (ref var contribution in contributions)
            contribution /= limit;
        return score;
    }

    /// <summary>Continues from a state saved earlier.</summary>
    public void Resume(ReadOnlySpan<double> savedState)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(savedState.Length, state.Length);
        savedState.CopyTo(state);
    }
}

/// <summary>The exponentially weighted mean of each signal. Roberts (1959), eq. 1.</summary>
internal static class Smoothing
{
    public static void Step(Span<double> state, ReadOnlySpan<double> newest, double weight)
    {
        for (var j = 0; j < state.Length; j++)
            state[j] = weight * newest[j] + (1 - weight) * state[j];
    }

    /// <summary>Smooths a row-major table from a start of zero, in place, and returns the last state.</summary>
    public static double[] Run(Span<double> rows, int columns, double weight)
    {
        var state = new double[columns];
        for (var row = 0; row < rows.Length; row += columns)
        {
            Step(state, rows.Slice(row, columns), weight);
            state.CopyTo(rows[row..]);
        }
        return state;
    }
}
