namespace Dure.Historian.Watching;

/// <summary>
/// The source's clock against the node's. Within ten minutes the least delay from stamp to arrival is kept: queues and networks only ever
/// add to it (the minimum filter of network time protocols). Its slope over the kept minima is the drift, by the median of pairwise
/// slopes (Theil 1950, Sen 1968), which a third of wrong points cannot move.
/// </summary>
public sealed partial class SignalWatch
{
    private const long LagSlotMicros = 600_000_000;
    private const long FutureTolerance = 2_000_000;
    private const long LeastJump = 1_000_000;
    private const double LeastDriftSeconds = 0.25;

    /// <summary>A clock is not wrong by more than this share; a larger slope comes from a source that is catching up.</summary>
    private const double MostSlope = 0.05;

    private void JudgeLag(ReadOnlySpan<long> times, long lag, long received)
    {
        if (lag < -FutureTolerance)
            NoteFuture(times, lag, received);
        if (received - state.LagSlotStart >= LagSlotMicros || state.LagSlotStart == long.MinValue)
        {
            if (state.LeastLag != long.MaxValue)
                CloseLagSlot();
            (state.LagSlotStart, state.LeastLag) = (received, long.MaxValue);
        }
        if (lag < state.LeastLag)
            (state.LeastLag, state.LeastLagReceived) = (lag, received);
        state.LastLag = lag;
    }

    private void NoteFuture(ReadOnlySpan<long> times, long lag, long received)
    {
        var (first, count) = (-1, 0);
        for (var i = 0; i < times.Length; i++)
        {
            if (times[i] <= received + FutureTolerance || times[i] > MaxTime)
                continue;
            first = first < 0 ? i : first;
            count++;
        }
        // Rows of a block that came at different times: the newest is the one that is ahead.
        var from = Math.Clamp(times[first < 0 ? times.Length - 1 : first], 0, MaxTime);
        Note(FaultKind.FutureStamp, from, Math.Clamp(times[^1], from, MaxTime), Math.Max(1, count), 0, -lag / 1e6, state.Join);
    }

    private void CloseLagSlot()
    {
        var slot = LagSlot.Of(state.LeastLagReceived, state.LeastLag);
        if (state.LagCount >= 4)
        {
            Span<double> lags = stackalloc double[WatchState.Slots];
            for (var i = 0; i < state.LagCount; i++)
                lags[i] = state.Lags[i].LagMicros;
            var (usual, spread) = Robust.MedianAndDeviation(lags[..state.LagCount]);
            var tolerance = Math.Max(LeastJump, 6 * Robust.PerDeviation * spread);
            if (Math.Abs(slot.LagMicros - usual) > tolerance)
            {
                JudgeJumpedLag(slot, usual, tolerance);
                return;
            }
        }
        state.LagOut = 0;
        if (state.LagCount == WatchState.Slots)
        {
            ((Span<LagSlot>)state.Lags)[1..].CopyTo(state.Lags);
            state.LagCount--;
        }
        state.Lags[state.LagCount++] = slot;
        if (state.LagCount == WatchState.Slots)
            JudgeDrift(slot);
    }

    /// <summary>Two slots in a row that agree with each other and not with those before: the clock was set, or the way became longer.</summary>
    private void JudgeJumpedLag(LagSlot slot, double usual, double tolerance)
    {
        if (state.LagOut++ == 0)
        {
            state.LagFirstOut = slot;
            return;
        }
        if (Math.Abs(slot.LagMicros - state.LagFirstOut.LagMicros) <= tolerance)
        {
            var from = Math.Clamp(state.LagFirstOut.ReceivedMicros - state.LagFirstOut.LagMicros, 0, MaxTime);
            Note(FaultKind.ClockJump, from, Math.Clamp(slot.ReceivedMicros - slot.LagMicros, from, MaxTime), 1, usual / 1e6, slot.LagMicros / 1e6, state.Join);
        }
        (state.LagOut, state.LagCount, state.IsDriftTold) = (0, 0, false);
        state.Lags[state.LagCount++] = slot;
    }

    private void JudgeDrift(LagSlot newest)
    {
        var (slope, spread) = SlopeOfLags();
        var oldest = state.Lags[0];
        var drifted = slope * (newest.ReceivedMicros - oldest.ReceivedMicros) / 1e6;
        if (Math.Abs(slope) > MostSlope || Math.Abs(drifted) < LeastDriftSeconds || Math.Abs(drifted) < 8 * spread / 1e6)
        {
            state.IsDriftTold = false;
            return;
        }
        var (from, to) = (Math.Max(0, oldest.ReceivedMicros - oldest.LagMicros), newest.ReceivedMicros - newest.LagMicros);
        if (state.IsDriftTold)
            faults!.Extend(FaultKind.ClockDrift, to, 0);
        else
            Note(FaultKind.ClockDrift, from, to, WatchState.Slots, 0, -slope * 1e6, state.Join);
        state.IsDriftTold = true;
    }

    /// <summary>Median of the slopes of all pairs, and the median distance of the points from that line.</summary>
    private (double Slope, double Spread) SlopeOfLags()
    {
        Span<double> slopes = stackalloc double[WatchState.Slots * (WatchState.Slots - 1) / 2];
        var pairs = 0;
        for (var i = 0; i < WatchState.Slots; i++)
        {
            for (var k = i + 1; k < WatchState.Slots; k++)
                slopes[pairs++] = (state.Lags[k].LagMicros - state.Lags[i].LagMicros) / (double)Math.Max(1, state.Lags[k].ReceivedMicros - state.Lags[i].ReceivedMicros);
        }
        var slope = Robust.MedianOf(slopes);
        Span<double> rests = stackalloc double[WatchState.Slots];
        for (var i = 0; i < rests.Length; i++)
            rests[i] = state.Lags[i].LagMicros - slope * (state.Lags[i].ReceivedMicros - state.Lags[0].ReceivedMicros);
        return (slope, Robust.MedianAndDeviation(rests).Deviation);
    }
}
