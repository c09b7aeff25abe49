namespace Dure.Optimize.Numerics;

/// <summary>
/// A matrix as the product of a turn Q and an upper triangle R, by Householder's reflections: least squares without squaring the condition of the matrix
/// (Golub and Van Loan 2013, ch. 5.2 and 5.3).
/// </summary>
public sealed class HouseholderQr
{
    // A column of which less than this share is its own counts as a sum of columns before it.
    private const double LeastOwn = 1e-11;

    private readonly double[][] reflections; // by column: below the diagonal and on it the reflection, above it R
    private readonly double[] diagonal;
    private readonly int rows;

    private HouseholderQr(double[][] reflections, int rows) => (this.reflections, this.rows, diagonal) = (reflections, rows, new double[reflections.Length]);

    public int Columns => reflections.Length;

    /// <summary>The first column that is a sum of those before it; -1 where none is.</summary>
    public int FirstDependent { get; private set; } = -1;

    /// <summary>Factors a matrix given row by row; it is not changed.</summary>
    public static HouseholderQr Of(ReadOnlySpan<double> matrix, int columns)
    {
        var rows = matrix.Length / columns;
        ArgumentOutOfRangeException.ThrowIfNotEqual(matrix.Length, rows * columns);
        var turned = new double[columns][];
        for (var column = 0; column < columns; column++)
        {
            turned[column] = new double[rows];
            for (var row = 0; row < rows; row++)
                turned[column][row] = matrix[row * columns + column];
        }
        var made = new HouseholderQr(turned, rows);
        made.Reflect();
        return made;
    }

    private void Reflect()
    {
        for (var k = 0; k < Columns; k++)
        {
            var column = reflections[k];
            var whole = Math.Sqrt(Vectors.Dot(column, column));
            if (k >= rows)
            {
                FirstDependent = k;
                return;
            }
            var own = column.AsSpan(k);
            var length = Math.Sqrt(Vectors.Dot(own, own));
            if (!(length > LeastOwn * whole))
            {
                FirstDependent = k;
                return;
            }
            diagonal[k] = own[0] > 0 ? -length : length;
            own[0] -= diagonal[k];
            var scale = Math.Sqrt(2 / Vectors.Dot(own, own));
            foreach (ref var entry in own)
                entry *= scale;
            for (var other = k + 1; other < Columns; other++)
                Turn(k, reflections[other]);
        }
    }

    private void Turn(int k, Span<double> vector)
    {
        var own = reflections[k].AsSpan(k);
        Vectors.Add(vector[k..], -Vectors.Dot(own, vector[k..]), own);
    }

    /// <summary>The right side turned by Q': its first entries are explained by the columns, the rest is the residual's.</summary>
    public double[] Turned(ReadOnlySpan<double> right)
    {
        var turned = right.ToArray();
        for (var k = 0; k < Columns; k++)
            Turn(k, turned);
        return turned;
    }

    /// <summary>The coefficients that bring the matrix nearest to the right side.</summary>
    public double[] Solve(ReadOnlySpan<double> right) => Back(Turned(right), Columns);

    /// <summary>How a column that depends on those before it is made of them.</summary>
    public double[] Dependence(int column) => Back(reflections[column], column);

    private double[] Back(ReadOnlySpan<double> right, int count)
    {
        var solution = right[..count].ToArray();
        for (var k = count - 1; k >= 0; k--)
        {
            solution[k] /= diagonal[k];
            Vectors.Add(solution.AsSpan(0, k), -solution[k], reflections[k]);
        }
        return solution;
    }

    /// <summary>The inverse of the triangle R, column by column, so that (X'X)⁻¹ is its product with itself turned.</summary>
    internal double[][] InverseTriangle()
    {
        var inverse = new double[Columns][];
        for (var column = 0; column < Columns; column++)
        {
            var unit = new double[Columns];
            unit[column] = 1;
            inverse[column] = Back(unit, Columns);
        }
        return inverse;
    }
}
