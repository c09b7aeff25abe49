using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>
/// Grows the trees of a forest, several at once, each by one thread from a seed of its own: so the forest does not hang on how many there are.
/// </summary>
internal sealed class ForestTraining
{
    private readonly RandomForestLearner options;
    private readonly LearningTask task;
    private readonly TableRows rows;
    private readonly LearningContext context;
    private readonly BinnedTable table;
    private readonly ForestLabels labels;
    private readonly Tree[][] trees;
    private readonly ushort[]?[] drawn;
    private readonly double[]? cumulated;
    private readonly Lock counting = new();
    private int done;

    public ForestTraining(RandomForestLearner options, LearningTask task, TableRows rows, LearningContext context)
    {
        (this.options, this.task, this.rows, this.context) = (options, task, rows, context);
        table = BinnedTable.Of(rows.Features, options.Bins, null, context.Threads, context.Cancel);
        labels = ForestLabels.Of(task, rows.Target);
        cumulated = Cumulate(rows.Target.Weights);
        (trees, drawn) = (new Tree[options.Trees][], new ushort[]?[options.Trees]);
    }

    public (BoostedTrees Trees, OutOfBag? OutOfBag) Run()
    {
        InParallel.For(options.Trees, Grow, context.Cancel, context.Threads);
        // Trees stand as those of boosting: one for each output, all of the same form, one after the other.
        var loss = task.IsClassification ? new SharesLoss(task.Outputs) : BoostingLoss.Squared;
        var forest = new BoostedTrees(loss, [.. labels.Start], [.. trees.SelectMany(each => each)], table.Bins, [.. rows.Features.Columns.Select(column => column.Name)]);
        return (forest, options.Extreme ? null : OutOfBag());
    }

    private void Grow(int number)
    {
        var dice = new RowDice(context.Seed, number);
        if (!options.Extreme)
            drawn[number] = Draw(dice);
        trees[number] = new ForestGrower(table, labels, options, (options.ColumnsOfACut(task, table.Bins.Count), options.RowsOfALeaf(task)), dice, options.Extreme ? rows.Target.Weights : null, drawn[number], context.Cancel).Grow();
        lock (counting)
            context.Progress?.Report(new LearningProgress(++done, options.Trees, null, null));
    }

    /// <summary>How many times each row is drawn when as many are drawn as there are, each with a chance in proportion to its weight.</summary>
    private ushort[] Draw(RowDice dice)
    {
        var times = new ushort[table.Rows];
        for (var draw = 0; draw < times.Length; draw++)
        {
            ref var count = ref times[RowAt(dice.Of(~draw))];
            count = (ushort)Math.Min(ushort.MaxValue, count + 1);
        }
        return times;
    }

    private int RowAt(ulong chance)
    {
        if (cumulated is null)
            return (int)Math.BigMul(chance, (ulong)table.Rows, out _);
        var at = Array.BinarySearch(cumulated, (chance >> 11) * (1.0 / (1UL << 53)) * cumulated[^1]);
        return Math.Min(at < 0 ? ~at : at + 1, cumulated.Length - 1);
    }

    private static double[]? Cumulate(float[]? weights)
    {
        if (weights is null)
            return null;
        var (sums, sum) = (new double[weights.Length], 0.0);
        for (var row = 0; row < sums.Length; row++)
            sums[row] = sum += weights[row];
        return sums;
    }

    private OutOfBag? OutOfBag()
    {
        const int block = 4096;
        var sums = new (double Error, double Weight, int Rows)[(table.Rows + block - 1) / block];
        InParallel.For(sums.Length, part =>
        {
            var scores = new double[task.Outputs];
            for (var row = part * block; row < Math.Min(table.Rows, (part + 1) * block); row++)
                if (ErrorOf(row, scores) is { } error)
                    Count(ref sums[part], error, rows.Target.Weights?[row] ?? 1);
        }, context.Cancel, context.Threads);
        var (mean, count) = (sums.Sum(sum => sum.Error) / sums.Sum(sum => sum.Weight), sums.Sum(sum => sum.Rows));
        return count == 0 ? null : new OutOfBag(task.IsClassification ? mean : Math.Sqrt(mean), count);
    }

    private static void Count(ref (double Error, double Weight, int Rows) sum, double error, double weight) => sum = (sum.Error + weight * error, sum.Weight + weight, sum.Rows + 1);

    /// <summary>The error of a row by the trees that did not see it: squared, or 1 for a wrong class; null where all saw it.</summary>
    private double? ErrorOf(int row, double[] scores)
    {
        Array.Clear(scores);
        var count = 0;
        for (var number = 0; number < trees.Length; number++)
        {
            if (drawn[number]![row] > 0) // drawn where trees do not see all rows
                continue;
            count++;
            var leaf = trees[number][0].LeafOf(table, row);
            for (var output = 0; output < scores.Length; output++)
                scores[output] += trees[number][output].Leaves[leaf];
        }
        if (count == 0)
            return null;
        var factor = (double)options.Trees / count;
        var label = rows.Target.Labels[row];
        return task switch
        {
            { IsClassification: false } => Math.Pow(labels.Start[0] + scores[0] * factor - label, 2),
            { Outputs: 1 } => (scores[0] * factor > 0.5 ? 1 : 0) == label ? 0 : 1,
            _ => Array.IndexOf(scores, scores.Max()) == (int)label ? 0 : 1,
        };
    }
}

/// <summary>Labels as trees of a forest sum them: a number less its mean, a 1 for the second of two classes, or at the place of its class.</summary>
internal sealed record ForestLabels(float[] Labels, int Outputs, double[] Start)
{
    public static ForestLabels Of(LearningTask task, LearningTarget target)
    {
        var start = new double[task.Outputs];
        if (!task.IsClassification)
            BoostingLoss.Squared.Start(target, start);
        return new ForestLabels(target.Labels, task.Outputs, start);
    }

    /// <summary>Adds a row's label to sums, one for each output.</summary>
    public void Add(int row, double weight, Span<double> sums)
    {
        if (Outputs == 1)
            sums[0] += weight * (Labels[row] - Start[0]);
        else
            sums[(int)Labels[row]] += weight;
    }
}
