namespace Dure.Effects;

/// <summary>An estimate with the interval it travels in; <see cref="Level"/> is the stated coverage, such as 0.95.</summary>
public readonly record struct Interval(double Estimate, double Low, double High, double Level)
{
    /// <summary>True when the interval lies wholly on one side of <paramref name="value"/>.</summary>
    public bool Excludes(double value) => Low > value || High < value;

    /// <summary>The same interval in another unit; a negative factor swaps the ends.</summary>
    public Interval Scaled(double factor) => factor >= 0
        ? new(Estimate * factor, Low * factor, High * factor, Level)
        : new(Estimate * factor, High * factor, Low * factor, Level);
}
