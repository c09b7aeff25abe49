using Dure.Kernel;

namespace Dure.Learn;

/// <summary>A statistic of a monitor and the limit that healthy rows seldom pass.</summary>
/// <param name="Name">Its customary name: <c>T2</c>, <c>SPE</c>, <c>Ts2</c>, <c>Tr2</c>, <c>Q</c>.</param>
/// <param name="Limit">The stated quantile over rows that were not fitted.</param>
public sealed record MonitorStatistic(string Name, double Limit);

/// <summary>Directions of normal running fitted to one machine, with each statistic apart. Immutable.</summary>
public sealed class SubspaceMonitor
{
    private readonly SubspaceFit fit;
    private readonly double confidence;
    private readonly int[] alarms;

    /// <param name="heldOut">Each distance of healthy rows that were not fitted: [distance][row].</param>
    internal SubspaceMonitor(CommissioningScale scale, int lags, SubspaceFit fit, double[][] heldOut, double confidence)
    {
        (Scale, Lags, this.fit, this.confidence) = (scale, lags, fit, confidence);
        Statistics = [.. fit.Distances.Select((d, i) => new MonitorStatistic(d.Name, Quantile(heldOut[i], confidence)))];
        alarms = [.. fit.Distances.Index().Where(d => d.Item.Alarms).Select(d => d.Index)];
        JointLimit = Quantile([.. heldOut[0].Select((_, row) => alarms.Max(i => heldOut[i][row] / Statistics[i].Limit))], confidence);
    }

    public CommissioningScale Scale { get; }

    public int Lags { get; }

    public IReadOnlyList<MonitorStatistic> Statistics { get; }

    /// <summary>Limit of the largest of the statistics that alarm, each divided by its own limit: a little above 1, for several may err.</summary>
    public double JointLimit { get; }

    internal ReadOnlySpan<double> Centre => fit.Centre;

    /// <summary>The same directions with limits from other healthy rows, which the fit has not seen.</summary>
    public SubspaceMonitor WithLimitsFrom(ReadOnlySpan<double> healthyRows)
    {
        var lagged = LaggedRows.Of(Scale.Standardise(healthyRows), Scale.Columns, Lags);
        if (lagged.Length == 0)
            throw new ProblemException("urn:dure:learn:too-few-rows", $"{healthyRows.Length / Scale.Columns} healthy rows; {Lags + 1} make one lagged row.", "limits of a monitor",
                "Give more healthy rows.");
        return new(Scale, Lags, fit, fit.Evaluate(lagged), confidence);
    }

    /// <summary>The largest of the statistics that alarm in its own limit; above 1 is an alarm. The first <see cref="Lags"/> rows are NaN.</summary>
    public double[] JointScore(ReadOnlySpan<double> rows)
    {
        var scores = Score(rows);
        return [.. scores[0].Select((_, row) => alarms.Max(i => scores[i][row]) / JointLimit)];
    }

    /// <summary>How much each signal has to do with a statistic at the last of the rows.</summary>
    /// <param name="statistic">Place in <see cref="Statistics"/>.</param>
    /// <param name="rows">Row-major, the newest last; at least <see cref="Lags"/> + 1 rows.</param>
    public SignalContributions Contributions(int statistic, ReadOnlySpan<double> rows)
    {
        var lagged = LaggedRows.Of(Scale.Standardise(rows[^(Scale.Columns * (Lags + 1))..]), Scale.Columns, Lags);
        return SignalContributions.Of(lagged, fit.Centre, fit.Distances[statistic].Matrix, Scale.Columns);
    }

    /// <summary>Each statistic of row-major rows divided by its limit, [statistic][row]; the first <see cref="Lags"/> rows have no past and are NaN.</summary>
    public double[][] Score(ReadOnlySpan<double> rows)
    {
        var values = fit.Evaluate(LaggedRows.Of(Scale.Standardise(rows), Scale.Columns, Lags));
        return [.. values.Select((v, i) => (double[])[.. Enumerable.Repeat(double.NaN, Lags), .. v.Select(x => x / Statistics[i].Limit)])];
    }

    /// <summary>The matrices of the distances that alarm, each divided by its limit.</summary>
    internal IReadOnlyList<double[]> AlarmMatrices() =>
        [.. alarms.Select(i => (double[])[.. fit.Distances[i].Matrix.Select(v => v / Statistics[i].Limit)])];

    // The smallest limit keeps a distance without any spread finite, as a constant signal's is.
    private const double SmallestLimit = 1e-9;

    private static double Quantile(double[] values, double share)
    {
        var sorted = values.Order().ToArray();
        return Math.Max(SmallestLimit, sorted[Math.Clamp((int)Math.Ceiling(share * (values.Length + 1)) - 1, 0, values.Length - 1)]);
    }
}
