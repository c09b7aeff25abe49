using System.Text.Json.Nodes;
using Dure.Learn.Learners;

namespace Dure.Learn.Search;

/// <summary>What is tried: a learner with its parameters, on all columns or on some.</summary>
/// <param name="Learner">As a recipe would name it.</param>
/// <param name="View">Number of the view, that is of the set of columns, that it sees.</param>
public sealed record Candidate(Learner Learner, int View)
{
    /// <summary>The same text for the same candidate.</summary>
    public string Key => $"{View}:{LearnerCatalog.Describe(Learner).ToJsonString()}";

    internal static Candidate Of(string kind, int view, JsonObject parameters)
    {
        var text = (JsonObject)parameters.DeepClone();
        text["kind"] = kind;
        return new(LearnerCatalog.Parse(text), view);
    }
}

/// <summary>A candidate and how it did.</summary>
/// <param name="Number">The order in which it was tried, from 1.</param>
/// <param name="Candidate">What was tried.</param>
/// <param name="Folds">How many folds it was judged by: few when it fell behind early.</param>
/// <param name="Loss">Mean loss over those folds, smaller is better; null when it could not be trained.</param>
/// <param name="Took">Time of its trainings.</param>
/// <param name="Refusal">Why it could not be trained; null when it could.</param>
/// <param name="Weight">Its weight in the ensemble that was chosen; 0 when it has no part in it.</param>
public sealed record Tried(int Number, Candidate Candidate, int Folds, double? Loss, TimeSpan Took, string? Refusal = null, double Weight = 0);
