using Dure.Kernel;

namespace Dure.Learn.Learners;

/// <summary>What a model says of a row: a number, or how probable each class is.</summary>
/// <param name="Classes">The classes' names, in the order of their numbers; empty: a number is predicted.</param>
public sealed record LearningTask(IReadOnlyList<string> Classes)
{
    public const int MostClasses = 1000;

    /// <summary>A number is predicted.</summary>
    public static LearningTask Regression { get; } = new([]);

    public static LearningTask Classification(IReadOnlyList<string> classes) => classes.Count is >= 2 and <= MostClasses
        ? new(classes)
        : throw new ProblemException("urn:dure:learn:bad-classes", $"The target has {classes.Count} classes.", "target",
            classes.Count < 2 ? "There is nothing to tell apart: give rows of at least two classes." : $"Give at most {MostClasses}, or predict a number instead.");

    public bool IsClassification => Classes.Count > 0;

    /// <summary>Numbers a prediction has: the value; of two classes the probability of the second; of more the probability of each.</summary>
    public int Outputs => Classes.Count > 2 ? Classes.Count : 1;

    public bool Equals(LearningTask? other) => other is not null && Classes.SequenceEqual(other.Classes, StringComparer.Ordinal);

    public override int GetHashCode() => Classes.Count;
}
