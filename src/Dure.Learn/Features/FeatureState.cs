namespace Dure.Learn.Features;

/// <summary>One row of a group as it comes.</summary>
internal readonly ref struct FeatureRow(long number, long startMicros, long micros, ReadOnlySpan<double> signals)
{
    /// <summary>0 for the group's first row.</summary>
    public long Number { get; } = number;

    /// <summary>Microseconds since 1970 UTC.</summary>
    public long Micros { get; } = micros;

    /// <summary>Since the group's first row, so that a shift of all times changes nothing.</summary>
    public double Seconds => (Micros - startMicros) * 1e-6;

    public ReadOnlySpan<double> Signals { get; } = signals;
}

/// <summary>What a feature of one group remembers. It is advanced once a row, after the states it is computed of.</summary>
internal abstract class FeatureState
{
    /// <summary>The feature's value at the newest row; NaN while or where there is none.</summary>
    public double Value { get; protected set; } = double.NaN;

    public abstract void Advance(in FeatureRow row);
}

/// <summary>A signal as it is; what is infinite counts as missing.</summary>
internal sealed class SignalState(int signal) : FeatureState
{
    public override void Advance(in FeatureRow row)
    {
        var value = row.Signals[signal];
        Value = double.IsInfinity(value) ? double.NaN : value;
    }
}

/// <summary>The value some rows ago, or the difference to it.</summary>
internal sealed class LagState(FeatureState input, int rows, bool isDifference) : FeatureState
{
    private readonly double[] past = new double[rows];

    public override void Advance(in FeatureRow row)
    {
        var at = (int)(row.Number % rows);
        var before = row.Number < rows ? double.NaN : past[at];
        past[at] = input.Value;
        Value = isDifference ? input.Value - before : before;
    }
}

/// <summary>Exponentially weighted mean; the first value starts it, missing ones are passed by. Roberts (1959), eq. 1.</summary>
internal sealed class EwmaState(FeatureState input, double alpha) : FeatureState
{
    public override void Advance(in FeatureRow row)
    {
        if (double.IsNaN(Value))
            Value = input.Value;
        else if (!double.IsNaN(input.Value))
            Value += alpha * (input.Value - Value);
    }
}

/// <summary>The mean of the values since the group's start, of the first so many rows at most (Welford 1962).</summary>
internal sealed class MeanSinceStart(FeatureState input, long rows) : FeatureState
{
    private long count;

    public override void Advance(in FeatureRow row)
    {
        if (row.Number >= rows || double.IsNaN(input.Value))
            return;
        count++;
        Value = count == 1 ? input.Value : Value + (input.Value - Value) / count;
    }
}

/// <summary>Rows of the group so far, the present one included.</summary>
internal sealed class CountState : FeatureState
{
    public override void Advance(in FeatureRow row) => Value = row.Number + 1;
}

/// <summary>Seconds since the value last was beyond a limit; before the first time missing.</summary>
internal sealed class SinceState(FeatureState input, double below, double above) : FeatureState
{
    private double last = double.NaN;

    public override void Advance(in FeatureRow row)
    {
        if (input.Value > above || input.Value < below)
            last = row.Seconds;
        Value = row.Seconds - last;
    }
}

/// <summary>Two features taken together.</summary>
internal sealed class PairState(FeatureState left, FeatureState right, Func<double, double, double> combine) : FeatureState
{
    public override void Advance(in FeatureRow row) => Value = combine(left.Value, right.Value);
}

/// <summary>Where in the day, week or year a row is, by a clock some hours from UTC.</summary>
internal sealed class CalendarState(double offsetHours, Func<DateTime, double> read) : FeatureState
{
    private readonly long offset = (long)(offsetHours * 3600e6);

    public override void Advance(in FeatureRow row)
    {
        // Times beyond the calendar's years have no hour.
        var micros = row.Micros + offset;
        Value = micros is > -62_135_596_800_000_000 and < 253_402_300_799_000_000 ? read(DateTime.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond)) : double.NaN;
    }

    public static double Hour(DateTime time) => time.TimeOfDay.TotalHours;

    /// <summary>0 is Monday's first moment.</summary>
    public static double Weekday(DateTime time) => ((int)time.DayOfWeek + 6) % 7 + time.TimeOfDay.TotalDays;

    public static double Month(DateTime time) => time.Month - 1 + (time.Day - 1 + time.TimeOfDay.TotalDays) / DateTime.DaysInMonth(time.Year, time.Month);
}
