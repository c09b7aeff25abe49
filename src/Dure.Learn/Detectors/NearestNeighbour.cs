namespace Dure.Learn;

/// <summary>Distance to the nearest commissioning row: knows machines with several ways of running, which one mean does not describe.
/// Ramaswamy, Rastogi and Shim (2000), on exponentially smoothed deviations.</summary>
public sealed record NearestNeighbour : AnomalyRecipe
{
    public override string Name => "nearest-neighbour";

    public override string Title => "Distance to the nearest healthy row";

    /// <summary>Commissioning rows that are kept to compare with, evenly taken.</summary>
    public int References { get; init; } = 500;

    /// <summary>Weight of the newest row in the smoothed deviations.</summary>
    public double Weight { get; init; } = 1.0 / 6;

    /// <summary>Share of commissioning rows that lie nearer to rows of other times than the limit.</summary>
    public double Confidence { get; init; } = 0.99;

    public override IReadOnlyList<double> LimitMultipliers { get; } = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

    public override IReadOnlyList<RecipeParameter> Parameters =>
    [
        new("references", References, "a score then takes a few microseconds"),
        new("weight", Weight, "mean age of five rows, as a moving window of eleven has"),
        new("confidence", Confidence, "the customary 99 % limit of process monitoring, MacGregor and Kourti (1995), over blocks left out"),
    ];

    public override int FewestRows(int columns) => Math.Max(columns + 2, 5 * HeldOutBlocks.Count);

    private protected override FittedDetector FitScaled(double[] standardised, CommissioningScale scale, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(References, 10);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(References, 5000);
        var columns = scale.Columns;
        var endState = Smoothing.Run(standardised, columns, Weight);
        var kept = Math.Min(References, scale.Rows);
        var (references, times) = (new double[kept * columns], new int[kept]);
        for (var i = 0; i < kept; i++)
        {
            times[i] = (int)((long)i * scale.Rows / kept);
            standardised.AsSpan(times[i] * columns, columns).CopyTo(references.AsSpan(i * columns));
        }
        return new NeighbourDetector(this, scale, Weight, endState, references, HeldOutLimit(references, times, scale));
    }

    // The references are judged by those of other blocks of time, for a row's own neighbours in time are near for no reason but that.
    private double HeldOutLimit(double[] references, int[] times, CommissioningScale scale)
    {
        var (columns, distances) = (scale.Columns, new double[times.Length]);
        for (var i = 0; i < times.Length; i++)
        {
            distances[i] = double.PositiveInfinity;
            for (var j = 0; j < times.Length; j++)
                if (Block(times[i]) != Block(times[j]))
                    distances[i] = Math.Min(distances[i], NeighbourDetector.Square(references.AsSpan(i * columns, columns), references.AsSpan(j * columns, columns)));
        }
        Array.Sort(distances);
        return Math.Max(SmallestLimit, distances[Math.Clamp((int)Math.Ceiling(Confidence * (times.Length + 1)) - 1, 0, times.Length - 1)]);

        long Block(int time) => (long)time * HeldOutBlocks.Count / scale.Rows;
    }

    // A machine that stood still has neighbours at no distance; one ten-thousandth of a squared standard deviation keeps the score finite.
    private const double SmallestLimit = 1e-4;
}

/// <summary>Healthy rows of one machine to compare with.</summary>
public sealed class NeighbourDetector : FittedDetector
{
    private readonly double[] references;

    internal NeighbourDetector(AnomalyRecipe recipe, CommissioningScale scale, double weight, double[] startState, double[] references, double limit)
        : base(recipe, scale, weight, startState)
    {
        this.references = references;
        CommissioningLimit = limit;
    }

    /// <summary>Smoothed commissioning rows in standard deviations, row-major.</summary>
    public ReadOnlySpan<double> References => references;

    internal override int ScratchSize => 0;

    public override FittedDetector WithLimitMultiplier(double multiplier) =>
        new NeighbourDetector(Recipe with { LimitMultiplier = multiplier }, Scale, Weight, StartState.ToArray(), references, CommissioningLimit);

    /// <summary>The squared distance to the nearest reference, and each signal's part of it.</summary>
    internal override double Statistic(ReadOnlySpan<double> state, Span<double> scratch, Span<double> contributions)
    {
        var (nearest, at) = (double.PositiveInfinity, 0);
        for (var i = 0; i < references.Length; i += Columns)
            if (Square(state, references.AsSpan(i, Columns)) is var square && square < nearest)
                (nearest, at) = (square, i);
        for (var j = 0; j < contributions.Length; j++)
            contributions[j] = (state[j] - references[at + j]) * (state[j] - references[at + j]);
        return nearest;
    }

    internal static double Square(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var j = 0; j < a.Length; j++)
            sum += (a[j] - b[j]) * (a[j] - b[j]);
        return sum;
    }
}
