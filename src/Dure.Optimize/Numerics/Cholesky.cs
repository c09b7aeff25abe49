namespace Dure.Optimize.Numerics;

/// <summary>
/// A symmetric positive definite matrix as the product of a lower triangle with itself turned; tile by tile, with the same bits on any number of
/// threads. Solves, the logarithm of the determinant and the inverse follow from it (Golub and Van Loan 2013, ch. 4.2).
/// </summary>
public sealed class Cholesky
{
    private const int Tile = 64;

    private readonly double[] lower;

    private Cholesky(double[] lower, int size) => (this.lower, Size) = (lower, size);

    public int Size { get; }

    /// <summary>Twice the sum of the logarithms of the diagonal.</summary>
    public double LogDeterminant
    {
        get
        {
            var sum = 0.0;
            for (var i = 0; i < Size; i++)
                sum += Math.Log(lower[i * Size + i]);
            return 2 * sum;
        }
    }

    /// <summary>Factors a matrix in its own place; null where it is not positive definite, and its content is lost.</summary>
    /// <param name="matrix">Row by row; what stands above the diagonal is not read.</param>
    /// <param name="threads">Threads at most; 0: one for each core.</param>
    public static Cholesky? TryOf(double[] matrix, int size, int threads = 0, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(matrix.Length, checked(size * size));
        var made = new Cholesky(matrix, size);
        for (var first = 0; first < size; first += Tile)
        {
            var end = Math.Min(size, first + Tile);
            if (!made.Panel(first, end, first, end))
                return null;
            var below = (size - end + Tile - 1) / Tile;
            var isSound = true;
            Tasks.For(below, tile =>
            {
                if (!made.Panel(end + tile * Tile, Math.Min(size, end + (tile + 1) * Tile), first, end))
                    Volatile.Write(ref isSound, false);
            }, threads, cancel);
            if (!isSound)
                return null;
        }
        return made;
    }

    /// <summary>Finishes some rows of some columns: takes away what the columns before explain, and solves against the diagonal's tile.</summary>
    private bool Panel(int firstRow, int endRow, int firstColumn, int endColumn)
    {
        var isDiagonal = firstRow == firstColumn;
        Subtract(firstRow, endRow, firstColumn, endColumn);
        for (var row = firstRow; row < endRow; row++)
        {
            var entries = lower.AsSpan(row * Size, Size);
            var last = isDiagonal ? row : endColumn - 1;
            for (var column = firstColumn; column <= last; column++)
            {
                var rest = entries[column] - Vectors.Dot(entries[firstColumn..column], lower.AsSpan(column * Size + firstColumn, column - firstColumn));
                if (column < row)
                    entries[column] = rest / lower[column * Size + column];
                else if (rest > 0 && double.IsFinite(rest))
                    entries[column] = Math.Sqrt(rest);
                else
                    return false;
            }
        }
        return true;
    }

    private void Subtract(int firstRow, int endRow, int firstColumn, int endColumn)
    {
        Span<double> four = stackalloc double[4];
        if (firstColumn == 0)
            return;
        for (var row = firstRow; row < endRow; row += 2)
        {
            var second = Math.Min(row + 1, endRow - 1);
            var a0 = lower.AsSpan(row * Size, firstColumn);
            var a1 = lower.AsSpan(second * Size, firstColumn);
            for (var column = firstColumn; column < endColumn; column += 2)
            {
                var next = Math.Min(column + 1, endColumn - 1);
                Vectors.Dot(a0, a1, lower.AsSpan(column * Size, firstColumn), lower.AsSpan(next * Size, firstColumn), four);
                lower[row * Size + column] -= four[0];
                if (next > column)
                    lower[row * Size + next] -= four[1];
                if (second > row)
                    lower[second * Size + column] -= four[2];
                if (next > column && second > row)
                    lower[second * Size + next] -= four[3];
            }
        }
    }

    /// <summary>A row of the lower triangle, up to its diagonal.</summary>
    internal ReadOnlySpan<double> Row(int row) => lower.AsSpan(row * Size, row + 1);

    /// <summary>The factor of a matrix with one more row and column; null where that is not positive definite.</summary>
    /// <param name="column">What the new column has above its diagonal.</param>
    public Cholesky? TryExtend(ReadOnlySpan<double> column, double diagonal)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(column.Length, Size);
        var larger = new double[(Size + 1) * (Size + 1)];
        for (var row = 0; row < Size; row++)
            Row(row).CopyTo(larger.AsSpan(row * (Size + 1)));
        var last = larger.AsSpan(Size * (Size + 1), Size);
        column.CopyTo(last);
        SolveLower(last);
        var rest = diagonal - Vectors.Dot(last, last);
        larger[^1] = Math.Sqrt(rest);
        return rest > 0 ? new Cholesky(larger, Size + 1) : null;
    }

    /// <summary>Solves the matrix against a right side, in its place.</summary>
    public void Solve(Span<double> right)
    {
        SolveLower(right);
        SolveUpper(right);
    }

    /// <summary>Solves the lower triangle against a right side, in its place.</summary>
    public void SolveLower(Span<double> right)
    {
        for (var row = 0; row < Size; row++)
            right[row] = (right[row] - Vectors.Dot(lower.AsSpan(row * Size, row), right[..row])) / lower[row * Size + row];
    }

    /// <summary>Solves the lower triangle turned against a right side, in its place.</summary>
    public void SolveUpper(Span<double> right)
    {
        for (var row = Size - 1; row >= 0; row--)
        {
            right[row] /= lower[row * Size + row];
            Vectors.Add(right[..row], -right[row], lower.AsSpan(row * Size, row));
        }
    }

    /// <summary>The inverse of the matrix, row by row, both triangles of it.</summary>
    public double[] Inverse(int threads = 0, CancellationToken cancel = default)
    {
        // Row j holds column j of the inverse triangle, which begins at j.
        var columns = new double[lower.Length];
        var tiles = (Size + Tile - 1) / Tile;
        Tasks.For(tiles, tile => InverseColumns(columns, tile * Tile, Math.Min(Size, (tile + 1) * Tile)), threads, cancel);
        var inverse = new double[lower.Length];
        Tasks.For(tiles, tile =>
        {
            for (var other = 0; other <= tile; other++)
                Multiply(columns, inverse, tile * Tile, other * Tile);
        }, threads, cancel);
        return inverse;
    }

    private void InverseColumns(double[] columns, int first, int end)
    {
        for (var row = first; row < Size; row++)
        {
            var entries = lower.AsSpan(row * Size, row);
            for (var column = first; column < Math.Min(end, row); column++)
            {
                var known = columns.AsSpan(column * Size, row);
                columns[column * Size + row] = -Vectors.Dot(entries[column..], known[column..]) / lower[row * Size + row];
            }
            if (row < end)
                columns[row * Size + row] = 1 / lower[row * Size + row];
        }
    }

    private void Multiply(double[] columns, double[] into, int firstRow, int firstColumn)
    {
        Span<double> four = stackalloc double[4];
        var (endRow, endColumn) = (Math.Min(Size, firstRow + Tile), Math.Min(Size, firstColumn + Tile));
        for (var row = firstRow; row < endRow; row += 2)
        {
            var second = Math.Min(row + 1, endRow - 1);
            for (var column = firstColumn; column < endColumn; column += 2)
            {
                var next = Math.Min(column + 1, endColumn - 1);
                Vectors.Dot(columns.AsSpan(row * Size + firstRow, Size - firstRow), columns.AsSpan(second * Size + firstRow, Size - firstRow),
                    columns.AsSpan(column * Size + firstRow, Size - firstRow), columns.AsSpan(next * Size + firstRow, Size - firstRow), four);
                into[row * Size + column] = into[column * Size + row] = four[0];
                into[row * Size + next] = into[next * Size + row] = next > column ? four[1] : four[0];
                into[second * Size + column] = into[column * Size + second] = second > row ? four[2] : four[0];
                if (next > column && second > row)
                    into[second * Size + next] = into[next * Size + second] = four[3];
            }
        }
    }
}
