namespace Dure.Plants.TennesseeEastman.Control;

/// <summary>Small dense linear systems, by Gaussian elimination with partial pivoting.</summary>
internal static class GaussElimination
{
    /// <summary>Solves for the right-hand side in place; false when the matrix is singular. The matrix, row by row, is used up.</summary>
    public static bool TrySolve(Span<double> matrix, Span<double> right)
    {
        var n = right.Length;
        for (var k = 0; k < n; k++)
        {
            var pivot = k;
            for (var i = k + 1; i < n; i++)
                if (Math.Abs(matrix[i * n + k]) > Math.Abs(matrix[pivot * n + k]))
                    pivot = i;
            if (!(Math.Abs(matrix[pivot * n + k]) > 1e-14))
                return false;
            if (pivot != k)
                Swap(matrix, right, k, pivot);
            for (var i = k + 1; i < n; i++)
                Subtract(matrix, right, k, i);
        }
        for (var i = n - 1; i >= 0; i--)
        {
            for (var j = i + 1; j < n; j++)
                right[i] -= matrix[i * n + j] * right[j];
            right[i] /= matrix[i * n + i];
        }
        return true;
    }

    private static void Subtract(Span<double> matrix, Span<double> right, int k, int i)
    {
        var n = right.Length;
        var factor = matrix[i * n + k] / matrix[k * n + k];
        if (factor == 0)
            return;
        var row = matrix.Slice(i * n + k, n - k);
        for (var j = 0; j < row.Length; j++)
            row[j] -= factor * matrix[k * n + k + j];
        right[i] -= factor * right[k];
    }

    private static void Swap(Span<double> matrix, Span<double> right, int k, int pivot)
    {
        var n = right.Length;
        for (var j = 0; j < n; j++)
            (matrix[k * n + j], matrix[pivot * n + j]) = (matrix[pivot * n + j], matrix[k * n + j]);
        (right[k], right[pivot]) = (right[pivot], right[k]);
    }
}
