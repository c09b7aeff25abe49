using System.Runtime.CompilerServices;
using Dure.Kernel;

namespace Dure.Historian.Watching;

/// <summary>
/// Watches the quality of one signal while its samples come in: gaps, flat lines, spikes, wrong clocks, wrong units and more, each told as
/// a stretch of time with its evidence. What is found depends on the order of the samples only, never on how they were cut into batches.
/// Holds about 1 KB. Not safe for several threads; <see cref="PlantWatch"/> is.
/// </summary>
public sealed partial class SignalWatch
{
    /// <summary>The last time that a calendar can write.</summary>
    internal const long MaxTime = 253_402_300_799_999_999;

    /// <summary>Values beyond it are taken for no number, so that differences of values stay finite.</summary>
    internal const double MaxSize = 1e300;

    private WatchState state;
    private HourCounts forgotten;
    private FaultLog? faults;
    private readonly List<QualityWindow>? older;

    public SignalWatch(WatchLimits limits) => state = WatchState.Of(limits);

    private SignalWatch(in WatchState state, FaultLog? faults, List<QualityWindow>? older) => (this.state, this.faults, this.older) = (state, faults, older);

    /// <summary>A watch over a stretch of time that keeps all its hours and more findings.</summary>
    internal static SignalWatch OfStretch(WatchLimits limits) => new(WatchState.Of(limits), new FaultLog(WatchedQuality.MaxFindings), []);

    /// <summary>Bytes that the state of a signal without findings takes.</summary>
    public static int StateBytes => Unsafe.SizeOf<WatchState>();

    /// <summary>All samples seen.</summary>
    public long Samples => state.Samples + state.Waiting;

    /// <summary>The newest source time, that of waiting rows included; -1 when there is none.</summary>
    internal long LastMicros
    {
        get
        {
            var last = state.Last;
            foreach (var time in ((ReadOnlySpan<long>)state.Times).Slice(WatchState.Tail, state.Waiting))
                last = Math.Max(last, time);
            return last;
        }
    }

    /// <summary>Samples that came again with what they said before: told, and no part of the stream.</summary>
    internal void NoteRepeated(IReadOnlyList<long> times)
    {
        foreach (var time in times)
        {
            ref var hour = ref Hour(time);
            hour.Samples++;
            hour.Redundant++;
        }
        Note(FaultKind.Duplicate, times[0], times[^1], times.Count, 0, 0, state.Join);
    }

    /// <summary>Judges samples in the order in which they came.</summary>
    /// <param name="timesMicros">Source times, µs since 1970.</param>
    /// <param name="receivedMicros">When they came, µs since 1970; 0 when that is not known, then the source's clock is not judged.</param>
    public void Observe(ReadOnlySpan<long> timesMicros, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities, long receivedMicros)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, timesMicros.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(qualities.Length, timesMicros.Length);
        var at = 0;
        if (state.Waiting > 0)
        {
            at = Math.Min(WatchState.Block - state.Waiting, timesMicros.Length);
            Wait(timesMicros[..at], values[..at], qualities[..at], receivedMicros);
            if (state.Waiting == WatchState.Block)
                JudgeWaiting();
        }
        for (; timesMicros.Length - at >= WatchState.Block; at += WatchState.Block)
        {
            var times = timesMicros.Slice(at, WatchState.Block);
            JudgeBlock(times, values.Slice(at, WatchState.Block), qualities.Slice(at, WatchState.Block), Lag(times, receivedMicros), receivedMicros);
        }
        if (at < timesMicros.Length)
            Wait(timesMicros[at..], values[at..], qualities[at..], receivedMicros);
    }

    /// <summary>What is known now, the newest samples included.</summary>
    /// <param name="nowMicros">The clock of the node, so that a live signal that fell silent shows a gap; 0 when that is of no interest.</param>
    public WatchedQuality Snapshot(long nowMicros = 0)
    {
        var copy = Copy();
        if (copy.state.Waiting > 0)
            copy.JudgeWaiting();
        copy.NoteSilence(nowMicros);
        return copy.Describe();
    }

    internal SignalWatch Copy() => new(state, faults is null ? null : new FaultLog(faults), older is null ? null : [.. older]);

    internal (WatchState State, IReadOnlyList<SignalFinding> Findings, IReadOnlyList<long> Counts) Parts() =>
        (state, faults?.Kept ?? [], faults?.Counts ?? []);

    internal static SignalWatch From(in WatchState state, SignalFinding[] findings, long[] counts) =>
        new(state, counts.Length == FaultKinds.Count ? new FaultLog(findings, counts) : null, null);

    private WatchedQuality Describe()
    {
        var hours = new List<QualityWindow>(older ?? []);
        foreach (ref readonly var hour in (ReadOnlySpan<HourCounts>)state.HourRing)
        {
            if (!hour.IsEmpty)
                hours.Add(hour.Window);
        }
        hours.Sort((left, right) => left.StartMicros.CompareTo(right.StartMicros));
        var findings = faults is null ? [] : faults.Kept.Order(Comparer<SignalFinding>.Create(SignalFinding.Compare)).ToArray();
        return new WatchedQuality(state.Samples, state.Period / 1e6, Math.Max(0, state.Last), hours, findings, faults is null ? new long[FaultKinds.Count] : [.. faults.Counts]);
    }

    private void Wait(ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities, long received)
    {
        var place = state.Waiting;
        times.CopyTo(((Span<long>)state.Times)[(WatchState.Tail + place)..]);
        values.CopyTo(((Span<double>)state.Values)[(WatchState.Tail + place)..]);
        qualities.CopyTo(((Span<Quality>)state.Qualities)[place..]);
        state.Waiting = place + times.Length;
        state.WaitingLag = Math.Min(state.WaitingLag, Lag(times, received));
        state.WaitingReceived = Math.Max(state.WaitingReceived, received);
    }

    private void JudgeWaiting()
    {
        Span<long> times = stackalloc long[WatchState.Block];
        Span<double> values = stackalloc double[WatchState.Block];
        Span<Quality> qualities = stackalloc Quality[WatchState.Block];
        var count = state.Waiting;
        ((ReadOnlySpan<long>)state.Times).Slice(WatchState.Tail, count).CopyTo(times);
        ((ReadOnlySpan<double>)state.Values).Slice(WatchState.Tail, count).CopyTo(values);
        ((ReadOnlySpan<Quality>)state.Qualities)[..count].CopyTo(qualities);
        var (lag, received) = (state.WaitingLag, state.WaitingReceived);
        (state.Waiting, state.WaitingLag, state.WaitingReceived) = (0, long.MaxValue, 0);
        JudgeBlock(times[..count], values[..count], qualities[..count], lag, received);
    }

    /// <summary>The cheap checks of a whole block; what does not pass them goes the long way.</summary>
    private void JudgeBlock(ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities, long lag, long received)
    {
        state.Samples += times.Length;
        if (received > 0)
            JudgeLag(times, lag, received);
        if (!BlockScan.IsAscending(times, state.Last))
        {
            JudgeMixed(times, values, qualities);
            return;
        }
        JudgeTimes(times);
        JudgeQualities(times, values, qualities);
    }

    private void JudgeQualities(ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities)
    {
        state.LastRaw = values[^1];
        if (BlockScan.IsSound(values, qualities))
        {
            JudgeValues(times, values);
            return;
        }
        Span<long> goodTimes = stackalloc long[WatchState.Block];
        Span<double> goodValues = stackalloc double[WatchState.Block];
        var good = 0;
        for (var i = 0; i < times.Length; i++)
        {
            if (IsUsable(times[i], values[i], qualities[i]))
                (goodTimes[good], goodValues[good++]) = (times[i], values[i]);
        }
        if (good > 0)
            JudgeValues(goodTimes[..good], goodValues[..good]);
    }

    /// <summary>Tells of a sample that is not good; an uncertain value is still a value.</summary>
    private bool IsUsable(long time, double value, Quality quality)
    {
        var isFinite = Math.Abs(value) <= MaxSize;
        if (isFinite && quality == Quality.Good)
            return true;
        if (!isFinite && quality != Quality.Bad)
            Note(FaultKind.NotFinite, time, time, 1, 0, 0, state.Join);
        else if (value >= state.Low && value <= state.High || quality == Quality.Bad)
            Note(FaultKind.NotGood, time, time, 1, 0, (double)quality, state.Join);
        if (isFinite && quality != Quality.Bad)
            return true;
        Hour(time).Special++;
        return false;
    }

    private void Note(FaultKind kind, long from, long to, long count, double before, double after, long join) =>
        (faults ??= new FaultLog()).Note(new SignalFinding(kind, from, to, count, before, after), join);

    private void CountInvalid(long time, int samples) => Hour(time).Invalid += (uint)samples;

    /// <summary>The counts of the hour of a time; a place whose counts go nowhere when the hour is no longer kept.</summary>
    private ref HourCounts Hour(long micros)
    {
        var start = QualityWindow.StartOf(micros);
        ref var counts = ref state.HourRing[(int)(start / QualityWindow.LengthMicros % WatchState.Hours)];
        if (counts.Start == start)
            return ref counts;
        if (counts.Start > start)
            return ref forgotten;
        if (older is not null && !counts.IsEmpty)
            KeepOlder(counts.Window);
        counts = new HourCounts { Start = start };
        return ref counts;
    }

    /// <summary>When there are too many, the oldest two become one: no sample is lost from the total.</summary>
    private void KeepOlder(QualityWindow window)
    {
        older!.Add(window);
        if (older.Count <= WatchedQuality.MaxWindows - WatchState.Hours)
            return;
        older[1] += older[0];
        older.RemoveAt(0);
    }

    private static long Lag(ReadOnlySpan<long> times, long received)
    {
        if (received <= 0)
            return long.MaxValue;
        var newest = times[0];
        foreach (var time in times)
            newest = Math.Max(newest, time);
        return received - Math.Clamp(newest, 0, MaxTime);
    }
}
