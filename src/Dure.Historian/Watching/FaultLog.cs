namespace Dure.Historian.Watching;

/// <summary>
/// The findings of one signal: the newest are kept, all are counted. A finding near the newest one of its kind extends it, so that a
/// fault that goes on is one finding. Healthy signals have none of these.
/// </summary>
internal sealed class FaultLog
{
    /// <summary>Kept findings. When one more comes, the oldest of the most numerous kind goes: no kind pushes out the others.</summary>
    public const int Capacity = 32;

    private readonly List<SignalFinding> kept;
    private readonly long[] counts;
    private readonly int capacity;

    public FaultLog(int capacity = Capacity) => (kept, counts, this.capacity) = ([], new long[FaultKinds.Count], capacity);

    /// <summary>As it was saved.</summary>
    public FaultLog(IEnumerable<SignalFinding> findings, IReadOnlyList<long> byKind) => (kept, counts, capacity) = ([.. findings], [.. byKind], Capacity);

    /// <summary>A copy that lives on apart.</summary>
    public FaultLog(FaultLog other) => (kept, counts, capacity) = ([.. other.kept], [.. other.counts], other.capacity);

    public IReadOnlyList<SignalFinding> Kept => kept;

    public IReadOnlyList<long> Counts => counts;

    /// <summary>Adds a finding, or extends the newest of its kind when the two are at most <paramref name="joinMicros"/> apart.</summary>
    public void Note(SignalFinding found, long joinMicros)
    {
        var place = kept.FindLastIndex(finding => finding.Kind == found.Kind);
        if (place >= 0 && found.FromMicros - kept[place].ToMicros <= joinMicros && kept[place].FromMicros - found.ToMicros <= joinMicros)
        {
            kept[place] = Joined(kept[place], found);
            return;
        }
        counts[(int)found.Kind]++;
        if (kept.Count == capacity)
            kept.RemoveAt(PlaceToFree());
        kept.Add(found);
    }

    /// <summary>The newest finding of a kind lasts until then, with so many samples more.</summary>
    public void Extend(FaultKind kind, long toMicros, long samples)
    {
        var place = kept.FindLastIndex(finding => finding.Kind == kind);
        if (place >= 0)
            kept[place] = kept[place] with { ToMicros = Math.Max(kept[place].ToMicros, toMicros), Count = kept[place].Count + samples };
    }

    /// <summary>Takes back findings of a kind that begin then or later; returns the samples they counted.</summary>
    public long Retract(FaultKind kind, long fromMicros)
    {
        var samples = 0L;
        for (var i = kept.Count - 1; i >= 0; i--)
        {
            if (kept[i].Kind != kind || kept[i].FromMicros < fromMicros)
                continue;
            samples += kept[i].Count;
            counts[(int)kind]--;
            kept.RemoveAt(i);
        }
        return samples;
    }

    /// <summary>A sample that came late lies within a gap: one less is missing there, and a gap without missing samples is none.</summary>
    public bool FillGap(long atMicros)
    {
        var place = kept.FindLastIndex(finding => finding.Kind == FaultKind.Gap && finding.FromMicros < atMicros && atMicros < finding.ToMicros);
        if (place < 0)
            return false;
        kept[place] = kept[place] with { Count = kept[place].Count - 1 };
        if (kept[place].Count > 0)
            return true;
        counts[(int)FaultKind.Gap]--;
        kept.RemoveAt(place);
        return true;
    }

    private int PlaceToFree()
    {
        Span<int> byKind = stackalloc int[FaultKinds.Count];
        foreach (var finding in kept)
            byKind[(int)finding.Kind]++;
        var most = FaultKind.Gap;
        foreach (var kind in FaultKinds.All)
            most = byKind[(int)kind] > byKind[(int)most] ? kind : most;
        return kept.FindIndex(finding => finding.Kind == most);
    }

    private static SignalFinding Joined(SignalFinding old, SignalFinding found) => old with
    {
        FromMicros = Math.Min(old.FromMicros, found.FromMicros),
        ToMicros = Math.Max(old.ToMicros, found.ToMicros),
        Count = old.Count + found.Count,
        After = Math.Abs(found.After - found.Before) > Math.Abs(old.After - old.Before) ? found.After : old.After,
    };
}
