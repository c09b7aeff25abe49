using MathNet.Numerics.LinearAlgebra;

namespace Dure.Learn;

/// <summary>How much each signal has to do with one statistic <c>d' M d</c>; with lags, over all rows looked at together.</summary>
/// <param name="Decomposed">Parts that sum to the statistic and may be negative: <c>d_j (M d)_j</c>, Westerhuis, Gurden and Smilde (2000), eq. 9.</param>
/// <param name="ReconstructionBased">How far the statistic would fall if this signal alone were put where it disturbs least: Alcala and Qin (2009),
/// eq. 10. Of one faulty sensor, far enough, its own is the whole statistic and no other is larger, which plain contributions do not promise.</param>
public sealed record SignalContributions(IReadOnlyList<double> Decomposed, IReadOnlyList<double> ReconstructionBased)
{
    // A signal that the distance does not look at has nothing to put right; below this share of the largest curvature it counts as such.
    private const double BlindShare = 1e-12;

    internal static SignalContributions Of(ReadOnlySpan<double> state, ReadOnlySpan<double> centre, ReadOnlySpan<double> matrix, int columns)
    {
        var (width, decomposed, reconstruction) = (state.Length, new double[columns], new double[columns]);
        var (d, pull) = (new double[width], new double[width]);
        Quadratic.Form(state, centre, matrix, d, decomposed);
        var largest = 0.0;
        for (var i = 0; i < width; i++)
        {
            pull[i] = Quadratic.Dot(matrix.Slice(i * width, width), d);
            largest = Math.Max(largest, matrix[i * width + i]);
        }
        for (var j = 0; j < columns; j++)
            reconstruction[j] = Fall(matrix, pull, j, columns, BlindShare * largest);
        return new(decomposed, reconstruction);
    }

    // (xi' M d)' (xi' M xi)^+ (xi' M d) with xi the columns of the signal's own lags.
    private static double Fall(ReadOnlySpan<double> matrix, double[] pull, int signal, int columns, double blind)
    {
        var steps = pull.Length / columns;
        var (own, gradient) = (Matrix<double>.Build.Dense(steps, steps), Vector<double>.Build.Dense(steps));
        for (var a = 0; a < steps; a++)
        {
            gradient[a] = pull[a * columns + signal];
            for (var b = 0; b < steps; b++)
                own[a, b] = matrix[(a * columns + signal) * pull.Length + b * columns + signal];
        }
        var eigen = own.Evd(Symmetricity.Symmetric);
        var fall = 0.0;
        for (var a = 0; a < steps; a++)
            if (eigen.EigenValues[a].Real > blind)
                fall += Math.Pow(eigen.EigenVectors.Column(a).DotProduct(gradient), 2) / eigen.EigenValues[a].Real;
        return fall;
    }
}
