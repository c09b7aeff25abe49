namespace Dure.Learn;

/// <summary>Rows counted by truth and answer, and the rates that follow from them.</summary>
public readonly record struct AlarmCounts(long TruePositives, long FalsePositives, long FalseNegatives, long TrueNegatives)
{
    public long Rows => TruePositives + FalsePositives + FalseNegatives + TrueNegatives;

    /// <summary>TP / (TP + (FP + FN) / 2); zero when there is neither an anomaly nor an alarm.</summary>
    public double F1 => TruePositives + FalsePositives + FalseNegatives == 0 ? 0
        : TruePositives / (TruePositives + (FalsePositives + FalseNegatives) / 2.0);

    /// <summary>False alarm rate: alarms among healthy rows, in percent; NaN without healthy rows.</summary>
    public double FalseAlarmPercent => 100.0 * FalsePositives / (FalsePositives + TrueNegatives);

    /// <summary>Missed alarm rate: silence among anomalous rows, in percent; NaN without anomalous rows.</summary>
    public double MissedAlarmPercent => 100.0 * FalseNegatives / (FalseNegatives + TruePositives);

    public static AlarmCounts operator +(AlarmCounts a, AlarmCounts b) => new(a.TruePositives + b.TruePositives,
        a.FalsePositives + b.FalsePositives, a.FalseNegatives + b.FalseNegatives, a.TrueNegatives + b.TrueNegatives);

    public static AlarmCounts Of(ReadOnlySpan<bool> truth, ReadOnlySpan<bool> alarms)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(alarms.Length, truth.Length);
        long tp = 0, fp = 0, fn = 0;
        for (var i = 0; i < truth.Length; i++)
            switch (truth[i], alarms[i])
            {
                case (true, true): tp++; break;
                case (false, true): fp++; break;
                case (true, false): fn++; break;
                default: break;
            }
        return new(tp, fp, fn, truth.Length - tp - fp - fn);
    }
}

/// <summary>A measured figure with its interval.</summary>
public readonly record struct Measured(double Value, double Low, double High);
