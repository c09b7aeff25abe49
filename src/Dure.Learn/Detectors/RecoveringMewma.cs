namespace Dure.Learn;

/// <summary>Multivariate EWMA that lets go of an alarm once the machine has come back most of the way, though not all of it: after a fault it is
/// often warmer, or settles at another level, and a limit from commissioning would alarm on. Lowry, Woodall, Champ and Rigdon (1992), with
/// covariances shrunk because smoothed rows hold little independent evidence: Schaefer and Strimmer (2005).</summary>
/// <remarks>What recovery costs: a second fault much smaller than the first is not told while the first has not wholly gone, and after one wild
/// reading small faults are not told until the smoothed value is back within the limit.</remarks>
public sealed record RecoveringMewma : AnomalyRecipe
{
    public override string Name => "recovering-mewma";

    public override string Title => "Multivariate EWMA with recovery";

    /// <summary>Weight of the newest row.</summary>
    public double Weight { get; init; } = 0.03;

    /// <summary>Share of its peak below which a standing alarm ends; it begins anew when the distance has been within the limit. 0: never.</summary>
    public double Recovery { get; init; } = 0.1;

    /// <summary>Share by which covariances between signals are drawn towards none.</summary>
    public double Shrinkage { get; init; } = 0.1;

    /// <summary>Rows at the start of commissioning that the filter settles in, in its time constants 1 / weight.</summary>
    public double BurnIn { get; init; } = 2.5;

    /// <summary>Added to the diagonal of the covariance, so that constant signals stay invertible.</summary>
    public double Ridge { get; init; } = 1e-4;

    public override IReadOnlyList<double> LimitMultipliers { get; } = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

    public override IReadOnlyList<RecipeParameter> Parameters =>
    [
        new("weight", Weight, Skab),
        new("recovery", Recovery, Skab),
        new("shrinkage", Shrinkage, Skab),
        new("burnIn", BurnIn, Skab),
        new("ridge", Ridge, "small against the variance of a smoothed standard normal, weight / (2 - weight)"),
    ];

    private const string Skab = "the best of 200 recipes on all of SKAB v0.9 (Katser and Kozitsin, 2020)";

    private int BurnInRows => (int)Math.Round(BurnIn / Weight);

    public override int FewestRows(int columns) => BurnInRows + columns + 2;

    private protected override FittedDetector FitScaled(double[] standardised, CommissioningScale scale, CancellationToken cancel)
    {
        double[] endState = [.. Smoothing.Run(standardised, scale.Columns, Weight), 0];
        var distance = SmoothedDistance.Of(standardised.AsSpan(BurnInRows * scale.Columns), scale.Columns, Ridge, Shrinkage);
        return new RecoveringDetector(this, scale, Weight, endState, distance, Recovery);
    }
}

/// <summary>A recovering EWMA fitted to one machine. Its state is the smoothed deviations and, last, the peak of the standing alarm.</summary>
public sealed class RecoveringDetector : FittedDetector
{
    private readonly SmoothedDistance distance;

    internal RecoveringDetector(AnomalyRecipe recipe, CommissioningScale scale, double weight, double[] startState, SmoothedDistance distance, double recovery)
        : base(recipe, scale, weight, startState)
    {
        (this.distance, Recovery) = (distance, recovery);
        CommissioningLimit = distance.Largest;
    }

    /// <summary>Share of its peak below which a standing alarm ends.</summary>
    public double Recovery { get; }

    internal ReadOnlySpan<double> Centre => distance.Centre;

    internal ReadOnlySpan<double> Matrix => distance.Matrix;

    internal override bool ScoresGoWithTheLimit => Recovery <= 0;

    internal override int ScratchSize => Columns;

    public override FittedDetector WithLimitMultiplier(double multiplier) =>
        new RecoveringDetector(Recipe with { LimitMultiplier = multiplier }, Scale, Weight, StartState.ToArray(), distance, Recovery);

    internal override void Advance(Span<double> state, ReadOnlySpan<double> newest, Span<double> scratch)
    {
        Smoothing.Step(state[..^1], newest, Weight);
        var now = Quadratic.Form(state[..^1], distance.Centre, distance.Matrix, scratch, default);
        state[^1] = now > Limit ? Math.Max(state[^1], now) : 0;
    }

    /// <summary>The distance as a multiple of what it must pass to alarm, times the limit: the limit itself, or more while an alarm stands.</summary>
    internal override double Statistic(ReadOnlySpan<double> state, Span<double> scratch, Span<double> contributions)
    {
        var relief = Limit / Math.Max(Limit, Recovery * state[^1]);
        var now = Quadratic.Form(state[..^1], distance.Centre, distance.Matrix, scratch, contributions);
        foreach (ref var contribution in contributions)
            contribution *= relief;
        return now * relief;
    }
}
