using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Dure.Learn.Registry;

/// <summary>What a person must know before using a predictor, after Mitchell et al. (2019), in words of the plant; made from the manifest alone.</summary>
public static class PredictorCard
{
    private const int MostImportant = 10;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static IReadOnlyList<CardSection> Sections(PredictorManifest model) => model.Inspection is { } facts ? InspectionCard.Sections(model, facts) :
    [
        new("What it does",
        [
            $"{(model.IsClassification ? $"Says which of {model.Classes.Count} classes {model.Target} is ({string.Join(", ", model.Classes.Take(20))})" : $"Predicts {model.Target}{Unit(model)}")}{(model.Ahead > 0 ? $", {model.Ahead} rows ahead" : "")}, from {model.Features.Count} feature(s).",
            "It advises people and proposes actions to a guarded gate. It is no safety function and replaces no protective device.",
        ]),
        new("How good it is", [.. HowGood(model)]),
        new("How sure it is", [.. HowSure(model), .. HowAdaptive(model)]),
        new("What it was taught and judged on",
        [
            $"Dataset {model.DatasetName}, version {model.DatasetId}.",
            $"{model.Split.Train:N0} rows to learn from, {model.Split.Validation:N0} to set interval and threshold, {model.Split.Test:N0} to judge by{(model.Split.TestGroups is { } groups ? $" ({groups} whole or partial groups)" : "")}; split: {SplitInWords(model.Split.Kind)}.",
            .. model.Split.Notes,
        ]),
        new("What matters most", model.Importance.Count == 0 ? ["Not looked at."]
            : [.. model.Importance.Take(MostImportant).Select(one => $"{one.Feature}: without it the error rises by {Shown(one.Rise)}.")]),
        new("How it was found", [.. HowFound(model)]),
        new("Know before use",
        [
            .. model.Notes,
            "The figures hold for data like those it was judged on. A new product, tool, season or sensor needs a new look: watch the drift page.",
        ]),
        new("To make it again", [$"Seed {model.Seed}, program {model.CodeVersion}, the dataset version above, and this recipe: `{model.Recipe.ToJsonString()}`"]),
    ];

    public static string Markdown(PredictorManifest model)
    {
        var text = new StringBuilder($"# Model card: {model.Name}\n");
        foreach (var section in Sections(model))
        {
            text.Append($"\n## {section.Title}\n\n");
            foreach (var line in section.Lines)
                text.Append($"- {line}\n");
        }
        text.Append("\n## All figures on rows it has not seen\n\n| | ").AppendJoin(" | ", model.Own.Figures.Select(figure => figure.Metric)).Append(" |\n|---|").Append(string.Concat(model.Own.Figures.Select(_ => "---|"))).Append('\n');
        foreach (var line in model.Lines)
            text.Append($"| {line.Name}{(line.LooksAtNothing ? " (looks at nothing)" : "")} | ")
                .AppendJoin(" | ", model.Own.Figures.Select(figure => line.Figures.FirstOrDefault(one => one.Metric == figure.Metric) is { } one ? Shown(one.Value) : "")).Append(" |\n");
        return text.Append("\n## Recipe\n\n```json\n").Append(model.Recipe.ToJsonString(Indented)).Append("\n```\n").ToString();
    }

    private static IEnumerable<string> HowGood(PredictorManifest model)
    {
        if (model.Main is not { } main)
            yield break;
        yield return $"On {model.Split.Test:N0} rows it had never seen: {main.Metric} {Shown(main.Value)}{(model.IsClassification ? "" : Unit(model))}. The figures in brackets hold the true one in 95 of 100 cases.";
        foreach (var skill in model.Own.Figures.Where(figure => figure.Metric.StartsWith("skill against ", StringComparison.Ordinal) && figure.Value.Value is not null))
            yield return $"Compared with {skill.Metric["skill against ".Length..]}, which looks at nothing, its error is {Percent(skill.Value.Value!.Value)}."; // Where has seen that it is there
        if (model.Own.Figures.FirstOrDefault(figure => figure.Metric.StartsWith("skill against ", StringComparison.Ordinal)) is { Value.Low: <= 0 })
            yield return "**It cannot be told from a guess that looks at nothing. Do not use it.**";
    }

    private static string Percent(double skill) => skill >= 0 ? $"smaller by {skill * 100:0} %" : $"larger by {-skill * 100:0} %";

    private static IEnumerable<string> HowSure(PredictorManifest model)
    {
        if (model.Interval.Radius is not { } radius)
        {
            yield return $"There were too few rows ({model.Interval.Rows}) to promise an interval at {model.Interval.Level:P0}.";
            yield break;
        }
        yield return model.IsClassification
            ? $"With each answer come the classes among which the true one is in {model.Interval.Level:P0} of cases."
            : $"With each prediction comes an interval of ± {radius.ToString("G4", CultureInfo.InvariantCulture)}{Unit(model)} that holds the true value in {model.Interval.Level:P0} of cases.";
        if (model.Interval.Coverage is { } coverage)
            yield return $"On the rows it was judged by it held in {coverage:P1}.{(coverage < model.Interval.Level - 0.05 ? " That is less than promised: those rows differ from the ones it was set by." : "")}";
    }

    private static IEnumerable<string> HowAdaptive(PredictorManifest model)
    {
        if (model.Interval.Adaptive is not { } following)
            yield break;
        var delay = model.Ahead > 1 ? $"{model.Ahead} rows later" : "before the next row";
        yield return $"Where outcomes are told back, the interval follows them. On the same rows, in order of time and with each outcome told {delay}, it held in {following.Coverage:P1}, {Number(following.Width)}{Unit(model)} wide on average; the fixed one is {Number(following.FixedWidth)}{Unit(model)} wide.";
        if (following is { Worst: { } worst, FixedWorst: { } fixedWorst })
            yield return $"In the worst tenth of that time the one that follows held in {worst:P0}, the fixed one in {fixedWorst:P0}.";
    }

    private static IEnumerable<string> HowFound(PredictorManifest model)
    {
        if (model.Tried.Count == 0)
        {
            yield return $"The recipe names the learner: {model.Learner}.";
            yield break;
        }
        yield return $"{model.Tried.Count} candidates were tried; {model.Tried.Count(one => one.Weight > 0)} make up the model.";
        if (model.Nested is { } nested)
            yield return $"The search judged itself at {Shown(nested)} ({model.Metric}) on folds that its choice had not seen.";
        foreach (var tried in model.Tried.Where(one => one.Weight > 0).OrderByDescending(one => one.Weight))
            yield return $"{tried.Weight:P0} {tried.Learner["kind"]}: loss {tried.Loss?.ToString("G4", CultureInfo.InvariantCulture)} over {tried.Folds} folds.";
    }

    private static string SplitInWords(string kind) => kind switch
    {
        "Time" => "by time, the newest rows judge",
        "Group" => "by group, whole machines or batches judge",
        "TimeWithinGroup" => "by time within each machine, the newest rows judge",
        "Blocked" => "in stretches of time, with rows near a judged stretch left out",
        _ => "row by row at random, as the rows stand alone",
    };

    private static string Unit(PredictorManifest model) => model.TargetUnit is { } unit ? $" {unit}" : "";

    private static string Shown(ManifestFigure figure) => figure switch
    {
        { Value: { } value, Low: { } low, High: { } high } => $"{Number(value)} ({Number(low)} to {Number(high)})",
        { Value: { } value } => Number(value),
        _ => "unknown",
    };

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
