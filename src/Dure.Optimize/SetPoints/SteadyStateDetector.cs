using Dure.Kernel;

namespace Dure.Optimize.SetPoints;

/// <summary>How steadiness is judged.</summary>
public sealed record SteadyStateOptions
{
    /// <summary>How probable it is, at a sample of signals at rest with independent noise, that they are said to move. Over all signals together.</summary>
    public double FalseAlarms { get; init; } = 0.01;

    /// <summary>Filter factors of the mean, of the deviation from it, and of the differences. Cao and Rhinehart (1995) propose 0.2, 0.1, 0.1; smaller ones see slower moves.</summary>
    public double MeanFilter { get; init; } = 0.2;

    public double VarianceFilter { get; init; } = 0.1;

    /// <summary>Samples in a row that have to look steady before the signals are said to be; a slow move shows itself only over many.</summary>
    public int Dwell { get; init; } = 10;
}

/// <summary>
/// Says from streaming samples whether a plant is at rest: the ratio of two estimates of the noise's variance, from the distance to a filtered mean and from
/// successive differences, is 1 at rest and grows when the mean moves (Cao and Rhinehart 1995, J. Process Control 5, 363-374). The signals are steady when no
/// ratio is above its critical value, found by simulating white noise for the stated rate of false alarms. Noise with a memory looks like a move: sample
/// more slowly than it lasts.
/// </summary>
public sealed class SteadyStateDetector
{
    private const int Simulated = 60_000;
    private const int Spaced = 10; // samples between simulated ratios that are taken for independent

    private readonly SteadyStateOptions options;
    private readonly double[] floors;
    private readonly Track[] tracks;
    private int calm, samples;

    /// <param name="resolutions">For each signal the smallest deviation that is noise and not movement, in its unit: an instrument's digit, or the noise it is known to have. May be 0.</param>
    public SteadyStateDetector(IReadOnlyList<double> resolutions, SteadyStateOptions options)
    {
        if (resolutions.Count == 0 || resolutions.Any(one => !(one >= 0)) || !(options.FalseAlarms is > 0 and < 0.5) || !(options.MeanFilter is > 0 and < 1) || !(options.VarianceFilter is > 0 and < 1) || options.Dwell < 1)
            throw SetPointProblem.Bad("Signals, resolutions, filters or rate are out of range.", "steady state", "Name at least one signal, resolutions of at least 0, filters between 0 and 1, a rate of false alarms below 0.5 and a dwell of at least 1.");
        (this.options, floors, tracks) = (options, [.. resolutions], new Track[resolutions.Count]);
        Critical = CriticalRatio(options, resolutions.Count);
    }

    /// <summary>The ratio above which a signal is said to move.</summary>
    public double Critical { get; }

    public bool IsSteady => calm >= options.Dwell;

    /// <summary>The largest ratio of a signal now; NaN before the second sample.</summary>
    public double Ratio { get; private set; } = double.NaN;

    /// <summary>Takes one sample of all signals. A value that is no number ends the calm: nothing is known to be at rest then.</summary>
    public bool Add(ReadOnlySpan<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, tracks.Length);
        var largest = 0.0;
        for (var i = 0; i < tracks.Length; i++)
            largest = double.IsFinite(values[i]) ? Math.Max(largest, tracks[i].Add(values[i], samples == 0, options, floors[i])) : double.PositiveInfinity;
        samples += double.IsFinite(largest) ? 1 : 0;
        Ratio = samples < 2 ? double.NaN : largest;
        calm = largest <= Critical && samples > 1 / options.VarianceFilter ? calm + 1 : 0;
        return IsSteady;
    }

    /// <summary>Begins anew, as after a move.</summary>
    public void Restart()
    {
        Array.Clear(tracks);
        (calm, samples, Ratio) = (0, 0, double.NaN);
    }

    private static double CriticalRatio(SteadyStateOptions options, int signals)
    {
        var (track, random, ratios) = (default(Track), new Random(1995), new double[Simulated / Spaced]);
        for (var n = 0; n < Simulated; n++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var ratio = track.Add(normal, n == 0, options, 0);
            if (n % Spaced == Spaced - 1)
                ratios[n / Spaced] = ratio;
        }
        Array.Sort(ratios);
        var each = 1 - Math.Pow(1 - options.FalseAlarms, 1.0 / signals); // of independent signals together
        return ratios[Math.Clamp((int)Math.Ceiling((1 - each) * ratios.Length) - 1, 0, ratios.Length - 1)];
    }

    private struct Track
    {
        private double mean, last, distance, difference;

        public double Add(double value, bool isFirst, SteadyStateOptions options, double floor)
        {
            if (isFirst)
            {
                (mean, last, distance, difference) = (value, value, 0, 0);
                return 0;
            }
            distance += options.VarianceFilter * ((value - mean) * (value - mean) - distance);
            mean += options.MeanFilter * (value - mean);
            difference += options.VarianceFilter * ((value - last) * (value - last) - difference);
            last = value;
            var noise = Math.Max(difference, 2 * floor * floor);
            return noise > 0 ? (2 - options.MeanFilter) * distance / noise : distance > 0 ? double.PositiveInfinity : 0;
        }
    }
}
