namespace Dure.Kernel.Distributions;

// Density and tails: to the last digits, and fast enough for inner loops.
public static partial class Normal
{
    /// <summary>log √(2π).</summary>
    public const double LogRootTwoPi = 0.91893853320467274178;

    private static readonly double RootHalf = Math.Sqrt(0.5);

    // Rational approximations of the error function and its complement: W. J. Cody, Mathematics of Computation 23 (1969), 631-637.
    private static readonly double[] InnerOver = [1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03];
    private static readonly double[] InnerUnder = [1, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03];
    private static readonly double[] MiddleOver = [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e00, 6.61191906371416295e01, 2.98635138197400131e02, 8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03];
    private static readonly double[] MiddleUnder = [1, 1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03, 3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03];
    private static readonly double[] OuterOver = [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4];
    private static readonly double[] OuterUnder = [1, 2.56852019228982242e00, 1.87295284992346047e00, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3];

    /// <summary>The density at <paramref name="z"/>.</summary>
    public static double Density(double z) => Math.Exp(-z * z / 2 - LogRootTwoPi);

    /// <summary>The probability of staying below <paramref name="z"/>.</summary>
    public static double Cdf(double z)
    {
        var x = Math.Abs(z) * RootHalf;
        if (x <= 0.46875)
            return 0.5 + 0.5 * z * RootHalf * Fraction(InnerOver, InnerUnder, x * x);
        var tail = Math.Exp(-x * x) * ScaledTail(x) / 2;
        return z < 0 ? tail : 1 - tail;
    }

    /// <summary>The logarithm of the probability of staying below <paramref name="z"/>, also where that is too small for a number.</summary>
    public static double LogCdf(double z) => z > -1 ? Math.Log(Cdf(z)) : -z * z / 2 + Math.Log(ScaledTail(-z * RootHalf) / 2);

    /// <summary>Mills' ratio (1 - Φ(x)) / φ(x) for <paramref name="x"/> of 0.7 or more.</summary>
    public static double MillsRatio(double x) => ScaledTail(x * RootHalf) * Math.Sqrt(Math.PI / 2);

    /// <summary>exp(x²) erfc(x) for x of 0.46875 or more.</summary>
    private static double ScaledTail(double x)
    {
        if (x <= 4)
            return Fraction(MiddleOver, MiddleUnder, x);
        var inverse = 1 / (x * x);
        return (1 / Math.Sqrt(Math.PI) - inverse * Fraction(OuterOver, OuterUnder, inverse)) / x;
    }

    private static double Fraction(double[] over, double[] under, double x)
    {
        var (top, bottom) = (over[0], under[0]);
        for (var i = 1; i < over.Length; i++)
            (top, bottom) = (top * x + over[i], bottom * x + under[i]);
        return top / bottom;
    }
}
