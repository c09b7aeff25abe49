namespace Dure.Optimize.Numerics;

/// <summary>Eigenvalues of a symmetric matrix, rising, and the direction of each; by Jacobi's rotations (Golub and Van Loan 2013, ch. 8.5).</summary>
/// <param name="Values">Rising.</param>
/// <param name="Vectors">By eigenvalue, each of length 1, its largest entry positive.</param>
public sealed record SymmetricEigen(double[] Values, double[][] Vectors)
{
    private const int MostSweeps = 60;

    /// <summary>Of a matrix given row by row; it is not changed.</summary>
    public static SymmetricEigen Of(ReadOnlySpan<double> matrix, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(matrix.Length, size * size);
        var (a, turns) = (matrix.ToArray(), new double[size * size]);
        for (var i = 0; i < size; i++)
            turns[i * size + i] = 1;
        for (var sweep = 0; sweep < MostSweeps && Rotate(a, turns, size); sweep++)
        {
        }
        var order = Enumerable.Range(0, size).OrderBy(i => a[i * size + i]).ToArray();
        return new([.. order.Select(i => a[i * size + i])], [.. order.Select(i => Direction(turns, i, size))]);
    }

    private static bool Rotate(double[] a, double[] turns, int size)
    {
        var any = false;
        for (var p = 0; p < size; p++)
            for (var q = p + 1; q < size; q++)
            {
                var off = a[p * size + q];
                if (Math.Abs(off) <= 1e-17 * (Math.Abs(a[p * size + p]) + Math.Abs(a[q * size + q])) || off == 0)
                    continue;
                any = true;
                var theta = (a[q * size + q] - a[p * size + p]) / (2 * off);
                var tangent = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt(1 + theta * theta));
                var cosine = 1 / Math.Sqrt(1 + tangent * tangent);
                var sine = tangent * cosine;
                for (var k = 0; k < size; k++)
                    Turn(ref a[k * size + p], ref a[k * size + q], cosine, sine);
                for (var k = 0; k < size; k++)
                    Turn(ref a[p * size + k], ref a[q * size + k], cosine, sine);
                for (var k = 0; k < size; k++)
                    Turn(ref turns[k * size + p], ref turns[k * size + q], cosine, sine);
                (a[p * size + q], a[q * size + p]) = (0, 0);
            }
        return any;
    }

    private static void Turn(ref double x, ref double y, double cosine, double sine) => (x, y) = (cosine * x - sine * y, sine * x + cosine * y);

    private static double[] Direction(double[] turns, int column, int size)
    {
        var direction = new double[size];
        for (var k = 0; k < size; k++)
            direction[k] = turns[k * size + column];
        var largest = direction.MaxBy(Math.Abs);
        return largest < 0 ? [.. direction.Select(x => -x)] : direction;
    }
}
