using System.Reflection;
using System.Runtime.InteropServices;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Explanations;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;

namespace Dure.Learn.Registry;

/// <summary>Writes down what a training found; its files go to blobs on the way.</summary>
internal static class PredictorManifestWriter
{
    private const int MostPoints = 400;

    public static string CodeVersion { get; } = typeof(PredictorManifestWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public static PredictorManifest Write(TableResult result, Func<byte[], PredictorFile> keep)
    {
        var (recipe, rows, predictor) = (result.Recipe, result.Rows, result.Predictor);
        var judged = predictor.Judged(rows, result.Parts.Test, 0, default);
        int[] source = [.. result.Parts.Test.Select(row => rows.Source[row])];
        return new()
        {
            Name = recipe.Name,
            DatasetId = result.Dataset.Id.ToString(),
            DatasetName = result.Dataset.Name,
            Recipe = RecipeText.Write(recipe),
            Target = result.Target,
            TargetUnit = result.TargetUnit,
            Ahead = recipe.Ahead,
            Classes = rows.Task.Classes,
            Learner = predictor.Model.Kind,
            Features = [.. rows.Plan.OwnFeatures.Select(feature => new PredictorFeature(feature.Name, feature.Unit?.ToString(), feature.Reach.Rows + rows.Plan.Window - 1, feature.Reach.Seconds))],
            Split = new(result.Plan.Kind.ToString(), result.Parts.Train.Length, result.Parts.Validation.Length, result.Parts.Test.Length,
                rows.Split.Groups is { } groups ? result.Parts.Test.Select(row => groups[row]).Distinct().Count() : null, result.Parts.Notes),
            Metric = recipe.MetricFor(rows.Task),
            Lines = [.. result.Judgement.Lines.Select(line => new PredictorLine(line.Name, line.LooksAtNothing, [.. line.Values.Select(Figure)]))],
            Interval = new(predictor.Conformal.Level, ManifestFigure.Known(predictor.Conformal.Radius), predictor.Conformal.Rows, result.Coverage, result.Adaptive, predictor.Bands is { } bands ? [.. bands.Bands.Select(band => band.Radius)] : null),
            Threshold = rows.Task is { IsClassification: true, Outputs: 1 } ? predictor.Threshold : null,
            Tried = [.. result.Search?.Tried.Select(tried => new PredictorTried(tried.Number, LearnerCatalog.Describe(tried.Candidate.Learner), tried.Candidate.View, tried.Folds,
                tried.Loss is { } loss ? ManifestFigure.Known(loss) : null, tried.Weight, tried.Refusal)) ?? []],
            Nested = result.Nested is { } nested ? ManifestFigure.Of(nested) : null,
            Curve = [.. Thinned(result.Curve)],
            Importance = [.. result.Importance.Select(one => new PredictorImportance(one.Feature, ManifestFigure.Of(one.Rise)))],
            Notes = [.. rows.Notes, .. result.Leaks, .. result.Judgement.Notes],
            Seed = recipe.Seed,
            CodeVersion = CodeVersion,
            Model = keep(predictor.Write()),
            Onnx = keep(predictor.ToOnnx(recipe.Name).Write()),
            TestPredictions = keep(new TestPredictions(source, judged.Truth, judged.Predictions, Resampling.For(rows.Split, result.Parts.Test).Clusters ?? [.. Enumerable.Range(0, source.Length)]).Write()),
            Reference = keep(result.Reference.Write()),
            Dependence = keep(FeatureDependence.Write(result.Dependences)),
            Task = TaskOf(result, source),
        };
    }

    private static string TaskOf(TableResult result, int[] source)
    {
        var rows = ContentHash.Of(MemoryMarshal.AsBytes<int>(source));
        return $"{result.Dataset.Id}/{result.Target}/{result.Recipe.Ahead}/{result.Rows.Task.Classes.Count}/{rows.Hex[..16]}";
    }

    internal static PredictorFigure Figure(MetricValue value) => new(value.Metric, value.HigherIsBetter, ManifestFigure.Of(value.Value), value.Note);

    internal static IEnumerable<PredictorStep> Thinned(IReadOnlyList<LearningProgress> curve)
    {
        var step = Math.Max(1, (curve.Count + MostPoints - 1) / MostPoints);
        return curve.Where((_, i) => i % step == 0 || i == curve.Count - 1).Select(point => new PredictorStep(point.Step,
            point.TrainingLoss is { } training ? ManifestFigure.Known(training) : null, point.ValidationLoss is { } validation ? ManifestFigure.Known(validation) : null));
    }
}
