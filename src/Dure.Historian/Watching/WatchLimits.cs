namespace Dure.Historian.Watching;

/// <summary>What is declared of a signal; what is absent is learnt or not judged.</summary>
/// <param name="Low">Lower end of the engineering range.</param>
/// <param name="High">Upper end of the engineering range.</param>
/// <param name="MaxPerSecond">The fastest that the value can move, in its unit per second.</param>
/// <param name="Period">The time between two samples; learnt when null.</param>
/// <param name="IsTemperature">Whether steps between °C, °F and K are to be looked for.</param>
public sealed record WatchLimits(double? Low = null, double? High = null, double? MaxPerSecond = null, TimeSpan? Period = null, bool IsTemperature = false)
{
    public static WatchLimits None { get; } = new();

    public static WatchLimits Of(SignalDefinition definition) => Of(definition.Unit.Code, definition.Low, definition.High);

    /// <summary>By the unit's UCUM code and the engineering range.</summary>
    public static WatchLimits Of(string unit, double? low, double? high) => new(low, high, IsTemperature: unit is "Cel" or "K" or "[degF]");
}
