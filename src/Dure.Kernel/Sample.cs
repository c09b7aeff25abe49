namespace Dure.Kernel;

/// <summary>One reading of a signal: when the source says it was taken, its value in the signal's unit, and its quality.</summary>
public readonly record struct Sample(DateTimeOffset Time, double Value, Quality Quality = Quality.Good);
