using Dure.Kernel;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;

namespace Dure.Learn;

/// <summary>Principal components with Hotelling's T2 inside the model and the squared prediction error (SPE) outside it,
/// joined into one index. Jackson and Mudholkar (1979); Yue and Qin (2001).</summary>
public sealed record PcaMonitor : AnomalyRecipe
{
    // Smaller eigenvalues, relative to the largest, are rounding noise and carry no direction.
    internal const double SmallestEigenvalueShare = 1e-10;

    public override string Name => "pca";

    public override string Title => "PCA, T2 and SPE";

    /// <summary>Components are kept until they explain this share of the variance.</summary>
    public double VarianceShare { get; init; } = 0.9;

    /// <summary>Confidence of the two limits that make T2 and SPE comparable.</summary>
    public double Confidence { get; init; } = 0.99;

    public override IReadOnlyList<double> LimitMultipliers { get; } = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

    public override IReadOnlyList<RecipeParameter> Parameters =>
    [
        new("varianceShare", VarianceShare, "Jackson (1991), section 2.8: the customary 90 %"),
        new("confidence", Confidence, "the customary 99 % limit of process monitoring, MacGregor and Kourti (1995)"),
    ];

    public override int FewestRows(int columns) => columns + 2;

    private protected override FittedDetector FitScaled(double[] standardised, CommissioningScale scale, CancellationToken cancel)
    {
        var columns = scale.Columns;
        var eigen = Moments.Covariance(standardised, new double[columns]).Evd(Symmetricity.Symmetric);
        var variances = eigen.EigenValues.Select(v => Math.Max(v.Real, 0)).Reverse().ToArray();
        var total = variances.Sum();
        if (total <= 0)
            throw new ProblemException("urn:dure:learn:nothing-moves", "No signal moved during commissioning.", "fit of pca",
                "Commission while the machine runs.");
        var kept = Kept(variances, VarianceShare);
        var t2Limit = T2Limit(kept, scale.Rows, Confidence);
        var speLimit = SpeLimit(variances.AsSpan(kept), Confidence);
        var matrix = Matrix<double>.Build.Dense(columns, columns);
        for (var a = 0; a < columns; a++)
        {
            var direction = eigen.EigenVectors.Column(columns - 1 - a);
            var gain = a < kept ? 1 / (variances[a] * t2Limit) : 1 / speLimit;
            matrix += gain * direction.OuterProduct(direction);
        }
        var limit = IndexLimit(variances, kept, t2Limit, speLimit, Confidence);
        return new QuadraticDetector(this, scale, 1, new double[columns], new double[columns], Moments.ToRowMajor(matrix), limit);
    }

    /// <summary>How many of the variances, largest first, explain the share of all of them.</summary>
    internal static int Kept(double[] variances, double share)
    {
        var (explained, kept, total) = (0.0, 0, variances.Sum());
        while (kept < variances.Length && explained < share * total && variances[kept] > SmallestEigenvalueShare * variances[0])
            explained += variances[kept++];
        return kept;
    }

    /// <summary>Limit of T2 for a row that was not used in the fit. Jackson (1991), eq. 1.7.3 with future observations.</summary>
    internal static double T2Limit(int components, int rows, double confidence)
    {
        double k = components, n = rows;
        return k * (n - 1) * (n + 1) / (n * (n - k)) * FisherSnedecor.InvCDF(k, n - k, confidence);
    }

    /// <summary>Limit of the squared prediction error from the eigenvalues left out, theta_i = sum of lambda_j^i. Jackson and Mudholkar (1979), eq. 3.4.</summary>
    internal static double SpeLimit(ReadOnlySpan<double> leftOut, double confidence)
    {
        var (theta1, theta2, theta3) = (0.0, 0.0, 0.0);
        foreach (var lambda in leftOut)
            (theta1, theta2, theta3) = (theta1 + lambda, theta2 + lambda * lambda, theta3 + lambda * lambda * lambda);
        if (theta1 <= 0 || theta2 <= 0)
            return SmallestSpeLimit;
        var h0 = 1 - 2 * theta1 * theta3 / (3 * theta2 * theta2);
        var c = Normal.InvCDF(0, 1, confidence);
        var inner = c * h0 * Math.Sqrt(2 * theta2) / theta1 + 1 + theta2 * h0 * (h0 - 1) / (theta1 * theta1);
        // Eigenvalues of very different size can make h0 negative and the bracket useless; Box's (1954) chi-square then serves.
        return h0 > 0 && inner > 0
            ? Math.Max(theta1 * Math.Pow(inner, 1 / h0), SmallestSpeLimit)
            : Math.Max(ScaledChiSquare(theta1, theta2, confidence), SmallestSpeLimit);
    }

    // A residual space without variance still needs a finite gain: one ten-thousandth of a squared standard deviation.
    private const double SmallestSpeLimit = 1e-4;

    /// <summary>Limit of T2/limit + SPE/limit. Yue and Qin (2001), eq. 15-17.</summary>
    private static double IndexLimit(double[] variances, int kept, double t2Limit, double speLimit, double confidence)
    {
        double trace = kept / t2Limit, traceOfSquare = kept / (t2Limit * t2Limit);
        foreach (var lambda in variances.AsSpan(kept))
            (trace, traceOfSquare) = (trace + lambda / speLimit, traceOfSquare + lambda * lambda / (speLimit * speLimit));
        return ScaledChiSquare(trace, traceOfSquare, confidence);
    }

    private static double ScaledChiSquare(double trace, double traceOfSquare, double confidence) =>
        traceOfSquare / trace * ChiSquared.InvCDF(trace * trace / traceOfSquare, confidence);
}
