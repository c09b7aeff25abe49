using Dure.Kernel;
using Dure.Learn.Tables;
using Dure.Learn.Trees;

namespace Dure.Learn.Learners;

/// <summary>What a task asks of its labels, and what it is measured by while it is learnt.</summary>
internal static class TaskTarget
{
    /// <summary>Squared error of a number, deviance of classes.</summary>
    public static BoostingLoss Loss(this LearningTask task) => task switch
    {
        { IsClassification: false } => BoostingLoss.Squared,
        { Outputs: 1 } => BoostingLoss.Logistic,
        _ => BoostingLoss.Classes(task.Outputs),
    };

    /// <exception cref="ProblemException">A label or weight is missing or makes no sense for the task, or only one class is there.</exception>
    public static void CheckFor(this TableRows rows, LearningTask task) => task.Loss().Check(rows.Target, rows.Count);

    /// <exception cref="ProblemException">The validation rows have other columns, or labels that make no sense.</exception>
    public static void CheckFor(this TableRows rows, LearningTask task, TableRows? validation)
    {
        rows.CheckFor(task);
        if (validation is null)
            return;
        if (!validation.Features.Columns.Select(column => column.Name).SequenceEqual(rows.Features.Columns.Select(column => column.Name), StringComparer.Ordinal))
            throw new ProblemException("urn:dure:learn:bad-table", "Its columns are not those of the training rows.", "the validation rows", "Give the same columns in the same order.");
        (task.IsClassification && Array.TrueForAll(validation.Target.Labels, label => label == validation.Target.Labels[0]) ? BoostingLoss.Squared : task.Loss()).Check(validation.Target, validation.Count);
    }

    /// <summary>For learners whose predictions may rise and fall with any column.</summary>
    /// <exception cref="ProblemException">The learner cannot do the task, or cannot keep a direction that a column asks for.</exception>
    public static void MustSuit(this Learner learner, LearningTask task, FeatureTable table)
    {
        if (!learner.Suits(task))
            throw new ProblemException("urn:dure:learn:unsuitable-learner", $"'{learner.Kind}' cannot {(task.IsClassification ? "tell classes apart" : "predict a number")}.", "learner", "Choose another learner, or another target.");
        if (table.Columns.FirstOrDefault(column => column.Monotone != 0) is { } directed)
            throw new ProblemException("urn:dure:learn:unsuitable-learner", $"'{learner.Kind}' cannot promise that the prediction only {(directed.Monotone > 0 ? "rises" : "falls")} with '{directed.Name}'.", "learner", "Choose boosted trees, or leave the column's direction open.");
    }
}
