using Dure.Historian.Storage.Segments;

namespace Dure.Historian.Storage;

/// <summary>
/// Decides which blocks are no longer kept, segment by segment, oldest batches first: those of which every row is older than its series' limit.
/// A block stays all the same while an older segment keeps one that it may correct, or the superseded values would be read again.
/// </summary>
internal sealed class Retirement(Func<int, long> oldestKept)
{
    /// <summary>By series: the earliest time in the blocks that older segments keep.</summary>
    private readonly Dictionary<int, long> earliestKept = [];

    /// <summary>By series: samples that went.</summary>
    public Dictionary<int, long> Removed { get; } = [];

    /// <summary>Whether any block of a segment goes. Where the first of a series stays, the later ones do.</summary>
    public bool Touches(Segment segment)
    {
        foreach (ref readonly var series in segment.Series)
        {
            if (segment.BlocksOf(series)[0].LastTime < LimitOf(series.Series))
                return true;
        }
        return false;
    }

    /// <summary>Copies the blocks that stay.</summary>
    public void CopyKept(Segment segment, SegmentWriter writer, CancellationToken cancel)
    {
        foreach (ref readonly var series in segment.Series)
        {
            cancel.ThrowIfCancellationRequested();
            writer.BeginSeries(series.Series);
            var limit = LimitOf(series.Series);
            foreach (ref readonly var block in segment.BlocksOf(series))
            {
                if (block.LastTime >= limit)
                    writer.Copy(block, segment.BytesOf(block));
            }
        }
    }

    /// <summary>A segment of which all stays.</summary>
    public void Pass(Segment segment)
    {
        foreach (ref readonly var series in segment.Series)
            earliestKept[series.Series] = Math.Min(segment.BlocksOf(series)[0].FirstTime, earliestKept.GetValueOrDefault(series.Series, long.MaxValue));
    }

    /// <summary>A segment in whose place another is, made of what stays.</summary>
    public void Pass(Segment segment, Segment kept)
    {
        foreach (ref readonly var series in segment.Series)
        {
            var went = SamplesOf(segment, series) - (kept.TryFind(series.Series, out var rest) ? SamplesOf(kept, rest) : 0);
            if (went > 0)
                Removed[series.Series] = Removed.GetValueOrDefault(series.Series) + went;
        }
        Pass(kept);
    }

    /// <summary>A block whose newest row is before this goes.</summary>
    private long LimitOf(int series) => Math.Min(oldestKept(series), earliestKept.GetValueOrDefault(series, long.MaxValue));

    private static long SamplesOf(Segment segment, in SeriesEntry series)
    {
        var samples = 0L;
        foreach (ref readonly var block in segment.BlocksOf(series))
            samples += block.Count;
        return samples;
    }
}
