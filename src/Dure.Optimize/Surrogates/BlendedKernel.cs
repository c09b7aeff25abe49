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

    /// <summary>The correlations of a point with all rows, and for each column of numbers how they change with the point's entry there.</summary>
    /// <param name="correlations">As many eights as hold all rows.</param>
    /// <param name="slopes">Column after column, each as long as the correlations; 0 for codes.</param>
    public void At(ReadOnlySpan<double> point, TrialTable rows, Span<Vector512<double>> correlations, Span<Vector512<double>> slopes)
    {
        Span<Vector512<double>> falls = stackalloc Vector512<double>[coding.Factors];
        for (var block = 0; block < correlations.Length; block++)
        {
            Vector512<double> joint = Vector512<double>.Zero, additive = joint;
            for (var column = 0; column < point.Length;)
            {
                var factor = coding.FactorOf(column);
                var squared = Vector512<double>.Zero;
                for (; column < point.Length && coding.FactorOf(column) == factor; column++)
                {
                    var away = Vector512.Create(point[column]) - rows.Eights(column)[block];
                    squared += coding.IsCode(column) ? Vector512.ConditionalSelect(Vector512.Equals(away, Vector512<double>.Zero), Vector512<double>.Zero, Vector512<double>.One) : away * away;
                }
                squared *= weights[factor];
                joint += squared;
                if (share > 0)
                {
                    additive += Correlations.At(kind, squared * coding.Factors);
                    falls[factor] = Correlations.FallAt(kind, squared * coding.Factors);
                }
            }
            var together = Correlations.At(kind, joint);
            var fall = Correlations.FallAt(kind, joint);
            correlations[block] = share > 0 ? together + (additive / coding.Factors - together) * share : together;
            for (var column = 0; column < point.Length; column++)
            {
                var factor = coding.FactorOf(column);
                var steep = share > 0 ? fall + (falls[factor] - fall) * share : fall;
                var away = Vector512.Create(point[column]) - rows.Eights(column)[block];
                slopes[column * correlations.Length + block] = coding.IsCode(column) ? Vector512<double>.Zero : away * steep * (-2 * weights[factor]);
            }
        }
    }

    /// <summary>The correlations of all rows with those before them, row by row; nothing is set on and above the diagonal.</summary>
    public double[] Matrix(TrialTable rows)
    {
        var matrix = new double[rows.Count * rows.Count];
        var eight = new Vector512<double>[coding.Columns];
        for (var first = 0; first < rows.Count; first += Correlations.Lanes)
        {
            for (var column = 0; column < eight.Length; column++)
                eight[column] = rows.Eights(column)[first / Correlations.Lanes];
            var end = Math.Min(rows.Count, first + Correlations.Lanes);
            for (var other = 0; other < end - 1; other++)
            {
                var correlations = At(eight, rows, other);
                for (var row = Math.Max(first, other + 1); row < end; row++)
                    matrix[row * rows.Count + other] = correlations[row - first];
            }
        }
        return matrix;
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
