using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Optimize.Numerics;
using MathNet.Numerics.Distributions;

namespace Dure.Learn.Features;

/// <summary>
/// Tells which computed columns are worth having beside those that are there. A column that orders the rows as another does says nothing new
/// to trees. Of the rest those stay without which a model of all would predict rows worse that it did not learn from: their values are dealt out
/// anew among those rows, and the losses must rise by more than chance (permutation importance, Breiman 2001; Bonferroni over the columns).
/// </summary>
internal sealed class FeatureScreening(FeatureTable basis, FeatureTable candidates, bool isSeries, LearningContext context)
{
    private const int MostRows = 20_000;
    private const int RanksFrom = 2_000;
    private const double SameOrder = 0.99; // Spearman's correlation
    private const int Folds = 3;
    private const int MostOneByOne = 24;
    private const double Better = 1; // standard errors of the mean loss
    private const double Chance = 0.05; // of keeping any that tells nothing

    /// <summary>The candidates that order rows unlike all before them.</summary>
    public int[] Fresh()
    {
        int[] sample = Spread(basis.Rows, RanksFrom);
        List<double[]> known = [.. basis.Columns.Where(column => !column.IsCategorical).Select(column => Ranks(column.Values, sample)).OfType<double[]>()];
        List<int> fresh = [];
        for (var column = 0; column < candidates.Columns.Count; column++)
        {
            context.Cancel.ThrowIfCancellationRequested();
            if (Ranks(candidates.Columns[column].Values, sample) is not { } ranks || known.Exists(other => Math.Abs(Vectors.Dot(ranks, other)) > SameOrder))
                continue;
            known.Add(ranks);
            fresh.Add(column);
        }
        return [.. fresh];
    }

    /// <summary>Those of the candidates that tell something of the target, the most telling first.</summary>
    public int[] Telling(int[] fresh, LearningTask task, LearningTarget target)
    {
        if (fresh.Length == 0)
            return [];
        int[] rows = Spread(basis.Rows, MostRows);
        var both = new FeatureTable([.. basis.Columns, .. fresh.Select(column => candidates.Columns[column])]).Take(rows);
        var labels = new LearningTarget(Array.ConvertAll(rows, row => target.Labels[row]), target.Weights is { } weights ? Array.ConvertAll(rows, row => weights[row]) : null);
        // How much worse each row is predicted when a candidate's values are dealt out anew.
        var worse = fresh.Select(_ => new double[rows.Length]).ToArray();
        for (var fold = 0; fold < Folds; fold++)
            Judge(fold, both, labels, task, worse);
        var bar = Normal.InvCDF(0, 1, 1 - Chance / fresh.Length);
        var sure = worse.Select(Sureness).ToArray();
        int[] telling = [.. Enumerable.Range(0, fresh.Length).Where(i => sure[i] > bar).OrderByDescending(i => worse[i].Sum())];
        return Array.ConvertAll(isSeries ? telling : OneByOne(telling, both, labels, task), i => fresh[i]);
    }

    /// <summary>Adds one candidate after the other, and leaves out again what does not make held rows better predicted: several often tell the same.</summary>
    private int[] OneByOne(int[] telling, FeatureTable both, LearningTarget labels, LearningTask task)
    {
        List<int> columns = [.. Enumerable.Range(0, basis.Columns.Count)];
        List<int> kept = [];
        var losses = HeldLosses(columns);
        foreach (var candidate in telling.Take(MostOneByOne))
        {
            columns.Add(basis.Columns.Count + candidate);
            var with = HeldLosses(columns);
            if (Sureness([.. losses.Zip(with, (before, after) => before - after)]) > Better)
            {
                kept.Add(candidate);
                losses = with;
            }
            else
            {
                columns.RemoveAt(columns.Count - 1);
            }
        }
        return [.. kept];

        double[] HeldLosses(List<int> some)
        {
            var (table, all) = (both.Select([.. some]), new double[both.Rows]);
            for (var fold = 0; fold < Folds; fold++)
            {
                var (model, held) = Learnt(fold, table, labels, task);
                foreach (var (place, loss) in Losses(model, table.Take(held), held, labels, task).Index())
                    all[held[place]] = loss;
            }
            return all;
        }
    }

    private void Judge(int fold, FeatureTable both, LearningTarget labels, LearningTask task, double[][] worse)
    {
        var (model, held) = Learnt(fold, both, labels, task);
        var table = both.Take(held);
        var losses = Losses(model, table, held, labels, task);
        InParallel.For(worse.Length, i =>
        {
            var columns = table.Columns.ToArray();
            var column = columns[basis.Columns.Count + i];
            columns[basis.Columns.Count + i] = column with { Values = Dealt(column.Values, i) };
            var dealt = Losses(model, new FeatureTable(columns), held, labels, task);
            for (var row = 0; row < held.Length; row++)
                worse[i][held[row]] = dealt[row] - losses[row];
        }, context.Cancel, context.Threads);
    }

    /// <summary>A model of all but a fold's rows, and those rows.</summary>
    private (TableModel Model, int[] Held) Learnt(int fold, FeatureTable table, LearningTarget labels, LearningTask task)
    {
        // Of a series whole stretches are held out: neighbours in time know each other.
        bool isHeld(int row) => fold == (isSeries ? (int)((long)row * Folds / table.Rows) : row % Folds);
        int[] learnt = [.. Enumerable.Range(0, table.Rows).Where(row => !isHeld(row))];
        var target = new LearningTarget(Array.ConvertAll(learnt, row => labels.Labels[row]), labels.Weights is { } weights ? Array.ConvertAll(learnt, row => weights[row]) : null);
        var learner = new BoostedTreesLearner { Rounds = 100, LearningRate = 0.1, Leaves = 16, ColumnShare = 0.5 };
        return (learner.Train(task, new TableRows(table.Take(learnt), target), null, context with { Progress = null }), [.. Enumerable.Range(0, table.Rows).Where(isHeld)]);
    }

    /// <summary>The loss of each held row: the square of a number's error, minus the logarithm of a true class's probability.</summary>
    private double[] Losses(TableModel model, FeatureTable table, int[] held, LearningTarget labels, LearningTask task)
    {
        var predicted = model.Predict(table, 1, context.Cancel);
        return [.. held.Select((row, place) =>
        {
            var label = labels.Labels[row];
            var answer = predicted[place * task.Outputs + (task.Outputs > 1 ? (int)label : 0)];
            var probability = task.Outputs > 1 || label == 1 ? answer : 1 - answer;
            return (labels.Weights?[row] ?? 1) * (task.IsClassification ? -Math.Log(Math.Max(1e-12, probability)) : (label - answer) * (label - answer));
        })];
    }

    /// <summary>The values in another order: at random, or of a series turned on, so that neighbours stay neighbours.</summary>
    private float[] Dealt(float[] values, int column)
    {
        var random = new Random(unchecked(context.Seed * 31 + column));
        var dealt = (float[])values.Clone();
        if (!isSeries)
        {
            random.Shuffle(dealt);
            return dealt;
        }
        var turn = values.Length / 10 + random.Next(Math.Max(1, values.Length * 8 / 10));
        values.AsSpan(turn % values.Length).CopyTo(dealt);
        values.AsSpan(0, turn % values.Length).CopyTo(dealt.AsSpan(values.Length - turn % values.Length));
        return dealt;
    }

    /// <summary>The mean in units of its standard error.</summary>
    private static double Sureness(double[] differences)
    {
        var mean = differences.Average();
        var variance = differences.Sum(one => (one - mean) * (one - mean)) / Math.Max(1, differences.Length - 1);
        return variance > 0 ? mean / Math.Sqrt(variance / differences.Length) : 0;
    }

    /// <summary>The ranks of some rows, of mean 0 and length 1, so that a product of two is Spearman's correlation; null for a constant.</summary>
    private static double[]? Ranks(float[] values, int[] sample)
    {
        int[] order = [.. Enumerable.Range(0, sample.Length).Where(i => !float.IsNaN(values[sample[i]])).OrderBy(i => values[sample[i]])];
        var ranks = new double[sample.Length]; // a missing value ranks in the middle
        for (int first = 0, end; first < order.Length; first = end)
        {
            for (end = first + 1; end < order.Length && values[sample[order[end]]] == values[sample[order[first]]];)
                end++;
            for (var i = first; i < end; i++)
                ranks[order[i]] = (first + end - order.Length) / 2.0;
        }
        var length = Math.Sqrt(Vectors.Dot(ranks, ranks));
        if (!(length > 0))
            return null;
        for (var i = 0; i < ranks.Length; i++)
            ranks[i] /= length;
        return ranks;
    }

    private static int[] Spread(int rows, int most) => rows <= most ? [.. Enumerable.Range(0, rows)] : [.. Enumerable.Range(0, most).Select(i => (int)((long)i * rows / most))];
}
