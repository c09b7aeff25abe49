using System.Text.Json.Serialization;
using Dure.Learn.Tables;

namespace Dure.Learn.Learners;

/// <summary>Rows to learn from, or to judge by.</summary>
public sealed record TableRows(FeatureTable Features, LearningTarget Target)
{
    public int Count => Features.Rows;

    /// <inheritdoc cref="FeatureTable.Take"/>
    public TableRows Take(int[] rows) => new(Features.Take(rows), Target.Take(rows));
}

/// <summary>How far a training is; a curve of these is what a person watches.</summary>
/// <param name="Step">Rounds, epochs or the like done.</param>
/// <param name="Steps">How many there are at most; 0 when not known.</param>
/// <param name="TrainingLoss">Of the rows that are learnt from; null when not computed.</param>
/// <param name="ValidationLoss">Of the validation rows; null without them.</param>
public readonly record struct LearningProgress(int Step, int Steps, double? TrainingLoss, double? ValidationLoss);

/// <summary>What a training is given besides its rows.</summary>
public sealed record LearningContext
{
    /// <summary>Start of every random sequence.</summary>
    public int Seed { get; init; }

    /// <summary>Threads at most; 0: one for each core. No model hangs on it.</summary>
    public int Threads { get; init; }

    public IProgress<LearningProgress>? Progress { get; init; }

    /// <summary>Where a learner that takes long keeps how far it is; null: it begins anew after a fall.</summary>
    public TrainingCheckpoint? Checkpoint { get; init; }

    /// <summary>Set when time is up: a learner that grows step by step ends with what it has; others go on until <see cref="Cancel"/>.</summary>
    public CancellationToken Finish { get; init; }

    public CancellationToken Cancel { get; init; }
}

/// <summary>
/// A way to learn from a table, with its parameters: what a recipe names. The same learner, rows and seed give the same model, byte by byte, on
/// any number of threads.
/// </summary>
public abstract record Learner
{
    /// <summary>The word a recipe uses, such as <c>boosted-trees</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>
    /// Rows of a group that it looks at together, the last of them the one it is asked about; 1: each row by itself. Its tables hold for each of these rows
    /// the same columns, those of the oldest first (<see cref="Features.FeatureSet.Window"/>).
    /// </summary>
    [JsonIgnore]
    public virtual int Window => 1;

    /// <summary>
    /// Whether rows that validate say when a training ends, and only its <see cref="LearningContext.Progress"/> tells when that was: without such rows it is
    /// to be finished there (<see cref="LearningContext.Finish"/>), for left alone it would go on until it knows its rows by heart.
    /// </summary>
    [JsonIgnore]
    public virtual bool EndsByValidation => false;

    /// <exception cref="Kernel.ProblemException">Names the parameter that makes no sense, and its range.</exception>
    public abstract void Check();

    /// <summary>Whether it can do the task at all; a search leaves out what cannot.</summary>
    public virtual bool Suits(LearningTask task) => true;

    /// <summary>The learner with which to train again on more rows, without validation: as long as those trainings found best.</summary>
    /// <param name="models">What it made of a part of the rows, each stopped by validation.</param>
    /// <param name="growth">How many times more rows there are now, 1 or more.</param>
    public virtual Learner Settled(IReadOnlyList<TableModel> models, double growth) => this;

    /// <param name="validation">Rows by which a learner that stops early chooses when; null: it runs to its end.</param>
    /// <exception cref="Kernel.ProblemException">Nothing sensible can be learnt from these rows: says what is wrong with them.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop; trainings ask at least once a second.</exception>
    public abstract TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context);
}
