using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Explanations;

/// <summary>One value of a column, and what is predicted with it.</summary>
/// <param name="Value">The value; of a category its code.</param>
/// <param name="Mean">The mean prediction when all rows have it.</param>
/// <param name="Count">How many rows really have about this value.</param>
/// <param name="HasData">Enough rows have it. Otherwise the prediction is a guess of the model, to be drawn in grey.</param>
public readonly record struct DependencePoint(float Value, double Mean, int Count, bool HasData);

/// <summary>How the prediction goes with one column: the mean of all rows (Friedman 2001), and single rows (Goldstein et al. 2015).</summary>
/// <param name="Output">Which of the model's outputs.</param>
/// <param name="Rows">For each of a few rows the prediction at each point: lines that cross say that the column works together with others.</param>
public sealed record Dependence(string Column, int Output, IReadOnlyList<DependencePoint> Points, IReadOnlyList<double[]> Rows);

/// <summary>What a model predicts when one column has another value and all others stay.</summary>
public static class PartialDependence
{
    private const int MostPoints = 25;
    private const int MostRows = 500;
    private const int MostLines = 30;
    private const double Outside = 0.005;
    private const int LeastRows = 5;
    private const double LeastShare = 0.01;

    /// <exception cref="ProblemException">There is no such column or output, or the column has no value.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static Dependence Of(TableModel model, FeatureTable table, string column, int output, int seed, CancellationToken cancel = default)
    {
        var at = table.Columns.ToList().FindIndex(one => one.Name == column);
        if (at < 0 || output < 0 || output >= model.Task.Outputs)
            throw Bad(at < 0 ? "There is no such column." : $"The model has no output {output}.", column, "Choose one of the model's.");
        var values = table.Columns[at].Values.Where(value => !float.IsNaN(value)).Order().ToArray();
        if (values.Length == 0)
            throw Bad("All its values are missing.", column, "Choose a column with values.");
        var (points, counts) = Points(values, table.Columns[at].IsCategorical);
        var rows = Enumerable.Range(0, table.Rows).ToArray();
        new Random(seed).Shuffle(rows);
        var some = table.Take([.. rows.Take(MostRows)]);
        var lines = Enumerable.Range(0, Math.Min(MostLines, some.Rows)).Select(_ => new double[points.Length]).ToArray();
        var means = new double[points.Length];
        for (var point = 0; point < points.Length; point++)
        {
            var with = new float[some.Rows];
            Array.Fill(with, points[point]);
            var predictions = model.Predict(new FeatureTable([.. some.Columns.Select((one, i) => i == at ? one with { Values = with } : one)]), cancel: cancel);
            for (var row = 0; row < some.Rows; row++)
            {
                var prediction = predictions[row * model.Task.Outputs + output];
                means[point] += prediction / some.Rows;
                if (row < lines.Length)
                    lines[row][point] = prediction;
            }
        }
        var least = Math.Max(LeastRows, LeastShare * values.Length / points.Length * 2);
        return new(column, output, [.. points.Select((value, i) => new DependencePoint(value, means[i], counts[i], counts[i] >= least))], lines);
    }

    /// <summary>All values when they are few; else even steps over all but the outermost half percent on each side, so that gaps show.</summary>
    private static (float[] Points, int[] Counts) Points(float[] sorted, bool isCategorical)
    {
        var distinct = sorted.Distinct().ToArray();
        if (distinct.Length <= MostPoints || isCategorical)
        {
            var counts = sorted.GroupBy(value => value).ToDictionary(group => group.Key, group => group.Count());
            float[] most = [.. distinct.OrderByDescending(value => counts[value]).ThenBy(value => value).Take(MostPoints).Order()];
            return (most, [.. most.Select(value => counts[value])]);
        }
        var (low, high) = (sorted[(int)(Outside * (sorted.Length - 1))], sorted[(int)Math.Ceiling((1 - Outside) * (sorted.Length - 1))]);
        var step = ((double)high - low) / (MostPoints - 1);
        float[] points = [.. Enumerable.Range(0, MostPoints).Select(i => (float)(low + i * step))];
        return (points, [.. points.Select(point => sorted.Count(value => Math.Abs(value - (double)point) <= step / 2))]);
    }

    private static ProblemException Bad(string what, string column, string mend) => new("urn:dure:learn:bad-explanation", what, $"column '{column}'", mend);
}
