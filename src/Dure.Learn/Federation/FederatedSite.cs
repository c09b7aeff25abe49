using Dure.Kernel;
using Dure.Learn.Sketches;
using Dure.Learn.Tables;
using Dure.Learn.Trees;

namespace Dure.Learn.Federation;

/// <summary>
/// One site of a training over several: its rows stay here. It tells how its columns are spread (coarsely), how many rows it has, the largest label and
/// gradient, and sums, which a <see cref="SecureSum"/> covers.
/// </summary>
public sealed class FederatedSite
{
    private const int CoarseBits = 13;

    private readonly FeatureTable features;
    private readonly LearningTarget target;
    private readonly Dictionary<(int Start, int Count), (int Start, int Count)> stretches = [];
    private BoostingRows? rows;
    private GradientUnits units;

    public FederatedSite(string name, FeatureTable features, LearningTarget target) => (Name, this.features, this.target) = (name, features, target);

    public string Name { get; }

    public int Rows => features.Rows;

    internal IReadOnlyList<FeatureColumn> Columns => features.Columns;

    internal float LargestLabel => target.Labels.Max(Math.Abs);

    /// <exception cref="ProblemException">The site's rows cannot take part.</exception>
    internal void Check(BoostingLoss loss, int leastRows)
    {
        loss.CheckRows(target, features.Rows);
        if (target.Weights is not null || target.Groups is not null)
            throw Bad("Its rows have weights or are ranked.", "Leave weights out; they are not supported across sites.");
        if (Rows < leastRows)
            throw Bad($"It has {Rows} rows; {leastRows} are needed so that sums tell nothing of single rows.", "Let it take part when it has more rows, or with another site's together.");
    }

    /// <summary>How a column of numbers is spread, each number rounded to three digits.</summary>
    internal QuantileSketch Sketch(int column, int size, int seed)
    {
        var sketch = new QuantileSketch(size, seed);
        foreach (var value in features.Columns[column].Values)
            sketch.Add(Coarse(value));
        return sketch;
    }

    /// <summary>How often each category comes; rarer ones than said are left out.</summary>
    internal Dictionary<int, long> Categories(int column, int leastRows) => features.Columns[column].Values.Where(value => !float.IsNaN(value))
        .GroupBy(value => (int)value).Where(group => group.Count() >= leastRows).ToDictionary(group => group.Key, group => (long)group.Count());

    internal bool HasMissing(int column) => Array.Exists(features.Columns[column].Values, float.IsNaN);

    internal long LabelSum(double steps) => BoostingLoss.SumOf(target, steps);

    internal void Start(BoostingOptions options, IReadOnlyList<FeatureBins> bins, double start, int firstRow, CancellationToken cancel) =>
        rows = new BoostingRows(features, target, options, bins, [start], firstRow, cancel);

    internal (float Gradient, float Hessian) Begin(int round, RowDice random) => Ready.Begin(round, 0, random);

    internal bool CountsRows => Ready.CountsRows;

    /// <summary>Rounds the gradients to the agreed steps.</summary>
    /// <returns>How many rows the tree sees here.</returns>
    internal int Quantise(GradientUnits agreed, RowDice random)
    {
        units = agreed;
        Ready.Quantise(agreed, random);
        return Ready.Rows.Count;
    }

    /// <summary>Where the root's rows lie, in the numbering of all sites together.</summary>
    internal void SetRoot(int count)
    {
        stretches.Clear();
        stretches[(0, count)] = (0, Ready.Rows.Count);
    }

    /// <summary>Parts a node's rows of this site.</summary>
    /// <returns>How many went left here.</returns>
    internal int Part(int start, int count, int feature, byte[] goesLeft, CancellationToken cancel)
    {
        var here = stretches[(start, count)];
        return here.Count == 0 ? 0 : Ready.Rows.Part(NodeOf(here), feature, goesLeft, cancel);
    }

    /// <summary>Learns how many rows of all sites went left.</summary>
    internal void SetParts(int start, int count, int left, int leftHere)
    {
        var here = stretches[(start, count)];
        stretches[(start, left)] = (here.Start, leftHere);
        stretches[(start + left, count - left)] = (here.Start + leftHere, here.Count - leftHere);
    }

    /// <summary>The sums of a node's bins, those that are used, one column after the other.</summary>
    internal long[] Sums(int start, int count, CancellationToken cancel)
    {
        var (here, sums, table) = (stretches[(start, count)], new long[features.Columns.Count * GradientSums.Stride], Ready.Table);
        if (here.Count == Ready.Rows.Count)
            Ready.Rows.AddRoot(sums, cancel);
        else
            for (var group = 0; group < table.Groups.Count; group++)
                Ready.Rows.AddGroup(group, NodeOf(here), sums);
        return [.. table.Bins.SelectMany((bins, column) => sums.AsSpan(column * GradientSums.Stride, bins.Values + 1 > GradientSums.Stride ? GradientSums.Stride : bins.Values + 1).ToArray())];
    }

    internal long[] LeafSums(IReadOnlyList<(int Start, int Count)> leaves) =>
        [.. Ready.LeafSums([.. leaves.Select(leaf => stretches[leaf])], units).SelectMany(sum => (long[])[sum.Gradient, sum.Hessian])];

    internal void Add(Tree tree, IReadOnlyList<(int Start, int Count)> leaves) => Ready.AddScores(tree, [.. leaves.Select(leaf => stretches[leaf])], 0);

    private BoostingRows Ready => rows ?? throw new InvalidOperationException("The training has not begun.");

    private static TreeNode NodeOf((int Start, int Count) stretch) => new() { Start = stretch.Start, Count = stretch.Count, Depth = 0, Sums = 0 };

    /// <summary>A number of ten bits behind its first.</summary>
    private static float Coarse(float value) => float.IsNaN(value) ? value
        : BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) + (1u << (CoarseBits - 1))) & ~((1u << CoarseBits) - 1)) is var coarse && float.IsFinite(coarse) ? coarse : value;

    private ProblemException Bad(string what, string mend) => new("urn:dure:learn:bad-site", what, $"site '{Name}'", mend);
}
