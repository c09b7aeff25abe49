namespace Dure.Historian.Watching;

/// <summary>What can be wrong with a stream of samples. The number is kept on disk; new kinds go to the end.</summary>
public enum FaultKind : byte
{
    /// <summary>No sample for more than three periods.</summary>
    Gap,

    /// <summary>The value stands still although it used to move.</summary>
    FlatLine,

    /// <summary>A few samples stick out of their surroundings (Hampel).</summary>
    Spike,

    /// <summary>Values outside the declared engineering range.</summary>
    OutOfRange,

    /// <summary>Values that move faster than the declared limit.</summary>
    RateOfChange,

    /// <summary>A sample that came twice with the same value.</summary>
    Duplicate,

    /// <summary>Two samples with one stamp and different values.</summary>
    ConflictingDuplicate,

    /// <summary>Samples older than ones that were there already.</summary>
    OutOfOrder,

    /// <summary>The source's clock runs fast or slow.</summary>
    ClockDrift,

    /// <summary>The source's clock was set.</summary>
    ClockJump,

    /// <summary>Stamps ahead of the clock of the node.</summary>
    FutureStamp,

    /// <summary>The level jumps by a factor or offset that parts two units.</summary>
    UnitMismatch,

    /// <summary>The signal became much noisier or much quieter.</summary>
    NoiseChange,

    /// <summary>The value is cut off at one upper or lower limit.</summary>
    Saturation,

    /// <summary>The smallest step of the value changed.</summary>
    ResolutionChange,

    /// <summary>Samples whose sender says that they are not good.</summary>
    NotGood,

    /// <summary>Values that are no finite number.</summary>
    NotFinite,

    /// <summary>The time between samples became irregular.</summary>
    Jitter,

    /// <summary>The time between samples became another one.</summary>
    PeriodChange,
}

/// <summary>The kinds and their stable names.</summary>
public static class FaultKinds
{
    private static readonly string[] Keys =
    [
        "gaps", "flat-line", "spikes", "out-of-range", "rate-of-change", "duplicates", "conflicting-duplicates", "out-of-order", "clock-drift", "clock-jump",
        "future-stamps", "unit-mismatch", "noise-change", "saturation", "resolution-change", "not-good", "not-finite", "jitter", "period-change",
    ];

    public static IReadOnlyList<FaultKind> All { get; } = Enum.GetValues<FaultKind>();

    public static int Count => Keys.Length;

    /// <summary>The kind's name in JSON, on the command line and in the pages' texts.</summary>
    public static string Key(this FaultKind kind) => Keys[(int)kind];

    /// <summary>The kind of a name.</summary>
    public static bool TryParse(string? key, out FaultKind kind)
    {
        var place = Array.IndexOf(Keys, key);
        kind = (FaultKind)Math.Max(0, place);
        return place >= 0;
    }
}
