using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Learn.Learners;
using Dure.Learn.Linear;
using Dure.Learn.Trees;
using Dure.Optimize.Bayesian;

namespace Dure.Learn.Search;

/// <summary>A parameter that a search may turn, by the name a recipe uses.</summary>
/// <param name="IsSwitch">It is on or off.</param>
/// <param name="IsWhole">It is a whole number.</param>
internal sealed record Turn(SearchAxis Axis, bool IsWhole = false, bool IsSwitch = false)
{
    public string Name => Axis.Name;

    public static Turn Number(string name, double low, double high, bool isLog = false) => new(SearchAxis.Number(name, low, high, isLog));

    public static Turn Whole(string name, int low, int high, bool isLog = false) => new(SearchAxis.Whole(name, low, high, isLog), IsWhole: true);

    public static Turn Switch(string name) => new(SearchAxis.Choice(name, 2), IsSwitch: true);

    /// <summary>The value as a recipe has it; four digits are more than matter.</summary>
    public JsonNode Write(double value) => IsSwitch ? JsonValue.Create(value > 0) : IsWhole ? JsonValue.Create((int)value)
        : JsonValue.Create(double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));

    /// <summary>The place of a learner's value; NaN where it has its own way.</summary>
    public double Read(JsonNode? value) => value is null ? double.NaN : IsSwitch ? (value.GetValue<bool>() ? 1 : 0) : value.GetValue<double>();
}

/// <summary>What is tried first, and which parameters may be turned after that.</summary>
internal static class SearchSpace
{
    /// <summary>For each kind of learner the parameters to turn. Ranges are wide enough for tables of 100 to a million rows.</summary>
    private static readonly Dictionary<string, Turn[]> Turns = new(StringComparer.Ordinal)
    {
        [BoostedTreesLearner.Name] =
        [
            Turn.Number("learningRate", 0.015, 0.2, isLog: true), Turn.Whole("leaves", 4, 128, isLog: true), Turn.Whole("minRows", 2, 100, isLog: true),
            Turn.Number("rowShare", 0.5, 1), Turn.Number("columnShare", 0.25, 1), Turn.Number("l2", 0.03, 100, isLog: true),
        ],
        [RandomForestLearner.Name] = [Turn.Whole("minRows", 1, 30, isLog: true), Turn.Number("columnShare", 0.1, 1), Turn.Switch("extreme")],
        [LinearLearner.Name] = [Turn.Number("l1Share", 0, 1)],
        [LogisticLearner.Name] = [Turn.Number("l1Share", 0, 1)],
    };

    /// <summary>Configurations that are good on many tables, the most useful first.</summary>
    private static readonly (string Kind, string Parameters)[] Portfolio =
    [
        (BoostedTreesLearner.Name, """{"rounds": 1500, "learningRate": 0.05, "rowShare": 0.8, "columnShare": 0.6}"""),
        (BoostedTreesLearner.Name, """{"rounds": 2500, "learningRate": 0.03, "leaves": 12, "minRows": 8, "rowShare": 0.8, "columnShare": 0.4}"""),
        (RandomForestLearner.Name, """{"trees": 300, "extreme": true, "columnShare": 0.6}"""),
        (BoostedTreesLearner.Name, """{"rounds": 1500, "learningRate": 0.05, "leaves": 64, "minRows": 10, "rowShare": 0.8, "columnShare": 0.7, "l2": 10}"""),
        (BoostedTreesLearner.Name, """{"rounds": 2500, "learningRate": 0.05, "leaves": 6, "minRows": 20, "rowShare": 0.9, "columnShare": 0.8}"""),
    ];

    /// <summary>
    /// The first candidates for a task: a straight line or plane, which is there at once and says what more is worth, the first of the portfolio on
    /// each view and the rest of it, then every other learner that suits with its defaults: slower, and what they know helps the others.
    /// </summary>
    public static IEnumerable<Candidate> First(LearningTask task, int views)
    {
        var tuned = Portfolio.Select(entry => Candidate.Of(entry.Kind, 0, (JsonObject)JsonNode.Parse(entry.Parameters)!)).ToList(); // they are objects
        var plain = LearnerCatalog.Default(task.IsClassification ? LogisticLearner.Name : LinearLearner.Name);
        yield return new Candidate(plain, 0);
        for (var view = 0; view < views; view++)
            yield return tuned[0] with { View = view };
        foreach (var next in tuned.Skip(1))
            yield return next;
        foreach (var other in LearnerCatalog.Kinds.Where(kind => kind != tuned[0].Learner.Kind && kind != plain.Kind).Select(LearnerCatalog.Default).Where(learner => learner.Suits(task) && learner.Window == 1))
            yield return new Candidate(other, 0);
    }

    public static IReadOnlyList<Turn> Of(string kind) => Turns.GetValueOrDefault(kind) ?? [];

    /// <summary>A candidate with its parameters turned.</summary>
    /// <param name="point">A value for each parameter that may be turned.</param>
    public static Candidate At(Candidate basis, IReadOnlyList<double> point)
    {
        var parameters = LearnerCatalog.Describe(basis.Learner);
        foreach (var (i, turn) in Of(basis.Learner.Kind).Index())
            parameters[turn.Name] = turn.Write(point[i]);
        return Candidate.Of(basis.Learner.Kind, basis.View, parameters);
    }

    /// <summary>Where a candidate stands among the parameters to turn; null where one has no number.</summary>
    public static double[]? PointOf(Candidate candidate)
    {
        var parameters = LearnerCatalog.Describe(candidate.Learner);
        double[] point = [.. Of(candidate.Learner.Kind).Select(turn => turn.Read(parameters[turn.Name]))];
        return Array.Exists(point, double.IsNaN) ? null : point;
    }
}
