namespace Dure.Learn;

/// <summary>A monitor of lagged rows whose statistic is the largest of several squared distances, each measured in its own limit.</summary>
public sealed class SubspaceDetector : FittedDetector
{
    private readonly double[] centre;

    internal SubspaceDetector(AnomalyRecipe recipe, CommissioningScale scale, double[] startState, double[] centre, IReadOnlyList<double[]> matrices, double limit)
        : base(recipe, scale, 1, startState)
    {
        (this.centre, Matrices) = (centre, matrices);
        CommissioningLimit = limit;
    }

    /// <summary>How many earlier rows are looked at together with the newest.</summary>
    public int Lags => centre.Length / Columns - 1;

    /// <summary>What lagged deviations are compared with: all signals of the newest row, then of the one before it.</summary>
    public ReadOnlySpan<double> Centre => centre;

    /// <summary>The symmetric matrices of the distances, row-major.</summary>
    internal IReadOnlyList<double[]> Matrices { get; }

    internal override int ScratchSize => centre.Length;

    public override FittedDetector WithLimitMultiplier(double multiplier) =>
        new SubspaceDetector(Recipe with { LimitMultiplier = multiplier }, Scale, StartState.ToArray(), centre, Matrices, CommissioningLimit);

    internal override void Advance(Span<double> state, ReadOnlySpan<double> newest, Span<double> scratch) => LaggedRows.Shift(state, newest);

    internal override double Statistic(ReadOnlySpan<double> state, Span<double> scratch, Span<double> contributions)
    {
        var (largest, which) = (double.NegativeInfinity, 0);
        for (var i = 0; i < Matrices.Count; i++)
            if (Quadratic.Form(state, centre, Matrices[i], scratch, default) is var distance && distance > largest)
                (largest, which) = (distance, i);
        return contributions.Length == 0 ? largest : Quadratic.Form(state, centre, Matrices[which], scratch, contributions);
    }
}
