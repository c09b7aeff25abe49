namespace Dure.Historian.Watching;

/// <summary>A known way to mistake units: what is read = factor x what is meant + offset.</summary>
/// <param name="Name">In words, as in "looks like °F read as °C".</param>
public sealed record UnitSlip(string Name, double Factor, double Offset)
{
    /// <summary>Machines of one kind differ by some percent; a looser bound would find a slip for every ratio.</summary>
    public const double Tolerance = 0.04;

    /// <summary>Noise scales with the unit; how far the two may differ.</summary>
    public const double SpreadFactor = 2;

    /// <summary>The slips that are looked for.</summary>
    public static IReadOnlyList<UnitSlip> All { get; } =
    [
        new("°F read as °C", 1.8, 32), new("°C read as °F", 1 / 1.8, -32 / 1.8), new("K read as °C", 1, 273.15), new("°C read as K", 1, -273.15),
        new("a factor 10", 10, 0), new("a factor 0.1", 0.1, 0), new("a factor 100", 100, 0), new("a factor 0.01", 0.01, 0), new("a factor 1000", 1000, 0), new("a factor 0.001", 0.001, 0),
        new("kPa for psi", 6.895, 0), new("psi for kPa", 1 / 6.895, 0), new("psi for bar", 14.504, 0), new("bar for psi", 1 / 14.504, 0),
        new("mm for inch", 25.4, 0), new("inch for mm", 1 / 25.4, 0), new("per minute for per second", 60, 0), new("per second for per minute", 1 / 60.0, 0),
    ];

    /// <summary>The slip nearest to a step from one level to another; null when none is near enough.</summary>
    public static UnitSlip? Nearest(double usual, double reading)
    {
        var best = All.MinBy(slip => slip.Distance(reading, usual))!;
        return best.Distance(reading, usual) <= Tolerance ? best : null;
    }

    /// <summary>How far the reading is from what the slip would give, relative to the step the slip makes or to its size, whichever is smaller.</summary>
    public double Distance(double reading, double usual)
    {
        var expected = Factor * usual + Offset;
        var size = Math.Min(Math.Abs(expected), Math.Abs(expected - usual));
        return size > 0 && double.IsFinite(size) ? Math.Abs(reading - expected) / size : double.MaxValue;
    }
}
