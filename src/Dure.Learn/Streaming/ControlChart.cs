using Dure.Kernel;

namespace Dure.Learn;

/// <summary>Watches one signal for a lasting shift of its mean. The limit is set so that healthy values alarm once in a stated number (ARL); a
/// signal that remembers is first freed of what its past foretells. For one thread; allocates nothing per value.</summary>
/// <remarks>The run length holds for normal values with known mean and deviation. Those come from commissioning, and their own error shortens it,
/// the more the longer the run and the fewer the values: Jensen et al. (2006).</remarks>
public abstract class ControlChart
{
    // Keeps the chart finite when a sensor answers with infinity.
    private const double LargestDeviation = 1e6;

    private readonly double[] before;

    private protected ControlChart(Autoregression model, double limit)
    {
        (Model, Limit) = (model, limit);
        before = new double[model.Order];
    }

    /// <summary>What the chart takes off before it judges.</summary>
    public Autoregression Model { get; }

    /// <summary>The limit of the statistic, in standard deviations of what is judged.</summary>
    public double Limit { get; }

    /// <summary>The statistic: positive when the signal stands higher, negative when lower.</summary>
    public double Statistic { get; private set; }

    /// <summary>Missing values so far; the statistic stays as it was.</summary>
    public long Missing { get; private set; }

    /// <summary>Takes the next value; the size of the statistic in its limit: above 1 is an alarm.</summary>
    public double Add(double value)
    {
        if (double.IsNaN(value))
        {
            Missing++;
            return Math.Abs(Statistic) / Limit;
        }
        var from = value - Model.Mean;
        var surprise = from;
        for (var i = 0; i < before.Length; i++)
            surprise -= Model.Coefficients[i] * before[i];
        if (before.Length > 0)
        {
            before.AsSpan(0, before.Length - 1).CopyTo(before.AsSpan(1));
            before[0] = Math.Clamp(from, -LargestDeviation * Model.Deviation, LargestDeviation * Model.Deviation);
        }
        Statistic = Next(Math.Clamp(surprise / Model.Deviation, -LargestDeviation, LargestDeviation));
        return Math.Abs(Statistic) / Limit;
    }

    /// <summary>Begins anew, as after a repair.</summary>
    public void Reset()
    {
        Array.Clear(before);
        Statistic = 0;
        Forget();
    }

    private protected abstract double Next(double deviation);

    private protected abstract void Forget();

    private protected static void CheckRun(double healthyRun)
    {
        if (healthyRun is not (>= 10 and <= 1e6))
            throw new ProblemException("urn:dure:learn:bad-run-length", $"One false alarm in {healthyRun} values.", "fit of a chart", "Give a number between 10 and 1,000,000.");
    }
}

/// <summary>Cumulative sums of what goes beyond an allowance, upwards and downwards. Page (1954).</summary>
public sealed class CusumChart : ControlChart
{
    private readonly double allowance;
    private double up, down;

    private CusumChart(Autoregression model, double allowance, double limit) : base(model, limit) => this.allowance = allowance;

    /// <param name="healthy">Commissioning values in order of time.</param>
    /// <param name="healthyRun">Healthy values on average between two false alarms.</param>
    /// <param name="allowance">k: half the shift to be found soonest, in standard deviations.</param>
    /// <param name="highestOrder">Past values that may foretell the next; 0: the values are independent.</param>
    public static CusumChart Fit(ReadOnlySpan<double> healthy, double healthyRun = 10_000, double allowance = 0.5, int highestOrder = 5)
    {
        CheckRun(healthyRun);
        ArgumentOutOfRangeException.ThrowIfLessThan(allowance, 0.05);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(allowance, 3);
        return new(Autoregression.Fit(healthy, highestOrder), allowance, RunLength.CusumLimit(allowance, healthyRun));
    }

    private protected override double Next(double deviation)
    {
        up = Math.Max(0, up + deviation - allowance);
        down = Math.Max(0, down - deviation - allowance);
        return up >= down ? up : -down;
    }

    private protected override void Forget() => (up, down) = (0, 0);
}

/// <summary>The exponentially weighted mean of one signal. Roberts (1959).</summary>
public sealed class EwmaChart : ControlChart
{
    private readonly double weight;
    private double smoothed;

    private EwmaChart(Autoregression model, double weight, double limit) : base(model, limit) => this.weight = weight;

    /// <param name="healthy">Commissioning values in order of time.</param>
    /// <param name="healthyRun">Healthy values on average between two false alarms.</param>
    /// <param name="weight">Weight of the newest value: smaller finds smaller shifts, later.</param>
    /// <param name="highestOrder">Past values that may foretell the next; 0: the values are independent.</param>
    public static EwmaChart Fit(ReadOnlySpan<double> healthy, double healthyRun = 10_000, double weight = 0.1, int highestOrder = 5)
    {
        CheckRun(healthyRun);
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 0.01);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weight, 1);
        return new(Autoregression.Fit(healthy, highestOrder), weight, RunLength.EwmaWidth(weight, healthyRun) * Math.Sqrt(weight / (2 - weight)));
    }

    private protected override double Next(double deviation) => smoothed += weight * (deviation - smoothed);

    private protected override void Forget() => smoothed = 0;
}
