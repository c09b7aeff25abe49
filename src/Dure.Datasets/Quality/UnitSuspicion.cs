using Dure.Historian.Watching;

namespace Dure.Datasets;

/// <summary>Finds assets whose values look as if they were in another unit than those of their siblings.</summary>
public static class UnitSuspicion
{
    /// <summary>Siblings are alike when within this share of their median.</summary>
    private const double Alike = 0.3;

    private const int MinSiblings = 2;

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
            var usualSpread = ValueChecks.MedianOf([.. others.Select(other => other.Spread)]);
            if (UnitSlip.Nearest(usual, median) is { } best && SpreadFits(spread, best.Factor * usualSpread))
                found.Add((i, best.Name, median / usual));
        }
        return found;
    }

    /// <summary>A spread of 0 on either side says nothing.</summary>
    private static bool SpreadFits(double spread, double expected) =>
        spread == 0 || expected == 0 || (spread <= UnitSlip.SpreadFactor * expected && expected <= UnitSlip.SpreadFactor * spread);
}
