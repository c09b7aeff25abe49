using MathNet.Numerics.LinearAlgebra;

namespace Dure.Learn;

/// <summary>Multivariate EWMA: the distance of exponentially smoothed deviations from where they stood in commissioning.
/// Lowry, Woodall, Champ and Rigdon (1992).</summary>
public sealed record Mewma : AnomalyRecipe
{
    // Five time constants of the filter, after which its start at zero has decayed to under 1 %.
    private const double TimeConstantsOfBurnIn = 5;

    public override string Name => "mewma";

    public override string Title => "Multivariate EWMA";

    /// <summary>Weight of the newest row.</summary>
    public double Weight { get; init; } = 0.1;

    /// <summary>Added to the diagonal of the covariance, so that constant or collinear signals stay invertible.</summary>
    public double Ridge { get; init; } = 1e-4;

    public override IReadOnlyList<double> LimitMultipliers { get; } = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

    public override IReadOnlyList<RecipeParameter> Parameters =>
    [
        new("weight", Weight, "Lowry et al. (1992) recommend 0.05 to 0.25 for small shifts; 0.1 is their running example"),
        new("ridge", Ridge, "small against the variance of a smoothed standard normal, weight / (2 - weight) = 0.053"),
        new("burnInRows", BurnInRows, "five time constants of the filter"),
    ];

    private int BurnInRows => (int)Math.Round(TimeConstantsOfBurnIn / Weight);

    public override int FewestRows(int columns) => BurnInRows + columns + 2;

    private protected override FittedDetector FitScaled(double[] standardised, CommissioningScale scale, CancellationToken cancel)
    {
        var endState = Smoothing.Run(standardised, scale.Columns, Weight);
        var distance = SmoothedDistance.Of(standardised.AsSpan(BurnInRows * scale.Columns), scale.Columns, Ridge, shrinkage: 0);
        return new QuadraticDetector(this, scale, Weight, endState, distance.Centre, distance.Matrix, distance.Largest);
    }
}

/// <summary>The distance of smoothed deviations from where they stood in commissioning, measured in their own covariance.</summary>
/// <param name="Centre">Their mean.</param>
/// <param name="Matrix">Inverse of their covariance, row-major.</param>
/// <param name="Largest">The largest distance among the rows it was made from.</param>
internal sealed record SmoothedDistance(double[] Centre, double[] Matrix, double Largest)
{
    /// <param name="settled">Smoothed deviations, row-major.</param>
    /// <param name="ridge">Added to each variance.</param>
    /// <param name="shrinkage">Share by which covariances of two signals are drawn towards none.</param>
    public static SmoothedDistance Of(ReadOnlySpan<double> settled, int columns, double ridge, double shrinkage)
    {
        var centre = Moments.Mean(settled, columns);
        var covariance = Moments.Covariance(settled, centre);
        for (var i = 0; i < columns; i++)
            for (var j = 0; j < columns; j++)
                covariance[i, j] = i == j ? covariance[i, j] + ridge : (1 - shrinkage) * covariance[i, j];
        var inverse = Moments.ToRowMajor(covariance.Cholesky().Solve(Matrix<double>.Build.DenseIdentity(columns)));
        var (largest, scratch) = (0.0, new double[columns]);
        for (var row = 0; row < settled.Length; row += columns)
            largest = Math.Max(largest, Quadratic.Form(settled.Slice(row, columns), centre, inverse, scratch, default));
        return new(centre, inverse, largest);
    }
}
