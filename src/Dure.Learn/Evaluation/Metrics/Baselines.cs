using Dure.Learn.Learners;

namespace Dure.Learn.Evaluation;

/// <summary>Answers that look at nothing, or only at what was before: what a model has to beat.</summary>
public static class Baselines
{
    /// <summary>What fits the task: mean and median; or the commonest class, the classes' shares, and chance.</summary>
    /// <param name="training">The labels that were learnt from.</param>
    public static IReadOnlyList<(string Name, JudgedRows Rows)> Of(JudgedRows judged, IReadOnlyList<float> training, int seed)
    {
        if (!judged.Task.IsClassification)
            return [("mean", Constant(judged, [training.Average(label => (double)label)])), ("median", Constant(judged, [Middle(training)]))];
        var shares = Enumerable.Range(0, judged.Task.Classes.Count).Select(one => training.Count(label => (int)label == one) / (double)training.Count).ToArray();
        var most = Array.IndexOf(shares, shares.Max());
        var random = new Random(seed);
        (string, JudgedRows)[] all =
        [
            ($"always {judged.Task.Classes[most]}", Constant(judged, Sure(judged.Task, most))),
            ("shares of the classes", Constant(judged, judged.Task.Outputs == 1 ? [shares[1]] : shares)),
            ("random, same shares", With(judged, row => Sure(judged.Task, Pick(shares, random.NextDouble())))),
        ];
        return judged.Task.Outputs > 1 || most == 1 ? all : [.. all, ($"always {judged.Task.Classes[1]}", Constant(judged, [1]))];
    }

    /// <summary>
    /// The newest label that was known: of the same group, as old as the lag or older. With the horizon as lag it is persistence, with a day or a
    /// week the seasonal naive forecast. Where nothing was known it is the mean of the training labels.
    /// </summary>
    /// <param name="labels">Of all rows.</param>
    /// <param name="test">Which of them are judged.</param>
    public static JudgedRows Earlier(JudgedRows judged, SplitRows rows, float[] labels, int[] train, int[] test, TimeSpan lag)
    {
        var (times, wait) = (rows.TimesMicros!, lag.Ticks / TimeSpan.TicksPerMicrosecond); // a lag needs times
        var mean = train.Average(row => (double)labels[row]);
        var history = Enumerable.Range(0, rows.Count).GroupBy(row => rows.Groups?[row] ?? 0)
            .ToDictionary(group => group.Key, group => group.OrderBy(row => times[row]).ToArray());
        var keys = history.ToDictionary(pair => pair.Key, pair => pair.Value.Select(row => times[row]).ToArray());
        var at = 0;
        return With(judged, _ =>
        {
            var row = test[at++];
            var group = rows.Groups?[row] ?? 0;
            var place = LastAtOrBefore(keys[group], times[row] - wait);
            return [place < 0 ? mean : labels[history[group][place]]];
        });
    }

    private static int LastAtOrBefore(long[] times, long time)
    {
        var (low, high) = (0, times.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (times[middle] <= time)
                low = middle + 1;
            else
                high = middle;
        }
        return low - 1;
    }

    private static JudgedRows Constant(JudgedRows judged, double[] prediction) => With(judged, _ => prediction);

    private static JudgedRows With(JudgedRows judged, Func<int, double[]> predict) =>
        new(judged.Task, judged.Truth, [.. Enumerable.Range(0, judged.Count).SelectMany(predict)]) { Weights = judged.Weights, Queries = judged.Queries };

    private static double[] Sure(LearningTask task, int one)
    {
        if (task.Outputs == 1)
            return [one];
        var sure = new double[task.Outputs];
        sure[one] = 1;
        return sure;
    }

    private static int Pick(double[] shares, double at)
    {
        for (var one = 0; one < shares.Length; one++)
            if ((at -= shares[one]) < 0)
                return one;
        return Array.FindLastIndex(shares, share => share > 0);
    }

    private static double Middle(IReadOnlyList<float> labels)
    {
        var sorted = labels.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + (double)sorted[sorted.Length / 2]) / 2;
    }
}
