using MathNet.Numerics.LinearAlgebra;

namespace Dure.Learn;

/// <summary>Principal components of rows seen together with those before them, so that relations over time count as normal too:
/// T2 within the components, SPE outside. Ku, Storer and Georgakis (1995).</summary>
public sealed record DynamicPca : SubspaceRecipe
{
    public override string Name => "dynamic-pca";

    public override string Title => "Dynamic PCA, T2 and SPE";

    /// <summary>Components are kept until they explain this share of the variance.</summary>
    public double VarianceShare { get; init; } = 0.9;

    /// <summary>How many components are kept; null: as <see cref="VarianceShare"/> says.</summary>
    public int? Components { get; init; }

    public override IReadOnlyList<RecipeParameter> Parameters =>
    [
        new("lags", Lags, "Ku, Storer and Georgakis (1995): one or two lags serve most processes"),
        Components is { } kept ? new("components", kept, "given") : new("varianceShare", VarianceShare, "Jackson (1991), section 2.8: the customary 90 %"),
        new("confidence", Confidence, "the customary 99 % limit of process monitoring, MacGregor and Kourti (1995), over rows left out of the fit"),
    ];

    internal override SubspaceFit Fit(IReadOnlyList<double[]> stretches, int columns)
    {
        var width = columns * (Lags + 1);
        double[] lagged = [.. stretches.SelectMany(s => LaggedRows.Sample(s, columns, Lags))];
        var centre = Moments.Mean(lagged, width);
        var eigen = Moments.Covariance(lagged, centre).Evd(Symmetricity.Symmetric);
        var variances = eigen.EigenValues.Select(v => Math.Max(v.Real, 0)).Reverse().ToArray();
        var kept = Math.Min(Components ?? PcaMonitor.Kept(variances, VarianceShare), width);
        var scaled = Matrix<double>.Build.Dense(kept, width, (a, j) => eigen.EigenVectors[j, width - 1 - a]);
        var residual = Matrix<double>.Build.DenseIdentity(width) - scaled.TransposeThisAndMultiply(scaled);
        for (var a = 0; a < kept; a++)
            scaled.SetRow(a, scaled.Row(a) / Math.Sqrt(Math.Max(variances[a], PcaMonitor.SmallestEigenvalueShare * variances[0])));
        return new(centre, [new("T2", Moments.ToRowMajor(scaled.TransposeThisAndMultiply(scaled))), new("SPE", Moments.ToRowMajor(residual))]);
    }
}
