namespace Dure.Learn.Features;

/// <summary>
/// Parts a signal into cycles: each begins when the value rises through a level, having been below it before. The figures are those of the last
/// whole cycle; the first, whose beginning nobody saw, does not count.
/// </summary>
/// <param name="hysteresis">How far from the level the value must go on both sides, so that noise makes no cycles.</param>
internal sealed class CycleState(FeatureState input, double level, double hysteresis) : FeatureState
{
    private bool isHigh = true; // a group that begins high is within a cycle
    private bool isCounting;
    private double began, area, peak;
    private double lastSeconds, lastValue = double.NaN;

    public double Length { get; private set; } = double.NaN;
    public double Area { get; private set; } = double.NaN;
    public double Peak { get; private set; } = double.NaN;
    public double Count { get; private set; }

    public override void Advance(in FeatureRow row)
    {
        var value = input.Value;
        if (double.IsNaN(value))
            return;
        area += (row.Seconds - lastSeconds) * (value + lastValue) / 2;
        if (!isHigh && value >= level + hysteresis)
            Begin(row.Seconds);
        else if (isHigh && value < level - hysteresis)
            isHigh = false;
        peak = Math.Max(peak, value);
        (lastSeconds, lastValue) = (row.Seconds, value);
    }

    private void Begin(double seconds)
    {
        if (isCounting)
            (Length, Area, Peak, Count) = (seconds - began, area, peak, Count + 1);
        (isHigh, isCounting, began, area, peak) = (true, true, seconds, 0, double.NegativeInfinity);
    }
}

/// <summary>One figure of the last whole cycle.</summary>
internal sealed class CycleFigure(CycleState cycles, Func<CycleState, double> read) : FeatureState
{
    public override void Advance(in FeatureRow row) => Value = read(cycles);
}
