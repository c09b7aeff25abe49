namespace Dure.Learn;

/// <summary>What is needed of one signal's windows to correlate any two of them by one step along a diagonal.</summary>
/// <param name="Values">The signal; what is missing stands as the mean.</param>
/// <param name="Mean">Mean of each window.</param>
/// <param name="InverseNorm">1 / |window less its mean|; zero where a window stands apart.</param>
/// <param name="HalfStep">(x[i + m - 1] - x[i - 1]) / 2 of Zimmerman et al. (2019).</param>
/// <param name="Spread">(x[i + m - 1] - mean[i]) + (x[i - 1] - mean[i - 1]).</param>
/// <param name="IsApart">Windows that are constant or hold a missing value.</param>
internal sealed record WindowShapes(double[] Values, double[] Mean, double[] InverseNorm, double[] HalfStep, double[] Spread, bool[] IsApart)
{
    // Below this share of the signal's own spread a window's is rounding noise.
    private const double ConstantShare = 1e-8;

    public static WindowShapes Of(double[] values, int window)
    {
        var (known, spread) = Centre(values);
        var windows = values.Length - window + 1;
        var (mean, norm, apart) = (new double[windows], new double[windows], new bool[windows]);
        for (var i = 0; i < windows; i++)
        {
            var rows = values.AsSpan(i, window);
            foreach (var value in rows)
                mean[i] += value / window;
            var squares = 0.0;
            foreach (var value in rows)
                squares += (value - mean[i]) * (value - mean[i]);
            apart[i] = known.AsSpan(i, window).Contains(false) || squares <= window * ConstantShare * ConstantShare * spread * spread;
            norm[i] = apart[i] ? 0 : 1 / Math.Sqrt(squares);
        }
        var (half, both) = (new double[windows], new double[windows]);
        for (var i = 1; i < windows; i++)
        {
            half[i] = (values[i + window - 1] - values[i - 1]) / 2;
            both[i] = values[i + window - 1] - mean[i] + (values[i - 1] - mean[i - 1]);
        }
        return new(values, mean, norm, half, both, apart);
    }

    public void SetApart(bool[] apart)
    {
        for (var i = 0; i < apart.Length; i++)
            if (apart[i])
                InverseNorm[i] = 0;
    }

    /// <summary>Covariance times rows of windows 0 and <paramref name="other"/>: where a diagonal begins.</summary>
    public double First(int other)
    {
        var (sum, window) = (0.0, Values.Length - Mean.Length + 1);
        for (var k = 0; k < window; k++)
            sum += (Values[k] - Mean[0]) * (Values[other + k] - Mean[other]);
        return sum;
    }

    // In place: less the mean, for small numbers round less; missing and infinite values become zero.
    private static (bool[] Known, double Spread) Centre(double[] values)
    {
        bool[] known = [.. values.Select(double.IsFinite)];
        var mean = values.Where(double.IsFinite).DefaultIfEmpty(0).Average();
        for (var i = 0; i < values.Length; i++)
            values[i] = known[i] ? values[i] - mean : 0;
        return (known, Math.Sqrt(values.Average(v => v * v)));
    }
}
