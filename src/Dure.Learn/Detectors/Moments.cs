using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
        var (sums, from) = (new double[columns * columns], new double[columns]);
        for (var row = 0; row < rows.Length; row += columns)
        {
            for (var j = 0; j < columns; j++)
                from[j] = rows[row + j] - mean[j];
            for (var i = 0; i < columns; i++)
                AddProducts(sums.AsSpan(i * columns + i, columns - i), from[i], from.AsSpan(i));
        }
        var count = rows.Length / columns;
        return Matrix<double>.Build.Dense(columns, columns, (i, j) => sums[Math.Min(i, j) * columns + Math.Max(i, j)] / (count - 1));
    }

    private static void AddProducts(Span<double> sums, double factor, ReadOnlySpan<double> values)
    {
        var wideSums = MemoryMarshal.Cast<double, Vector256<double>>(sums);
        var wideValues = MemoryMarshal.Cast<double, Vector256<double>>(values);
        var wideFactor = Vector256.Create(factor);
        for (var j = 0; j < wideSums.Length; j++)
            wideSums[j] += wideFactor * wideValues[j];
        for (var j = wideSums.Length * Vector256<double>.Count; j < sums.Length; j++)
            sums[j] += factor * values[j];
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
