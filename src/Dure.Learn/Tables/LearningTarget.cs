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
}
