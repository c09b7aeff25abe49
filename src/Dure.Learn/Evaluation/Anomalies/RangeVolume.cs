namespace Dure.Learn.Evaluation;

/// <summary>
/// Volume under the surface of precision and recall over thresholds and widths of a soft border around events (Paparrizos et al. 2022): needs
/// no threshold, and forgives alarms that come a little early or late.
/// </summary>
internal static class RangeVolume
{
    private const int Thresholds = 250;
    private const int Widths = 20;

    /// <summary>Mean over border widths of 0 to so many rows, in up to 21 even steps.</summary>
    public static double PrecisionRecall(bool[] truth, double[] scores, int bufferRows)
    {
        var order = new int[scores.Length];
        var keys = new double[scores.Length];
        for (var row = 0; row < order.Length; row++)
            (order[row], keys[row]) = (row, -scores[row]);
        Array.Sort(keys, order);
        var events = RowRun.Of(truth);
        var widths = Enumerable.Range(0, Widths + 1).Select(i => bufferRows * i / Widths).Distinct().ToArray();
        return widths.Average(width => Area(events, truth, scores, order, width));
    }

    private static double Area(List<RowRun> events, bool[] truth, double[] scores, int[] order, int width)
    {
        var labels = Softened(events, truth.Length, width);
        var highest = RowRun.Of([.. labels.Select(label => label > 0)]).ConvertAll(run => scores.AsSpan(run.First, run.Length).ToArray().Max());
        var positives = (truth.Count(one => one) + labels.Sum()) / 2;
        var (area, recallBefore, hits, taken) = (0.0, 0.0, 0.0, 0);
        for (var step = 1; step <= Thresholds && taken < order.Length; step++)
        {
            // To the row of this step and on to the last of its score: equal scores are on one side of any threshold.
            var upTo = (int)Math.Ceiling((double)order.Length * step / Thresholds);
            var threshold = scores[order[Math.Max(taken, upTo - 1)]];
            for (; taken < order.Length && (taken < upTo || scores[order[taken]] == threshold); taken++)
                hits += labels[order[taken]];
            var recall = Math.Min(1, hits / positives) * highest.Count(score => score >= threshold) / highest.Count;
            area += (recall - recallBefore) * hits / taken;
            recallBefore = recall;
        }
        return area;
    }

    /// <summary>1 in an event, and falling by a root over half the width on both sides.</summary>
    private static double[] Softened(List<RowRun> events, int rows, int width)
    {
        var labels = new double[rows];
        foreach (var one in events)
        {
            Array.Fill(labels, 1, one.First, one.Length);
            for (var far = 1; far <= width / 2; far++)
            {
                var label = Math.Sqrt(1 - (double)far / width);
                if (one.First - far >= 0)
                    labels[one.First - far] = Math.Max(labels[one.First - far], label);
                if (one.Last + far < rows)
                    labels[one.Last + far] = Math.Max(labels[one.Last + far], label);
            }
        }
        return labels;
    }
}
