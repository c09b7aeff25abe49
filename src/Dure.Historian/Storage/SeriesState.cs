using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>What is known of a series without looking at its samples.</summary>
internal struct SeriesState()
{
    public long FirstTime { get; private set; } = long.MaxValue;
    public long LastTime { get; private set; } = long.MinValue;
    public double LastValue { get; private set; }
    public Quality LastQuality { get; private set; }

    /// <summary>Samples taken, corrections counted again.</summary>
    public long Samples { get; private set; }

    public readonly Sample? Latest => Samples == 0 ? null : new Sample(Micros.Time(LastTime), LastValue, LastQuality);

    public void Add(AcceptedRows rows)
    {
        Add(rows.Times.Length, rows.Times[0]);
        Reach(rows.Times[^1], rows.Values[^1], rows.Qualities[^1]);
    }

    public void Add(long samples, long firstTime)
    {
        Samples += samples;
        FirstTime = Math.Min(FirstTime, firstTime);
    }

    public void Reach(long time, double value, Quality quality)
    {
        if (time >= LastTime)
            (LastTime, LastValue, LastQuality) = (time, value, quality);
    }

    /// <summary>After old samples were removed.</summary>
    /// <param name="firstTime">The oldest that is left; null when none is, however often corrections were counted.</param>
    public void Forget(long samples, long? firstTime) => (Samples, FirstTime) = firstTime is { } first ? (Math.Max(1, Samples - samples), first) : (0, long.MaxValue);
}
