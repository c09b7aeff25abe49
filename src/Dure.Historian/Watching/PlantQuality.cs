using Dure.Kernel;

namespace Dure.Historian.Watching;

/// <summary>
/// What is known of the quality of a signal, for those who ask: what was seen when its samples came, or, for a stretch of time, what the
/// same detectors find in the stored samples.
/// </summary>
public sealed class PlantQuality(PlantHistorian historian, TimeProvider time)
{
    /// <summary>Samples judged for one answer at most; 10 million take about a tenth of a second.</summary>
    public const long MostSamples = 20_000_000;

    /// <summary>What is judged of a signal that nobody has watched yet: its newest samples.</summary>
    private const long NewestSamples = 100_000;

    /// <summary>Kinds that show at arrival only: the store keeps each time once and in order.</summary>
    private static readonly FaultKind[] AtArrival =
        [FaultKind.Duplicate, FaultKind.ConflictingDuplicate, FaultKind.OutOfOrder, FaultKind.ClockDrift, FaultKind.ClockJump, FaultKind.FutureStamp];

    /// <summary>What was seen lately; null when the signal has no sample.</summary>
    public async Task<WatchedQuality?> Of(SignalInfo signal, CancellationToken cancel)
    {
        if (signal.Definition.Role == SignalRole.Label || signal.Latest is not { } latest || signal.First is not { } first)
            return null;
        if (historian.Watch.Snapshot(signal.Number, Micros.Of(time.GetUtcNow())) is { } live)
            return live;
        var share = Math.Min(1, NewestSamples / (double)signal.Samples);
        return await Judge(signal, new TimeRange(latest.Time - (latest.Time - first) * share, TimeRange.All.End), cancel);
    }

    /// <summary>What the stored samples of a stretch show, with what was noted of them when they came.</summary>
    /// <exception cref="ProblemException">The stretch holds too many samples.</exception>
    public async Task<WatchedQuality> Of(SignalInfo signal, TimeRange range, CancellationToken cancel)
    {
        var stored = await Judge(signal, range, cancel);
        if (historian.Watch.Snapshot(signal.Number) is not { } live)
            return stored;
        var (from, to) = (Micros.Of(range.Start), Micros.Of(range.End));
        var noted = live.Findings.Where(found => AtArrival.Contains(found.Kind) && found.FromMicros < to && found.ToMicros >= from).ToArray();
        var counts = new long[FaultKinds.Count];
        foreach (var found in noted)
            counts[(int)found.Kind]++;
        return WatchedQuality.Merge(stored, WatchedQuality.Empty with { Findings = noted, CountsByKind = counts });
    }

    private async Task<WatchedQuality> Judge(SignalInfo signal, TimeRange range, CancellationToken cancel)
    {
        var judge = new StretchJudge(WatchLimits.Of(signal.Definition));
        var left = MostSamples;
        await foreach (var block in historian.Read(signal.Id, range, cancel))
        {
            left -= block.Count;
            if (left < 0)
                throw new ProblemException("urn:dure:historian:stretch-too-long", $"The stretch holds more than {MostSamples:N0} samples.", $"signal {signal.Id}", "Ask for a shorter one with 'from' and 'to'.");
            judge.Add(block.TimesMicros.Span, block.Values.Span, block.Qualities.Span);
        }
        return judge.Report();
    }
}
