using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Evaluation;

/// <summary>What was true of some rows and what was predicted for them.</summary>
public sealed class JudgedRows
{
    private readonly int[]?[] byScore;

    /// <param name="truth">One label a row; of classes their numbers.</param>
    /// <param name="predictions">As <see cref="TableModel"/> gives them: <see cref="LearningTask.Outputs"/> numbers a row.</param>
    /// <exception cref="ProblemException">The lists do not belong together, or a label or prediction is no number.</exception>
    public JudgedRows(LearningTask task, float[] truth, double[] predictions)
    {
        (Task, Truth, Predictions) = (task, truth, predictions);
        if (truth.Length == 0)
            throw Bad("There is no row to judge by.", "Give rows with labels.");
        if (predictions.LongLength != (long)truth.Length * task.Outputs)
            throw Bad($"There are {predictions.LongLength} predicted numbers for {truth.Length} rows of {task.Outputs}.", "Give what the model predicted for these rows.");
        if (Array.FindIndex(truth, label => !float.IsFinite(label) || (task.IsClassification && (label < 0 || label >= task.Classes.Count || label != (int)label))) is >= 0 and var row)
            throw Bad($"The label of row {row} is {truth[row]}.", task.IsClassification ? $"Number the classes 0 to {task.Classes.Count - 1}." : "Leave out rows without a label.");
        if (Array.FindIndex(predictions, value => !double.IsFinite(value)) is >= 0 and var at)
            throw Bad($"The prediction for row {at / task.Outputs} is {predictions[at]}.", "A model that gives no number cannot be judged; look at its inputs.");
        byScore = new int[]?[task.Outputs];
    }

    public LearningTask Task { get; }
    public float[] Truth { get; }
    public double[] Predictions { get; }
    public int Count => Truth.Length;

    /// <summary>How much each row counts, above 0; null: all alike.</summary>
    public double[]? Weights { get; init; }

    /// <summary>The interval that travels with each prediction; null: none.</summary>
    public (double[] Low, double[] High)? Intervals { get; init; }

    /// <summary>The share of rows that the intervals are to hold.</summary>
    public double Nominal { get; init; } = 0.9;

    /// <summary>Of two classes: from which probability on the second is said. Chosen on validation rows, never on these.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>For ranking: which rows are ranked against each other; null: all.</summary>
    public int[]? Queries { get; init; }

    /// <summary>The class that is said of a row.</summary>
    internal int Said(int row)
    {
        if (Task.Outputs == 1)
            return Predictions[row] >= Threshold ? 1 : 0;
        var probabilities = Predictions.AsSpan(row * Task.Outputs, Task.Outputs);
        var best = 0;
        for (var i = 1; i < probabilities.Length; i++)
            if (probabilities[i] > probabilities[best])
                best = i;
        return best;
    }

    /// <summary>How probable a class is said to be.</summary>
    internal double Probability(int row, int ofClass) =>
        Task.Outputs > 1 ? Predictions[row * Task.Outputs + ofClass] : ofClass == 1 ? Predictions[row] : 1 - Predictions[row];

    /// <summary>How far off a prediction is: of numbers the size of the error, of classes one less the probability of the true one.</summary>
    internal double Miss(int row) => Task.IsClassification ? 1 - Probability(row, (int)Truth[row]) : Math.Abs(Truth[row] - Predictions[row]);

    /// <summary>The rows from the highest prediction of an output to the lowest; sorted once for all draws.</summary>
    internal int[] ByScore(int output)
    {
        if (byScore[output] is { } sorted)
            return sorted;
        var order = new int[Count];
        var keys = new double[Count];
        for (var row = 0; row < order.Length; row++)
            (order[row], keys[row]) = (row, -Predictions[row * Task.Outputs + output]);
        Array.Sort(keys, order);
        return byScore[output] = order;
    }

    /// <summary>Each row's own weight.</summary>
    internal double[] OwnWeights()
    {
        var weights = new double[Count];
        Array.Fill(weights, 1);
        Weights?.CopyTo(weights, 0);
        return weights;
    }

    private static ProblemException Bad(string what, string mend) => new("urn:dure:learn:bad-judgement", what, "judged rows", mend);
}
