using System.Runtime.InteropServices;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Recipes;
using Dure.Learn.Vision;

namespace Dure.Learn.Registry;

/// <summary>How images of one label fared.</summary>
/// <param name="Learnt">Images that taught, those that said when to stop among them.</param>
/// <param name="Held">That set how sure it is.</param>
/// <param name="Judged">That judged.</param>
/// <param name="Recall">Of the images of the label the share that was told.</param>
/// <param name="Precision">Of the images said to be of it the share that is.</param>
/// <param name="HasOwnSets">Whether there were images enough for a promise for this label alone.</param>
public sealed record ImageLabel(string Label, int Learnt, int Held, int Judged, ManifestFigure Recall, ManifestFigure Precision, bool HasOwnSets);

/// <summary>What makes a predictor a classifier of images.</summary>
public sealed record ImageClassFacts : LearntLook
{
    /// <summary>Points to which images are brought.</summary>
    public required int Size { get; init; }

    public required bool IsColour { get; init; }

    /// <summary>The labels in their order.</summary>
    public required IReadOnlyList<ImageLabel> Labels { get; init; }

    /// <summary>Images that judged: for each true label how often each label was said.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Confusion { get; init; }

    /// <summary>Mean number of labels that are possible of an image.</summary>
    public required double SetSize { get; init; }
}

/// <summary>Writes down what a training of kinds of images found; its files go to blobs on the way.</summary>
internal static class ImageClassManifestWriter
{
    public const string Learner = ImageClassRecipe.Kind, Target = "label";

    public static PredictorManifest Write(TrainedImageClasses result, Func<byte[], PredictorFile> keep)
    {
        var (recipe, model, judged) = (result.Recipe, result.Model, result.Judged);
        int[] rows = [.. result.Rows];
        var hits = result.Sets.Where((set, i) => set.Contains((int)judged.Truth[i])).Count();
        return new()
        {
            Name = recipe.Name,
            DatasetId = result.Dataset.Id.ToString(),
            DatasetName = result.Dataset.Name,
            Recipe = recipe.Write(),
            Target = Target,
            TargetUnit = null,
            Ahead = 0,
            Classes = model.Labels,
            Learner = Learner,
            Features = [],
            Split = new("Random", result.Parts.Learnt.Count + result.Parts.Stops.Count, result.Parts.Held.Count, rows.Length, null, []),
            Metric = ImageClassTraining.Metric,
            Lines = [.. result.Judgement.Lines.Select(line => new PredictorLine(line.Name, line.LooksAtNothing, [.. line.Values.Select(value => Drawn(PredictorManifestWriter.Figure(value), rows.Length))]))],
            Interval = new(model.Sets.Level, ManifestFigure.Known(model.Sets.Radius), model.Sets.Rows, (double)hits / rows.Length),
            Threshold = judged.Task.Outputs == 1 ? judged.Threshold : null,
            Tried = [],
            Nested = null,
            Curve = [.. PredictorManifestWriter.Thinned(result.Curve)],
            Importance = [],
            Notes = [.. result.Notes, .. result.Judgement.Notes],
            Seed = recipe.Seed,
            CodeVersion = PredictorManifestWriter.CodeVersion,
            Model = keep(model.Write()),
            Onnx = keep(model.ToOnnx(recipe.Name).Write()),
            TestPredictions = keep(new TestPredictions(rows, judged.Truth, judged.Predictions, [.. Enumerable.Range(0, rows.Length)]).Write()),
            Reference = null,
            Task = $"{result.Dataset.Id}/{Target}/{ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', model.Labels))).Hex[..16]}/{ContentHash.Of(MemoryMarshal.AsBytes<int>(rows)).Hex[..16]}",
            ImageClasses = Facts(result),
        };
    }

    private static ImageClassFacts Facts(TrainedImageClasses result)
    {
        var (model, confusion) = (result.Model, Confusion.Of(result.Judged));
        int[] all = [.. Enumerable.Range(0, model.Labels.Count)];
        int count(IEnumerable<int> rows, int one) => rows.Count(row => result.Classes[row] == one);
        return new()
        {
            Size = model.Size,
            IsColour = model.IsColour,
            Labels = [.. all.Select(one => new ImageLabel(model.Labels[one], count(result.Parts.Learnt.Concat(result.Parts.Stops), one), count(result.Parts.Held, one), (int)confusion.True(one),
                ManifestFigure.Share(confusion.Counts[one, one], confusion.True(one)), ManifestFigure.Share(confusion.Counts[one, one], all.Sum(other => confusion.Counts[other, one])), model.Sets.Classes[one].IsKnown))],
            Confusion = [.. all.Select(one => (IReadOnlyList<int>)[.. all.Select(other => (int)confusion.Counts[one, other])])],
            SetSize = result.Sets.Average(set => set.Count),
            LeastShape = result.Shape.Least,
            MostShape = result.Shape.Most,
            LeastContrast = Math.Round(result.LeastContrast, 6),
        };
    }

    /// <summary>
    /// Where all draws give the same, as when all images were told, the draws say nothing of how far off the figure may be; what so many hits of so many
    /// say of it does, for a mean share is 1 only where each is.
    /// </summary>
    private static PredictorFigure Drawn(PredictorFigure figure, int images) => figure switch
    {
        { Metric: ImageClassTraining.Metric or "balanced-accuracy" or "accuracy", Value: { Value: 1, Low: 1 } } => figure with { Value = ManifestFigure.Share(images, images), Note = $"All were told; the interval is that of {images} hits of {images}." },
        { Value: { Low: { } low, High: { } high } } when low == high => figure with { Value = figure.Value with { Low = null, High = null }, Note = "All draws give the same: they cannot say how far off it may be." },
        _ => figure,
    };
}
