using Dure.Kernel;

namespace Dure.Historian.Watching;

/// <summary>
/// The samples of one hour, counted by what is wrong with them, and the four scores of the data quality functions of Apache IoTDB
/// (library-udf, dquality): each is 1 minus the share of samples that fail. Counts add up, so windows of two halves of a stream merge.
/// </summary>
/// <param name="StartMicros">Start of the hour, by source time.</param>
/// <param name="Samples">Samples with a stamp in the window, late ones and repeated ones included.</param>
/// <param name="Missing">Samples that should have come, by the signal's period.</param>
/// <param name="Special">Samples without a usable value: no finite number, or of bad quality.</param>
/// <param name="Redundant">Samples with a stamp that was there already.</param>
/// <param name="Late">Samples older than the newest at their arrival.</param>
/// <param name="Invalid">Samples whose value cannot be right: out of range, spikes, stuck, cut off, in another unit.</param>
public readonly record struct QualityWindow(long StartMicros, long Samples, long Missing, long Special, long Redundant, long Late, long Invalid)
{
    /// <summary>Length of a window: one hour.</summary>
    public const long LengthMicros = 3_600_000_000;

    public DateTimeOffset Start => Micros.Time(StartMicros);

    /// <summary>1 - (missing + special) / (samples + missing).</summary>
    public double Completeness => Left(Missing + Special, Samples + Missing);

    /// <summary>1 - redundant / samples.</summary>
    public double Consistency => Left(Redundant, Samples);

    /// <summary>1 - late / samples.</summary>
    public double Timeliness => Left(Late, Samples);

    /// <summary>1 - invalid / samples. IoTDB counts four kinds of outlier and divides by four times the samples; here a sample counts once.</summary>
    public double Validity => Left(Invalid, Samples);

    /// <summary>The product of the four: what each fault leaves. 1 for a window without samples.</summary>
    public double Score => Completeness * Consistency * Timeliness * Validity;

    /// <summary>The window of both halves together; the earlier start stays.</summary>
    public static QualityWindow operator +(QualityWindow left, QualityWindow right) => new(
        Math.Min(left.StartMicros, right.StartMicros), left.Samples + right.Samples, left.Missing + right.Missing, left.Special + right.Special,
        left.Redundant + right.Redundant, left.Late + right.Late, left.Invalid + right.Invalid);

    internal static long StartOf(long micros) => micros - ((micros % LengthMicros) + LengthMicros) % LengthMicros;

    private static double Left(long failed, long all) => all <= 0 ? 1 : 1 - Math.Clamp(failed / (double)all, 0, 1);
}
