using Dure.Optimize.Numerics;

namespace Dure.Optimize.Gaussian;

/// <summary>How alike the values of two points are, by their distance.</summary>
public enum Covariance
{
    /// <summary>Twice differentiable: (1 + s + s²/3) exp(-s) with s = √5 r. Rasmussen and Williams (2006), eq. 4.17.</summary>
    Matern52,

    /// <summary>Without an edge anywhere: exp(-r²/2).</summary>
    Rbf,
}

/// <summary>Points, column by column, so that one is compared with many at once.</summary>
internal sealed class PointSet
{
    private readonly double[][] columns;

    /// <param name="points">Row by row.</param>
    public PointSet(ReadOnlySpan<double> points, int width)
    {
        (Count, columns) = (points.Length / width, new double[width][]);
        for (var column = 0; column < width; column++)
        {
            columns[column] = new double[Count];
            for (var i = 0; i < Count; i++)
                columns[column][i] = points[i * width + column];
        }
    }

    public int Count { get; }

    public int Width => columns.Length;

    public ReadOnlySpan<double> Column(int column) => columns[column];

    public void CopyPoint(int number, Span<double> into)
    {
        for (var column = 0; column < columns.Length; column++)
            into[column] = columns[column][number];
    }
}

/// <summary>Correlations by distance, each column with a length of its own over which values change.</summary>
internal sealed class CovarianceKernel(Covariance kind, double[] lengths)
{
    private static readonly double RootOfFive = Math.Sqrt(5);

    /// <summary>Squared distances of a point to the first of a set, in lengths.</summary>
    public void Distances(ReadOnlySpan<double> point, PointSet others, Span<double> into)
    {
        into.Clear();
        for (var column = 0; column < lengths.Length; column++)
            Vectors.AddSquares(into, point[column], others.Column(column)[..into.Length], 1 / (lengths[column] * lengths[column]));
    }

    /// <summary>The correlation at a squared distance.</summary>
    public double At(double distance)
    {
        if (kind == Covariance.Rbf)
            return Math.Exp(-distance / 2);
        var s = RootOfFive * Math.Sqrt(distance);
        return (1 + s + s * s / 3) * Math.Exp(-s);
    }

    /// <summary>How the correlation grows with the logarithm of a length, per squared distance along that column in lengths.</summary>
    public double SlopeAt(double distance)
    {
        if (kind == Covariance.Rbf)
            return Math.Exp(-distance / 2);
        var s = RootOfFive * Math.Sqrt(distance);
        return 5.0 / 3 * (1 + s) * Math.Exp(-s);
    }

    /// <summary>The correlations of a point with the first of a set.</summary>
    public void Correlate(ReadOnlySpan<double> point, PointSet others, Span<double> into)
    {
        Distances(point, others, into);
        foreach (ref var each in into)
            each = At(each);
    }

    /// <summary>The correlations of all points of a set, row by row, with something added to the diagonal; above it nothing is set.</summary>
    public double[] Matrix(PointSet points, Func<int, double> diagonal, int threads, CancellationToken cancel)
    {
        var matrix = new double[checked(points.Count * points.Count)];
        Tasks.For((points.Count + Stripe - 1) / Stripe, stripe =>
        {
            var point = new double[points.Width];
            for (var i = stripe * Stripe; i < Math.Min(points.Count, (stripe + 1) * Stripe); i++)
            {
                points.CopyPoint(i, point);
                Correlate(point, points, matrix.AsSpan(i * points.Count, i + 1));
                matrix[i * points.Count + i] = 1 + diagonal(i);
            }
        }, threads, cancel);
        return matrix;
    }

    internal const int Stripe = 32;
}
