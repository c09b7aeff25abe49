using Dure.Datasets;
using Dure.Learn.Drift;
using Dure.Learn.Evaluation;
using Dure.Learn.Explanations;
using Dure.Learn.Learners;
using Dure.Learn.Search;

namespace Dure.Learn.Recipes;

/// <summary>How much worse predictions become when a feature's values are dealt to other rows.</summary>
/// <param name="Rise">Rise of the loss, with its range over repeats; around zero the feature is not needed.</param>
public sealed record FeatureRise(string Feature, Measured Rise);

/// <summary>Everything a training found out, with the model.</summary>
public sealed record TableResult
{
    public required DatasetVersion Dataset { get; init; }
    public required TableRecipe Recipe { get; init; }
    public required TrainingRows Rows { get; init; }
    public required SplitPlan Plan { get; init; }
    public required RowParts Parts { get; init; }
    public required Predictor Predictor { get; init; }

    /// <summary>Figures on test rows, beside answers that look at nothing.</summary>
    public required Judgement Judgement { get; init; }

    /// <summary>What was tried; null where the recipe named the learner.</summary>
    public required SearchResult? Search { get; init; }

    public required IReadOnlyList<LearningProgress> Curve { get; init; }

    /// <summary>On test rows, the most important first; as many as were looked at.</summary>
    public IReadOnlyList<FeatureRise> Importance { get; init; } = [];

    /// <summary>How what is predicted goes with the features that matter most.</summary>
    public IReadOnlyList<FeatureDependence> Dependences { get; init; } = [];

    /// <summary>What looked like a leak and was taken, with the reasons.</summary>
    public IReadOnlyList<string> Leaks { get; init; } = [];

    /// <summary>What is predicted: the column, or the remaining life with its cap.</summary>
    public required string Target { get; init; }

    /// <summary>The unit of the target, where the dataset knows it.</summary>
    public required string? TargetUnit { get; init; }

    /// <summary>How often the interval, or the set of classes, held the truth on test rows; null where nothing was promised.</summary>
    public required double? Coverage { get; init; }

    /// <summary>The same of an interval that follows outcomes; null where rows are not parted by time.</summary>
    public AdaptiveHeld? Adaptive { get; init; }

    /// <summary>The search's own judgement, on folds its choice had not seen; null without a search.</summary>
    public required Measured? Nested { get; init; }

    /// <summary>How the rows to learn from lay, by which drift is told later.</summary>
    public required DriftReference Reference { get; init; }

    public required TimeSpan Duration { get; init; }
}
