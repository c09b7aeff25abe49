namespace Dure.Learn;

/// <summary>Random trees isolate rows; what needs few cuts is unusual. Liu, Ting and Zhou (2008), on exponentially smoothed deviations.</summary>
public sealed record IsolationForest : AnomalyRecipe
{
    public override string Name => "isolation-forest";

    public override string Title => "Isolation forest";

    public int Trees { get; init; } = 100;

    /// <summary>Commissioning rows each tree is grown on.</summary>
    public int RowsPerTree { get; init; } = 256;

    /// <summary>Share of the commissioning rows below the limit.</summary>
    public double LimitQuantile { get; init; } = 0.9;

    /// <summary>Weight of the newest row in the smoothed deviations.</summary>
    public double Weight { get; init; } = 1.0 / 6;

    public int Seed { get; init; } = 1;

    public override IReadOnlyList<double> LimitMultipliers { get; } = [1, 1.025, 1.05, 1.075, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4];

    public override IReadOnlyList<RecipeParameter> Parameters =>
    [
        new("trees", Trees, "Liu et al. (2008), section 5: path lengths converge before 100 trees"),
        new("rowsPerTree", RowsPerTree, "Liu et al. (2008), section 5: the default sample of 256"),
        new("limitQuantile", LimitQuantile, "one commissioning row in ten may lie outside: the customary contamination of 0.1"),
        new("weight", Weight, "mean age of five rows, as a moving window of eleven has"),
        new("seed", Seed, "any fixed number; it makes the fit repeatable"),
    ];

    public override int FewestRows(int columns) => Math.Max(columns + 2, 20);

    private protected override FittedDetector FitScaled(double[] standardised, CommissioningScale scale, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Trees, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Trees, 1000);
        var endState = Smoothing.Run(standardised, scale.Columns, Weight);
        var forest = IsolationTrees.Grow(standardised, scale.Columns, Trees, RowsPerTree, new Random(Seed));
        var scores = new double[scale.Rows];
        for (var row = 0; row < scores.Length; row++)
            scores[row] = forest.Score(standardised.AsSpan(row * scale.Columns, scale.Columns));
        Array.Sort(scores);
        var limit = scores[Math.Min(scores.Length - 1, (int)Math.Ceiling(LimitQuantile * scores.Length) - 1)];
        return new ForestDetector(this, scale, Weight, endState, forest, limit);
    }
}

/// <summary>An isolation forest fitted to one machine.</summary>
public sealed class ForestDetector : FittedDetector
{
    // Shares are taken after adding this, so that a row in which no signal stands out has equal shares instead of none.
    internal const double ShareFloor = 1e-9;

    internal ForestDetector(AnomalyRecipe recipe, CommissioningScale scale, double weight, double[] startState, IsolationTrees trees, double limit)
        : base(recipe, scale, weight, startState)
    {
        Trees = trees;
        CommissioningLimit = limit;
    }

    internal IsolationTrees Trees { get; }

    internal override int ScratchSize => Columns;

    public override FittedDetector WithLimitMultiplier(double multiplier) =>
        new ForestDetector(Recipe with { LimitMultiplier = multiplier }, Scale, Weight, StartState.ToArray(), Trees, CommissioningLimit);

    /// <summary>Liu's score; its split by signal is by occlusion: how far the score falls when that signal is put back to its commissioning mean.</summary>
    internal override double Statistic(ReadOnlySpan<double> smoothed, Span<double> scratch, Span<double> contributions)
    {
        var score = Trees.Score(smoothed);
        if (contributions.Length == 0)
            return score;
        smoothed.CopyTo(scratch);
        var sum = 0.0;
        for (var j = 0; j < smoothed.Length; j++)
        {
            scratch[j] = 0;
            contributions[j] = Math.Max(score - Trees.Score(scratch), 0) + ShareFloor;
            scratch[j] = smoothed[j];
            sum += contributions[j];
        }
        foreach (ref var contribution in contributions)
            contribution *= score / sum;
        return score;
    }
}
