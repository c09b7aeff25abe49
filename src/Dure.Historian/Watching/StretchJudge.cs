using Dure.Kernel;

namespace Dure.Historian.Watching;

/// <summary>Judges stored samples by the detectors that watch live ones: the same samples give the same findings at any time.</summary>
public sealed class StretchJudge(WatchLimits limits)
{
    private readonly SignalWatch watch = SignalWatch.OfStretch(limits);

    /// <summary>Ascending samples, after those that were added before.</summary>
    public void Add(ReadOnlySpan<long> timesMicros, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities) => watch.Observe(timesMicros, values, qualities, 0);

    /// <summary>All hours, the oldest together in one when there are more than <see cref="WatchedQuality.MaxWindows"/>, and the findings, at most <see cref="WatchedQuality.MaxFindings"/>.</summary>
    public WatchedQuality Report() => watch.Snapshot();
}
