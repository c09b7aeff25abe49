using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Learn.Trees;

namespace Dure.Learn.Drift;

/// <summary>How far rows as a whole have moved, columns together: each may stay as it was while what they do together changes.</summary>
/// <param name="Discrepancy">Maximum mean discrepancy, squared (Gretton et al. 2012).</param>
/// <param name="Chance">How probable so large a discrepancy is without a change, by shuffling which rows are old.</param>
/// <param name="Auc">How well trees tell new rows from old that they did not learn from, with its 95 % interval; 0.5: not at all (Lopez-Paz and Oquab 2017).</param>
/// <param name="Columns">What the trees tell them by, the most telling first.</param>
public sealed record JointDrift(double Discrepancy, double Chance, Measured Auc, IReadOnlyList<string> Columns);

internal static class JointDrifts
{
    private const int Shuffles = 199;
    private const int LeastRows = 30;
    private const int MostBlocks = 25;
    private const int MostNamed = 3;

    /// <returns>Null: there are too few rows to say anything.</returns>
    public static JointDrift? Of(DriftReference reference, FeatureTable now, int seed, CancellationToken cancel)
    {
        if (reference.Rows.Count < LeastRows || now.Rows < LeastRows)
            return null;
        var step = Math.Max(1, now.Rows / DriftReference.MostRows);
        var young = Enumerable.Range(0, Math.Min(DriftReference.MostRows, now.Rows)).Select(i =>
        {
            var row = new float[now.Columns.Count];
            now.CopyRow(i * step, row);
            return row;
        }).ToArray();
        var (discrepancy, chance) = Discrepancy(reference, [.. reference.Rows], young, seed, cancel);
        var (auc, columns) = Classifier(now, [.. reference.Rows], young, seed, cancel);
        return new(discrepancy, chance, auc, columns);
    }

    private static (double Discrepancy, double Chance) Discrepancy(DriftReference reference, float[][] old, float[][] young, int seed, CancellationToken cancel)
    {
        float[][] rows = [.. old, .. young];
        var likeness = Kernel(reference, rows);
        // New rows follow each other in time and hang together: whole blocks of them are shuffled, old rows, drawn by chance, in blocks of the same size.
        var size = Math.Max(1, young.Length / MostBlocks);
        double[] sums = [.. likeness.Select(row => row.Sum())];
        var found = Mmd(likeness, sums, [.. Enumerable.Range(old.Length, young.Length)]);
        var blocks = Enumerable.Range(0, (rows.Length + size - 1) / size).ToArray();
        var (random, atLeast) = (new Random(seed), 0);
        for (var shuffle = 0; shuffle < Shuffles; shuffle++)
        {
            cancel.ThrowIfCancellationRequested();
            random.Shuffle(blocks);
            int[] taken = [.. blocks.SelectMany(block => Enumerable.Range(block * size, Math.Min(size, rows.Length - block * size))).Take(young.Length)];
            if (Mmd(likeness, sums, taken) >= found)
                atLeast++;
        }
        return (found, (1.0 + atLeast) / (Shuffles + 1));
    }

    /// <summary>How alike each two rows are, by a bell curve whose width is the median distance, as is usual; of a row with itself 0.</summary>
    private static double[][] Kernel(DriftReference reference, float[][] rows)
    {
        var likeness = rows.Select(_ => new double[rows.Length]).ToArray();
        var sample = new List<double>();
        for (var i = 0; i < rows.Length; i++)
            for (var j = 0; j < i; j++)
            {
                likeness[i][j] = likeness[j][i] = Apart(reference, rows[i], rows[j]);
                if ((i * 31 + j) % 7 == 0)
                    sample.Add(likeness[i][j]);
            }
        sample.Sort();
        var width = Math.Max(1e-12, sample[sample.Count / 2]);
        for (var i = 0; i < rows.Length; i++)
            for (var j = 0; j < rows.Length; j++)
                likeness[i][j] = i == j ? 0 : Math.Exp(-likeness[i][j] / width);
        return likeness;
    }

    /// <summary>Mean likeness inside both less twice between them, a row not counted with itself (Gretton et al. 2012, eq. 3).</summary>
    /// <param name="sums">Of each row.</param>
    private static double Mmd(double[][] likeness, double[] sums, int[] young)
    {
        var (all, ofYoung, inYoung) = (sums.Sum(), 0.0, 0.0);
        foreach (var one in young)
        {
            var row = likeness[one];
            ofYoung += sums[one];
            foreach (var other in young)
                inYoung += row[other];
        }
        var (n, m, between) = ((double)likeness.Length - young.Length, (double)young.Length, ofYoung - inYoung);
        return (all - inYoung - 2 * between) / (n * (n - 1)) + inYoung / (m * (m - 1)) - 2 * between / (n * m);
    }

    /// <summary>Squared distance in the reference's spreads; another category, or a value on one side alone, counts as one spread.</summary>
    private static double Apart(DriftReference reference, float[] one, float[] other)
    {
        var sum = 0.0;
        for (var i = 0; i < one.Length; i++)
        {
            var column = reference.Columns[i];
            if (float.IsNaN(one[i]) || float.IsNaN(other[i]) || column.IsCategorical)
                sum += one[i].Equals(other[i]) ? 0 : 1;
            else if (column.Spread > 0)
                sum += Math.Pow((one[i] - (double)other[i]) / column.Spread, 2);
            else
                sum += one[i].Equals(other[i]) ? 0 : 1;
        }
        return sum;
    }

    private static (Measured Auc, IReadOnlyList<string> Columns) Classifier(FeatureTable now, float[][] old, float[][] young, int seed, CancellationToken cancel)
    {
        float[][] rows = [.. old, .. young];
        FeatureTable table = new([.. now.Columns.Select((column, i) => new FeatureColumn { Name = column.Name, IsCategorical = column.IsCategorical, Values = [.. rows.Select(row => row[i])] })]);
        float[] labels = [.. rows.Select((_, row) => row < old.Length ? 0f : 1)];
        // New rows in blocks of time, so that a neighbour does not give a row away; old rows by chance.
        var block = rows.Select((_, row) => row < old.Length ? -1 - row : (row - old.Length) * MostBlocks / young.Length).ToArray();
        var task = LearningTask.Classification(["before", "now"]);
        var (predictions, gains) = (new double[rows.Length], new double[table.Columns.Count]);
        for (var fold = 0; fold < 2; fold++)
        {
            int[] train = [.. Enumerable.Range(0, rows.Length).Where(row => (block[row] & 1) != fold)], test = [.. Enumerable.Range(0, rows.Length).Where(row => (block[row] & 1) == fold)];
            var model = Boosting.Train(table.Take(train), new([.. train.Select(row => labels[row])]), new() { Loss = BoostingLoss.Logistic, Rounds = 60, LearningRate = 0.1, Leaves = 8, MinRows = 10, Seed = seed, Threads = 1 }, cancel: cancel);
            var told = model.Predict(table.Take(test), 1, cancel);
            for (var i = 0; i < test.Length; i++)
                predictions[test[i]] = told[i];
            foreach (var branch in model.Trees.SelectMany(tree => tree.Branches))
                gains[branch.Feature] += branch.Gain;
        }
        var auc = Judging.Of(Metrics.Of("auc"), new JudgedRows(task, labels, predictions), Resampling.ByGroup(block), seed, cancel).Value;
        return (auc, [.. Enumerable.Range(0, gains.Length).OrderByDescending(column => gains[column]).Take(MostNamed).Where(column => gains[column] > 0).Select(column => table.Columns[column].Name)]);
    }
}
