namespace Dure.Learn.Evaluation;

/// <summary>Columns of a time series that know what comes: a target shifted the wrong way, or a mean over past and future alike.</summary>
internal static class SeriesLeaks
{
    private const int MostAhead = 48;
    private const int Reach = 5;
    private const int SampleRows = 20_000;
    private const int LeastRows = 60;
    private const double Equal = 0.95;

    /// <summary>Of what the target's present leaves open in the column, past and future together leave this share at most, and the past alone that at least.</summary>
    private const double Exact = 0.01, Open = 0.1;

    public static IEnumerable<LeakFinding> Of(LeakQuestion question, CancellationToken cancel)
    {
        if (question.Known.TimesMicros is not { } times)
            yield break;
        var series = Enumerable.Range(0, question.Rows.Count).GroupBy(row => question.Known.Groups?[row] ?? 0).OrderBy(group => group.Key)
            .Select(group => group.OrderBy(row => times[row]).ToArray()).Where(rows => rows.Length > 2 * Reach + 1).ToArray();
        var labels = question.Rows.Target.Labels;
        foreach (var column in question.Rows.Features.Columns)
        {
            cancel.ThrowIfCancellationRequested();
            if (Ahead(series, labels, column.Values) is { } steps)
                yield return new(LeakKind.LaterValues, [column.Name], true, $"The column holds the value that the target has {steps} rows later.",
                    "Shift it the other way: only earlier values are known.");
            else if (!question.Task.IsClassification && !column.IsCategorical && IsMixed(series, labels, column.Values))
                yield return new(LeakKind.LaterValues, [column.Name], true, "The column is made from values of the target before and after its time, as a centred mean is.",
                    "Let the window end at the row's own time, or earlier.");
        }
    }

    /// <summary>How many rows ahead the column equals the target; null: at none.</summary>
    private static int? Ahead(int[][] series, float[] labels, float[] values)
    {
        for (var steps = 1; steps <= MostAhead; steps++)
        {
            var (equal, count) = (0, 0);
            foreach (var rows in series)
                for (var i = 0; i + steps < rows.Length && count < SampleRows; i++)
                {
                    // Where the target stands still, every shift fits.
                    if (labels[rows[i + steps]] == labels[rows[i]])
                        continue;
                    count++;
                    if (Math.Abs(values[rows[i]] - labels[rows[i + steps]]) <= 1e-5f * Math.Abs(labels[rows[i + steps]] - labels[rows[i]]))
                        equal++;
                }
            if (count >= LeastRows / 2 && equal >= Equal * count)
                return steps;
        }
        return null;
    }

    private static bool IsMixed(int[][] series, float[] labels, float[] values)
    {
        var (present, past, all, column) = (new List<double[]>(), new List<double[]>(), new List<double[]>(), new List<double>());
        foreach (var rows in series)
            for (var i = Reach; i + Reach < rows.Length && column.Count < SampleRows; i++)
            {
                if (float.IsNaN(values[rows[i]]))
                    continue;
                var around = Enumerable.Range(i - Reach, 2 * Reach + 1).Select(at => (double)labels[rows[at]]).ToArray();
                present.Add([around[Reach]]);
                past.Add(around[..(Reach + 1)]);
                all.Add(around);
                column.Add(values[rows[i]]);
            }
        if (column.Count < LeastRows)
            return false;
        double[] y = [.. column];
        double left(List<double[]> rows) => TrimmedFit.Of([.. rows], y, keep: 1)?.Unexplained ?? double.NaN;
        // What the past already makes up is no news of the future. Below this, rounding to floats is all that is left.
        return left(present) is > 1e-9 and var open && left(all) < Exact * open && left(past) > Open * open;
    }
}
