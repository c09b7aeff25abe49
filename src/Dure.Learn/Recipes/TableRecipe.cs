using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Features;
using Dure.Learn.Learners;

namespace Dure.Learn.Recipes;

/// <summary>What a recipe predicts of its target.</summary>
public enum TargetKind
{
    /// <summary>As the column is: a class for categories and yes/no, else a number.</summary>
    AsIs,

    Number,
    Class,
}

/// <summary>
/// A declared training: what is predicted, from which features, by which learner or by a search, and how it is judged. It holds no data and no code;
/// the same recipe, data and seed give the same model.
/// </summary>
public sealed record TableRecipe
{
    public const int FormVersion = 1;

    /// <summary>Name under which the model is registered.</summary>
    public required string Name { get; init; }

    /// <summary>The column that is predicted; of a remaining life only what it is called.</summary>
    public required string Target { get; init; }

    /// <summary>The remaining life of machines is predicted, which needs no column; null: a column is.</summary>
    public RemainingLifeTarget? RemainingLife { get; init; }

    public TargetKind TargetKind { get; init; }

    /// <summary>The target lies so many rows of its group ahead; 0: it stands in the same row, and is then no feature.</summary>
    public int Ahead { get; init; }

    /// <summary>What is computed from the columns; null: they are taken as they are.</summary>
    public FeatureSet? Features { get; init; }

    /// <summary>Columns that must not be learnt from.</summary>
    public IReadOnlyList<string> Leave { get; init; } = [];

    /// <summary>The learner; null: a search finds one.</summary>
    public Learner? Learner { get; init; }

    /// <summary>Time for the search; only where no learner is named.</summary>
    public TimeSpan SearchBudget { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How rows are parted; null: as the data demand, by group, by time within few groups, by time, or at random where rows stand alone.</summary>
    public SplitPlan? Split { get; init; }

    /// <summary>What is to be good; null: root mean square error of numbers, log loss of classes.</summary>
    public string? Metric { get; init; }

    /// <summary>The share of true values that an interval is to hold.</summary>
    public double Interval { get; init; } = 0.9;

    /// <summary>Leaks that are known and taken, by the column or columns, with the reason; the model card prints them.</summary>
    public IReadOnlyDictionary<string, string> Accepted { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public int Seed { get; init; } = 1;

    /// <summary>The name of the figure that is to be good of a task.</summary>
    public string MetricFor(LearningTask task) => Metric ?? (task.IsClassification ? "log-loss" : "rmse");

    /// <exception cref="ProblemException">Names the field that makes no sense.</exception>
    public void Check()
    {
        Must(DatasetSpec.IsName(Name), "name", $"'{Name}' is not a model's name.", "Use 1 to 60 lower-case letters, digits and '-', starting with a letter.");
        Must(!string.IsNullOrWhiteSpace(Target), "target", "No target is named.", "Name the column that is to be predicted.");
        Must(Enum.IsDefined(TargetKind), "targetKind", "It is neither number nor class.", "Say \"asIs\", \"number\" or \"class\".");
        Must(Ahead is >= 0 and <= 1_000_000, "ahead", $"The target lies {Ahead} rows ahead.", "Give 0 to 1,000,000 rows.");
        Must(Leave.Count <= 10_000 && !Leave.Contains(Target, StringComparer.Ordinal), "leave", "The target is to be left out, or too many columns are.", "Name columns that are not to be learnt from; the target never is.");
        Must(SearchBudget >= TimeSpan.FromSeconds(1) && SearchBudget <= TimeSpan.FromDays(7), "search", $"The time for the search is {SearchBudget}.", "Give 1 second to 7 days.");
        Must(Interval is >= 0.5 and <= 0.999, "interval", $"The interval is to hold {Interval} of the values.", "Give 0.5 to 0.999.");
        Must(Accepted.Count <= 1000 && Accepted.Values.All(reason => reason?.Trim().Length >= 15), "accepted", "A leak is taken without a reason.", "Write for each in a sentence why it is none, or why it does not matter.");
        if (RemainingLife is { } life)
        {
            life.Check();
            Must(Ahead == 0, "ahead", "A remaining life is asked for ahead.", "Leave 'ahead' out: a life that is left is told of now.");
            Must(TargetKind != TargetKind.Class, "targetKind", "A remaining life is asked for as a class.", "Leave the kind out: what is left is a number.");
            Must(Split is null or { Kind: SplitKind.Group }, "split", "Rows of one machine would teach and judge, and its end would be known.", "Leave the split out, or write \"kind\": \"group\".");
        }
        if (Metric is not null)
            Metrics.Of(Metric);
        Learner?.Check();
    }

    private static void Must(bool holds, string field, string what, string mend)
    {
        if (!holds)
            throw RecipeText.Bad(what, field, mend);
    }
}
