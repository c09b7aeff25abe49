namespace Dure.Datasets;

/// <summary>Finds assets whose values look as if they were in another unit than those of their siblings.</summary>
public static class UnitSuspicion
{
    private const double Tolerance = 0.1;
    private const int MinSiblings = 2;

    /// <summary>Known slips: what was read = factor x what was meant + offset.</summary>
    private static readonly (string Name, double Factor, double Offset)[] Slips =
    [
        ("°F read as °C", 1.8, 32), ("°C read as °F", 1 / 1.8, -32 / 1.8), ("K read as °C", 1, 273.15), ("°C read as K", 1, -273.15),
        ("a factor 10", 10, 0), ("a factor 0.1", 0.1, 0), ("a factor 100", 100, 0), ("a factor 0.01", 0.01, 0), ("a factor 1000", 1000, 0), ("a factor 0.001", 0.001, 0),
        ("kPa for psi", 6.895, 0), ("psi for kPa", 1 / 6.895, 0), ("psi for bar", 14.504, 0), ("bar for psi", 1 / 14.504, 0),
        ("mm for inch", 25.4, 0), ("inch for mm", 1 / 25.4, 0), ("per minute for per second", 60, 0), ("per second for per minute", 1 / 60.0, 0),
    ];

    /// <summary>
    /// For the medians of one signal over its assets: which of them, by index, fits a known slip (the nearest one) against the median of the
    /// others. Nothing is said unless at least two siblings agree among themselves within 30 %.
    /// </summary>
    public static IReadOnlyList<(int Index, string Slip, double Ratio)> Find(IReadOnlyList<double> medians)
    {
        var found = new List<(int, string, double)>();
        for (var i = 0; i < medians.Count; i++)
        {
            var others = medians.Where((median, k) => k != i && double.IsFinite(median)).ToArray();
            if (others.Length < MinSiblings || !double.IsFinite(medians[i]))
                continue;
            var usual = ValueChecks.MedianOf(others);
            var agreeing = others.Count(other => Math.Abs(other - usual) <= 0.3 * Math.Abs(usual));
            if (usual == 0 || agreeing < MinSiblings || 2 * agreeing <= others.Length || Math.Abs(medians[i] - usual) <= 0.3 * Math.Abs(usual))
                continue;
            var best = Slips.MinBy(slip => Distance(medians[i], usual, slip.Factor, slip.Offset));
            if (Distance(medians[i], usual, best.Factor, best.Offset) <= Tolerance)
                found.Add((i, best.Name, medians[i] / usual));
        }
        return found;
    }

    /// <summary>How far the reading is from what the slip would give, relative to the step the slip makes or to its size, whichever is smaller.</summary>
    private static double Distance(double reading, double usual, double factor, double offset)
    {
        var expected = factor * usual + offset;
        var size = Math.Min(Math.Abs(expected), Math.Abs(expected - usual));
        return size == 0 ? double.MaxValue : Math.Abs(reading - expected) / size;
    }
}
