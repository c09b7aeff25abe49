using Dure.Kernel;

namespace Dure.Learn.Features;

/// <summary>How signals move in time: how often a row comes, how long a value is remembered, and after how long the course repeats.</summary>
/// <param name="StepSeconds">The median time from row to row.</param>
/// <param name="IsEven">Whether nearly all steps are that long.</param>
/// <param name="SpanSeconds">The longest group's.</param>
/// <param name="GroupRows">The median group's.</param>
/// <param name="MemoryRows">After so many rows the autocorrelation has fallen below 1/e; the median of the signals.</param>
/// <param name="PeriodRows">After so many rows the course comes again; null where it does not.</param>
internal sealed record SeriesCourse(double StepSeconds, bool IsEven, double SpanSeconds, int Groups, int GroupRows, int MemoryRows, int? PeriodRows)
{
    private const int MostRows = 8192;
    private const int MostSignals = 32;
    private const double PeriodIsClear = 0.3;

    public static SeriesCourse Of(IReadOnlyList<FeatureSignal> signals, IReadOnlyList<SignalRows> groups)
    {
        var longest = groups.MaxBy(group => group.TimesMicros.Length);
        if (longest is null || longest.TimesMicros.Length < 2)
            throw FeatureText.Bad("No group has two rows.", "rows", "Give rows in time, machine by machine.");
        double[] steps = [.. groups.SelectMany(group => group.TimesMicros.Take(MostRows).Zip(group.TimesMicros.Skip(1), (a, b) => (b - a) * 1e-6)).Order()];
        var step = steps[steps.Length / 2];
        int[] rows = [.. groups.Select(group => group.TimesMicros.Length).Order()];
        List<int> memories = [];
        List<int> periods = [];
        foreach (var (place, _) in signals.Index().Where(signal => !signal.Item.IsCategory).Take(MostSignals))
        {
            var correlation = Autocorrelation(longest.Signals[place].AsSpan(0, Math.Min(MostRows, longest.TimesMicros.Length)));
            if (correlation.Length == 0)
                continue;
            var fallen = Array.FindIndex(correlation, value => value < 1 / Math.E);
            memories.Add(fallen < 0 ? correlation.Length : Math.Max(1, fallen));
            if (Period(correlation) is { } period)
                periods.Add(period);
        }
        return new(step, step > 0 && steps.Count(s => Math.Abs(s - step) <= 0.1 * step) >= 0.95 * steps.Length, groups.Max(group => (group.TimesMicros[^1] - group.TimesMicros[0]) * 1e-6), groups.Count,
            rows[rows.Length / 2], memories.Count == 0 ? 1 : Median(memories), periods.Count * 2 >= memories.Count && periods.Count > 0 ? Median(periods) : null);
    }

    private static int Median(List<int> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>Of lags 0 to half the rows; empty for a constant. By the Fourier transform (Wiener and Khinchin).</summary>
    private static double[] Autocorrelation(ReadOnlySpan<double> values)
    {
        double sum = 0, count = 0;
        foreach (var value in values)
            if (double.IsFinite(value))
                (sum, count) = (sum + value, count + 1);
        var length = Ring.Size(2 * values.Length);
        var (real, imaginary) = (new double[length], new double[length]);
        for (var i = 0; i < values.Length; i++)
            real[i] = double.IsFinite(values[i]) ? values[i] - sum / count : 0;
        var fourier = new FourierTransform(length);
        fourier.Forward(real, imaginary);
        for (var i = 0; i < length; i++)
            (real[i], imaginary[i]) = (real[i] * real[i] + imaginary[i] * imaginary[i], 0);
        fourier.Forward(real, imaginary);
        var (variance, rows) = (real[0], values.Length);
        // Fewer rows overlap at a long lag, which would make it look weaker than it is.
        return variance > 1e-12 ? [.. Enumerable.Range(0, rows / 2).Select(lag => real[lag] / variance * rows / (rows - lag))] : [];
    }

    /// <summary>The lag of the first peak as high as the highest after the correlation first went below zero, if it is clear.</summary>
    private static int? Period(double[] correlation)
    {
        var below = Array.FindIndex(correlation, value => value < 0);
        if (below < 0)
            return null;
        var highest = correlation.AsSpan(below).ToArray().Max();
        for (var lag = below + 1; lag < correlation.Length - 1; lag++)
            if (correlation[lag] >= 0.9 * highest && correlation[lag] >= correlation[lag - 1] && correlation[lag] >= correlation[lag + 1])
                return correlation[lag] >= PeriodIsClear ? lag : null;
        return null;
    }
}
