using MathNet.Numerics.LinearAlgebra;

namespace Dure.Learn;

/// <summary>Means and covariances of row-major tables.</summary>
internal static class Moments
{
    public static double[] Mean(ReadOnlySpan<double> rows, int columns)
    {
        var mean = new double[columns];
        for (var i = 0; i < rows.Length; i++)
            mean[i % columns] += rows[i];
        var count = rows.Length / columns;
        foreach (ref var value in mean.AsSpan())
            value /= count;
        return mean;
    }

    /// <summary>Sample covariance, divided by n - 1.</summary>
    public static Matrix<double> Covariance(ReadOnlySpan<double> rows, ReadOnlySpan<double> mean)
    {
        var columns = mean.Length;
        var covariance = Matrix<double>.Build.Dense(columns, columns);
        var count = rows.Length / columns;
        for (var i = 0; i < columns; i++)
            for (var j = i; j < columns; j++)
            {
                var sum = 0.0;
                for (var row = 0; row < rows.Length; row += columns)
                    sum += (rows[row + i] - mean[i]) * (rows[row + j] - mean[j]);
                covariance[i, j] = covariance[j, i] = sum / (count - 1);
            }
        return covariance;
    }

    /// <summary>Row-major values, made exactly symmetric so that rounding in a solver leaves no trace.</summary>
    public static double[] ToRowMajor(Matrix<double> matrix)
    {
        var values = new double[matrix.RowCount * matrix.ColumnCount];
        for (var i = 0; i < matrix.RowCount; i++)
            for (var j = 0; j < matrix.ColumnCount; j++)
                values[i * matrix.ColumnCount + j] = 0.5 * (matrix[i, j] + matrix[j, i]);
        return values;
    }
}
