namespace Dure.Plants.Integration;

/// <summary>A square matrix as the product of two triangles, with rows exchanged so that the largest entry leads (Golub and Van Loan 2013, ch. 3.4).</summary>
public sealed class LuFactors
{
    private readonly double[] factors;
    private readonly int[] rows;

    private LuFactors(double[] factors, int[] rows) => (this.factors, this.rows) = (factors, rows);

    /// <summary>Factors a matrix, row by row, in its own place; null where it is singular or not finite.</summary>
    public static LuFactors? TryOf(double[] matrix, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(matrix.Length, checked(size * size));
        var rows = new int[size];
        for (var i = 0; i < size; i++)
            rows[i] = i;
        for (var column = 0; column < size; column++)
        {
            var lead = column;
            for (var row = column + 1; row < size; row++)
                if (Math.Abs(matrix[row * size + column]) > Math.Abs(matrix[lead * size + column]))
                    lead = row;
            var pivot = matrix[lead * size + column];
            if (pivot == 0 || !double.IsFinite(pivot))
                return null;
            if (lead != column)
                Exchange(matrix, rows, size, lead, column);
            var top = matrix.AsSpan(column * size, size);
            for (var row = column + 1; row < size; row++)
            {
                var entries = matrix.AsSpan(row * size, size);
                var factor = entries[column] /= pivot;
                for (var i = column + 1; factor != 0 && i < size; i++)
                    entries[i] -= factor * top[i];
            }
        }
        return new LuFactors(matrix, rows);
    }

    /// <summary>The solution for a right-hand side.</summary>
    public void Solve(ReadOnlySpan<double> right, Span<double> solution)
    {
        var size = rows.Length;
        for (var row = 0; row < size; row++)
        {
            var sum = right[rows[row]];
            for (var i = 0; i < row; i++)
                sum -= factors[row * size + i] * solution[i];
            solution[row] = sum;
        }
        for (var row = size - 1; row >= 0; row--)
        {
            var sum = solution[row];
            for (var i = row + 1; i < size; i++)
                sum -= factors[row * size + i] * solution[i];
            solution[row] = sum / factors[row * size + row];
        }
    }

    private static void Exchange(double[] matrix, int[] rows, int size, int one, int other)
    {
        (rows[one], rows[other]) = (rows[other], rows[one]);
        for (var i = 0; i < size; i++)
            (matrix[one * size + i], matrix[other * size + i]) = (matrix[other * size + i], matrix[one * size + i]);
    }
}
