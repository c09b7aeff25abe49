using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>The rows of a training that are at one place, with their scores and gradients: all of them, or those of a site.</summary>
internal sealed class BoostingRows
{
    private const int Block = 1 << 14;
    private const float Fraction = 1f / (1 << 24);

    private readonly LearningTarget target;
    private readonly BoostingOptions options;
    private readonly BoostingLoss loss;
    private readonly double[][] scores;
    private readonly float[] gradients, hessians;
    private readonly long[] packed;
    private readonly int first;
    private readonly CancellationToken cancel;

    /// <param name="bins">How values become bins; null: by the table's own.</param>
    /// <param name="start">The score that all rows begin with.</param>
    /// <param name="firstRow">How many rows stand before these in the whole.</param>
    public BoostingRows(FeatureTable features, LearningTarget target, BoostingOptions options, IReadOnlyList<FeatureBins>? bins, IReadOnlyList<double> start, int firstRow, CancellationToken cancel)
    {
        (this.target, this.options, loss, first, this.cancel) = (target, options, options.Loss, firstRow, cancel);
        Table = BinnedTable.Of(features, options.Bins, bins, options.Threads, cancel);
        scores = [.. start.Select(value => Filled(value, features.Rows))];
        (gradients, hessians, packed) = (new float[features.Rows], new float[features.Rows], new long[features.Rows]);
        Rows = new LocalRows(Table, packed, options.Threads);
    }

    public BinnedTable Table { get; }

    public LocalRows Rows { get; }

    /// <summary>For each output each row's score.</summary>
    public double[][] Scores => scores;

    /// <summary>The hessian of each row is 1.</summary>
    public bool CountsRows => loss.CountsRows && target.Weights is null && options.OneSideSampling is null;

    /// <summary>Begins a tree: gradients of all rows, and which of them it sees.</summary>
    /// <returns>The largest gradient and hessian.</returns>
    public (float Gradient, float Hessian) Begin(int round, int output, RowDice random)
    {
        InBlocks((from, end) =>
        {
            loss.Gradients(output, scores, target, from..end, gradients, hessians);
            if (target.Weights is { } weights)
                for (var row = from; row < end; row++)
                    (gradients[row], hessians[row]) = (gradients[row] * weights[row], hessians[row] * weights[row]);
        });
        Rows.Parting.Begin(RowSampling.Choose(options, round, random, first, gradients, hessians));
        return Largest();
    }

    /// <summary>Rounds gradients and hessians, at random by a hash of the row's number in the whole.</summary>
    public void Quantise(GradientUnits units, RowDice random)
    {
        var (perGradient, perHessian) = ((float)(1 / units.Gradient), (float)(1 / units.Hessian));
        InBlocks((from, end) =>
        {
            for (var row = from; row < end; row++)
            {
                var dice = random.Of(first + row);
                // Two numbers from 0 to 1 out of one hash; what is near a step is taken up as often as it is near.
                var gradient = (int)MathF.Floor(gradients[row] * perGradient + (dice >> 40) * Fraction);
                var hessian = units.CountsRows ? 1 : (int)MathF.Floor(hessians[row] * perHessian + (uint)(dice & 0xFFFFFF) * Fraction);
                packed[row] = ((long)gradient << 32) + hessian;
            }
        });
    }

    /// <summary>For each leaf the gradient and hessian of its rows as they were before they were rounded, in fine steps.</summary>
    /// <param name="leaves">Where the rows of each leaf lie.</param>
    public (long Gradient, long Hessian)[] LeafSums(IReadOnlyList<(int Start, int Count)> leaves, GradientUnits units)
    {
        var pieces = Pieces(leaves);
        var sums = new (long Gradient, long Hessian)[pieces.Count];
        InParallel.For(pieces.Count, piece =>
        {
            var rows = Rows.Parting.Of(pieces[piece].Start, pieces[piece].Count).Span;
            var (gradient, hessian) = (0L, 0L);
            foreach (var row in rows)
                gradient += double.ConvertToIntegerNative<long>(gradients[row] * units.FineGradient); // all are within range
            if (units.CountsRows)
                hessian = rows.Length * (long)units.FineHessian;
            else
                foreach (var row in rows)
                    hessian += double.ConvertToIntegerNative<long>(hessians[row] * units.FineHessian);
            sums[piece] = (gradient, hessian);
        }, cancel, Threads);
        var totals = new (long Gradient, long Hessian)[leaves.Count];
        for (var piece = 0; piece < pieces.Count; piece++)
            totals[pieces[piece].Leaf] = (totals[pieces[piece].Leaf].Gradient + sums[piece].Gradient, totals[pieces[piece].Leaf].Hessian + sums[piece].Hessian);
        return totals;
    }

    /// <summary>The quantile of what a leaf's rows lack.</summary>
    public double LeafQuantile(double share, (int Start, int Count) leaf, int output) => leaf.Count == 0 ? 0
        : WeightedQuantile.Of(Rows.Parting.Of(leaf.Start, leaf.Count).Span, row => target.Labels[row] - scores[output][row], row => target.Weights?[row] ?? 1, share);

    /// <summary>Adds a grown tree to the scores.</summary>
    /// <param name="leaves">Where the rows of each leaf lie; null: the tree was grown elsewhere.</param>
    public void AddScores(Tree tree, IReadOnlyList<(int Start, int Count)>? leaves, int output)
    {
        var into = scores[output];
        if (leaves is null)
        {
            InBlocks((from, end) =>
            {
                for (var row = from; row < end; row++)
                    into[row] += tree.Leaves[tree.LeafOf(Table, row)];
            });
            return;
        }
        var unseen = Rows.Parting.Unseen;
        InParallel.For((unseen.Length + Block - 1) / Block, block =>
        {
            foreach (var row in unseen.Span[(block * Block)..Math.Min(unseen.Length, (block + 1) * Block)])
                into[row] += tree.Leaves[tree.LeafOf(Table, row)];
        }, cancel, options.Threads);
        var pieces = Pieces(leaves);
        InParallel.For(pieces.Count, piece =>
        {
            var value = tree.Leaves[pieces[piece].Leaf];
            foreach (var row in Rows.Parting.Of(pieces[piece].Start, pieces[piece].Count).Span)
                into[row] += value;
        }, cancel, Threads);
    }

    public static double[] Filled(double value, int count)
    {
        var all = new double[count];
        Array.Fill(all, value);
        return all;
    }

    private (float Gradient, float Hessian) Largest()
    {
        var blocks = new (float Gradient, float Hessian)[Blocks];
        InBlocks((from, end) =>
        {
            var (gradient, hessian) = (0f, 0f);
            for (var row = from; row < end; row++)
                (gradient, hessian) = (Math.Max(gradient, Math.Abs(gradients[row])), Math.Max(hessian, hessians[row]));
            blocks[from / Block] = (gradient, hessian);
        });
        return (blocks.Max(block => block.Gradient), blocks.Max(block => block.Hessian));
    }

    /// <summary>The leaves' rows in pieces of a fixed size, one for each thread that is free.</summary>
    private static List<(int Leaf, int Start, int Count)> Pieces(IReadOnlyList<(int Start, int Count)> leaves)
    {
        var pieces = new List<(int, int, int)>();
        for (var leaf = 0; leaf < leaves.Count; leaf++)
            for (var (start, end) = (leaves[leaf].Start, leaves[leaf].Start + leaves[leaf].Count); start < end; start += 4 * Block)
                pieces.Add((leaf, start, Math.Min(4 * Block, end - start)));
        return pieces;
    }

    private int Threads => InParallel.Threads(Table.Rows, options.Threads);

    private int Blocks => (Table.Rows + Block - 1) / Block;

    private void InBlocks(Action<int, int> work) => InParallel.For(Blocks, block => work(block * Block, Math.Min(Table.Rows, (block + 1) * Block)), cancel, options.Threads);
}
