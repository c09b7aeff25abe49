using System.Numerics;

namespace Dure.Historian.Watching;

/// <summary>Large steps: spikes, too fast a change, and a level that looks like another unit's.</summary>
public sealed partial class SignalWatch
{
    /// <summary>Hampel's limit (Hampel 1974), in scaled median absolute deviations, over the nine samples around one.</summary>
    private const double HampelLimit = 3;

    /// <summary>
    /// Normal noise alone passes Hampel's limit in one sample of some hundred; what is told sticks out so far that chance gives it never.
    /// </summary>
    private const double SpikeTold = 8;

    private const int Around = 4;

    /// <summary>Blocks from a sudden step until it is judged.</summary>
    private const int JumpWaits = 3;

    private void JudgeSuspects(uint suspects, ReadOnlySpan<long> times, ReadOnlySpan<double> values)
    {
        Span<long> allTimes = stackalloc long[WatchState.Room];
        Span<double> all = stackalloc double[WatchState.Room];
        var tail = state.Judged;
        ((ReadOnlySpan<long>)state.Times)[(WatchState.Tail - tail)..WatchState.Tail].CopyTo(allTimes);
        ((ReadOnlySpan<double>)state.Values)[(WatchState.Tail - tail)..WatchState.Tail].CopyTo(all);
        times.CopyTo(allTimes[tail..]);
        values.CopyTo(all[tail..]);
        var count = tail + values.Length;
        for (var i = Math.Max(Around, tail - Around); i < count - Around; i++)
            JudgeSpike(allTimes[i], all.Slice(i - Around, 2 * Around + 1));
        for (var left = suspects; left != 0; left &= left - 1)
        {
            var row = tail + BitOperations.TrailingZeroCount(left);
            JudgeRate(allTimes[row - 1], allTimes[row], all[row - 1], all[row]);
            if (state.JumpBlocks == 0 && state.Epochs > 0 && row >= WatchState.Tail / 2 && Math.Abs(all[row] - all[row - 1]) > SuspectSteps * state.Scale)
                StartJump(allTimes[row], all[Math.Max(0, row - WatchState.Tail)..row]);
        }
        state.IsTailSuspect = suspects != 0;
    }

    private void JudgeSpike(long time, ReadOnlySpan<double> around)
    {
        Span<double> sorted = stackalloc double[2 * Around + 1];
        around.CopyTo(sorted);
        var value = around[Around];
        var (median, deviation) = Robust.MedianAndDeviation(sorted);
        var off = Math.Abs(value - median);
        if (off <= HampelLimit * Robust.PerDeviation * deviation || off <= SpikeTold * Robust.PerDeviation * Math.Max(deviation, state.Scale / 2))
            return;
        Note(FaultKind.Spike, time, time, 1, median, value, state.Join);
        CountInvalid(time, 1);
    }

    private void JudgeRate(long from, long to, double before, double after)
    {
        if (Math.Abs(after - before) <= state.MaxPerMicro * (to - from))
            return;
        Note(FaultKind.RateOfChange, from, to, 1, state.MaxPerMicro * 1e6, Math.Abs(after - before) / (to - from) * 1e6, state.Join);
        CountInvalid(to, 1);
    }

    private void StartJump(long at, ReadOnlySpan<double> before)
    {
        Span<double> sorted = stackalloc double[WatchState.Tail];
        before.CopyTo(sorted);
        (state.JumpBlocks, state.JumpAt, state.JumpBefore, state.JumpScale) = (JumpWaits, at, Robust.MedianOf(sorted[..before.Length]), state.Scale);
    }

    private void FollowJump(ReadOnlySpan<long> times, ReadOnlySpan<double> values)
    {
        Span<double> sorted = stackalloc double[values.Length];
        values.CopyTo(sorted);
        var level = Robust.MedianOf(sorted);
        if (--state.JumpBlocks == JumpWaits - 1)
        {
            (state.JumpAfter, state.JumpSpread) = (level, MeanStep(values));
            return;
        }
        state.JumpBlocks = 0;
        if (Math.Abs(level - state.JumpBefore) > Math.Abs(state.JumpAfter - state.JumpBefore) / 2)
            JudgeJump(times[^1]);
    }

    /// <summary>
    /// A step to a level never seen, by the factor or offset between two units, is told when the noise changed with it: a machine that
    /// starts changes its level too, but seldom both by the same factor.
    /// </summary>
    private void JudgeJump(long until)
    {
        if (state.IsUnitOpen && Math.Abs(state.JumpAfter - state.UnitLevel) < Math.Abs(state.JumpBefore - state.UnitLevel) / 2)
        {
            faults!.Extend(FaultKind.UnitMismatch, state.JumpAt, 0);
            state.IsUnitOpen = false;
            LearnAnew(state.JumpSpread);
            return;
        }
        if (state.IsUnitOpen || (state.JumpAfter >= state.LowestEver && state.JumpAfter <= state.HighestEver) || state.JumpScale == 0)
            return;
        if (UnitSlip.Nearest(state.JumpBefore, state.JumpAfter) is not { } slip || (slip.Offset != 0 && !state.IsTemperature))
            return;
        var ratio = state.JumpSpread / (slip.Factor * state.JumpScale);
        if (!(ratio is > 1 / UnitSlip.SpreadFactor and < UnitSlip.SpreadFactor))
            return;
        Note(FaultKind.UnitMismatch, state.JumpAt, until, WatchState.Block * 2, state.JumpBefore, state.JumpAfter, 0);
        CountInvalid(until, WatchState.Block * 2);
        (state.IsUnitOpen, state.UnitLevel) = (true, state.JumpBefore);
        LearnAnew(state.JumpSpread);
    }

    /// <summary>What was learnt of steps holds no longer.</summary>
    private void LearnAnew(double scale)
    {
        if (scale > 0)
            SetScale(scale);
        (state.Noise, state.NoiseEpochs, state.NoiseOut) = (double.NaN, -1, 0);
        (state.Resolution, state.ResolutionEpochs) = (-1, -1);
    }

    private static double MeanStep(ReadOnlySpan<double> values)
    {
        var (sum, count) = (0.0, 0);
        for (var i = 1; i < values.Length; i++)
        {
            sum += Math.Abs(values[i] - values[i - 1]);
            count += values[i] != values[i - 1] ? 1 : 0;
        }
        return count == 0 ? 0 : sum / count;
    }
}
