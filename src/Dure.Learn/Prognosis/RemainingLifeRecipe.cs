using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Linear;

namespace Dure.Learn.Prognosis;

/// <summary>
/// How remaining life is learnt from machines that ran until they failed. A linear model first makes one signal of all: the health, 1 when much
/// life is left and 0 at the end. Single rows say little in noise, but a sum of all signals can be followed over long windows. Then the features of
/// the signals and of the health are learnt from. How the defaults were chosen: docs/decisions/0009-remaining-useful-life.md.
/// </summary>
public sealed record RemainingLifeRecipe
{
    /// <summary>What the features call the health; signals of the machine must be called otherwise.</summary>
    public const string Health = "health";

    private const int Version = 1;
    private const double LongestLife = 1e9;

    /// <summary>Rows of life beyond which nothing is told apart: a machine that is not worn yet does not show how long it will last.</summary>
    public double MostLife { get; init; } = 130;

    /// <summary>Each so manieth row of a machine is learnt from; neighbours say nearly the same.</summary>
    public int Stride { get; init; } = 3;

    /// <summary>What learns the health of single rows.</summary>
    public LinearLearner Index { get; init; } = new();

    /// <summary>What is computed of the signals and of <see cref="Health"/>; a pattern takes in both.</summary>
    public FeatureSet Features { get; init; } = FeatureSet.Parse(JsonNode.Parse("""
        {
          "version": 1,
          "features": [
            "*",
            { "kind": "ewma", "of": "*", "alpha": [0.3, 0.1] },
            { "kind": "mean", "of": "*", "rows": [10, 30] },
            { "kind": "slope", "of": "*", "rows": 20 },
            { "kind": "sd", "of": "*", "rows": 20 },
            { "kind": "minus", "of": { "kind": "mean", "of": "*", "rows": 10 }, "by": { "kind": "expanding-mean", "of": "*" } },
            { "kind": "count" },
            { "kind": "mean", "of": "health", "rows": [5, 20, 40, 80] },
            { "kind": "ewma", "of": "health", "alpha": [0.05, 0.2] },
            { "kind": "slope", "of": "health", "rows": [15, 30, 60, 120] },
            { "kind": "minus", "of": { "kind": "mean", "of": "health", "rows": 10 }, "by": { "kind": "baseline", "of": "health", "rows": 30 } },
            { "kind": "expanding-mean", "of": "health" },
            { "kind": "min", "of": { "kind": "mean", "of": "health", "rows": 10 }, "rows": 300 },
            { "kind": "lag", "of": { "kind": "mean", "of": "health", "rows": 20 }, "rows": [20, 50] }
          ]
        }
        """)!.AsObject()); // the text is a constant

    /// <summary>What learns the remaining life of the features.</summary>
    public Learner Learner { get; init; } = new BoostedTreesLearner { Rounds = 500, LearningRate = 0.05, Leaves = 16, MaxDepth = 4, RowShare = 0.5, ColumnShare = 0.3 };

    /// <exception cref="ProblemException">Names what makes no sense, and its range.</exception>
    public void Check()
    {
        if (!(MostLife is >= 2 and <= LongestLife))
            throw Bad($"The most life is {MostLife}.", "mostLife", $"Give 2 to {LongestLife} rows.");
        if (Stride is < 1 or > 1000)
            throw Bad($"The stride is {Stride}.", "stride", "Give 1 to 1000 rows.");
        if (Features.Every != 1)
            throw Bad("The features leave out rows.", "features", "Leave 'every' at 1; the stride says which rows are learnt from.");
        if (!Learner.Suits(LearningTask.Regression))
            throw Bad($"'{Learner.Kind}' cannot predict a number.", "learner", "Choose another learner.");
        Index.Check();
        Learner.Check();
    }

    /// <summary>Reads what <see cref="ToJson"/> writes; what is not named has its default.</summary>
    /// <exception cref="ProblemException">A member means nothing, or makes no sense.</exception>
    public static RemainingLifeRecipe Parse(JsonObject text)
    {
        var recipe = new RemainingLifeRecipe();
        foreach (var (name, member) in text)
            recipe = (name, member) switch
            {
                ("version", _) when FeatureText.WholeNumberOf(member) == Version => recipe,
                ("mostLife", _) when FeatureText.NumberOf(member) is { } life => recipe with { MostLife = life },
                ("stride", _) when FeatureText.WholeNumberOf(member) is { } stride => recipe with { Stride = stride },
                ("index", JsonObject index) when LearnerCatalog.Parse(index) is LinearLearner linear => recipe with { Index = linear },
                ("features", JsonObject features) => recipe with { Features = FeatureSet.Parse(features) },
                ("learner", JsonObject learner) => recipe with { Learner = LearnerCatalog.Parse(learner) },
                _ => throw Bad($"'{name}' means nothing here, or is not of the form that is expected.", "recipe for remaining life", $"It takes: version ({Version}), mostLife, stride, index (a linear learner), features, learner."),
            };
        recipe.Check();
        return recipe;
    }

    /// <summary>The recipe with all that it fixes.</summary>
    public JsonObject ToJson() => new()
    {
        ["version"] = Version,
        ["mostLife"] = MostLife,
        ["stride"] = Stride,
        ["index"] = LearnerCatalog.Describe(Index),
        ["features"] = Features.ToJson(),
        ["learner"] = LearnerCatalog.Describe(Learner),
    };

    internal static ProblemException Bad(string what, string where, string mend) => new("urn:dure:learn:bad-remaining-life", what, where, mend);
}
