using System.Runtime.Intrinsics;

namespace Dure.Historian.Watching;

/// <summary>What 256 rows together say: noise, resolution, how often the value changes.</summary>
public sealed partial class SignalWatch
{
    /// <summary>Noise is told when it changes by this factor and by this many times its usual change, in two epochs in a row.</summary>
    private const double NoiseFactorLog2 = 1.3;
    private const double NoiseTimesUsual = 5;
    private const int NoiseLearns = 3;

    /// <summary>Below this ratio of bends to steps a signal is smooth, and its bends are its course, not noise (white noise has 1.7, a random walk 1.4).</summary>
    private const double Rough = 0.7;

    /// <summary>A step smaller than this share of the value is no resolution, but the fine grain of the number's format.</summary>
    private const double FineGrain = 1e-6;

    private const int ChangesToJudge = 64;

    private void EndEpoch(long end)
    {
        var start = state.EpochStart;
        JudgeJitter(start, end);
        if (state.Changes > 0)
            LearnSteps(end);
        if (state.IsUnitOpen)
        {
            faults!.Extend(FaultKind.UnitMismatch, end, state.Rows);
            CountInvalid(end, state.Rows);
        }
        else if (state.JumpBlocks == 0)
        {
            state.LowestEver = Math.Min(state.LowestEver, Robust.Lowest(state.Lowest));
            state.HighestEver = Math.Max(state.HighestEver, Robust.Highest(state.Highest));
        }
        (state.LowestBefore, state.HighestBefore) = (Robust.Lowest(state.Lowest), Robust.Highest(state.Highest));
        (state.Lowest, state.Highest) = (Vector256.Create(double.PositiveInfinity), Vector256.Create(double.NegativeInfinity));
        (state.Moves, state.Bends) = (Vector256<double>.Zero, Vector256<double>.Zero);
        state.TotalChanges += state.Changes;
        state.Epochs++;
        (state.Rows, state.Changes, state.ResolutionRows, state.ResolutionNow) = (0, 0, 0, -1);
        LimitRuns();
    }

    private void LearnSteps(long end)
    {
        var (moved, bent) = (Vector256.Sum(state.Moves), Vector256.Sum(state.Bends));
        var share = state.Changes / (double)state.Rows;
        state.ChangeShare = state.ChangeShare == 0 ? share : state.ChangeShare + (share - state.ChangeShare) / 8;
        if (state.Changes >= ChangesToJudge)
        {
            JudgeNoise(bent / state.Rows, isRough: bent >= Rough * moved, end);
            JudgeResolution(end);
        }
        SetScale(state.Scale + (moved / state.Changes - state.Scale) / 8);
    }

    private void JudgeNoise(double bend, bool isRough, long end)
    {
        if (bend <= 2 * Math.Max(0, state.Resolution) && (double.IsNaN(state.Noise) || double.Exp2(state.Noise) <= 4 * state.Resolution))
            return;
        var level = Math.Log2(bend);
        if (double.IsNaN(state.Noise) || state.NoiseEpochs < NoiseLearns)
        {
            LearnNoise(level, isRough);
            return;
        }
        var off = level - state.Noise;
        if (!isRough && off > 0)
            return;
        if (Math.Abs(off) > Math.Max(NoiseFactorLog2, NoiseTimesUsual * state.NoiseSpread))
        {
            if (state.NoiseOut++ == 0)
            {
                state.NoiseOutFrom = state.EpochStart;
                return;
            }
            Note(FaultKind.NoiseChange, state.NoiseOutFrom, end, 2 * WatchState.EpochRows, double.Exp2(state.Noise), bend, 0);
            (state.Noise, state.NoiseOut, state.NoiseSpread) = (level, 0, state.NoiseSpread + (Math.Abs(off) - state.NoiseSpread) / 8);
            SetScale(state.Scale * double.Exp2(off));
            return;
        }
        state.NoiseOut = 0;
        state.NoiseSpread += (Math.Abs(off) - state.NoiseSpread) / 16;
        state.Noise += off / 16;
    }

    private void LearnNoise(double level, bool isRough)
    {
        if (!isRough || !double.IsFinite(level) || ++state.NoiseEpochs <= 0)
            return;
        state.NoiseSpread = state.NoiseEpochs == 1 ? 0.1 : Math.Max(state.NoiseSpread, Math.Abs(level - state.Noise));
        state.Noise = state.NoiseEpochs == 1 ? level : state.Noise + (level - state.Noise) / state.NoiseEpochs;
    }

    /// <summary>Looks for the largest step of which all steps of some blocks are multiples; 0 when there is none.</summary>
    private void FollowResolution(ReadOnlySpan<double> tail, ReadOnlySpan<double> values)
    {
        if (state.ResolutionNow == 0)
            return;
        var size = 0.0;
        foreach (var value in values)
            size = Math.Max(size, Math.Abs(value));
        var last = tail.Length > 0 ? tail[^1] : values[0];
        foreach (var value in values)
        {
            var step = Math.Abs(value - last);
            last = value;
            if (step == 0)
                continue;
            state.ResolutionNow = step <= FineGrain * size ? 0 : state.ResolutionNow < 0 ? step
                : Robust.CommonStep(state.ResolutionNow, step, FineGrain * size);
            state.ResolutionRows++;
            if (state.ResolutionNow == 0)
                return;
        }
    }

    private void JudgeResolution(long end)
    {
        var now = state.ResolutionNow;
        if (now < 0 || (now > 0 && state.ResolutionRows < ChangesToJudge / 2))
            return;
        if (state.Resolution < 0 || IsSame(now, state.Resolution))
        {
            state.Resolution = state.ResolutionEpochs < 0 ? -1 : now;
            state.ResolutionEpochs = state.ResolutionEpochs < 0 ? 0 : 1;
            state.ResolutionNext = -1;
            return;
        }
        if (!IsSame(now, state.ResolutionNext) || state.ResolutionNext < 0)
        {
            (state.ResolutionNext, state.ResolutionFrom) = (now, state.EpochStart);
            return;
        }
        var size = Math.Max(Math.Abs(Robust.Lowest(state.Lowest)), Math.Abs(Robust.Highest(state.Highest)));
        if (Math.Max(now, state.Resolution) >= 100 * FineGrain * size)
            Note(FaultKind.ResolutionChange, state.ResolutionFrom, end, 2 * WatchState.EpochRows, state.Resolution, now, 0);
        (state.Resolution, state.ResolutionNext) = (now, -1);
    }

    private static bool IsSame(double left, double right) => Math.Abs(left - right) <= 0.01 * Math.Max(left, right);
}
