namespace Dure.Historian.Watching;

/// <summary>What samples say: range, rate, runs of one value, and what to look at more closely.</summary>
public sealed partial class SignalWatch
{
    /// <summary>A step of so many times the usual one is looked at.</summary>
    private const double SuspectSteps = 6;

    /// <summary>A flat line has at least so many samples, so many times the longest run before, and is this unlikely by the share of changes.</summary>
    private const int FlatLeast = 60;
    private const int FlatTimesLongest = 6;
    private const double FlatUnlikely = 16;
    private const int FlatAfterChanges = 32;

    /// <summary>A run at the extreme is a cut-off when chance makes one this seldom.</summary>
    private const double CutChance = 1e-7;

    private void JudgeValues(ReadOnlySpan<long> times, ReadOnlySpan<double> values)
    {
        if (state.Rows == 0)
            state.EpochStart = times[0];
        var tail = ((ReadOnlySpan<double>)state.Values)[(WatchState.Tail - state.Judged)..WatchState.Tail];
        if (state.Scale == 0)
            GuessScale(tail.IsEmpty ? values[0] : tail[^1], values);
        var movedBefore = state.Epochs == 0 ? System.Runtime.Intrinsics.Vector256.Sum(state.Moves) : 0;
        var marks = values.Length == WatchState.Block && tail.Length > 1
            ? BlockScan.Scan(values, tail[^1], tail[^2], ref state)
            : BlockScan.ScanPlainly(values, tail, ref state);
        var changes = values.Length - System.Numerics.BitOperations.PopCount(marks.Equal) - (tail.Length == 0 ? 1 : 0);
        if (state.Epochs == 0 && changes > 0)
            AdaptYoungScale(movedBefore, changes);
        state.Changes += changes;
        state.Rows += values.Length;
        JudgeRuns(marks.Equal, times, values);
        if (marks.HasOutside)
            JudgeRange(times, values);
        if ((state.Epochs == 0 || state.Rows <= WatchState.EpochRows / 4) && changes > values.Length / 2)
            FollowResolution(tail, values);
        if (state.JumpBlocks > 0)
            FollowJump(times, values);
        if (marks.Suspect != 0 || state.IsTailSuspect)
            JudgeSuspects(marks.Suspect, times, values);
        KeepTail(times, values);
        if (state.Rows >= WatchState.EpochRows)
            EndEpoch(times[^1]);
    }

    /// <summary>Before anything is known, the median step of the first block that moves is the usual one.</summary>
    private void GuessScale(double last, ReadOnlySpan<double> values)
    {
        Span<double> steps = stackalloc double[WatchState.Block];
        var count = 0;
        foreach (var value in values)
        {
            if (value != last)
                steps[count++] = Math.Abs(value - last);
            last = value;
        }
        if (count > 0)
            SetScale(Robust.MedianOf(steps[..count]));
    }

    private void AdaptYoungScale(double movedBefore, int changes)
    {
        var mean = (System.Runtime.Intrinsics.Vector256.Sum(state.Moves) - movedBefore) / changes;
        if (state.Scale > 0 && mean > 0)
            SetScale((state.Scale + mean) / 2);
    }

    private void SetScale(double scale)
    {
        state.Scale = scale;
        var rate = state.Period > 0 ? state.MaxPerMicro * state.Period : double.PositiveInfinity;
        state.JudgeFrom = Math.Min(SuspectSteps * scale, rate);
    }

    private void JudgeRange(ReadOnlySpan<long> times, ReadOnlySpan<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] >= state.Low && values[i] <= state.High)
                continue;
            Note(FaultKind.OutOfRange, times[i], times[i], 1, values[i] < state.Low ? state.Low : state.High, values[i], state.Join);
            CountInvalid(times[i], 1);
        }
    }

    private void JudgeRuns(uint equal, ReadOnlySpan<long> times, ReadOnlySpan<double> values)
    {
        var count = values.Length;
        if (equal == (1u << count) - 1)
        {
            state.Run += count;
            if (state.Run >= state.FlatLimit)
                NoteFlat(times[^1], values[^1], count);
            return;
        }
        if (equal == 0)
        {
            EndRun(times, 0);
            StartRun(times, values, count - 1);
            return;
        }
        for (var i = 0; i < count; i++)
        {
            if ((equal >> i & 1) != 0)
            {
                state.Run++;
                continue;
            }
            EndRun(times, i);
            StartRun(times, values, i);
        }
        if (state.Run >= state.FlatLimit)
            NoteFlat(times[^1], values[^1], Math.Min(state.Run, count));
    }

    private void StartRun(ReadOnlySpan<long> times, ReadOnlySpan<double> values, int i)
    {
        var before = i > 0 ? values[i - 1] : state.Judged > 0 ? state.Values[WatchState.Tail - 1] : values[i];
        (state.Run, state.RunStart, state.RunEntry, state.RunValue) = (1, times[i], Math.Abs(values[i] - before), values[i]);
    }

    /// <summary>The run that ends before this row.</summary>
    private void EndRun(ReadOnlySpan<long> times, int row)
    {
        if (state.Run >= state.FlatLimit && (row > 0 || !state.IsFlatTold))
            NoteFlat(row > 0 ? times[row - 1] : state.Times[WatchState.Tail - 1], state.RunValue, row);
        else if (state.Run >= state.CutLimit)
            JudgeCut(row > 0 ? times[row - 1] : state.Times[WatchState.Tail - 1]);
        if (!state.IsFlatTold && state.Run > state.LongestRun)
        {
            state.LongestRun = state.Run;
            LimitRuns();
        }
        state.IsFlatTold = false;
    }

    private void NoteFlat(long until, double value, int newRows)
    {
        if (state.TotalChanges < FlatAfterChanges)
            return;
        if (state.IsFlatTold)
            faults!.Extend(FaultKind.FlatLine, until, newRows);
        else
            Note(FaultKind.FlatLine, state.RunStart, until, state.Run, state.LongestRun, value, 0);
        CountInvalid(until, state.IsFlatTold ? newRows : state.Run);
        state.IsFlatTold = true;
    }

    /// <summary>
    /// A run at the highest or lowest value of late, entered by a real step: seen once it may be chance, at the second time it is a limit.
    /// A smooth crest is no cut: it is entered by the smallest step there is.
    /// </summary>
    private void JudgeCut(long until)
    {
        var level = state.RunValue;
        var highest = Math.Max(state.HighestBefore, Robust.Highest(state.Highest));
        var lowest = Math.Min(state.LowestBefore, Robust.Lowest(state.Lowest));
        if ((level < highest && level > lowest) || highest == lowest || state.RunEntry < Math.Max(2 * state.Resolution, state.Scale / 2))
            return;
        if (state.CutHits == 0 || level != state.CutLevel)
        {
            (state.CutLevel, state.CutFrom, state.CutHits, state.CutSamples) = (level, state.RunStart, 1, state.Run);
            return;
        }
        state.CutHits++;
        state.CutSamples += state.Run;
        if (state.CutHits == 2)
            Note(FaultKind.Saturation, state.CutFrom, until, state.CutSamples, level == highest ? 1 : -1, level, 0);
        else
            faults!.Extend(FaultKind.Saturation, until, state.Run);
        CountInvalid(until, state.CutHits == 2 ? state.CutSamples : state.Run);
    }

    /// <summary>How long a run must be to be told, from how often the value changes.</summary>
    private void LimitRuns()
    {
        var share = state.ChangeShare;
        if (share <= 0)
            return;
        state.FlatLimit = (int)Math.Min(int.MaxValue, Math.Max(FlatLeast, Math.Max((double)FlatTimesLongest * state.LongestRun, FlatUnlikely / share)));
        state.CutLimit = share <= 0.2 ? int.MaxValue
            : share >= 1 ? 4 : (int)Math.Max(4, Math.Ceiling(Math.Log(CutChance) / Math.Log(1 - share)) + 1);
    }

    private void KeepTail(ReadOnlySpan<long> times, ReadOnlySpan<double> values)
    {
        var toTimes = ((Span<long>)state.Times)[..WatchState.Tail];
        var toValues = ((Span<double>)state.Values)[..WatchState.Tail];
        if (values.Length < WatchState.Tail)
        {
            toTimes[values.Length..].CopyTo(toTimes);
            toValues[values.Length..].CopyTo(toValues);
        }
        var kept = Math.Min(values.Length, WatchState.Tail);
        times[^kept..].CopyTo(toTimes[^kept..]);
        values[^kept..].CopyTo(toValues[^kept..]);
        state.Judged = Math.Min(WatchState.Tail, state.Judged + values.Length);
    }
}
