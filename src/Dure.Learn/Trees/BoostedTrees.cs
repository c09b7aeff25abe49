using System.Runtime.Intrinsics;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>A trained ensemble.</summary>
public sealed class BoostedTrees
{
    private const int RowsAtOnce = 4096;

    /// <summary>The paths to so many leaves are kept for further explanations: about 15 MB of them.</summary>
    private const int LeavesKept = 20_000;

    private readonly double[] start;
    private readonly Tree[] trees;
    private readonly IReadOnlyList<FeatureBins> bins;
    private readonly Lazy<FlatTrees> flat;
    private readonly LeafMasks? masks;
    private readonly Lazy<TreesInStep?> inStep;
    private readonly Lazy<TreeShap> shap;

    internal BoostedTrees(BoostingLoss loss, double[] start, Tree[] trees, IReadOnlyList<FeatureBins> bins, IReadOnlyList<string> features)
    {
        (Loss, this.start, this.trees, this.bins, Features) = (loss, start, trees, bins, features);
        masks = LeafMasks.Of(trees, features.Count, start.Length);
        inStep = new(() => TreesInStep.Of(trees, features.Count, start.Length));
        flat = new(() => new FlatTrees(trees, bins));
        shap = new(() => new TreeShap(this));
    }

    public BoostingLoss Loss { get; }

    /// <summary>The columns, in the order in which a row has them.</summary>
    public IReadOnlyList<string> Features { get; }

    public int Rounds => trees.Length / Loss.Outputs;

    internal IReadOnlyList<Tree> Trees => trees;

    internal IReadOnlyList<FeatureBins> Bins => bins;

    internal IReadOnlyList<double> Start => start;

    /// <summary>The raw scores of one row: what the trees add up, before <see cref="BoostingLoss.Transform"/>.</summary>
    /// <param name="row">A value for each column, NaN where it is missing.</param>
    /// <param name="scores">One for each output.</param>
    public void Score(ReadOnlySpan<float> row, Span<double> scores)
    {
        start.CopyTo(scores);
        if (inStep.Value is { } trees)
            trees.Add(row, scores);
        else
            flat.Value.Add(row, scores);
    }

    /// <summary>The predictions for one row.</summary>
    /// <inheritdoc cref="Score"/>
    public void Predict(ReadOnlySpan<float> row, Span<double> predictions)
    {
        Score(row, predictions);
        Loss.Transform(predictions);
    }

    /// <summary>The predictions for all rows of a table with the same columns, output by output of a row.</summary>
    /// <param name="threads">On how many threads at most; 0: on all cores.</param>
    public double[] Predict(FeatureTable table, int threads = 0, CancellationToken cancel = default)
    {
        var outputs = start.Length;
        var predictions = new double[(long)table.Rows * outputs];
        var blocks = (table.Rows + RowsAtOnce - 1) / RowsAtOnce;
        InParallel.For(blocks, block =>
        {
            var (first, end) = (block * RowsAtOnce, Math.Min(table.Rows, (block + 1) * RowsAtOnce));
            if (masks is not null)
                Mask(table, first, end, predictions);
            else if (table.Rows >= TreesInStep.InStep && inStep.Value is { } trees)
                Step(trees, table, first, end, predictions);
            else
                Walk(table, first, end, predictions);
            for (var row = first; row < end; row++)
                Loss.Transform(predictions.AsSpan(row * outputs, outputs));
        }, cancel, threads);
        return predictions;
    }

    /// <inheritdoc cref="TableModel.Explain"/>
    internal ExactParts Explain(ReadOnlySpan<float> row)
    {
        var parts = new double[start.Length * Features.Count];
        if (trees.Sum(tree => (long)tree.Leaves.Length) <= LeavesKept)
        {
            shap.Value.Explain(row, parts);
            return new(Loss.Scale, [.. shap.Value.Expected], parts);
        }
        // A forest may have millions of leaves: some trees at a time, and none is kept.
        var (usual, some) = (start.ToArray(), new double[parts.Length]);
        for (var (first, end) = (0, 0); first < trees.Length; first = end)
        {
            for (var leaves = 0L; end < trees.Length && (end == first || leaves + trees[end].Leaves.Length <= LeavesKept); end++)
                leaves += trees[end].Leaves.Length;
            var these = new TreeShap(this, first, end);
            these.Explain(row, some);
            for (var i = 0; i < parts.Length; i++)
                parts[i] += some[i];
            for (var output = 0; output < usual.Length; output++)
                usual[output] += these.Expected[output] - start[output];
        }
        return new(Loss.Scale, usual, parts);
    }

    private void Walk(FeatureTable table, int first, int end, double[] scores)
    {
        var row = new float[table.Columns.Count];
        for (var at = first; at < end; at++)
        {
            table.CopyRow(at, row);
            Score(row, scores.AsSpan(at * start.Length, start.Length));
        }
    }

    private void Step(TreesInStep trees, FeatureTable table, int first, int end, double[] scores)
    {
        var columns = table.Columns.Count;
        var rows = new float[trees.Rows * columns];
        for (var at = first; at < end; at += trees.Rows)
        {
            var (count, hasMissing) = (Math.Min(trees.Rows, end - at), false);
            for (var column = 0; column < columns; column++)
            {
                var values = table.Columns[column].Values.AsSpan(at, count);
                for (var row = 0; row < values.Length; row++)
                {
                    rows[row * columns + column] = values[row];
                    hasMissing |= float.IsNaN(values[row]);
                }
            }
            for (var row = 0; row < count; row++)
                start.CopyTo(scores, (at + row) * start.Length);
            trees.Add(rows, count, hasMissing, scores.AsSpan(at * start.Length, count * start.Length));
        }
    }

    private void Mask(FeatureTable table, int first, int end, double[] scores)
    {
        var columns = new float[table.Columns.Count * LeafMasks.Rows];
        var left = new Vector512<uint>[masks!.Scratch]; // Predict asks only where there are masks
        var sums = new double[start.Length * LeafMasks.Rows];
        for (var at = first; at < end; at += LeafMasks.Rows)
        {
            var count = Math.Min(LeafMasks.Rows, end - at);
            for (var column = 0; column < table.Columns.Count; column++)
                table.Columns[column].Values.AsSpan(at, count).CopyTo(columns.AsSpan(column * LeafMasks.Rows));
            for (var output = 0; output < start.Length; output++)
                sums.AsSpan(output * LeafMasks.Rows, LeafMasks.Rows).Fill(start[output]);
            masks.Add(columns, left, sums);
            for (var row = 0; row < count; row++)
                for (var output = 0; output < start.Length; output++)
                    scores[(at + row) * start.Length + output] = sums[output * LeafMasks.Rows + row];
        }
    }
}
