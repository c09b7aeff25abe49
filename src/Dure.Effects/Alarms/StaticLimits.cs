using Dure.Kernel;

namespace Dure.Effects;

/// <summary>What plants do without a model: one low and one high limit per signal, mean ± k sigma of fault-free rows. Shewhart (1931).</summary>
public sealed class StaticLimits
{
    private readonly double[] low;
    private readonly double[] high;

    private StaticLimits(double[] low, double[] high, double sigmas) => (this.low, this.high, Sigmas) = (low, high, sigmas);

    /// <summary>Half width of the band in standard deviations of the commissioning rows.</summary>
    public double Sigmas { get; }

    public IReadOnlyList<double> Low => low;

    public IReadOnlyList<double> High => high;

    /// <summary>Fits the limits to commissioning rows (row-major). A missing value (NaN) is left out; a signal without two values is refused.</summary>
    public static StaticLimits Fit(ReadOnlySpan<double> rows, int columns, double sigmas = 3)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sigmas);
        var (low, high) = (new double[columns], new double[columns]);
        for (var column = 0; column < columns; column++)
        {
            var (mean, sd) = MeanAndDeviation(rows, column, columns);
            (low[column], high[column]) = (mean - sigmas * sd, mean + sigmas * sd);
        }
        return new(low, high, sigmas);
    }

    /// <summary>True when any signal of the row lies outside its band; a missing value raises nothing.</summary>
    public bool IsOutside(ReadOnlySpan<double> row)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, low.Length);
        for (var column = 0; column < row.Length; column++)
            if (row[column] < low[column] || row[column] > high[column])
                return true;
        return false;
    }

    /// <summary>One answer per row of a row-major table.</summary>
    public bool[] Alarms(ReadOnlySpan<double> rows)
    {
        var alarms = new bool[rows.Length / low.Length];
        for (var row = 0; row < alarms.Length; row++)
            alarms[row] = IsOutside(rows.Slice(row * low.Length, low.Length));
        return alarms;
    }

    private static (double Mean, double Deviation) MeanAndDeviation(ReadOnlySpan<double> rows, int column, int columns)
    {
        double sum = 0, squares = 0;
        var count = 0;
        for (var i = column; i < rows.Length; i += columns)
            if (!double.IsNaN(rows[i]))
                (sum, count) = (sum + rows[i], count + 1);
        if (count < 2)
            throw new ProblemException("urn:dure:effects:too-few-rows", $"Signal {column + 1} of {columns} has {count} value(s) in the commissioning rows.",
                "static limits", "Give at least two values of every signal, or leave the signal out.");
        var mean = sum / count;
        for (var i = column; i < rows.Length; i += columns)
            if (!double.IsNaN(rows[i]))
                squares += (rows[i] - mean) * (rows[i] - mean);
        return (mean, Math.Sqrt(squares / (count - 1)));
    }
}
