namespace Dure.Learn;

/// <summary>Rows seen together with those before them: a lagged row is the newest row, then the one before it, and so on.</summary>
internal static class LaggedRows
{
    // 4 million numbers are 32 MB; what more rows would add to a covariance or a quantile is less than it already errs.
    private const int MostValues = 4_000_000;

    /// <summary>All lagged rows of a row-major table, row-major; the first <paramref name="lags"/> rows have no past and give none.</summary>
    public static double[] Of(ReadOnlySpan<double> rows, int columns, int lags) => Every(1, rows, columns, lags);

    /// <summary>The same, evenly thinned where a table is long: enough to fit on.</summary>
    public static double[] Sample(ReadOnlySpan<double> rows, int columns, int lags) =>
        Every((int)(1 + (long)rows.Length * (lags + 1) / MostValues), rows, columns, lags);

    private static double[] Every(int step, ReadOnlySpan<double> rows, int columns, int lags)
    {
        var width = columns * (lags + 1);
        var count = Math.Max(0, (rows.Length / columns - lags + step - 1) / step);
        var lagged = new double[count * width];
        for (var row = 0; row < count; row++)
            for (var lag = 0; lag <= lags; lag++)
                rows.Slice((row * step + lags - lag) * columns, columns).CopyTo(lagged.AsSpan(row * width + lag * columns));
        return lagged;
    }

    /// <summary>Takes one more row to the front of a lagged row; the oldest is forgotten.</summary>
    public static void Shift(Span<double> lagged, ReadOnlySpan<double> newest)
    {
        lagged[..^newest.Length].CopyTo(lagged[newest.Length..]);
        newest.CopyTo(lagged);
    }
}
