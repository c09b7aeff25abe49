namespace Dure.Learn;

/// <summary>A recipe fitted to one machine. Immutable; <see cref="Open"/> gives a scorer that carries the state of one stream of rows.</summary>
/// <remarks>Every kind sees the same input: deviations from commissioning in standard deviations. What it remembers of them is its state:
/// smoothed deviations <c>S = weight * z + (1 - weight) * S</c> (weight 1 means no smoothing), the newest rows, or both, starting from where
/// commissioning ended. The first places of a state, one a signal, are always the deviations as the detector sees them now.</remarks>
public abstract class FittedDetector
{
    private readonly double[] startState;

    private protected FittedDetector(AnomalyRecipe recipe, CommissioningScale scale, double weight, double[] startState) =>
        (Recipe, Scale, Weight, this.startState) = (recipe, scale, weight, startState);

    public AnomalyRecipe Recipe { get; }

    public CommissioningScale Scale { get; }

    public int Columns => Scale.Columns;

    /// <summary>Weight of the newest row in the smoothed deviations; 1 when the detector keeps no memory.</summary>
    public double Weight { get; }

    /// <summary>True when a score depends on earlier rows.</summary>
    public bool IsStateful => Weight < 1 || startState.Length > Columns;

    /// <summary>The state after the last commissioning row.</summary>
    public ReadOnlySpan<double> StartState => startState;

    /// <summary>The largest statistic seen during commissioning, or its stated quantile, before the multiplier.</summary>
    public double CommissioningLimit { get; private protected init; }

    /// <summary>The statistic that alarms: <see cref="CommissioningLimit"/> times the recipe's multiplier.</summary>
    public double Limit => CommissioningLimit * Recipe.LimitMultiplier;

    /// <summary>A scorer for rows that follow the commissioning rows in time.</summary>
    public DetectorStream Open() => new(this);

    /// <summary>The same fit with another limit.</summary>
    public abstract FittedDetector WithLimitMultiplier(double multiplier);

    /// <summary>Scores of row-major rows in order; an alarm is a score above 1.</summary>
    public double[] Score(ReadOnlySpan<double> rows)
    {
        var stream = Open();
        var scores = new double[rows.Length / Columns];
        for (var row = 0; row < scores.Length; row++)
            scores[row] = stream.Score(rows.Slice(row * Columns, Columns));
        return scores;
    }

    /// <summary>Whether another limit changes scores by one factor only; not so where the state depends on whether an alarm stands.</summary>
    internal virtual bool ScoresGoWithTheLimit => true;

    /// <summary>Scratch places that <see cref="Statistic"/> needs.</summary>
    internal abstract int ScratchSize { get; }

    /// <summary>Takes the deviations of one more row into the state.</summary>
    internal virtual void Advance(Span<double> state, ReadOnlySpan<double> newest, Span<double> scratch) => Smoothing.Step(state, newest, Weight);

    /// <summary>The statistic of a state; when asked, its split by signal, which sums to it.</summary>
    internal abstract double Statistic(ReadOnlySpan<double> state, Span<double> scratch, Span<double> contributions);
}
