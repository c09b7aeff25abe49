namespace Dure.Learn.Evaluation;

/// <summary>A linear fit to the share of rows that fit it best (least trimmed squares, Rousseeuw 1984, by concentration steps).</summary>
/// <param name="Weights">One a column, then the constant.</param>
/// <param name="Kept">The rows that it was fitted to.</param>
/// <param name="Unexplained">The share of those rows' variance that is left.</param>
internal sealed record TrimmedFit(double[] Weights, int[] Kept, double Unexplained)
{
    private const int MostSteps = 12;
    private const double Ridge = 1e-12;

    /// <returns>Null: there are too few rows, or the target does not vary.</returns>
    public static TrimmedFit? Of(double[][] rows, double[] y, double keep)
    {
        var columns = rows.Length == 0 ? 0 : rows[0].Length;
        var count = (int)(keep * rows.Length);
        if (count < 3 * (columns + 1))
            return null;
        var kept = Enumerable.Range(0, rows.Length).ToArray();
        double[]? weights = null;
        for (var step = 0; step < (keep < 1 ? MostSteps : 1); step++)
        {
            weights = Solve(rows, y, kept);
            if (weights is null || keep >= 1)
                break;
            var off = rows.Select((row, i) => Math.Abs(y[i] - At(row, weights))).ToArray();
            var order = Enumerable.Range(0, rows.Length).ToArray();
            Array.Sort(off, order);
            int[] next = [.. order.Take(count).Order()];
            if (next.AsSpan().SequenceEqual(kept))
                break;
            kept = next;
        }
        return weights is null ? null : new(weights, kept, Left(rows, y, kept, weights));
    }

    public static double At(double[] row, double[] weights)
    {
        var sum = weights[^1];
        for (var i = 0; i < row.Length; i++)
            sum += weights[i] * row[i];
        return sum;
    }

    private static double Left(double[][] rows, double[] y, int[] kept, double[] weights)
    {
        var mean = kept.Average(row => y[row]);
        var all = kept.Sum(row => (y[row] - mean) * (y[row] - mean));
        return all > 0 ? kept.Sum(row => Math.Pow(y[row] - At(rows[row], weights), 2)) / all : 1;
    }

    /// <summary>Least squares by Cholesky on columns of mean 0 and variance 1; a constant column gets no weight.</summary>
    private static double[]? Solve(double[][] rows, double[] y, int[] kept)
    {
        var n = rows[0].Length;
        var (means, scales) = (new double[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            means[i] = kept.Average(row => rows[row][i]);
            var spread = Math.Sqrt(kept.Average(row => Math.Pow(rows[row][i] - means[i], 2)));
            scales[i] = spread > 1e-12 * Math.Abs(means[i]) && spread > 0 ? 1 / spread : 0;
        }
        var (square, right, meanY) = (new double[n, n], new double[n], kept.Average(row => y[row]));
        var scaled = new double[n];
        foreach (var row in kept)
        {
            for (var i = 0; i < n; i++)
                scaled[i] = (rows[row][i] - means[i]) * scales[i];
            for (var i = 0; i < n; i++)
            {
                right[i] += scaled[i] * (y[row] - meanY);
                for (var j = 0; j <= i; j++)
                    square[i, j] += scaled[i] * scaled[j];
            }
        }
        for (var i = 0; i < n; i++)
            square[i, i] += Ridge * kept.Length + (scales[i] == 0 ? 1 : 0);
        return Cholesky(square, right) ? [.. right.Select((weight, i) => weight * scales[i]), meanY - Enumerable.Range(0, n).Sum(i => right[i] * scales[i] * means[i])] : null;
    }

    /// <summary>Solves in place; false where the matrix is not positive.</summary>
    private static bool Cholesky(double[,] a, double[] b)
    {
        var n = b.Length;
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++)
            {
                var sum = a[i, j];
                for (var k = 0; k < j; k++)
                    sum -= a[i, k] * a[j, k];
                if (i == j && !(sum > 0))
                    return false;
                a[i, j] = i == j ? Math.Sqrt(sum) : sum / a[j, j];
            }
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < i; k++)
                b[i] -= a[i, k] * b[k];
            b[i] /= a[i, i];
        }
        for (var i = n - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < n; k++)
                b[i] -= a[k, i] * b[k];
            b[i] /= a[i, i];
        }
        return true;
    }
}
