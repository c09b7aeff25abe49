namespace Dure.Learn.Calibration;

/// <summary>From where to where a value is promised to lie; both ends belong to it.</summary>
public readonly record struct PredictionInterval(double Low, double High)
{
    /// <summary>Infinite where nothing can be promised.</summary>
    public double Width => High - Low;

    public bool Contains(double value) => Low <= value && value <= High;
}
