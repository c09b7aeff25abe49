using MathNet.Numerics.LinearAlgebra;

namespace Dure.Learn;

/// <summary>Canonical variates: the directions of the past that best foretell the future are the machine's states; Ts2 watches them, Tr2 the
/// directions that foretell nothing, Q what the states leave of the past. Larimore (1983); Russell, Chiang and Braatz (2000).</summary>
public sealed record CanonicalVariates : SubspaceRecipe
{
    public override string Name => "cva";

    public override string Title => "Canonical variates, Ts2, Tr2 and Q";

    /// <summary>Weight of the identity in the covariances of past and future, relative to the mean variance: keeps collinear signals invertible.</summary>
    public double Ridge { get; init; } = 0.01;

    /// <summary>How many states are kept; null: as many as foretell better than chance would.</summary>
    public int? States { get; init; }

    public override IReadOnlyList<RecipeParameter> Parameters =>
    [
        new("lags", Lags, "Russell, Chiang and Braatz (2000) look back over three rows on the Tennessee Eastman process"),
        new("ridge", Ridge, "a hundredth of the mean variance, so that the noise of standardised signals is no direction of its own"),
        new("confidence", Confidence, "the customary 99 % limit of process monitoring, MacGregor and Kourti (1995), over rows left out of the fit"),
    ];

    internal override SubspaceFit Fit(IReadOnlyList<double[]> stretches, int columns)
    {
        var (steps, width) = (Lags + 1, columns * (Lags + 1));
        double[] all = [.. stretches.SelectMany(s => LaggedRows.Sample(s, columns, 2 * steps - 1))];
        var centreAll = Moments.Mean(all, 2 * width);
        var joint = Moments.Covariance(all, centreAll);
        var (future, past) = (joint.SubMatrix(0, width, 0, width), joint.SubMatrix(width, width, width, width));
        var (futureRoot, pastRoot) = (InverseRoot(future), InverseRoot(past));
        var canonical = (pastRoot * joint.SubMatrix(width, width, 0, width) * futureRoot).Svd();
        var states = Math.Clamp(States ?? CountStates(canonical.S, all.Length / (2 * width)), 1, width - 1);
        var directions = canonical.U.TransposeThisAndMultiply(pastRoot);
        var (kept, rest) = (directions.SubMatrix(0, states, 0, width), directions.SubMatrix(states, width - states, 0, width));
        var residual = Matrix<double>.Build.DenseIdentity(width) - kept.TransposeThisAndMultiply(kept);
        return new(centreAll[width..],
        [
            new("Ts2", Moments.ToRowMajor(kept.TransposeThisAndMultiply(kept))),
            new("Tr2", Moments.ToRowMajor(rest.TransposeThisAndMultiply(rest))),
            new("Q", Moments.ToRowMajor(residual.TransposeThisAndMultiply(residual)), Alarms: false),
        ]);
    }

    /// <summary>Correlations larger than those that independent past and future of this size would show by chance: above the edge of Wachter (1980),
    /// as in Johnstone (2008), eq. 10.</summary>
    private static int CountStates(Vector<double> correlations, int rows)
    {
        var share = Math.Min(0.5, (double)correlations.Count / rows);
        return correlations.Count(c => c * c > 4 * share * (1 - share));
    }

    private Matrix<double> InverseRoot(Matrix<double> covariance)
    {
        var eigen = covariance.Evd(Symmetricity.Symmetric);
        var floor = Ridge * covariance.Trace() / covariance.RowCount;
        var scaled = eigen.EigenVectors.Clone();
        for (var a = 0; a < covariance.RowCount; a++)
            scaled.SetColumn(a, scaled.Column(a) / Math.Sqrt(Math.Sqrt(Math.Max(eigen.EigenValues[a].Real, 0) + floor)));
        return scaled.TransposeAndMultiply(scaled);
    }
}
