namespace Dure.Learn;

/// <summary>Rows seen together with those before them: a lagged row is the newest row, then the one before it, and so on.</summary>
internal static class LaggedRows
{
    /// <summary>All lagged rows of a row-major table, row-major; the first <paramref name="lags"/> rows have no past and give none.</summary>
    public static double[] Of(ReadOnlySpan<double> rows, int columns, int lags)
    {
        var width = columns * (lags + 1);
        var count = rows.Length / columns - lags;
        var lagged = new double[Math.Max(0, count) * width];
        for (var row = 0; row < count; row++)
            for (var lag = 0; lag <= lags; lag++)
                rows.Slice((row + lags - lag) * columns, columns).CopyTo(lagged.AsSpan(row * width + lag * columns));
        return lagged;
    }

    /// <summary>Takes one more row to the front of a lagged row; the oldest is forgotten.</summary>
    public static void Shift(Span<double> lagged, ReadOnlySpan<double> newest)
    {
        lagged[..^newest.Length].CopyTo(lagged[newest.Length..]);
        newest.CopyTo(lagged);
    }
}
