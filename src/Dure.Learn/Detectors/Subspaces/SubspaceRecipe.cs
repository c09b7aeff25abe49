using Dure.Kernel;

namespace Dure.Learn;

/// <summary>Monitors that part the newest rows, seen together, into directions of normal running and the rest, and watch a squared distance in
/// each. Their limits are quantiles of healthy rows that were left out of the fit, for the statistics of fitted rows are too small.</summary>
public abstract record SubspaceRecipe : AnomalyRecipe
{
    // The directions of so many take about a second for each block left out; the work grows with the third power.
    private const int MostLaggedSignals = 300;

    /// <summary>How many earlier rows are looked at together with the newest.</summary>
    public int Lags { get; init; } = 2;

    /// <summary>Share of healthy rows that stays below the limit of each statistic.</summary>
    public double Confidence { get; init; } = 0.99;

    public override IReadOnlyList<double> LimitMultipliers { get; } = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

    public override int FewestRows(int columns) => columns * (Lags + 1) + 2 * HeldOutBlocks.Count * (Lags + 1);

    /// <summary>The statistics one by one, each with its own limit, for tables and charts; the detector joins them into one.</summary>
    public SubspaceMonitor FitMonitor(ReadOnlySpan<double> rows, int columns, CancellationToken cancel = default)
    {
        var scale = CommissioningScale.Of(rows, columns, FewestRows(columns), Name);
        return FitMonitor(scale.Standardise(rows), scale, cancel);
    }

    /// <summary>Directions and distances from one or more stretches of consecutive rows, row-major, in standard deviations.</summary>
    internal abstract SubspaceFit Fit(IReadOnlyList<double[]> stretches, int columns);

    private protected override FittedDetector FitScaled(double[] standardised, CommissioningScale scale, CancellationToken cancel)
    {
        var monitor = FitMonitor(standardised, scale, cancel);
        var endState = standardised.AsSpan(^(scale.Columns * (Lags + 1))..);
        var state = new double[endState.Length];
        for (var row = 0; row < endState.Length; row += scale.Columns)
            LaggedRows.Shift(state, endState.Slice(row, scale.Columns));
        return new SubspaceDetector(this, scale, state, monitor.Centre.ToArray(), monitor.AlarmMatrices(), monitor.JointLimit);
    }

    private SubspaceMonitor FitMonitor(double[] standardised, CommissioningScale scale, CancellationToken cancel)
    {
        if (scale.Columns * (Lags + 1) > MostLaggedSignals)
            throw new ProblemException("urn:dure:learn:too-many-signals", $"{scale.Columns} signals with {Lags} lags; {MostLaggedSignals} values a lagged row are possible.",
                $"fit of {Name}", "Take fewer lags or leave signals out.");
        if (scale.Constant.Count == scale.Columns)
            throw new ProblemException("urn:dure:learn:nothing-moves", "No signal moved during commissioning.", $"fit of {Name}", "Commission while the machine runs.");
        var heldOut = HeldOutBlocks.Evaluate(standardised, scale.Columns, Lags, stretches => Fit(stretches, scale.Columns), cancel);
        return new SubspaceMonitor(scale, Lags, Fit([standardised], scale.Columns), heldOut, Confidence);
    }
}
