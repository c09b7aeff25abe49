using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>How far a training is.</summary>
/// <param name="Round">Rounds done.</param>
/// <param name="TrainingLoss">The mean loss of the training rows.</param>
/// <param name="ValidationLoss">The mean loss of the validation rows; null without them.</param>
public readonly record struct BoostingProgress(int Round, double? TrainingLoss, double? ValidationLoss);

/// <summary>
/// Gradient boosting on histograms (Friedman 2001; Ke et al. 2017; Chen and Guestrin 2016). Gradients are rounded at random to whole numbers, by
/// a hash of row and round, so that all sums are exact: the same table, options and seed give the same model on any number of threads.
/// </summary>
public sealed class Boosting
{
    private const int Block = 1 << 14;
    private const int MostSteps = 1 << 22;
    private const float Fraction = 1f / (1 << 24);

    private readonly FeatureTable features;
    private readonly LearningTarget target;
    private readonly BoostingOptions options;
    private readonly BoostingLoss loss;
    private readonly BinnedTable table;
    private readonly TreeGrower grower;
    private readonly double[][] scores;
    private readonly double[] start;
    private readonly float[] gradients, hessians;
    private readonly long[] packed;
    private readonly List<Tree> trees = [];
    private readonly TrainingCheckpoint? checkpoint;
    private readonly CancellationToken cancel;

    private Boosting(FeatureTable features, LearningTarget target, BoostingOptions options, TrainingCheckpoint? checkpoint, CancellationToken cancel)
    {
        (this.features, this.target, this.options, this.checkpoint, this.cancel, loss) = (features, target, options, checkpoint, cancel, options.Loss);
        table = BinnedTable.Of(features, options.Bins, null, options.Threads, cancel);
        grower = new TreeGrower(table, options, [.. features.Columns.Select(column => column.Monotone)]);
        start = new double[loss.Outputs];
        loss.Start(target, start);
        scores = [.. start.Select(value => Filled(value, features.Rows))];
        (gradients, hessians, packed) = (new float[features.Rows], new float[features.Rows], new long[features.Rows]);
    }

    /// <summary>Trains an ensemble.</summary>
    /// <param name="validation">Rows by which the number of rounds is chosen; null: all rounds are kept.</param>
    /// <param name="checkpoint">Where it keeps how far it is; null: nowhere.</param>
    /// <exception cref="Kernel.ProblemException">An option, a label or a weight makes no sense.</exception>
    public static BoostedTrees Train(FeatureTable features, LearningTarget target, BoostingOptions options, (FeatureTable Features, LearningTarget Target)? validation = null, IProgress<BoostingProgress>? progress = null, TrainingCheckpoint? checkpoint = null, CancellationToken cancel = default)
    {
        options.Check();
        options.Loss.Check(target, features.Rows);
        if (validation is { } held)
            options.Loss.Check(held.Target, held.Features.Rows);
        return new Boosting(features, target, options, checkpoint, cancel).Run(validation, progress);
    }

    private BoostedTrees Run((FeatureTable Features, LearningTarget Target)? validation, IProgress<BoostingProgress>? progress)
    {
        var watch = validation is { } held ? new Watch(held.Features, held.Target, this) : null;
        var training = checkpoint is null ? [] : BoostingState.HashOf(features, target, validation, options);
        if (checkpoint?.Load(training) is { } state)
            Resume(state, watch);
        for (var round = trees.Count / loss.Outputs; round < options.Rounds && watch?.HasEnough != true; round++)
        {
            cancel.ThrowIfCancellationRequested();
            for (var output = 0; output < loss.Outputs; output++)
                GrowOne(round, output);
            watch?.Add(round);
            progress?.Report(new BoostingProgress(round + 1, watch is null ? null : loss.Of(scores, target), watch?.Newest));
            if (checkpoint?.IsDue == true)
                checkpoint.Save(training, TreesFile.Write(Grown(trees.Count)));
        }
        var kept = watch is null ? trees.Count : (watch.BestRound + 1) * loss.Outputs;
        return Grown(kept);
    }

    private BoostedTrees Grown(int count) => new(loss, start, [.. trees.Take(count)], table.Bins, [.. features.Columns.Select(column => column.Name)]);

    /// <summary>Takes over the rounds that were done before a fall: scores are added up anew, tree by tree, as they were then.</summary>
    private void Resume(byte[] state, Watch? watch)
    {
        foreach (var (number, tree) in TreesFile.Read(state).Trees.Select(tree => tree.WithBins(table.Bins)).Index())
        {
            var into = scores[number % loss.Outputs];
            InBlocks((first, end) =>
            {
                for (var row = first; row < end; row++)
                    into[row] += tree.Leaves[tree.LeafOf(table, row)];
            });
            trees.Add(tree);
            if (trees.Count % loss.Outputs == 0)
                watch?.Add(trees.Count / loss.Outputs - 1);
        }
    }

    private void GrowOne(int round, int output)
    {
        var random = new RowDice(options.Seed, round * loss.Outputs + output);
        InBlocks((first, end) =>
        {
            loss.Gradients(output, scores, target, first..end, gradients, hessians);
            if (target.Weights is { } weights)
                for (var row = first; row < end; row++)
                    (gradients[row], hessians[row]) = (gradients[row] * weights[row], hessians[row] * weights[row]);
        });
        var subset = RowSampling.Choose(options, round, random, gradients, hessians);
        grower.Rows.Begin(subset);
        var grown = grower.Grow(packed, Quantise(random), ColumnsOf(random), cancel);
        SetLeaves(grown, output);
        AddScores(grown, output, isAll: subset is null);
        trees.Add(grown.Tree);
    }

    /// <summary>Rounds gradients and hessians to as many steps as a sum over all rows leaves room for.</summary>
    private SplitRules Quantise(RowDice random)
    {
        var (largestGradient, largestHessian) = Largest();
        var countsRows = loss.CountsRows && target.Weights is null && options.OneSideSampling is null;
        var gradientUnit = Math.Max(largestGradient, 1e-30) / (Math.Min(int.MaxValue / features.Rows, MostSteps) - 1);
        var hessianUnit = countsRows ? 1 : Math.Max(largestHessian, 1e-30) / (Math.Min(uint.MaxValue / (uint)features.Rows, MostSteps) - 1);
        var (perGradient, perHessian) = ((float)(1 / gradientUnit), (float)(1 / hessianUnit));
        InBlocks((first, end) =>
        {
            for (var row = first; row < end; row++)
            {
                var dice = random.Of(row);
                // Two numbers from 0 to 1 out of one hash; what is near a step is taken up as often as it is near.
                var gradient = (int)MathF.Floor(gradients[row] * perGradient + (dice >> 40) * Fraction);
                var hessian = countsRows ? 1 : (int)MathF.Floor(hessians[row] * perHessian + (uint)(dice & 0xFFFFFF) * Fraction);
                packed[row] = ((long)gradient << 32) + hessian;
            }
        });
        return new SplitRules(options, gradientUnit, hessianUnit);
    }

    private (float Gradient, float Hessian) Largest()
    {
        var blocks = new (float Gradient, float Hessian)[Blocks];
        InBlocks((first, end) =>
        {
            var (gradient, hessian) = (0f, 0f);
            for (var row = first; row < end; row++)
                (gradient, hessian) = (Math.Max(gradient, Math.Abs(gradients[row])), Math.Max(hessian, hessians[row]));
            blocks[first / Block] = (gradient, hessian);
        });
        return (blocks.Max(block => block.Gradient), blocks.Max(block => block.Hessian));
    }

    /// <summary>Gives leaves their values from the gradients as they were before they were rounded.</summary>
    private void SetLeaves(GrownTree grown, int output)
    {
        var values = grown.Tree.Leaves;
        var pieces = Pieces(grown);
        var sums = new (double Gradient, double Hessian)[pieces.Count];
        if (loss.LeafQuantile is null)
            InParallel.For(pieces.Count, piece => sums[piece] = Sum(grower.Rows.Of(pieces[piece].Start, pieces[piece].Count).Span), cancel, options.Threads);
        var totals = new (double Gradient, double Hessian)[values.Length];
        for (var piece = 0; piece < pieces.Count; piece++)
            totals[pieces[piece].Leaf] = (totals[pieces[piece].Leaf].Gradient + sums[piece].Gradient, totals[pieces[piece].Leaf].Hessian + sums[piece].Hessian);
        var rules = new SplitRules(options, 1, 1);
        InParallel.For(values.Length, leaf =>
        {
            var (start, count) = grown.LeafRows[leaf];
            var value = loss.LeafQuantile is { } share
                ? count == 0 ? 0 : WeightedQuantile.Of(grower.Rows.Of(start, count).Span, row => target.Labels[row] - scores[output][row], row => target.Weights?[row] ?? 1, share)
                : rules.Value(totals[leaf].Gradient, totals[leaf].Hessian, options.L2);
            if (grown.Bounds[leaf] is { } bounds)
                value = Math.Clamp(value, bounds.Low, bounds.High);
            values[leaf] = (float)(value * options.LearningRate);
        }, cancel, options.Threads);
    }

    private (double Gradient, double Hessian) Sum(ReadOnlySpan<int> rows)
    {
        var (gradient, hessian) = (0.0, 0.0);
        foreach (var row in rows)
            (gradient, hessian) = (gradient + gradients[row], hessian + hessians[row]);
        return (gradient, hessian);
    }

    private void AddScores(GrownTree grown, int output, bool isAll)
    {
        var into = scores[output];
        if (!isAll)
        {
            InBlocks((first, end) =>
            {
                for (var row = first; row < end; row++)
                    into[row] += grown.Tree.Leaves[grown.Tree.LeafOf(table, row)];
            });
            return;
        }
        var pieces = Pieces(grown);
        InParallel.For(pieces.Count, piece =>
        {
            var value = grown.Tree.Leaves[pieces[piece].Leaf];
            foreach (var row in grower.Rows.Of(pieces[piece].Start, pieces[piece].Count).Span)
                into[row] += value;
        }, cancel, options.Threads);
    }

    /// <summary>The leaves' rows in pieces of a fixed size, so that sums do not hang on the number of threads.</summary>
    private static List<(int Leaf, int Start, int Count)> Pieces(GrownTree grown)
    {
        var pieces = new List<(int, int, int)>();
        for (var leaf = 0; leaf < grown.LeafRows.Count; leaf++)
            for (var (start, end) = (grown.LeafRows[leaf].Start, grown.LeafRows[leaf].Start + grown.LeafRows[leaf].Count); start < end; start += 4 * Block)
                pieces.Add((leaf, start, Math.Min(4 * Block, end - start)));
        return pieces;
    }

    private bool[]? ColumnsOf(RowDice random)
    {
        var count = features.Columns.Count;
        if (options.ColumnShare >= 1)
            return null;
        var chosen = new bool[count];
        foreach (var column in Enumerable.Range(0, count).OrderBy(column => random.Of(~column)).Take(Math.Max(1, (int)Math.Round(options.ColumnShare * count))))
            chosen[column] = true;
        return chosen;
    }

    private int Blocks => (features.Rows + Block - 1) / Block;

    private void InBlocks(Action<int, int> work) => InParallel.For(Blocks, block => work(block * Block, Math.Min(features.Rows, (block + 1) * Block)), cancel, options.Threads);

    private static double[] Filled(double value, int count)
    {
        var all = new double[count];
        Array.Fill(all, value);
        return all;
    }

    /// <summary>The validation rows: how they are predicted after each round, and which round was best.</summary>
    private sealed class Watch
    {
        private readonly Boosting training;
        private readonly BinnedTable table;
        private readonly LearningTarget target;
        private readonly double[][] scores;
        private double best = double.PositiveInfinity;
        private int rounds;

        public Watch(FeatureTable features, LearningTarget target, Boosting training)
        {
            (this.training, this.target) = (training, target);
            table = BinnedTable.Of(features, training.options.Bins, training.table.Bins, training.options.Threads, training.cancel);
            scores = [.. training.start.Select(value => Filled(value, features.Rows))];
        }

        public int BestRound { get; private set; }
        public double Newest { get; private set; }

        public bool HasEnough => training.options.Patience > 0 && rounds - 1 - BestRound >= training.options.Patience;

        public void Add(int round)
        {
            var outputs = scores.Length;
            for (var output = 0; output < outputs; output++)
            {
                var (tree, into) = (training.trees[round * outputs + output], scores[output]);
                for (var row = 0; row < into.Length; row++)
                    into[row] += tree.Leaves[tree.LeafOf(table, row)];
            }
            Newest = training.loss.Of(scores, target);
            if (Newest < best)
                (best, BestRound) = (Newest, round);
            rounds = round + 1;
        }
    }
}
