using System.Text.Json.Nodes;
using Dure.Learn;
using Dure.Learn.Explanations;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;

namespace Dure.Node.Http;

/// <summary>Predictors as the API tells them.</summary>
internal static class PredictorJson
{
    /// <summary>What a list shows.</summary>
    public static JsonObject Line(PredictorVersion model) => new()
    {
        ["version"] = model.Version.ToString(),
        ["name"] = model.Name,
        ["number"] = model.Number,
        ["target"] = model.Manifest.Target,
        ["learner"] = model.Manifest.Learner,
        ["dataset"] = model.Manifest.DatasetId,
        ["stage"] = model.Stage.ToString(),
        ["metric"] = model.Manifest.Metric,
        ["figure"] = Figure(model.Manifest.Main),
        ["task"] = model.Manifest.Task,
        ["registeredAt"] = model.Entry.Time,
    };

    /// <summary>Everything that is shown of one.</summary>
    public static JsonObject Describe(PredictorVersion model)
    {
        var manifest = model.Manifest;
        var all = Line(model);
        all["model"] = model.Version.ToString();
        all["entry"] = model.Entry.Index;
        all["ahead"] = manifest.Ahead;
        all["classes"] = new JsonArray([.. manifest.Classes.Select(name => JsonValue.Create(name))]);
        all["features"] = new JsonArray([.. manifest.Features.Select(feature => JsonValue.Create(feature.Name))]);
        all["split"] = new JsonObject { ["kind"] = manifest.Split.Kind, ["train"] = manifest.Split.Train, ["validation"] = manifest.Split.Validation, ["test"] = manifest.Split.Test };
        all["interval"] = new JsonObject { ["level"] = manifest.Interval.Level, ["radius"] = manifest.Interval.Radius, ["coverage"] = manifest.Interval.Coverage, ["adaptive"] = Adaptive(manifest.Interval.Adaptive) };
        if (manifest.Interval.Radii is { } radii)
            all["interval"]!["radii"] = new JsonArray([.. radii.Select(radius => JsonValue.Create(radius))]);
        all["lines"] = new JsonArray([.. manifest.Lines.Select(line => new JsonObject
        {
            ["name"] = line.Name,
            ["looksAtNothing"] = line.LooksAtNothing,
            ["figures"] = new JsonArray([.. line.Figures.Select(Figure)]),
        })]);
        all["importance"] = new JsonArray([.. manifest.Importance.Select(one => new JsonObject { ["feature"] = one.Feature, ["rise"] = one.Rise.Value })]);
        all["notes"] = new JsonArray([.. manifest.Notes.Select(note => JsonValue.Create(note))]);
        if (manifest.Inspection is { } inspection)
        {
            all["good"] = inspection.Good;
            all["proven"] = inspection.IsProven;
            all["labels"] = new JsonArray([.. inspection.Labels.Select(label => new JsonObject { ["label"] = label.Label, ["images"] = label.Images, ["alarms"] = label.Alarms })]);
        }
        if (manifest.ImageClasses is { } classes)
        {
            all["proven"] = !manifest.IsNoBetterThanGuess;
            all["labels"] = new JsonArray([.. classes.Labels.Select(label => new JsonObject { ["label"] = label.Label, ["images"] = label.Judged, ["learnt"] = label.Learnt, ["recall"] = Share(label.Recall), ["precision"] = Share(label.Precision) })]);
            all["confusion"] = new JsonArray([.. classes.Confusion.Select(said => new JsonArray([.. said.Select(count => JsonValue.Create(count))]))]);
            all["setSize"] = classes.SetSize;
        }
        all["recipe"] = manifest.Recipe.DeepClone();
        return all;
    }

    private static JsonObject Share(ManifestFigure share) => new() { ["value"] = share.Value, ["low"] = share.Low, ["high"] = share.High };

    private static JsonObject? Adaptive(AdaptiveHeld? held) => held is null ? null : new()
    {
        ["coverage"] = held.Coverage,
        ["width"] = held.Width,
        ["fixedWidth"] = held.FixedWidth,
        ["worstTenth"] = held.Worst,
        ["fixedWorstTenth"] = held.FixedWorst,
    };

    /// <summary>What is said of a row.</summary>
    public static JsonObject Said(Prediction prediction) => prediction.Probabilities.Count == 0
        ? new() { ["value"] = prediction.Value, ["low"] = prediction.Low, ["high"] = prediction.High }
        : new() { ["class"] = prediction.Class, ["possible"] = new JsonArray([.. prediction.Classes.Select(name => JsonValue.Create(name))]), ["probabilities"] = new JsonArray([.. prediction.Probabilities.Select(value => JsonValue.Create(value))]) };

    /// <summary>What would have to be otherwise, and what would then be said.</summary>
    public static JsonObject Changed(PredictorChange change) => new()
    {
        ["changes"] = new JsonArray([.. change.Changes.Select(one => new JsonObject
        {
            ["signal"] = one.Signal,
            ["from"] = Value(one.From, one.FromName),
            ["to"] = Value(one.To, one.ToName),
            ["size"] = one.Size,
        })]),
        ["prediction"] = Said(change.Prediction),
        ["likeness"] = change.Likeness,
    };

    /// <summary>How predictions go with a feature.</summary>
    public static JsonObject Dependence(FeatureDependence one) => new()
    {
        ["feature"] = one.Feature,
        ["class"] = one.Class,
        ["points"] = new JsonArray([.. one.Points.Select((point, i) => new JsonObject { ["value"] = Value(point.Value, one.Names.Count > 0 ? one.Names[i] : null), ["mean"] = point.Mean, ["rows"] = point.Count, ["enough"] = point.HasData })]),
    };

    private static JsonNode? Value(float value, string? name) => name is not null ? name : float.IsNaN(value) ? null : value;

    /// <summary>Why a prediction is what it is; of many features the rest as one sum.</summary>
    public static JsonObject Explain(PredictionExplanation why)
    {
        const int most = 50;
        return new()
        {
            ["way"] = why.Way == ExplanationWay.Exact ? "exact" : "sampled",
            ["scale"] = why.Scale switch { PartsScale.Logarithm => "logarithm", PartsScale.LogOdds => "log-odds", _ => "prediction" },
            ["class"] = why.Class,
            ["usual"] = why.Usual,
            ["total"] = why.Total,
            ["parts"] = new JsonArray([.. why.Parts.Take(most).Select(part => new JsonObject
            {
                ["feature"] = part.Feature,
                ["value"] = Value(part.Value, part.Category),
                ["adds"] = part.Adds,
                ["error"] = part.Error,
            })]),
            ["rest"] = why.Parts.Skip(most).Sum(part => part.Adds),
            ["features"] = why.Parts.Count,
        };
    }

    private static JsonObject? Figure(PredictorFigure? figure) => figure is null ? null : new()
    {
        ["metric"] = figure.Metric,
        ["value"] = figure.Value.Value,
        ["low"] = figure.Value.Low,
        ["high"] = figure.Value.High,
        ["higherIsBetter"] = figure.HigherIsBetter,
    };
}
