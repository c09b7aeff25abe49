using Dure.Learn.Tables;

namespace Dure.Learn.Evaluation;

/// <summary>How well one column alone tells the target.</summary>
internal static class ColumnStrength
{
    private const int Bins = 64;
    private const int LeastInBin = 8;
    private const int PairRows = 1500;

    /// <summary>R2, or AUC of classes, of a fit by bins: fitted to every other row, judged by the rest.</summary>
    public static double Of(LeakQuestion sample, FeatureColumn column)
    {
        var order = Enumerable.Range(0, sample.Rows.Count).ToArray();
        new Random(sample.Seed).Shuffle(order);
        var (fitted, judged) = (order[..(order.Length / 2)], order[(order.Length / 2)..]);
        var (keys, bins) = BinsOf(column, fitted);
        int[] cells(int[] rows) => [.. rows.Select(row => BinOf(keys, bins, column, row))];
        var figure = sample.Task.IsClassification ? OfClasses(sample, fitted, cells(fitted), judged, cells(judged), bins) : OfNumbers(sample, column, fitted, cells(fitted), judged, cells(judged), bins);
        return double.IsFinite(figure) ? figure : 0;
    }

    /// <summary>R2 of the target's changes from row to row on the column's.</summary>
    public static double OfChanges(LeakQuestion sample, FeatureColumn column)
    {
        var (labels, x, y) = (sample.Rows.Target.Labels, new List<double>(), new List<double>());
        foreach (var (before, row) in Neighbours(sample))
            if (!float.IsNaN(column.Values[row] - column.Values[before]))
            {
                x.Add(column.Values[row] - (double)column.Values[before]);
                y.Add(labels[row] - (double)labels[before]);
            }
        return x.Count < 3 ? 0 : Math.Pow(MathNet.Numerics.Statistics.Correlation.Pearson(x, y), 2) is var square && double.IsFinite(square) ? square : 0;
    }

    /// <summary>Rank correlation with the target; of classes the largest of each against the rest.</summary>
    public static double Order(LeakQuestion sample, float[] values)
    {
        double[] x = [.. values.Select(value => (double)value)];
        double with(Func<float, double> target) => Rank(x, [.. sample.Rows.Target.Labels.Select(target)]);
        return sample.Task.IsClassification ? Enumerable.Range(0, sample.Task.Classes.Count).Max(one => Math.Abs(with(label => (int)label == one ? 1 : 0))) : with(label => label);
    }

    /// <summary>The variance of the target's changes from row to row over its own, at most 1: near 0 of a slow series; 1 without times.</summary>
    public static double Roughness(LeakQuestion sample)
    {
        if (sample.Known.TimesMicros is null)
            return 1;
        var labels = sample.Rows.Target.Labels;
        var (mean, changes, all) = (labels.Average(label => (double)label), 0.0, 0.0);
        foreach (var (before, row) in Neighbours(sample))
        {
            changes += Math.Pow(labels[row] - (double)labels[before], 2);
            all += Math.Pow(labels[row] - mean, 2);
        }
        return all > 0 ? Math.Min(1, changes / all) : 1;
    }

    /// <summary>Spearman's rank correlation over the rows that have both; 0 where it is not defined.</summary>
    public static double Rank(double[] x, double[] y)
    {
        int[] rows = [.. Enumerable.Range(0, x.Length).Where(row => double.IsFinite(x[row]) && double.IsFinite(y[row]))];
        var correlation = rows.Length < 3 ? 0 : MathNet.Numerics.Statistics.Correlation.Spearman(rows.Select(row => x[row]), rows.Select(row => y[row]));
        return double.IsFinite(correlation) ? correlation : 0;
    }

    /// <summary>Of the pairs of rows that differ in both, the share that stands in the same order, or in the opposite: the larger.</summary>
    public static double Concordance(LeakQuestion sample, float[] values)
    {
        int[] rows = [.. Enumerable.Range(0, values.Length).Where(row => !float.IsNaN(values[row]))];
        new Random(sample.Seed).Shuffle(rows);
        var (labels, same, pairs) = (sample.Rows.Target.Labels, 0L, 0L);
        for (var i = 0; i < Math.Min(PairRows, rows.Length); i++)
            for (var j = 0; j < i; j++)
                if (Math.Sign(values[rows[i]] - values[rows[j]]) * Math.Sign(labels[rows[i]] - labels[rows[j]]) is var order && order != 0)
                    (same, pairs) = (same + (order > 0 ? 1 : 0), pairs + 1);
        return pairs == 0 ? 0 : Math.Max(same, pairs - same) / (double)pairs;
    }

    /// <summary>Rows that follow each other in time, group by group.</summary>
    public static IEnumerable<(int Before, int Row)> Neighbours(LeakQuestion sample)
    {
        var times = sample.Known.TimesMicros!; // asked only where there are times
        foreach (var group in Enumerable.Range(0, times.Length).GroupBy(row => sample.Known.Groups?[row] ?? 0))
        {
            var rows = group.OrderBy(row => times[row]).ToArray();
            for (var i = 1; i < rows.Length; i++)
                yield return (rows[i - 1], rows[i]);
        }
    }

    /// <summary>Borders of about equal counts, or the codes; and how many bins there are with the one for missing values.</summary>
    private static (float[] Keys, int Bins) BinsOf(FeatureColumn column, int[] rows)
    {
        var sorted = rows.Select(row => column.Values[row]).Where(value => !float.IsNaN(value)).Order().ToArray();
        var distinct = sorted.Distinct().ToArray();
        if (column.IsCategorical || distinct.Length <= Bins)
            return (distinct, distinct.Length + 2);
        var bins = Math.Max(2, Math.Min(Bins, sorted.Length / LeastInBin));
        float[] borders = [.. Enumerable.Range(1, bins - 1).Select(i => sorted[(long)i * sorted.Length / bins]).Distinct()];
        return (borders, borders.Length + 2);
    }

    private static int BinOf(float[] keys, int bins, FeatureColumn column, int row)
    {
        if (float.IsNaN(column.Values[row]))
            return bins - 1;
        var at = Array.BinarySearch(keys, column.Values[row]);
        return at >= 0 ? at : ~at;
    }

    private static double OfClasses(LeakQuestion sample, int[] fitted, int[] cells, int[] judged, int[] judgedCells, int bins)
    {
        var (labels, classes, outputs) = (sample.Rows.Target.Labels, sample.Task.Classes.Count, sample.Task.Outputs);
        var counts = new double[bins, classes];
        for (var i = 0; i < fitted.Length; i++)
            counts[cells[i], (int)labels[fitted[i]]]++;
        var usual = Enumerable.Range(0, classes).Select(one => (fitted.Count(row => (int)labels[row] == one) + 0.5) / (fitted.Length + 0.5 * classes)).ToArray();
        var predictions = new double[judged.Length * outputs];
        for (var i = 0; i < judged.Length; i++)
        {
            var total = Enumerable.Range(0, classes).Sum(one => counts[judgedCells[i], one]);
            for (var output = 0; output < outputs; output++)
            {
                var one = outputs == 1 ? 1 : output;
                predictions[i * outputs + output] = (counts[judgedCells[i], one] + usual[one]) / (total + 1);
            }
        }
        return Metrics.Of("auc").Of(new JudgedRows(sample.Task, [.. judged.Select(row => labels[row])], predictions));
    }

    /// <summary>A line within each bin, held to the values that the bin has seen.</summary>
    private static double OfNumbers(LeakQuestion sample, FeatureColumn column, int[] fitted, int[] cells, int[] judged, int[] judgedCells, int bins)
    {
        var labels = sample.Rows.Target.Labels;
        var mean = fitted.Average(row => (double)labels[row]);
        var lines = new (double Slope, double X, double Y, double Low, double High)[bins];
        Array.Fill(lines, (0, 0, mean, mean, mean));
        foreach (var bin in Enumerable.Range(0, fitted.Length).GroupBy(i => cells[i]))
        {
            var rows = bin.Select(i => fitted[i]).ToArray();
            double x(int row) => float.IsNaN(column.Values[row]) || column.IsCategorical ? 0 : column.Values[row];
            var (meanX, meanY) = (rows.Average(x), rows.Average(row => (double)labels[row]));
            var square = rows.Sum(row => (x(row) - meanX) * (x(row) - meanX));
            var slope = square > 0 && rows.Length >= LeastInBin ? rows.Sum(row => (x(row) - meanX) * (labels[row] - meanY)) / square : 0;
            lines[bin.Key] = (slope, meanX, meanY, rows.Min(row => labels[row]), rows.Max(row => labels[row]));
        }
        var predictions = judged.Select((row, i) =>
        {
            var line = lines[judgedCells[i]];
            var x = float.IsNaN(column.Values[row]) || column.IsCategorical ? 0 : column.Values[row];
            return Math.Clamp(line.Y + line.Slope * (x - line.X), line.Low, line.High);
        }).ToArray();
        return Metrics.Of("r2").Of(new JudgedRows(sample.Task, [.. judged.Select(row => labels[row])], predictions));
    }
}
