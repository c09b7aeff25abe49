using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Dure.Kernel;

namespace Dure.Historian.Watching;

[InlineArray(WatchState.Room)]
internal struct RoomOf<T>
{
    private T first;
}

[InlineArray(WatchState.Block)]
internal struct BlockOf<T>
{
    private T first;
}

[InlineArray(WatchState.Hours)]
internal struct HoursOf<T>
{
    private T first;
}

[InlineArray(WatchState.Slots)]
internal struct SlotsOf<T>
{
    private T first;
}

/// <summary>Counts of one hour; an empty place of the ring has none.</summary>
internal struct HourCounts
{
    public long Start;
    public uint Samples;
    public uint Missing;
    public uint Special;
    public uint Redundant;
    public uint Late;
    public uint Invalid;

    public readonly bool IsEmpty => (Samples | Missing | Late) == 0;

    public readonly QualityWindow Window => new(Start, Samples, Missing, Special, Redundant, Late, Math.Min(Invalid, Samples));
}

/// <summary>Least delay between a source's stamps and their arrival within some minutes.</summary>
internal struct LagSlot
{
    public uint ReceivedSeconds;
    public int LagMillis;

    public static LagSlot Of(long receivedMicros, long lagMicros) => new()
    {
        ReceivedSeconds = (uint)(receivedMicros / 1_000_000),
        LagMillis = (int)Math.Clamp(lagMicros / 1000, int.MinValue / 2, int.MaxValue / 2),
    };

    public readonly long LagMicros => LagMillis * 1000L;

    public readonly long ReceivedMicros => ReceivedSeconds * 1_000_000L;
}

/// <summary>
/// All that a watch remembers of its signal, about 1.2 KB, without references so that a copy is a snapshot. Rows are judged in blocks of 16 by
/// their order of arrival, so that the size of batches has no influence; statistics are learnt per epoch of 256 rows.
/// </summary>
internal struct WatchState
{
    public const int Block = 16;
    public const int Tail = 8;
    public const int Room = Tail + Block;
    public const int Hours = 4;
    public const int Slots = 8;
    public const int EpochRows = 256;

    /// <summary>Written into saved states; a state of another version is not read.</summary>
    public const int Version = 1;

    // Declared.
    public double Low;
    public double High;
    public double MaxPerMicro;

    // Rows: the last good ones that are judged, then those that wait for their block.
    public RoomOf<long> Times;
    public RoomOf<double> Values;
    public BlockOf<Quality> Qualities;
    public long WaitingLag;
    public long WaitingReceived;
    public long Samples;

    // Times.
    public long Last;
    public double LastRaw;
    public long Period;
    public long GapLimit;
    public double MaxStep;
    public double Jitter;
    public double StepDeviation;

    // The epoch under way: sums per lane of a vector.
    public Vector256<double> Moves;
    public Vector256<double> Bends;
    public Vector256<double> Lowest;
    public Vector256<double> Highest;
    public long EpochStart;
    public double ResolutionNow;

    // Learnt of values.
    public double Scale;
    public double JudgeFrom;
    public double ChangeShare;
    public double LowestEver;
    public double HighestEver;
    public double LowestBefore;
    public double HighestBefore;
    public long TotalChanges;
    public double Noise;
    public double NoiseSpread;
    public long NoiseOutFrom;
    public double Resolution;
    public double ResolutionNext;
    public long ResolutionFrom;

    // Runs of one value.
    public long RunStart;
    public double RunEntry;
    public double RunValue;
    public double CutLevel;
    public long CutFrom;

    // Sudden steps.
    public long JumpAt;
    public double JumpBefore;
    public double JumpAfter;
    public double JumpSpread;
    public double JumpScale;
    public double UnitLevel;

    // The clock of the source.
    public SlotsOf<LagSlot> Lags;
    public long LeastLag;
    public long LeastLagReceived;
    public long LagSlotStart;
    public LagSlot LagFirstOut;
    public long LastLag;

    // Scores.
    public HoursOf<HourCounts> HourRing;

    // Counts and marks of the above, together so that they leave no holes.
    public int Judged;
    public int Waiting;
    public int Steps;
    public int PeriodOut;
    public int Rows;
    public int Changes;
    public int Epochs;
    public int ResolutionRows;
    public int NoiseOut;
    public int NoiseEpochs;
    public int ResolutionEpochs;
    public int Run;
    public int LongestRun;
    public int FlatLimit;
    public int CutLimit;
    public int CutHits;
    public int CutSamples;
    public int JumpBlocks;
    public int LagCount;
    public int LagOut;
    public bool IsPeriodDeclared;
    public bool IsTemperature;
    public bool IsFlatTold;
    public bool IsTailSuspect;
    public bool IsUnitOpen;
    public bool IsDriftTold;

    public static WatchState Of(WatchLimits limits)
    {
        var state = new WatchState
        {
            Low = limits.Low ?? double.NegativeInfinity,
            High = limits.High ?? double.PositiveInfinity,
            MaxPerMicro = limits.MaxPerSecond / 1e6 ?? double.PositiveInfinity,
            IsTemperature = limits.IsTemperature,
            WaitingLag = long.MaxValue,
            Last = -1,
            JudgeFrom = double.PositiveInfinity,
            LowestEver = double.PositiveInfinity,
            HighestEver = double.NegativeInfinity,
            LowestBefore = double.PositiveInfinity,
            HighestBefore = double.NegativeInfinity,
            Resolution = -1,
            ResolutionNow = -1,
            Noise = double.NaN,
            FlatLimit = int.MaxValue,
            CutLimit = int.MaxValue,
            LagSlotStart = long.MinValue,
        };
        state.LeastLag = long.MaxValue;
        state.Lowest = Vector256.Create(double.PositiveInfinity);
        state.Highest = Vector256.Create(double.NegativeInfinity);
        if (limits.Period is { } period)
            (state.IsPeriodDeclared, state.Period, state.GapLimit) = (true, period.Ticks / TimeSpan.TicksPerMicrosecond, 3 * (period.Ticks / TimeSpan.TicksPerMicrosecond));
        return state;
    }

    /// <summary>Findings nearer than this belong together.</summary>
    public readonly long Join => 64 * Math.Max(Period, 1);
}
