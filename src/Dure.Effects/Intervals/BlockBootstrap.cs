using Dure.Kernel;

namespace Dure.Effects;

/// <summary>Percentile intervals by resampling whole blocks, so that neighbours in time, or values of one machine, stay together.
/// Every result repeats exactly for the same seed.</summary>
/// <param name="Resamples">Number of resampled statistics the interval is read from.</param>
/// <param name="Seed">Start of the random sequence.</param>
/// <param name="Level">Stated coverage, such as 0.95.</param>
public sealed record BlockBootstrap(int Resamples = 2000, int Seed = 1, double Level = 0.95)
{
    private const int MaximumResamples = 1_000_000;

    /// <summary>Interval of a statistic of a series by circular blocks of fixed length. Politis and Romano (1992).</summary>
    public Interval OfSeries(ReadOnlySpan<double> series, int blockLength, Func<double[], double> statistic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(blockLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blockLength, Math.Max(series.Length, 1));
        ThrowIfEmpty(series.Length);
        var values = series.ToArray();
        return Percentiles(statistic(values), random =>
        {
            var drawn = new double[values.Length];
            for (var filled = 0; filled < drawn.Length; filled += blockLength)
            {
                var start = random.Next(values.Length);
                for (var i = 0; i < blockLength && filled + i < drawn.Length; i++)
                    drawn[filled + i] = values[(start + i) % values.Length];
            }
            return statistic(drawn);
        });
    }

    /// <summary>Interval of a statistic over all values when whole clusters (machines) are drawn with replacement. Davison and Hinkley (1997), section 3.8.</summary>
    public Interval OfClusters<T>(IReadOnlyList<IReadOnlyList<T>> clusters, Func<IReadOnlyList<T>, double> statistic)
    {
        ThrowIfEmpty(clusters.Count);
        return Percentiles(statistic([.. clusters.SelectMany(c => c)]), random =>
        {
            var drawn = new List<T>();
            for (var i = 0; i < clusters.Count; i++)
                drawn.AddRange(clusters[random.Next(clusters.Count)]);
            return statistic(drawn);
        });
    }

    // A resample on which the statistic is undefined (no event drawn, say) is left out; the rest carries the interval.
    private Interval Percentiles(double estimate, Func<Random, double> resample)
    {
        Wilson.ThrowIfNotALevel(Level);
        ArgumentOutOfRangeException.ThrowIfLessThan(Resamples, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Resamples, MaximumResamples);
        var random = new Random(Seed);
        var statistics = new List<double>(Resamples);
        for (var i = 0; i < Resamples; i++)
            if (resample(random) is var value && !double.IsNaN(value))
                statistics.Add(value);
        if (statistics.Count == 0)
            return new(estimate, double.NaN, double.NaN, Level);
        statistics.Sort();
        return new(estimate, At(statistics, 0.5 - Level / 2), At(statistics, 0.5 + Level / 2), Level);
    }

    // Linear interpolation between order statistics: Hyndman and Fan (1996), definition 7.
    internal static double At(List<double> sorted, double share)
    {
        var position = share * (sorted.Count - 1);
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }

    private static void ThrowIfEmpty(int count)
    {
        if (count == 0)
            throw new ProblemException("urn:dure:effects:nothing-to-resample", "There is no value to resample.", "block bootstrap",
                "Give at least one value; an interval needs at least two machines or blocks to be of use.");
    }
}
