using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dure.Optimize.Gaussian;

namespace Dure.Optimize.Surrogates;

/// <summary>Correlations by squared distance, eight at once.</summary>
internal static class Correlations
{
    public static readonly int Lanes = Vector512<double>.Count;

    /// <summary>Matérn 5/2 or Gaussian; Rasmussen and Williams (2006), eq. 4.17 and 4.9.</summary>
    public static Vector512<double> At(Covariance kind, Vector512<double> squared)
    {
        if (kind == Covariance.Rbf)
            return Vector512.Exp(squared * -0.5);
        var s = Vector512.Sqrt(squared * 5);
        return (Vector512<double>.One + s + s * s * (1.0 / 3)) * Vector512.Exp(-s);
    }

    /// <summary>By how much the correlation falls as the squared distance grows: less its derivative.</summary>
    public static Vector512<double> FallAt(Covariance kind, Vector512<double> squared)
    {
        if (kind == Covariance.Rbf)
            return Vector512.Exp(squared * -0.5) * 0.5;
        var s = Vector512.Sqrt(squared * 5);
        return (Vector512<double>.One + s) * Vector512.Exp(-s) * (5.0 / 6);
    }

    /// <summary>Both for many distances at once; all of a length that is a multiple of eight.</summary>
    public static void At(Covariance kind, ReadOnlySpan<double> squared, Span<double> correlation, Span<double> fall)
    {
        var from = MemoryMarshal.Cast<double, Vector512<double>>(squared);
        var to = MemoryMarshal.Cast<double, Vector512<double>>(correlation);
        var falls = MemoryMarshal.Cast<double, Vector512<double>>(fall);
        for (var i = 0; i < from.Length; i++)
        {
            if (kind == Covariance.Rbf)
            {
                to[i] = Vector512.Exp(from[i] * -0.5);
                falls[i] = to[i] * 0.5;
                continue;
            }
            var s = Vector512.Sqrt(from[i] * 5);
            var e = Vector512.Exp(-s);
            to[i] = (Vector512<double>.One + s + s * s * (1.0 / 3)) * e;
            falls[i] = (Vector512<double>.One + s) * e * (5.0 / 6);
        }
    }

    public static double At(Covariance kind, double squared) => At(kind, Vector512.Create(squared))[0];

    public static double FallAt(Covariance kind, double squared) => FallAt(kind, Vector512.Create(squared))[0];

    /// <summary>The next multiple of eight.</summary>
    public static int Padded(int count) => (count + Lanes - 1) / Lanes * Lanes;
}
