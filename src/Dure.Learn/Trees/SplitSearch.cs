namespace Dure.Learn.Trees;

/// <summary>Finds the best cut of one column in the sums of a node.</summary>
internal readonly ref struct SplitSearch
{
    private const int OneHotMost = 4;
    private const double CategorySmooth = 10;
    private const double CategoryL2 = 10;
    private const int MostCategoriesLeft = 32;

    private readonly SplitRules rules;
    private readonly TreeNode node;
    private readonly double rowsPerHessian;
    private readonly double nodeWorth;
    private readonly long minHessian, maxHessian;

    public SplitSearch(SplitRules rules, TreeNode node)
    {
        (this.rules, this.node) = (rules, node);
        var total = GradientSums.Hessian(node.Sums);
        rowsPerHessian = total > 0 ? (double)node.Count / total : 0;
        nodeWorth = node.Bounds is null ? rules.Worth(GradientOf(node.Sums), HessianOf(node.Sums), rules.Options.L2) : Bounded(node.Sums, node.Bounds.Value).Worth;
        // Both limits in one: a side needs hessian enough, and rows enough, which are counted by their share of the hessian.
        minHessian = Math.Max(1, (long)Math.Ceiling(Math.Max(rules.Options.MinHessian / rules.HessianUnit, (rules.Options.MinRows - 0.5) / Math.Max(rowsPerHessian, 1e-300))));
        maxHessian = total - minHessian;
    }

    /// <summary>Whether any cut leaves enough on both sides.</summary>
    public bool IsPossible => minHessian <= maxHessian;

    /// <param name="sums">The column's sums.</param>
    public Split Of(int feature, FeatureBins bins, ReadOnlySpan<long> sums, int monotone)
    {
        if (bins.IsCategorical)
            return OfCategories(feature, bins, sums);
        var values = bins.Values;
        var missing = bins.HasMissing ? sums[values] : 0;
        var best = Scan(feature, sums[..values], 0, false, monotone);
        if (missing == 0)
            return best with { MissingLeft = 2 * (double)GradientSums.Hessian(best.LeftSums) >= GradientSums.Hessian(node.Sums) };
        var other = Scan(feature, sums[..values], missing, true, monotone);
        return other.Gain > best.Gain ? other : best;
    }

    private Split Scan(int feature, ReadOnlySpan<long> sums, long start, bool missingLeft, int monotone)
    {
        var (left, bestWorth, bestBin, bestLeft) = (start, nodeWorth + 2 * rules.Options.MinGain, -1, 0L);
        var l2 = rules.Options.L2;
        // The last bin is a cut too where the missing are the other side.
        var last = missingLeft ? sums.Length - 1 : sums.Length;
        if (node.Bounds is null && monotone == 0 && rules.Options.L1 == 0)
        {
            var (found, worth) = SplitScan.Best(sums[..last], start, node.Sums, (minHessian, maxHessian), rules, bestWorth);
            foreach (var sum in sums[..(found + 1)])
                left += sum;
            return found < 0 ? Split.None : new Split(feature, found, missingLeft, (worth - nodeWorth) / 2, left, default);
        }
        for (var bin = 0; bin < last; bin++)
        {
            left += sums[bin];
            var hessian = (long)GradientSums.Hessian(left);
            if (hessian < minHessian)
                continue;
            if (hessian > maxHessian)
                break;
            var right = node.Sums - left;
            var worth = node.Bounds is null && monotone == 0
                ? rules.Worth(GradientOf(left), hessian * rules.HessianUnit, l2) + rules.Worth(GradientOf(right), HessianOf(right), l2)
                : Ordered(left, right, monotone);
            if (worth > bestWorth)
                (bestWorth, bestBin, bestLeft) = (worth, bin, left);
        }
        return bestBin < 0 ? Split.None : new Split(feature, bestBin, missingLeft, (bestWorth - nodeWorth) / 2, bestLeft, default);
    }

    /// <summary>Categories in the order of their mean gradient, cut from both ends (Fisher 1958); few of them each against the rest.</summary>
    private Split OfCategories(int feature, FeatureBins bins, ReadOnlySpan<long> sums)
    {
        Span<int> order = stackalloc int[FeatureBins.Most];
        Span<double> keys = stackalloc double[FeatureBins.Most];
        var count = 0;
        for (var bin = 0; bin < bins.Values; bin++)
        {
            if (GradientSums.Hessian(sums[bin]) == 0)
                continue;
            (order[count], keys[count]) = (bin, GradientOf(sums[bin]) / (HessianOf(sums[bin]) + CategorySmooth));
            count++;
        }
        order = order[..count];
        keys = keys[..count];
        if (count <= OneHotMost)
            return FromEnd(feature, sums, order, 1, each: true);
        keys.Sort(order);
        var best = FromEnd(feature, sums, order, Math.Min(MostCategoriesLeft, (count + 1) / 2), each: false);
        order.Reverse();
        var other = FromEnd(feature, sums, order, Math.Min(MostCategoriesLeft, (count + 1) / 2), each: false);
        return other.Gain > best.Gain ? other : best;
    }

    private Split FromEnd(int feature, ReadOnlySpan<long> sums, ReadOnlySpan<int> order, int most, bool each)
    {
        var l2 = rules.Options.L2 + (each ? 0 : CategoryL2);
        var (best, bestWorth, set, left) = (Split.None, nodeWorth + 2 * rules.Options.MinGain, default(BinSet), 0L);
        for (var i = 0; i < (each ? order.Length : most); i++)
        {
            if (each)
                (set, left) = (default, 0);
            set = set.With(order[i]);
            left += sums[order[i]];
            var hessian = (long)GradientSums.Hessian(left);
            if (hessian < minHessian || hessian > maxHessian)
                continue;
            var right = node.Sums - left;
            var worth = node.Bounds is { } bounds ? Bounded(left, bounds).Worth + Bounded(right, bounds).Worth
                : rules.Worth(GradientOf(left), HessianOf(left), l2) + rules.Worth(GradientOf(right), HessianOf(right), l2);
            if (worth > bestWorth)
                (bestWorth, best) = (worth, new Split(feature, 0, false, (worth - nodeWorth) / 2, left, set));
        }
        return best;
    }

    /// <summary>The worth of both sides with values inside the node's bounds; none where they are in the wrong order.</summary>
    private double Ordered(long left, long right, int monotone)
    {
        var bounds = node.Bounds ?? (double.NegativeInfinity, double.PositiveInfinity);
        var (l, r) = (Bounded(left, bounds), Bounded(right, bounds));
        return monotone * (r.Value - l.Value) < 0 ? double.NegativeInfinity : l.Worth + r.Worth;
    }

    private (double Value, double Worth) Bounded(long sums, (double Low, double High) bounds)
    {
        var (gradient, hessian) = (GradientOf(sums), HessianOf(sums));
        var value = Math.Clamp(rules.Value(gradient, hessian, rules.Options.L2), bounds.Low, bounds.High);
        return (value, -(2 * gradient * value + (hessian + rules.Options.L2) * value * value + 2 * rules.Options.L1 * Math.Abs(value)));
    }

    private double GradientOf(long sums) => GradientSums.Gradient(sums) * rules.GradientUnit;

    private double HessianOf(long sums) => GradientSums.Hessian(sums) * rules.HessianUnit;
}
