using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Learn.Registry;
using Dure.Web.Language;

namespace Dure.Web;

/// <summary>What figures, learners and stages of training are called on pages.</summary>
internal static class LearningWords
{
    private const string Skill = "skill against ", Always = "always ";

    /// <summary>A figure's name; of a skill with the answer it is measured against.</summary>
    public static string Metric(Wording words, string metric) =>
        metric.StartsWith(Skill, StringComparison.Ordinal) ? words.Say("models.skill", Baseline(words, metric[Skill.Length..])) : words.Name("models.metric", metric);

    /// <summary>An answer that looks at nothing.</summary>
    public static string Baseline(Wording words, string name) =>
        name.StartsWith(Always, StringComparison.Ordinal) ? words.Say("models.always", name[Always.Length..]) : words.Name("models.baseline", name);

    /// <summary>The answer that a skill is measured against.</summary>
    public static string SkillOver(Wording words, PredictorFigure skill) => Baseline(words, skill.Metric[Skill.Length..]);

    public static string Learner(Wording words, string kind) => words.Name("models.learner", kind);

    public static string Split(Wording words, string kind) => words.Name("models.split", kind.ToLowerInvariant());

    /// <summary>What a run does now; what stands behind a colon is kept.</summary>
    public static string Stage(Wording words, string message)
    {
        var parts = message.Split(": ", 2);
        var stage = words.Name("models.run.stage", parts[0]);
        return parts.Length == 2 ? $"{stage}: {(parts[1].Split(' ') is [var number, "candidates", ..] ? words.Say("models.run.tried", number) : parts[1])}" : stage;
    }

    /// <summary>How much smaller the model's error is than those of answers that look at nothing.</summary>
    public static IReadOnlyList<PredictorFigure> Skills(PredictorManifest model) => [.. model.Own.Figures.Where(figure => figure.Metric.StartsWith(Skill, StringComparison.Ordinal) && figure.Value.Value is not null)];

    /// <summary>Whether it is better than each of them beyond chance; null when that cannot be told.</summary>
    public static bool? IsBetterThanGuesses(PredictorManifest model) => Skills(model) is { Count: > 0 } skills && skills.All(skill => skill.Value.Low is not null) ? skills.All(skill => skill.Value.Low > 0) : null;

    /// <summary>A share of the error as words: smaller by, or larger by.</summary>
    public static string Smaller(Wording words, double skill) => words.Say(skill >= 0 ? "models.p.smaller" : "models.p.larger", Math.Round(Math.Abs(skill) * 100).ToString(CultureInfo.InvariantCulture));

    /// <summary>A column with its unit; tables write it into the name.</summary>
    public static string Named(string column, string? unit) => unit is { Length: > 0 } && !column.EndsWith(']') && Units.Shown(unit) is { Length: > 0 } shown ? $"{column} [{shown}]" : column;

    /// <summary>A value with the unit of the target.</summary>
    public static string WithUnit(double value, string? unit) => Figures.Number(value) + (unit is { Length: > 0 } ? $" {Units.Shown(unit)}" : "");

    /// <summary>What can be learnt from or predicted in a dataset version.</summary>
    public static IReadOnlyList<TableColumn> Columns(DatasetVersion version) => version.Table is { } table
        ? [.. table.Columns.Where(column => column.Role is TableRole.Feature or TableRole.Target && column.Type is not (TableColumnType.Text or TableColumnType.Time))]
        : [.. version.Columns.Select(column => Plain(column.Name, TableColumnType.Number, TableRole.Feature, column.Unit)), .. version.HasLabels ? [Plain("label", TableColumnType.YesNo, TableRole.Feature, "")] : Array.Empty<TableColumn>()];

    private static TableColumn Plain(string name, TableColumnType type, TableRole role, string unit) => new() { Name = name, Type = type, Role = role, Unit = unit, Missing = 0, Distinct = 0 };

    /// <summary>Truth and prediction of numbers, evenly taken where there are many.</summary>
    public static IReadOnlyList<(double X, double Y)> Dots(this TestPredictions test)
    {
        const int most = 400;
        var step = Math.Max(1, (test.Rows.Length + most - 1) / most);
        return [.. Enumerable.Range(0, test.Rows.Length).Where(row => row % step == 0).Select(row => ((double)test.Truth[row], test.Values[row]))];
    }

    /// <summary>A number of JSON, however it was put there; null where there is none.</summary>
    public static double? Number(JsonNode? node) => node?.GetValueKind() == JsonValueKind.Number ? double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture) : null;
}
