using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Explanations;

/// <summary>
/// Shapley values of any model by sampling (Štrumbelj and Kononenko 2014): columns take the row's values in the place of a usual row's one by one, in
/// orders drawn by chance, each order with its reverse (Mitchell et al. 2022). They sum exactly to the prediction, and each comes with its standard error.
/// </summary>
internal static class SampledParts
{
    /// <summary>So many predictions are made: about a second of the slowest model.</summary>
    private const int Predictions = 10_000;

    /// <summary>Numbers of the rows that are asked, all together.</summary>
    private const int MostNumbers = 1 << 24;

    private const int MostPairs = 200;
    private const int LeastPairs = 10;
    private const int RowsAtOnce = 2048;

    /// <summary>What the columns add to one output.</summary>
    /// <param name="Usual">The mean prediction for the usual rows that were drawn.</param>
    /// <param name="Errors">The standard error of each part.</param>
    internal sealed record Sampled(double Usual, double[] Parts, double[] Errors);

    /// <param name="window">Of each row of a window there are the same columns, the newest last: one with its past takes its place together.</param>
    /// <returns>Null: there are too many columns to draw enough orders in the time.</returns>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static Sampled? Of(TableModel model, ReadOnlySpan<float> row, FeatureTable usual, int output, int window, int seed, CancellationToken cancel)
    {
        var columns = row.Length / window;
        var pairs = Math.Min(MostPairs, Math.Min(Predictions, MostNumbers / row.Length) / (2 * (columns + 1)));
        if (pairs < LeastPairs)
            return null;
        var random = new Random(seed);
        var (order, from) = (Enumerable.Range(0, columns).ToArray(), Enumerable.Range(0, usual.Rows).ToArray());
        random.Shuffle(from);
        var (rows, orders) = (new List<float[]>(pairs * 2 * (columns + 1)), new List<int[]>(2 * pairs));
        for (var pair = 0; pair < pairs; pair++)
        {
            random.Shuffle(order);
            var begin = new float[row.Length];
            usual.CopyRow(from[pair % from.Length], begin);
            foreach (var one in (int[][])[[.. order], [.. order.Reverse()]])
            {
                orders.Add(one);
                Walk(begin, row, one, rows);
            }
        }
        return Summed(Predicted(model, usual, rows, output, cancel), orders, columns);
    }

    /// <summary>The usual row, and one row after each column that took the row's values.</summary>
    private static void Walk(float[] begin, ReadOnlySpan<float> row, int[] order, List<float[]> rows)
    {
        rows.Add(begin);
        foreach (var column in order)
        {
            var next = (float[])rows[^1].Clone();
            for (var at = column; at < row.Length; at += order.Length)
                next[at] = row[at];
            rows.Add(next);
        }
    }

    private static double[] Predicted(TableModel model, FeatureTable like, List<float[]> rows, int output, CancellationToken cancel)
    {
        var (said, outputs) = (new double[rows.Count], model.Task.Outputs);
        for (var first = 0; first < rows.Count; first += RowsAtOnce)
        {
            var some = rows.GetRange(first, Math.Min(RowsAtOnce, rows.Count - first));
            var table = new FeatureTable([.. like.Columns.Select((column, i) => column with { Values = [.. some.Select(row => row[i])] })]);
            var predictions = model.Predict(table, cancel: cancel);
            for (var i = 0; i < some.Count; i++)
                said[first + i] = predictions[i * outputs + output];
        }
        return said;
    }

    private static Sampled Summed(double[] said, List<int[]> orders, int columns)
    {
        var (pairs, usual, sums, squares) = (orders.Count / 2, 0.0, new double[columns], new double[columns]);
        for (var pair = 0; pair < pairs; pair++)
        {
            var both = new double[columns];
            foreach (var walk in (int[])[2 * pair, 2 * pair + 1])
            {
                var at = walk * (columns + 1);
                usual += said[at] / orders.Count;
                foreach (var column in orders[walk])
                    both[column] += (said[++at] - said[at - 1]) / 2;
            }
            for (var column = 0; column < columns; column++)
                (sums[column], squares[column]) = (sums[column] + both[column], squares[column] + both[column] * both[column]);
        }
        return new(usual, Array.ConvertAll(sums, sum => sum / pairs),
            [.. sums.Select((sum, column) => Math.Sqrt(Math.Max(0, squares[column] / pairs - Math.Pow(sum / pairs, 2)) / (pairs - 1)))]);
    }
}
