using Dure.Kernel;

namespace Dure.Historian.Watching;

/// <summary>
/// One stretch of time in which a signal had one fault. What <see cref="Before"/> and <see cref="After"/> hold depends on the kind, see
/// <see cref="FindingWords"/>.
/// </summary>
/// <param name="FromMicros">Source time of the first sample concerned.</param>
/// <param name="ToMicros">Source time of the last sample concerned.</param>
/// <param name="Count">Samples concerned; for a gap those that are missing.</param>
/// <param name="Before">What was usual or allowed.</param>
/// <param name="After">What was found.</param>
public readonly record struct SignalFinding(FaultKind Kind, long FromMicros, long ToMicros, long Count, double Before, double After)
{
    public DateTimeOffset From => Micros.Time(FromMicros);
    public DateTimeOffset To => Micros.Time(ToMicros);
    public double Seconds => (ToMicros - FromMicros) / 1e6;

    /// <summary>The order in which findings are kept and merged: by time, then by kind, then by what they hold.</summary>
    internal static int Compare(SignalFinding left, SignalFinding right) =>
        left.FromMicros != right.FromMicros ? left.FromMicros.CompareTo(right.FromMicros)
        : left.Kind != right.Kind ? left.Kind.CompareTo(right.Kind)
        : left.ToMicros != right.ToMicros ? left.ToMicros.CompareTo(right.ToMicros)
        : left.Count != right.Count ? left.Count.CompareTo(right.Count)
        : left.Before.CompareTo(right.Before) is var before && before != 0 ? before : left.After.CompareTo(right.After);
}
