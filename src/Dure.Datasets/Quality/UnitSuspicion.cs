namespace Dure.Datasets;

/// <summary>Finds assets whose values look as if they were in another unit than those of their siblings.</summary>
public static class UnitSuspicion
{
    /// <summary>Machines of one kind differ by some percent; a looser bound would find a slip for every ratio.</summary>
    private const double Tolerance = 0.04;

    /// <summary>Siblings are alike when within this share of their median.</summary>
    private const double Alike = 0.3;

    /// <summary>Noise scales with the unit; how far the two may differ.</summary>
    private const double SpreadFactor = 2;

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
    /// For medians and spreads (median absolute deviations) of one signal over its assets: which of them, by index, fits a known slip
    /// (the nearest one) against the median of the others, in level and in spread. Nothing is said unless at least two siblings,
    /// and three of four, are alike.
    /// </summary>
    public static IReadOnlyList<(int Index, string Slip, double Ratio)> Find(IReadOnlyList<(double Median, double Spread)> assets)
    {
        var found = new List<(int, string, double)>();
        for (var i = 0; i < assets.Count; i++)
        {
            var (median, spread) = assets[i];
            var others = assets.Where((asset, k) => k != i && double.IsFinite(asset.Median)).ToList();
            if (others.Count < MinSiblings || !double.IsFinite(median))
                continue;
            var usual = ValueChecks.MedianOf([.. others.Select(other => other.Median)]);
            var alike = others.Count(other => Math.Abs(other.Median - usual) <= Alike * Math.Abs(usual));
            if (usual == 0 || alike < MinSiblings || 4 * alike < 3 * others.Count || Math.Abs(median - usual) <= Alike * Math.Abs(usual))
                continue;
            var best = Slips.MinBy(slip => Distance(median, usual, slip.Factor, slip.Offset));
            var usualSpread = ValueChecks.MedianOf([.. others.Select(other => other.Spread)]);
            if (Distance(median, usual, best.Factor, best.Offset) <= Tolerance && SpreadFits(spread, best.Factor * usualSpread))
                found.Add((i, best.Name, median / usual));
        }
        return found;
    }

    /// <summary>A spread of 0 on either side says nothing.</summary>
    private static bool SpreadFits(double spread, double expected) =>
        spread == 0 || expected == 0 || (spread <= SpreadFactor * expected && expected <= SpreadFactor * spread);

    /// <summary>How far the reading is from what the slip would give, relative to the step the slip makes or to its size, whichever is smaller.</summary>
    private static double Distance(double reading, double usual, double factor, double offset)
    {
        var expected = factor * usual + offset;
        var size = Math.Min(Math.Abs(expected), Math.Abs(expected - usual));
        return size == 0 ? double.MaxValue : Math.Abs(reading - expected) / size;
    }
}
