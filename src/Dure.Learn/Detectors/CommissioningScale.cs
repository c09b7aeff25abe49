using Dure.Kernel;

namespace Dure.Learn;

/// <summary>Mean and standard deviation of each signal over a machine's commissioning rows.</summary>
public sealed class CommissioningScale
{
    // Below this share of its own size a spread is rounding noise, and the signal counts as constant.
    private const double ConstantShare = 1e-9;

    private readonly double[] mean;
    private readonly double[] deviation;

    private CommissioningScale(double[] mean, double[] deviation, IReadOnlyList<int> constant, int rows, long missing) =>
        (this.mean, this.deviation, Constant, Rows, Missing) = (mean, deviation, constant, rows, missing);

    public ReadOnlySpan<double> Mean => mean;

    /// <summary>Standard deviation with n - 1; a constant signal has 1 in its own unit, for nothing is known of its spread.</summary>
    public ReadOnlySpan<double> Deviation => deviation;

    /// <summary>Columns that did not move at all during commissioning.</summary>
    public IReadOnlyList<int> Constant { get; }

    public int Rows { get; }

    /// <summary>Values that were missing among the commissioning rows.</summary>
    public long Missing { get; }

    public int Columns => mean.Length;

    internal static CommissioningScale Of(ReadOnlySpan<double> rows, int columns, int fewestRows, string recipe)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (rows.Length % columns != 0)
            throw new ArgumentException($"{rows.Length} values are not whole rows of {columns} columns.", nameof(rows));
        var count = rows.Length / columns;
        if (count < fewestRows)
            throw new ProblemException("urn:dure:learn:too-few-rows", $"{count} commissioning rows of {columns} signals; the recipe needs {fewestRows}.",
                $"fit of {recipe}", "Record a longer commissioning run, or leave signals out.");
        var (mean, deviation, constant, missing) = (new double[columns], new double[columns], new List<int>(), 0L);
        for (var column = 0; column < columns; column++)
        {
            missing += Measure(rows, column, columns, recipe, out mean[column], out deviation[column]);
            if (deviation[column] > ConstantShare * Math.Max(1e-3, Math.Abs(mean[column])))
                continue;
            constant.Add(column);
            deviation[column] = 1;
        }
        return new(mean, deviation, constant, count, missing);
    }

    internal double[] Standardise(ReadOnlySpan<double> rows)
    {
        var standardised = new double[rows.Length];
        for (var row = 0; row < rows.Length; row += Columns)
            Standardise(rows.Slice(row, Columns), standardised.AsSpan(row, Columns));
        return standardised;
    }

    /// <summary>Deviations of one row in commissioning standard deviations; returns how many values were missing (each counts as the mean).</summary>
    internal int Standardise(ReadOnlySpan<double> row, Span<double> standardised)
    {
        var missing = 0;
        for (var j = 0; j < mean.Length; j++)
        {
            var z = (row[j] - mean[j]) / deviation[j];
            if (double.IsNaN(z))
                (z, missing) = (0, missing + 1);
            standardised[j] = Math.Clamp(z, -AnomalyRecipe.LargestDeviation, AnomalyRecipe.LargestDeviation);
        }
        return missing;
    }

    private static int Measure(ReadOnlySpan<double> rows, int column, int columns, string recipe, out double mean, out double deviation)
    {
        double sum = 0, squares = 0;
        int known = 0, total = rows.Length / columns;
        for (var i = column; i < rows.Length; i += columns)
        {
            if (double.IsInfinity(rows[i]))
                throw new ProblemException("urn:dure:learn:infinite-value", $"Commissioning row {i / columns} holds an infinite value in column {column}.",
                    $"fit of {recipe}", "Mark the value as bad (missing) or leave the row out.");
            if (!double.IsNaN(rows[i]))
                (sum, known) = (sum + rows[i], known + 1);
        }
        if (known < 2 || known < total / 2)
            throw new ProblemException("urn:dure:learn:mostly-missing", $"Column {column} has {known} values in {total} commissioning rows.",
                $"fit of {recipe}", "Leave the signal out, or commission with a working sensor.");
        mean = sum / known;
        for (var i = column; i < rows.Length; i += columns)
            if (!double.IsNaN(rows[i]))
                squares += (rows[i] - mean) * (rows[i] - mean);
        deviation = Math.Sqrt(squares / (known - 1));
        return total - known;
    }
}
