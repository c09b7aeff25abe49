using Dure.Kernel;

namespace Dure.Historian.Queries;

/// <summary>
/// The mean over time of values that hold until the next sample (OPC UA Part 13, TimeAverage2 with stepped interpolation): the integral of
/// the value over the stretches that are not bad, by their length.
/// </summary>
internal sealed class TimeWeighting
{
    private double integral;
    private long covered;
    private long start;
    private long end;
    private long heldSince;
    private double held;
    private bool isHeld;

    /// <summary>The sample whose value holds when the first step begins.</summary>
    public void Begin(Sample sample) => Hold(Micros.Of(sample.Time), sample.Value, sample.Quality);

    public void BeginStep(long from, long to) => (integral, covered, start, end, heldSince) = (0, 0, from, to, Math.Max(heldSince, from));

    /// <summary>Rows within the step, ascending.</summary>
    public void Add(ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities)
    {
        for (var i = 0; i < times.Length; i++)
        {
            HoldUntil(times[i]);
            Hold(times[i], values[i], qualities[i]);
        }
    }

    public void EndStep(out double mean, out double goodShare)
    {
        HoldUntil(end);
        mean = covered == 0 ? double.NaN : integral / covered;
        goodShare = (double)covered / (end - start);
    }

    private void HoldUntil(long time)
    {
        if (isHeld)
        {
            integral += held * (time - heldSince);
            covered += time - heldSince;
        }
        heldSince = time;
    }

    private void Hold(long time, double value, Quality quality) => (heldSince, held, isHeld) = (time, value, quality != Quality.Bad);
}
