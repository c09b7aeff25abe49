using System.Text.Json.Nodes;
using Dure.Learn.Learners;
using Dure.Learn.Trees;

namespace Dure.Learn.Search;

/// <summary>A parameter that a search may turn.</summary>
/// <param name="Name">As a recipe names it.</param>
/// <param name="IsLog">Whether steps are factors.</param>
/// <param name="IsWhole">Whether only whole numbers make sense.</param>
internal readonly record struct Turn(string Name, double Low, double High, bool IsLog = false, bool IsWhole = false)
{
    /// <summary>The value at a place from 0 to 1.</summary>
    public double At(double place)
    {
        var value = IsLog ? Low * Math.Pow(High / Low, place) : Low + (High - Low) * place;
        return IsWhole ? Math.Round(value) : double.Parse(value.ToString("G4", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>What is tried first, and which parameters may be turned after that.</summary>
internal static class SearchSpace
{
    /// <summary>For each kind of learner the parameters to turn. Ranges are wide enough for tables of 100 to a million rows.</summary>
    private static readonly Dictionary<string, Turn[]> Turns = new(StringComparer.Ordinal)
    {
        [BoostedTreesLearner.Name] =
        [
            new("learningRate", 0.015, 0.2, IsLog: true), new("leaves", 4, 128, IsLog: true, IsWhole: true), new("minRows", 2, 100, IsLog: true, IsWhole: true),
            new("rowShare", 0.5, 1), new("columnShare", 0.25, 1), new("l2", 0.03, 100, IsLog: true),
        ],
    };

    /// <summary>Configurations that are good on many tables, the most useful first.</summary>
    private static readonly (string Kind, string Parameters)[] Portfolio =
    [
        (BoostedTreesLearner.Name, """{"rounds": 1500, "learningRate": 0.05, "rowShare": 0.8, "columnShare": 0.6}"""),
        (BoostedTreesLearner.Name, """{"rounds": 2500, "learningRate": 0.03, "leaves": 12, "minRows": 8, "rowShare": 0.8, "columnShare": 0.4}"""),
        (BoostedTreesLearner.Name, """{"rounds": 1500, "learningRate": 0.05, "leaves": 64, "minRows": 10, "rowShare": 0.8, "columnShare": 0.7, "l2": 10}"""),
        (BoostedTreesLearner.Name, """{"rounds": 2500, "learningRate": 0.05, "leaves": 6, "minRows": 20, "rowShare": 0.9, "columnShare": 0.8}"""),
    ];

    /// <summary>The first candidates for a task: the portfolio, and every other learner that suits with its defaults.</summary>
    public static IEnumerable<Candidate> First(LearningTask task, int views)
    {
        var tuned = Portfolio.Select(entry => Candidate.Of(entry.Kind, 0, (JsonObject)JsonNode.Parse(entry.Parameters)!)).ToList(); // they are objects
        var others = LearnerCatalog.Kinds.Where(kind => Portfolio.All(entry => entry.Kind != kind)).Select(LearnerCatalog.Default)
            .Where(learner => learner.Suits(task)).Select(learner => new Candidate(learner, 0)).ToList();
        yield return tuned[0];
        for (var view = 1; view < views; view++)
            yield return tuned[0] with { View = view };
        foreach (var other in others)
            yield return other;
        foreach (var next in tuned.Skip(1))
            yield return next;
    }

    public static IReadOnlyList<Turn> Of(string kind) => Turns.GetValueOrDefault(kind) ?? [];

    /// <summary>A candidate at a place: one number from 0 to 1 for each parameter that may be turned.</summary>
    public static Candidate At(Candidate basis, IReadOnlyList<double> place)
    {
        var parameters = LearnerCatalog.Describe(basis.Learner);
        foreach (var (i, turn) in Of(basis.Learner.Kind).Index())
            parameters[turn.Name] = turn.IsWhole ? JsonValue.Create((int)turn.At(place[i])) : JsonValue.Create(turn.At(place[i]));
        return Candidate.Of(basis.Learner.Kind, basis.View, parameters);
    }
}
