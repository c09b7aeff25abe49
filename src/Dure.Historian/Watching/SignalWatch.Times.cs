using Dure.Kernel;

namespace Dure.Historian.Watching;

/// <summary>When samples come: the period, gaps, jitter, late and repeated samples.</summary>
public sealed partial class SignalWatch
{
    /// <summary>A step longer than so many periods is a gap.</summary>
    private const int GapPeriods = 3;

    /// <summary>Steps that are off by more than this share of the period, on average, come from a signal that reports when it likes.</summary>
    private const double Irregular = 0.25;

    /// <summary>An irregular signal is silent for too long after so many times its usual longest step.</summary>
    private const int IrregularGap = 4;

    /// <summary>Jitter is told from this share of the period on, and when it grew at least so many times.</summary>
    private const double JitterTold = 0.2;
    private const double JitterGrowth = 4;

    private const int StepsToLearn = 4;

    /// <summary>Rows that do not all rise: repeated and late ones are told and set aside, the rest goes on.</summary>
    private void JudgeMixed(ReadOnlySpan<long> times, ReadOnlySpan<double> values, ReadOnlySpan<Quality> qualities)
    {
        Span<long> keptTimes = stackalloc long[WatchState.Block];
        Span<double> keptValues = stackalloc double[WatchState.Block];
        Span<Quality> keptQualities = stackalloc Quality[WatchState.Block];
        var kept = 0;
        for (var i = 0; i < times.Length; i++)
        {
            var (time, value) = (times[i], values[i]);
            if (time is < 0 or > MaxTime)
                continue;
            var newest = kept > 0 ? keptTimes[kept - 1] : state.Last;
            if (time > newest)
                (keptTimes[kept], keptValues[kept], keptQualities[kept++]) = (time, value, qualities[i]);
            else
                JudgeBelated(time, value, newest, keptTimes[..kept], keptValues[..kept]);
        }
        if (kept == 0)
            return;
        JudgeTimes(keptTimes[..kept]);
        JudgeQualities(keptTimes[..kept], keptValues[..kept], keptQualities[..kept]);
    }

    private void JudgeBelated(long time, double value, long newest, ReadOnlySpan<long> times, ReadOnlySpan<double> values)
    {
        ref var hour = ref Hour(time);
        hour.Samples++;
        if (TryValueAt(time, times, values, out var known))
        {
            hour.Redundant++;
            var isSame = known.Equals(value);
            Note(isSame ? FaultKind.Duplicate : FaultKind.ConflictingDuplicate, time, time, 1, Shown(known), Shown(value), state.Join);
            return;
        }
        hour.Late++;
        Note(FaultKind.OutOfOrder, time, time, 1, 0, (newest - time) / 1e6, state.Join);
        if (faults!.FillGap(time) && hour.Missing > 0)
            hour.Missing--;
    }

    private static double Shown(double value) => double.IsFinite(value) ? value : 0;

    /// <summary>The value of a recent row: of this block, of the last rows, or of the newest one.</summary>
    private bool TryValueAt(long time, ReadOnlySpan<long> times, ReadOnlySpan<double> values, out double value)
    {
        var place = times.IndexOf(time);
        value = place >= 0 ? values[place] : state.LastRaw;
        if (place >= 0 || (time == state.Last && state.Samples > 0))
            return true;
        var recent = ((ReadOnlySpan<long>)state.Times)[(WatchState.Tail - state.Judged)..WatchState.Tail].IndexOf(time);
        if (recent < 0)
            return false;
        value = state.Values[WatchState.Tail - state.Judged + recent];
        return true;
    }

    private void JudgeTimes(ReadOnlySpan<long> times)
    {
        CountSamples(times);
        var isFirst = state.Last < 0;
        var last = isFirst ? times[0] : state.Last;
        state.Last = times[^1];
        if (!isFirst && state.Period > 0 && times.Length == WatchState.Block)
        {
            var deviation = BlockScan.StepDeviation(times, last, state.Period, state.Period / 3);
            if (deviation >= 0)
            {
                (state.StepDeviation, state.Steps, state.PeriodOut) = (state.StepDeviation + deviation, state.Steps + times.Length, 0);
                return;
            }
        }
        Span<long> steps = stackalloc long[times.Length];
        for (var i = 0; i < times.Length; i++)
            steps[i] = times[i] - (i > 0 ? times[i - 1] : last);
        JudgeSteps(isFirst ? steps[1..] : steps, isFirst ? times[1..] : times);
    }

    private void JudgeSteps(ReadOnlySpan<long> steps, ReadOnlySpan<long> ends)
    {
        if (state.Period == 0 && !TryLearnPeriod(steps))
            return;
        if (!state.IsPeriodDeclared)
            FollowPeriod(steps, ends);
        var (longest, deviation) = (0L, 0L);
        for (var i = 0; i < steps.Length; i++)
        {
            longest = Math.Max(longest, steps[i]);
            deviation += Math.Min(Math.Abs(steps[i] - state.Period), 2 * state.Period);
        }
        if (!state.IsPeriodDeclared && (state.Jitter >= Irregular || (state.Epochs == 0 && deviation > Irregular * state.Period * steps.Length)))
            AllowIrregular(longest);
        (state.StepDeviation, state.Steps) = (state.StepDeviation + deviation, state.Steps + steps.Length);
        for (var i = 0; i < steps.Length; i++)
        {
            if (steps[i] > state.GapLimit)
                NoteGap(ends[i] - steps[i], ends[i]);
            else if (2 * steps[i] > 3 * state.Period && state.Jitter < Irregular / 2 && state.GapLimit == GapPeriods * state.Period)
                CountMissing(ends[i] - steps[i], ends[i], Math.Round(steps[i] / (double)state.Period) - 1);
        }
    }

    private bool TryLearnPeriod(ReadOnlySpan<long> steps)
    {
        if (steps.Length < StepsToLearn)
            return false;
        state.Period = MedianOf(steps);
        state.GapLimit = GapPeriods * state.Period;
        return true;
    }

    /// <summary>An irregular signal has no gap until it is silent for several times its usual longest step.</summary>
    private void AllowIrregular(long longest)
    {
        state.MaxStep = state.MaxStep == 0 ? longest : state.MaxStep + (Math.Min(longest, 4 * state.MaxStep) - state.MaxStep) / 8;
        state.GapLimit = Math.Max(GapPeriods * state.Period, (long)(IrregularGap * state.MaxStep));
    }

    /// <summary>Takes over another period when most steps have it: at once when they would all be gaps, else in the second block.</summary>
    private void FollowPeriod(ReadOnlySpan<long> steps, ReadOnlySpan<long> ends)
    {
        var off = 0;
        foreach (var step in steps)
            off += 2 * step > 3 * state.Period || 3 * step < 2 * state.Period ? 1 : 0;
        var median = 2 * off >= steps.Length && steps.Length >= StepsToLearn ? MedianOf(steps) : state.Period;
        if (2 * median <= 3 * state.Period && 3 * median >= 2 * state.Period)
        {
            state.PeriodOut = 0;
            return;
        }
        state.PeriodOut++;
        var isIrregular = state.Jitter >= Irregular || !IsSteady(steps, median);
        if (state.PeriodOut < (isIrregular ? 16 : median > state.GapLimit ? 1 : 2))
            return;
        if (!isIrregular)
        {
            // Steps of the new period in the block before were taken for gaps.
            CountMissing(ends[0], ends[0], -(faults?.Retract(FaultKind.Gap, ends[0] - (WatchState.Block + 1) * median) ?? 0));
            Note(FaultKind.PeriodChange, ends[0] - steps[0], ends[^1], steps.Length, state.Period / 1e6, median / 1e6, state.Join);
        }
        (state.Period, state.PeriodOut, state.StepDeviation, state.Steps) = (median, 0, 0, 0);
        state.GapLimit = Math.Max(GapPeriods * median, isIrregular ? state.GapLimit : 0);
    }

    private static bool IsSteady(ReadOnlySpan<long> steps, long period)
    {
        var deviation = 0L;
        foreach (var step in steps)
            deviation += Math.Min(Math.Abs(step - period), 2 * period);
        return deviation <= Irregular * period * steps.Length;
    }

    private void NoteGap(long from, long to)
    {
        var expected = state.GapLimit > GapPeriods * state.Period ? state.GapLimit : state.Period;
        var missing = Math.Max(1, Math.Round((to - from) / (double)expected) - 1);
        Note(FaultKind.Gap, from, to, (long)missing, state.Period / 1e6, (to - from) / 1e6, 0);
        CountMissing(from, to, missing);
    }

    /// <summary>Spreads missing samples over the hours they are missing in; hours too old to be kept get none.</summary>
    private void CountMissing(long from, long to, double missing)
    {
        if (missing < 0)
        {
            ref var now = ref Hour(to);
            now.Missing -= (uint)Math.Min(now.Missing, -missing);
            return;
        }
        var perMicro = missing / Math.Max(1, to - from);
        var start = Math.Max(from, QualityWindow.StartOf(to) - (WatchState.Hours - 1) * QualityWindow.LengthMicros);
        while (start < to)
        {
            var end = Math.Min(to, QualityWindow.StartOf(start) + QualityWindow.LengthMicros);
            Hour(start).Missing += (uint)Math.Min(int.MaxValue, Math.Round(perMicro * (end - start)));
            start = end;
        }
    }

    private void CountSamples(ReadOnlySpan<long> times)
    {
        ref var hour = ref Hour(times[0]);
        if (times[^1] < hour.Start + QualityWindow.LengthMicros)
        {
            hour.Samples += (uint)times.Length;
            return;
        }
        foreach (var time in times)
            Hour(time).Samples++;
    }

    /// <summary>Learns jitter and adapts the period, once per epoch.</summary>
    private void JudgeJitter(long epochStart, long epochEnd)
    {
        if (state.Steps == 0 || state.Period == 0)
            return;
        var jitter = state.StepDeviation / ((double)state.Steps * state.Period);
        var isTold = state.Epochs > 0 && state.Jitter < Irregular && jitter > JitterTold && jitter > JitterGrowth * Math.Max(state.Jitter, 0.03);
        if (isTold)
            Note(FaultKind.Jitter, epochStart, epochEnd, state.Steps, state.Jitter, jitter, state.Join);
        state.Jitter = state.Epochs == 0 ? jitter : state.Jitter + (jitter - state.Jitter) / (isTold ? 64 : 8);
        if (!state.IsPeriodDeclared && state.Jitter < Irregular)
            (state.GapLimit, state.MaxStep) = (GapPeriods * state.Period, 0);
        (state.StepDeviation, state.Steps) = (0, 0);
    }

    /// <summary>A live signal that has not been heard of for longer than a gap.</summary>
    private void NoteSilence(long now)
    {
        const long livesWithin = 3_600_000_000;
        if (now > 0 && state.GapLimit > 0 && state.LastLag is > -livesWithin and < livesWithin && now - state.Last > state.GapLimit && state.Last >= 0)
            NoteGap(state.Last, Math.Min(now, MaxTime));
    }

    private static long MedianOf(ReadOnlySpan<long> steps)
    {
        Span<long> sorted = stackalloc long[steps.Length];
        steps.CopyTo(sorted);
        sorted.Sort();
        return Math.Max(1, sorted[sorted.Length / 2]);
    }
}
