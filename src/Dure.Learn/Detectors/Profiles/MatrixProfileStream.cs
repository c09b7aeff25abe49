namespace Dure.Learn;

/// <summary>The left matrix profile of a signal as it grows: how far the newest window is from the most alike one before it. Each window is compared
/// with the whole history it keeps, so nothing adds up over days. Not for several threads; allocates nothing per value.</summary>
public sealed class MatrixProfileStream
{
    private const int LongestHistory = 1_000_000;

    // Below this share of the history's spread a window's is rounding noise, as in the profile of a whole recording.
    private const double ConstantShare = 1e-8;

    private readonly double[] values;
    private readonly double[] means;
    private readonly double[] inverseNorms;
    private readonly double[] newest;
    private readonly int window, exclusion, history;
    private readonly double[][] kept;
    private int count, unknown;

    /// <param name="window">Values a window, about one repetition; at least 4.</param>
    /// <param name="history">Values that are remembered to compare with; the oldest are forgotten.</param>
    /// <param name="exclusion">Windows nearer than so many values are no neighbours; null: half a window.</param>
    public MatrixProfileStream(int window, int history, int? exclusion = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(history, LongestHistory);
        ArgumentOutOfRangeException.ThrowIfLessThan(history, 2 * window);
        (this.window, this.history, this.exclusion) = (window, history, Math.Max(1, exclusion ?? (window + 1) / 2));
        (values, means, inverseNorms, newest) = (new double[2 * history], new double[2 * history], new double[2 * history], new double[window]);
        kept = [values, means, inverseNorms];
    }

    /// <summary>Takes one more value; the distance of the window it ends, or NaN while there is nothing to compare with and where that window is
    /// constant or holds a missing value (NaN).</summary>
    public double Add(double value)
    {
        MakeRoom();
        unknown = double.IsFinite(value) ? Math.Max(0, unknown - 1) : window;
        values[count++] = double.IsFinite(value) ? value : 0;
        var start = count - window;
        if (start < 0)
            return double.NaN;
        Shape(start);
        return inverseNorms[start] == 0 ? double.NaN : Nearest(start);
    }

    private double Nearest(int start)
    {
        for (var k = 0; k < window; k++)
            newest[k] = (values[start + k] - means[start]) * inverseNorms[start];
        var best = double.NegativeInfinity;
        for (var other = Math.Max(0, count - history); other <= start - exclusion; other++)
            if (inverseNorms[other] != 0)
                best = Math.Max(best, Quadratic.Dot(newest, values.AsSpan(other, window)) * inverseNorms[other]);
        return double.IsNegativeInfinity(best) ? double.NaN : Math.Sqrt(Math.Max(0, 2 * window * (1 - best)));
    }

    // The newest window sums to zero, so another's mean plays no part in their product.
    private void Shape(int start)
    {
        var (mean, squares, size) = (0.0, 0.0, 0.0);
        foreach (var value in values.AsSpan(start, window))
            mean += value / window;
        foreach (var value in values.AsSpan(start, window))
            (squares, size) = (squares + (value - mean) * (value - mean), Math.Max(size, Math.Abs(value)));
        (means[start], inverseNorms[start]) = (mean, unknown > 0 || squares <= window * ConstantShare * ConstantShare * size * size ? 0 : 1 / Math.Sqrt(squares));
    }

    // The history moves to the front each time as many values have come as it keeps.
    private void MakeRoom()
    {
        if (count < values.Length)
            return;
        foreach (var series in kept)
            series.AsSpan(count - history).CopyTo(series);
        count = history;
    }
}
