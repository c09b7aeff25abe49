using System.Runtime.Intrinsics;
using Dure.Optimize.Gaussian;

namespace Dure.Optimize.Surrogates;

/// <summary>
/// Correlations of a factor-wise kernel: a share of them is the mean of one correlation for each factor by itself (Duvenaud, Nickisch and Rasmussen
/// 2011, of first order), the rest one of all factors jointly. What one factor does by itself is so learnt from every trial.
/// </summary>
internal sealed class BlendedKernel
{
    private readonly Covariance kind;
    private readonly PointCoding coding;
    private readonly double[] weights;
    private readonly double share;

    public BlendedKernel(Covariance kind, PointCoding coding, SurrogateParameters parameters)
    {
        (this.kind, this.coding, share) = (kind, coding, parameters.AdditiveShare);
        weights = Array.ConvertAll(parameters.Lengths, length => 1 / (length * length));
    }

    /// <summary>The correlation of eight points of a table, from one on, with a row of another.</summary>
    /// <param name="eight">For each column what those eight have there.</param>
    public Vector512<double> At(ReadOnlySpan<Vector512<double>> eight, TrialTable others, int row)
    {
        Vector512<double> joint = Vector512<double>.Zero, additive = joint;
        for (var column = 0; column < eight.Length;)
        {
            var factor = coding.FactorOf(column);
            var squared = Vector512<double>.Zero;
            for (; column < eight.Length && coding.FactorOf(column) == factor; column++)
            {
                var away = eight[column] - Vector512.Create(others.At(row, column));
                squared += coding.IsCode(column) ? Vector512.ConditionalSelect(Vector512.Equals(away, Vector512<double>.Zero), Vector512<double>.Zero, Vector512<double>.One) : away * away;
            }
            squared *= weights[factor];
            joint += squared;
            if (share > 0)
                additive += Correlations.At(kind, squared * coding.Factors);
        }
        var together = Correlations.At(kind, joint);
        return share > 0 ? together + (additive / coding.Factors - together) * share : together;
    }

    /// <summary>The correlation of two rows.</summary>
    public double At(TrialTable table, int row, TrialTable others, int other)
    {
        Span<Vector512<double>> eight = stackalloc Vector512<double>[coding.Columns];
        for (var column = 0; column < eight.Length; column++)
            eight[column] = Vector512.Create(table.At(row, column));
        return At(eight, others, other)[0];
    }
}
