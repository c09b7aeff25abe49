using Dure.Optimize.Numerics;

namespace Dure.Optimize.Designs.Analysis;

/// <summary>The shape of a second-order surface around its stationary point.</summary>
public enum SurfaceShape
{
    Maximum,
    Minimum,
    Saddle,

    /// <summary>In some direction the surface is nearly level: there is a line of equally good settings, or the stationary point lies far away.</summary>
    Ridge,
}

/// <summary>A point of the path of steepest ridge.</summary>
/// <param name="Radius">Its distance from the middle of the region, in coded steps.</param>
/// <param name="Coded">Its settings, coded.</param>
/// <param name="Settings">Its settings, in units.</param>
public sealed record RidgePoint(double Radius, double[] Coded, double[] Settings, double Response);

/// <summary>
/// The canonical form of a second-order surface y = b₀ + x'b + x'Bx: where it is level, which way it falls and how fast. Box and Wilson (1951); Myers, Montgomery
/// and Anderson-Cook (2016), ch. 6.
/// </summary>
public sealed class CanonicalAnalysis
{
    private const string Where = "canonical analysis";

    // A curvature this many times smaller than the largest counts as none.
    private const double NearlyLevel = 0.05;

    private readonly double constant;
    private readonly double[] slope;
    private readonly SymmetricEigen eigen;
    private readonly IReadOnlyList<Factor> factors;

    private CanonicalAnalysis(IReadOnlyList<Factor> factors, double constant, double[] slope, double[] curvature)
    {
        (this.factors, this.constant, this.slope) = (factors, constant, slope);
        eigen = SymmetricEigen.Of(curvature, slope.Length);
        var largest = eigen.Values.Max(Math.Abs);
        if (!(largest > 0) || eigen.Values.Any(v => Math.Abs(v) < 1e-12 * largest))
            throw DesignProblem.Of("singular", "The surface has no curvature in some direction, so it has no single stationary point.", Where, "Follow the ridge, or leave out the factors without effect.");
        StationaryCoded = At(0);
        StationaryResponse = Response(StationaryCoded);
        Shape = eigen.Values.Any(v => Math.Abs(v) < NearlyLevel * largest) ? SurfaceShape.Ridge
            : eigen.Values[0] > 0 ? SurfaceShape.Minimum : eigen.Values[^1] < 0 ? SurfaceShape.Maximum : SurfaceShape.Saddle;
    }

    /// <summary>Where the surface is level, coded.</summary>
    public double[] StationaryCoded { get; }

    /// <summary>Where the surface is level, in units.</summary>
    public double[] Stationary => Decoded(StationaryCoded);

    public double StationaryResponse { get; }

    /// <summary>Whether it lies within the factors' limits; outside it is a guess only.</summary>
    public bool IsInside => StationaryCoded.All(x => Math.Abs(x) <= 1 + 1e-9);

    public SurfaceShape Shape { get; }

    /// <summary>The curvatures, rising: by how much the response changes one coded step away along each direction.</summary>
    public IReadOnlyList<double> Curvatures => eigen.Values;

    /// <summary>The directions of the curvatures, each by factor.</summary>
    public IReadOnlyList<double[]> Directions => eigen.Vectors;

    /// <summary>Of a quadratic model of continuous factors.</summary>
    public static CanonicalAnalysis Of(IFittedSurface fit)
    {
        if (fit.Model is not { } model || model.Factors.Any(f => f is not ContinuousFactor) || model.Terms.Any(t => t.Order > 2) || model.Factors.Count < 2)
            throw DesignProblem.Of("model", "The fit is not of a second-order model of two or more continuous factors.", Where, "Fit DesignModel.Quadratic of continuous factors.");
        var count = model.Factors.Count;
        var (constant, slope, curvature) = (0.0, new double[count], new double[count * count]);
        for (var c = 0; c < model.Columns; c++)
        {
            var estimate = fit.Coefficients[c].Estimate;
            var at = Enumerable.Range(0, count).Where(f => model.Terms[model.TermOf(c)].Powers[f] > 0).ToArray();
            if (at is [])
                constant = estimate;
            else if (at is [var one] && model.Terms[model.TermOf(c)].Order == 1)
                slope[one] = estimate;
            else
                Curve(curvature, at[0], at[^1], count, estimate);
        }
        return new(model.Factors, constant, slope, curvature);
    }

    /// <summary>The best settings at growing distances from the middle: where to go on when the stationary point lies outside or is a saddle. Draper (1963).</summary>
    /// <param name="isRising">Whether the response is to grow.</param>
    public IReadOnlyList<RidgePoint> Ridge(bool isRising, params IReadOnlyList<double> radii) => [.. radii.Select(r => RidgeAt(r, isRising))];

    private RidgePoint RidgeAt(double radius, bool isRising)
    {
        if (!(radius >= 0) || !double.IsFinite(radius))
            throw DesignProblem.Of("radius", $"The radius {radius} is asked for.", Where, "Ask for radii of 0 or more.");
        // (B - μI)x = -b/2: with μ above all curvatures x is the greatest response at its distance, which falls as μ grows; below all the least.
        var (edge, away) = isRising ? (eigen.Values[^1], 1.0) : (eigen.Values[0], -1.0);
        var scale = eigen.Values.Max(Math.Abs) + slope.Max(Math.Abs) + 1e-12;
        var (near, far) = (1e-12 * scale, scale);
        while (Length(At(edge + away * far)) > radius && far < 1e12 * scale)
            far *= 2;
        for (var i = 0; i < 200; i++)
        {
            var middle = Math.Sqrt(near * far);
            (near, far) = Length(At(edge + away * middle)) > radius ? (middle, far) : (near, middle);
        }
        var at = radius == 0 ? new double[slope.Length] : At(edge + away * far);
        // Where the slope has no part along the edge's direction the distance is not reached by it alone: the rest is gone along that direction.
        var missing = radius * radius - Vectors.Dot(at, at);
        if (missing > 1e-6 * radius * radius)
            Vectors.Add(at, Math.Sqrt(missing), eigen.Vectors[isRising ? ^1 : 0]);
        return new(radius, at, Decoded(at), Response(at));
    }

    private static void Curve(double[] curvature, int a, int b, int count, double estimate)
    {
        curvature[a * count + b] += a == b ? estimate : estimate / 2;
        if (a != b)
            curvature[b * count + a] += estimate / 2;
    }

    /// <summary>The solution of (B - μI)x = -b/2, in the directions of the curvatures.</summary>
    private double[] At(double shift)
    {
        var at = new double[slope.Length];
        for (var i = 0; i < eigen.Values.Length; i++)
            Vectors.Add(at, -Vectors.Dot(eigen.Vectors[i], slope) / 2 / (eigen.Values[i] - shift), eigen.Vectors[i]);
        return at;
    }

    private double Response(double[] at)
    {
        var response = constant + Vectors.Dot(slope, at);
        for (var i = 0; i < eigen.Values.Length; i++)
            response += eigen.Values[i] * Math.Pow(Vectors.Dot(eigen.Vectors[i], at), 2);
        return response;
    }

    private double[] Decoded(double[] coded) => [.. coded.Select((x, f) => factors[f].Decode(x))];

    private static double Length(double[] x) => Math.Sqrt(Vectors.Dot(x, x));
}
