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
    private readonly FeatureTable features;
    private readonly LearningTarget target;
    private readonly BoostingOptions options;
    private readonly BoostingLoss loss;
    private readonly BoostingRows rows;
    private readonly TreeGrower grower;
    private readonly double[] start;
    private readonly List<Tree> trees = [];
    private readonly TrainingCheckpoint? checkpoint;
    private readonly CancellationToken cancel;

    private Boosting(FeatureTable features, LearningTarget target, BoostingOptions options, IReadOnlyList<FeatureBins>? bins, TrainingCheckpoint? checkpoint, CancellationToken cancel)
    {
        (this.features, this.target, this.options, this.checkpoint, this.cancel, loss) = (features, target, options, checkpoint, cancel, options.Loss);
        start = new double[loss.Outputs];
        loss.Start(target, start);
        rows = new BoostingRows(features, target, options, bins, start, 0, cancel);
        grower = new TreeGrower(rows.Rows, options, [.. features.Columns.Select(column => column.Monotone)]);
    }

    /// <summary>Trains an ensemble.</summary>
    /// <param name="validation">Rows by which the number of rounds is chosen; null: all rounds are kept.</param>
    /// <param name="checkpoint">Where it keeps how far it is; null: nowhere.</param>
    /// <param name="finish">Set when time is up: it ends with the rounds it has.</param>
    /// <exception cref="Kernel.ProblemException">An option, a label or a weight makes no sense.</exception>
    public static BoostedTrees Train(FeatureTable features, LearningTarget target, BoostingOptions options, (FeatureTable Features, LearningTarget Target)? validation = null, IProgress<BoostingProgress>? progress = null, TrainingCheckpoint? checkpoint = null, CancellationToken finish = default, CancellationToken cancel = default)
    {
        options.Check();
        options.Loss.Check(target, features.Rows);
        if (validation is { } held)
            options.Loss.Check(held.Target, held.Features.Rows);
        return new Boosting(features, target, options, null, checkpoint, cancel).Run(validation, progress, finish);
    }

    /// <summary>Trains an ensemble whose bins were agreed on beforehand.</summary>
    internal static BoostedTrees Train(FeatureTable features, LearningTarget target, BoostingOptions options, IReadOnlyList<FeatureBins> bins, CancellationToken cancel)
    {
        options.Check();
        options.Loss.Check(target, features.Rows);
        return new Boosting(features, target, options, bins, null, cancel).Run(null, null, default);
    }

    private BoostedTrees Run((FeatureTable Features, LearningTarget Target)? validation, IProgress<BoostingProgress>? progress, CancellationToken finish)
    {
        var watch = validation is { } held ? new Watch(held.Features, held.Target, this) : null;
        var training = checkpoint is null ? [] : BoostingState.HashOf(features, target, validation, options);
        if (checkpoint?.Load(training) is { } state)
            Resume(state, watch, progress);
        for (var round = trees.Count / loss.Outputs; round < options.Rounds && watch?.HasEnough != true && !(round > 0 && finish.IsCancellationRequested); round++)
        {
            cancel.ThrowIfCancellationRequested();
            for (var output = 0; output < loss.Outputs; output++)
                GrowOne(round, output);
            watch?.Add(round);
            Tell(round + 1, watch, progress);
            if (checkpoint?.IsDue == true)
                checkpoint.Save(training, TreesFile.Write(Grown(trees.Count)));
        }
        var kept = watch is null ? trees.Count : (watch.BestRound + 1) * loss.Outputs;
        return Grown(kept);
    }

    private void Tell(int round, Watch? watch, IProgress<BoostingProgress>? progress) =>
        progress?.Report(new BoostingProgress(round, watch is null ? null : loss.Of(rows.Scores, target), watch?.Newest));

    private BoostedTrees Grown(int count) => new(loss, start, [.. trees.Take(count)], rows.Table.Bins, [.. features.Columns.Select(column => column.Name)]);

    /// <summary>Takes over the rounds that were done before a fall: scores are added up anew, tree by tree, as they were then.</summary>
    private void Resume(byte[] state, Watch? watch, IProgress<BoostingProgress>? progress)
    {
        foreach (var (number, tree) in TreesFile.Read(state).Trees.Select(tree => tree.WithBins(rows.Table.Bins)).Index())
        {
            rows.AddScores(tree, null, number % loss.Outputs);
            cancel.ThrowIfCancellationRequested();
            trees.Add(tree);
            if (trees.Count % loss.Outputs != 0)
                continue;
            watch?.Add(trees.Count / loss.Outputs - 1);
            // Told again: whoever keeps the curve had lost it with the fall.
            Tell(trees.Count / loss.Outputs, watch, progress);
        }
    }

    private void GrowOne(int round, int output)
    {
        var random = new RowDice(options.Seed, round * loss.Outputs + output);
        var units = GradientUnits.Of(rows.Begin(round, output, random), features.Rows, rows.CountsRows);
        rows.Quantise(units, random);
        var grown = grower.Grow(units.Rules(options), random.Columns(features.Columns.Count, options.ColumnShare), cancel);
        if (loss.LeafQuantile is { } share)
            grown.SetLeaves([.. grown.LeafRows.Select(leaf => rows.LeafQuantile(share, leaf, output))], options);
        else
            grown.SetLeaves(rows.LeafSums(grown.LeafRows, units), units, options);
        rows.AddScores(grown.Tree, grown.LeafRows, output);
        trees.Add(grown.Tree);
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
            table = BinnedTable.Of(features, training.options.Bins, training.rows.Table.Bins, training.options.Threads, training.cancel);
            scores = [.. training.start.Select(value => BoostingRows.Filled(value, features.Rows))];
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
