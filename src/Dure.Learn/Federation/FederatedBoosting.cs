using Dure.Kernel;
using Dure.Learn.Sketches;
using Dure.Learn.Tables;
using Dure.Learn.Trees;

namespace Dure.Learn.Federation;

/// <summary>Who may take part in a training over sites.</summary>
public sealed record FederationOptions
{
    /// <summary>Sites at least; with masks three.</summary>
    public int LeastSites { get; init; } = 3;

    /// <summary>Rows of a site at least, of a leaf over all sites at least, and of a category that a site names.</summary>
    public int LeastRows { get; init; } = 20;

    /// <summary>Numbers that a site's sketch of a column keeps in its top level.</summary>
    public int SketchSize { get; init; } = 1024;

    /// <summary>Sums go through a <see cref="SecureSum"/>, so that nobody sees a single site's; false: openly.</summary>
    public bool IsMasked { get; init; } = true;
}

/// <summary>What came of a training over sites.</summary>
/// <param name="BytesPerTreeAndSite">What each site exchanged for a tree, on average.</param>
public sealed record FederatedTraining(BoostedTrees Model, double BytesPerTreeAndSite);

/// <summary>
/// Boosted trees over sites whose rows stay where they are. Sites agree on bins from sketches; for each node they tell sums of whole
/// numbers, so the model is, bit for bit, that of all rows in one place with the same bins. The largest label and gradient of a site and its number of
/// rows are told openly; sums only with the others'. A model's leaves and a sum over few sites still say something of rows: this is no differential privacy.
/// </summary>
public static class FederatedBoosting
{
    /// <param name="sites">In the order in which their rows would stand in one table.</param>
    /// <exception cref="ProblemException">Sites are too few or too small, their columns differ, or the options need what sums cannot give.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static FederatedTraining Train(IReadOnlyList<FederatedSite> sites, BoostingOptions options, FederationOptions federation, IProgress<BoostingProgress>? progress = null, CancellationToken cancel = default)
    {
        Check(sites, options, federation);
        var sums = new SiteSums(federation.IsMasked ? new SecureSum(sites.Count / 2 + 1) : null);
        var (bins, total) = (Agree(sites, options, federation), sites.Sum(site => site.Rows));
        var start = Start(sites, options, sums, total);
        var first = 0;
        foreach (var site in sites)
        {
            site.Start(options, bins, start, first, cancel);
            first += site.Rows;
        }
        var rows = new SiteRows(sites, bins, sums);
        var grower = new TreeGrower(rows, options, [.. sites[0].Columns.Select(column => column.Monotone)]);
        var (trees, before) = (new List<Tree>(), sums.BytesPerSite);
        for (var round = 0; round < options.Rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            trees.Add(GrowOne(round, sites, options, grower, rows, sums, total, cancel));
            progress?.Report(new BoostingProgress(round + 1, null, null));
        }
        return new(new BoostedTrees(options.Loss, [start], [.. trees], bins, [.. sites[0].Columns.Select(column => column.Name)]), (double)(sums.BytesPerSite - before) / options.Rounds);
    }

    /// <summary>Bins that all sites put their values into, from what they tell of their columns.</summary>
    internal static IReadOnlyList<FeatureBins> Agree(IReadOnlyList<FederatedSite> sites, BoostingOptions options, FederationOptions federation) => [.. sites[0].Columns.Select((column, i) =>
    {
        if (column.IsCategorical)
        {
            var counts = new Dictionary<int, long>();
            foreach (var (category, count) in sites.SelectMany(site => site.Categories(i, federation.LeastRows)))
                counts[category] = counts.GetValueOrDefault(category) + count;
            return FeatureBins.Of(counts, options.Bins, federation.LeastRows, sites.Any(site => site.HasMissing(i)));
        }
        var merged = new QuantileSketch(federation.SketchSize, options.Seed);
        foreach (var (number, site) in sites.Index())
            merged.Merge(site.Sketch(i, federation.SketchSize, unchecked(options.Seed + number + 1)));
        return FeatureBins.Of(merged, options.Bins);
    })];

    private static Tree GrowOne(int round, IReadOnlyList<FederatedSite> sites, BoostingOptions options, TreeGrower grower, SiteRows rows, SiteSums sums, int total, CancellationToken cancel)
    {
        var random = new RowDice(options.Seed, round);
        var largest = sites.Select(site => site.Begin(round, random)).ToArray();
        var units = GradientUnits.Of((largest.Max(one => one.Gradient), largest.Max(one => one.Hessian)), total, sites[0].CountsRows);
        rows.Begin([.. sites.Select(site => site.Quantise(units, random))]);
        var grown = grower.Grow(units.Rules(options), random.Columns(rows.Bins.Count, options.ColumnShare), cancel);
        var leaves = sums.Of([.. sites.Select(site => site.LeafSums(grown.LeafRows))]);
        grown.SetLeaves([.. grown.LeafRows.Select((_, leaf) => (leaves[2 * leaf], leaves[2 * leaf + 1]))], units, options);
        foreach (var site in sites)
            site.Add(grown.Tree, grown.LeafRows);
        return grown.Tree;
    }

    private static double Start(IReadOnlyList<FederatedSite> sites, BoostingOptions options, SiteSums sums, int total)
    {
        var steps = GradientUnits.Fine(sites.Max(site => site.LargestLabel), total);
        var mean = sums.Of([.. sites.Select(site => (long[])[site.LabelSum(steps)])])[0] / steps / total;
        var start = options.Loss.StartOf(mean) ?? double.NaN;
        return double.IsFinite(start) ? start : throw Bad($"The mean label of all sites is {mean}: nothing can be learnt from that.", "labels", "Sites together need rows of both classes, or counts above 0.");
    }

    private static void Check(IReadOnlyList<FederatedSite> sites, BoostingOptions options, FederationOptions federation)
    {
        options.Check();
        var least = Math.Max(federation.LeastSites, federation.IsMasked ? 3 : 1);
        if (sites.Count < least)
            throw Bad($"There are {sites.Count} sites; {least} are needed.", "federation", federation.IsMasked ? "From a sum over two each learns the other's: let more sites take part." : "Let more sites take part.");
        if (options.MinRows < federation.LeastRows)
            throw Bad($"A leaf may have {options.MinRows} rows; {federation.LeastRows} are needed so that it tells nothing of single rows.", nameof(options.MinRows), "Make it larger.");
        if (options.Loss.StartOf(0.5) is null || options.OneSideSampling is not null)
            throw Bad("Its loss, or its sampling of rows, needs more than sums.", "options", "Choose squared, logistic, poisson or tweedie, and no one-side sampling.");
        foreach (var site in sites)
        {
            site.Check(options.Loss, federation.LeastRows);
            if (!site.Columns.Select(column => (column.Name, column.IsCategorical, column.Monotone)).SequenceEqual(sites[0].Columns.Select(column => (column.Name, column.IsCategorical, column.Monotone))))
                throw Bad($"Its columns are not those of '{sites[0].Name}'.", $"site '{site.Name}'", "Agree on names, kinds and order of the columns first.");
        }
        if (sites.Sum(site => (long)site.Rows) > FeatureTable.MaxRows)
            throw Bad("All sites together have too many rows.", "federation", $"At most {FeatureTable.MaxRows}.");
    }

    private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:learn:federation", what, where, mend);
}
