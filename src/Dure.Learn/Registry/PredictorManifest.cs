using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Learn.Recipes;

namespace Dure.Learn.Registry;

/// <summary>A figure of a model, or of an answer that looks at nothing.</summary>
public sealed record PredictorFigure(string Metric, bool HigherIsBetter, ManifestFigure Value, string? Note);

/// <summary>The figures of a model or of an answer that looks at nothing, on the same test rows.</summary>
public sealed record PredictorLine(string Name, bool LooksAtNothing, IReadOnlyList<PredictorFigure> Figures);

/// <summary>A feature the model sees: its name, its unit where one is known, and how far it looks back.</summary>
public sealed record PredictorFeature(string Name, string? Unit, long RowsBack, double SecondsBack);

/// <summary>How the rows were parted.</summary>
public sealed record PredictorSplit(string Kind, int Train, int Validation, int Test, int? TestGroups, IReadOnlyList<string> Notes);

/// <summary>A candidate of the search.</summary>
public sealed record PredictorTried(int Number, JsonObject Learner, int View, int Folds, double? Loss, double Weight, string? Refusal);

/// <summary>A point of the learning curve.</summary>
public sealed record PredictorStep(int Step, double? TrainingLoss, double? ValidationLoss);

/// <summary>The interval that travels with each prediction: what it promises, its half width, and how often it held on test rows.</summary>
/// <param name="Radius">Its half width; of all rows, where those of little and much left differ.</param>
/// <param name="Radii">Of a remaining life the half widths from little left to much; null: it is as wide everywhere.</param>
/// <param name="Adaptive">The same of an interval that follows outcomes as they are told; null where rows are not parted by time.</param>
public sealed record PredictorInterval(double Level, double? Radius, int Rows, double? Coverage, AdaptiveHeld? Adaptive = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<double>? Radii = null);

/// <summary>How much the loss rises when a feature's values are dealt to other rows.</summary>
public sealed record PredictorImportance(string Feature, ManifestFigure Rise);

/// <summary>A file of the model: a blob of the node.</summary>
public sealed record PredictorFile(string Hash, long Bytes);

/// <summary>Everything that makes a predictor's version what it is. It holds no time of training: the same data, recipe and seed give the same bytes,
/// and their hash is the version.</summary>
public sealed record PredictorManifest
{
    public required string Name { get; init; }
    public required string DatasetId { get; init; }
    public required string DatasetName { get; init; }
    public required JsonObject Recipe { get; init; }
    public required string Target { get; init; }
    public required string? TargetUnit { get; init; }
    public required int Ahead { get; init; }

    /// <summary>Empty: a number is predicted.</summary>
    public required IReadOnlyList<string> Classes { get; init; }
    public required string Learner { get; init; }
    public required IReadOnlyList<PredictorFeature> Features { get; init; }
    public required PredictorSplit Split { get; init; }

    /// <summary>The figure that was to be good.</summary>
    public required string Metric { get; init; }
    public required IReadOnlyList<PredictorLine> Lines { get; init; }
    public required PredictorInterval Interval { get; init; }
    public required double? Threshold { get; init; }
    public required IReadOnlyList<PredictorTried> Tried { get; init; }

    /// <summary>What the search's own judgement was, on folds that its choice had not seen; null without a search.</summary>
    public required ManifestFigure? Nested { get; init; }
    public required IReadOnlyList<PredictorStep> Curve { get; init; }
    public required IReadOnlyList<PredictorImportance> Importance { get; init; }

    /// <summary>What a reader should know: rows left out, leaks taken with their reasons, parts that lack a class.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
    public required int Seed { get; init; }

    /// <summary>Version of the program that trained it.</summary>
    public required string CodeVersion { get; init; }
    public required PredictorFile Model { get; init; }

    /// <summary>Null of a model that has no such form.</summary>
    public required PredictorFile? Onnx { get; init; }

    /// <summary>Predictions for the test rows, by which models are compared row by row.</summary>
    public required PredictorFile TestPredictions { get; init; }

    /// <summary>How the rows it learnt from lay, by which drift is told; null of images.</summary>
    public required PredictorFile? Reference { get; init; }

    /// <summary>How what is predicted goes with the features that matter most; null of models that were trained before it was looked at.</summary>
    public PredictorFile? Dependence { get; init; }

    /// <summary>Models with the same text were judged on the same rows of the same target, and may be put in one table.</summary>
    public required string Task { get; init; }

    /// <summary>Of an inspection of images what it is; null of all others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public InspectionFacts? Inspection { get; init; }

    /// <summary>Of a classifier of images what it is; null of all others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImageClassFacts? ImageClasses { get; init; }

    /// <summary>Whether it looks at images, not at rows.</summary>
    [JsonIgnore]
    public bool LooksAtImages => Inspection is not null || ImageClasses is not null;

    [JsonIgnore]
    public bool IsClassification => Classes.Count > 0;

    /// <summary>The model's own line.</summary>
    [JsonIgnore]
    public PredictorLine Own => Lines[0];

    /// <summary>The figure that was to be good, of the model itself.</summary>
    [JsonIgnore]
    public PredictorFigure? Main => Own.Figures.FirstOrDefault(figure => figure.Metric == Metric) ?? (Own.Figures.Count > 0 ? Own.Figures[0] : null);

    /// <summary>Whether that figure, at the worse end of its interval, does not beat what the best answer gets that looks at nothing; without an interval nothing shows it.</summary>
    [JsonIgnore]
    public bool IsNoBetterThanGuess
    {
        get
        {
            if (Main is not { Value: { Low: { } low, High: { } high } } main)
                return true;
            double[] guesses = [.. Lines.Where(line => line.LooksAtNothing).SelectMany(line => line.Figures).Where(figure => figure.Metric == main.Metric).Select(figure => figure.Value.Value ?? double.NaN)];
            return guesses.Any(guess => main.HigherIsBetter ? low <= guess : high >= guess);
        }
    }
}

/// <summary>How far a model is on its way into use.</summary>
public enum ModelStage
{
    /// <summary>Trained; nobody has said anything of it yet.</summary>
    Candidate,

    /// <summary>Someone answers for its use.</summary>
    Approved,

    /// <summary>Not to be used any more.</summary>
    Retired,
}

/// <summary>A registered predictor.</summary>
/// <param name="Manifest">What it is.</param>
/// <param name="Version">SHA-256 of the manifest in canonical JSON; also its name in the blob store.</param>
/// <param name="Number">1 for the first version under its name; for people, never for reference.</param>
/// <param name="Entry">When and by whom it was registered.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="Staged">The entry that says who moved it to that stage, and why; null before anybody did.</param>
public sealed record PredictorVersion(PredictorManifest Manifest, ContentHash Version, int Number, JournalEntry Entry, ModelStage Stage, JournalEntry? Staged = null)
{
    public string Name => Manifest.Name;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PredictorManifest))]
internal sealed partial class PredictorJson : JsonSerializerContext;
