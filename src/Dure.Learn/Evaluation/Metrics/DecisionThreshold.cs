using Dure.Kernel;

namespace Dure.Learn.Evaluation;

/// <summary>From which probability on the second of two classes is said.</summary>
public static class DecisionThreshold
{
    private const int MostTried = 1000;

    /// <summary>The threshold that makes a figure best on validation rows: half way between two probabilities, the middle one of equals.</summary>
    /// <exception cref="ProblemException">There are not two classes, or all rows are of one.</exception>
    public static double Choose(JudgedRows validation, Metric metric)
    {
        if (validation.Task is not { IsClassification: true, Outputs: 1 } || validation.Truth.Distinct().Count() < 2)
            throw new ProblemException("urn:dure:learn:bad-judgement", "A threshold parts two classes; the validation rows do not have two.", "validation rows", "Give rows of both classes.");
        var scores = validation.Predictions.Distinct().Order().ToArray();
        var step = Math.Max(1, scores.Length / MostTried);
        var tried = Enumerable.Range(1, Math.Max(0, scores.Length - 1)).Where(i => i % step == 0).Select(i => (scores[i - 1] + scores[i]) / 2).Prepend(scores[0]).ToArray();
        var own = validation.OwnWeights();
        var values = tried.Select(threshold => metric.Of(new JudgedRows(validation.Task, validation.Truth, validation.Predictions) { Threshold = threshold }, own)).ToArray();
        var best = metric.HigherIsBetter ? values.Max() : values.Min();
        int[] equals = [.. Enumerable.Range(0, tried.Length).Where(i => values[i] == best)];
        return tried[equals[equals.Length / 2]];
    }
}
