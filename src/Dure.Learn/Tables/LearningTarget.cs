namespace Dure.Learn.Tables;

/// <summary>What is to be learnt of each row: its label, how much it weighs, and for ranking which rows are compared.</summary>
/// <param name="Labels">One a row; of classes their numbers 0, 1, ….</param>
/// <param name="Weights">One a row, above 0; null: all alike.</param>
/// <param name="Groups">For ranking the number of rows of each group, one after the other.</param>
public sealed record LearningTarget(float[] Labels, float[]? Weights = null, int[]? Groups = null)
{
    /// <summary>The labels and weights of some rows, in the order in which they are named; not for ranking, whose rows belong together.</summary>
    public LearningTarget Take(int[] rows) => Groups is null
        ? new(Array.ConvertAll(rows, row => Labels[row]), Weights is null ? null : Array.ConvertAll(rows, row => Weights[row]))
        : throw new NotSupportedException("Rows of a ranking stay together.");

    /// <summary>Mean and standard deviation of the labels, each with its weight.</summary>
    /// <param name="rounding">A deviation of less than this share of the mean is but rounding of it, and counts as 1: all labels are alike.</param>
    internal (double Mean, double Scale) MeanAndScale(double rounding)
    {
        var (weight, sum, squares) = (0.0, 0.0, 0.0);
        for (var row = 0; row < Labels.Length; row++)
            (weight, sum) = (weight + (Weights?[row] ?? 1), sum + (Weights?[row] ?? 1) * (double)Labels[row]);
        var mean = sum / weight;
        for (var row = 0; row < Labels.Length; row++)
            squares += (Weights?[row] ?? 1) * (Labels[row] - mean) * (Labels[row] - mean);
        var scale = Math.Sqrt(squares / weight);
        return (mean, scale > rounding * Math.Abs(mean) ? scale : 1);
    }
}
