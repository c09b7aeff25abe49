using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Vision;

namespace Dure.Learn.Recipes;

/// <summary>An image that judged, and what the model said of it.</summary>
/// <param name="Row">Its row in the dataset.</param>
public sealed record InspectedImage(int Row, string Label, double Score, double Share);

/// <summary>Everything a training of an inspection found out, with the model.</summary>
public sealed record TrainedInspection
{
    public required DatasetVersion Dataset { get; init; }
    public required InspectionRecipe Recipe { get; init; }
    public required Inspection Model { get; init; }
    public required string Good { get; init; }

    /// <summary>Good images that taught, and that set the limit.</summary>
    public required int Learnt { get; init; }
    public required int Held { get; init; }

    /// <summary>Good images that had no part in that, and all others.</summary>
    public required IReadOnlyList<InspectedImage> Judged { get; init; }

    /// <summary>The least and the most width over height of the good images that taught.</summary>
    public required (double Least, double Most) Shape { get; init; }

    /// <summary>The least contrast of those.</summary>
    public required double LeastContrast { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }
    public required IReadOnlyList<LearningProgress> Curve { get; init; }
}

/// <summary>
/// Teaches an inspection some of a dataset's good images, sets its limit by others, and judges it by good ones that had no part in that and by all that
/// are not good. The same recipe and images give the same bytes on any number of threads.
/// </summary>
public sealed class InspectionTraining
{
    /// <summary>Of the good images a fifth sets the limit and a fifth judges; the others teach.</summary>
    private const int Fifth = 5;

    /// <summary>Many more teach little more, and take memory: what is above judges.</summary>
    private const int MostLearnt = 400, MostHeld = 1000;

    private const double LearningFrom = 0.05, JudgingFrom = 0.75;

    private readonly InspectionRecipe recipe;
    private readonly ImagePack images;
    private readonly IProgress<TableProgress>? progress;
    private readonly TrainingCheckpoint? checkpoint;
    private readonly int threads;
    private readonly CancellationToken cancel;
    private readonly List<LearningProgress> curve = [];

    private InspectionTraining(InspectionRecipe recipe, ImagePack images, IProgress<TableProgress>? progress, TrainingCheckpoint? checkpoint, int threads, CancellationToken cancel) =>
        (this.recipe, this.images, this.progress, this.checkpoint, this.threads, this.cancel) = (recipe, images, progress, checkpoint, threads, cancel);

    /// <param name="images">Those of the version.</param>
    /// <param name="backbone">The one that the recipe names; null where it names none.</param>
    /// <param name="checkpoint">Where the training of its network keeps how far it is; null: nowhere.</param>
    /// <param name="threads">At most; 0: one for each core.</param>
    /// <exception cref="ProblemException">There are too few good images, or nobody says which are good: says how to mend it.</exception>
    public static TrainedInspection Run(InspectionRecipe recipe, DatasetVersion dataset, ImagePack images, OnnxBackbone? backbone, IProgress<TableProgress>? progress, TrainingCheckpoint? checkpoint, int threads, CancellationToken cancel) =>
        new InspectionTraining(recipe, images, progress, checkpoint, threads, cancel).Run(dataset, backbone);

    private TrainedInspection Run(DatasetVersion dataset, OnnxBackbone? backbone)
    {
        Tell("looking at the images", 0);
        var good = GoodLabel();
        var known = new TrainingImages(images, threads, cancel);
        var (rows, notes) = known.Usable(dataset);
        var (learnt, held, judged) = Parts(rows, good);
        int[] taught = [.. learnt, .. held];
        var (shapes, contrasts) = (new double[learnt.Length], new double[learnt.Length]);
        var context = new LearningContext { Seed = recipe.Seed, Threads = threads, Cancel = cancel, Checkpoint = checkpoint, Progress = new Teller(this) };
        Tell("learning", LearningFrom);
        var model = Inspection.Train(learnt.Length, held.Length, i =>
        {
            var image = known.Read(taught[i]);
            if (i < shapes.Length)
                (shapes[i], contrasts[i]) = ((double)image.Width / image.Height, Inspection.Contrast(image));
            return image;
        }, recipe.Options with { Backbone = backbone }, context);

        Tell("judging on images it has not seen", JudgingFrom);
        var (said, done) = (new InspectedImage[judged.Length], 0);
        InParallel.For(judged.Length, i =>
        {
            var result = model.Inspect(() => known.Read(judged[i]), cancel);
            said[i] = new(judged[i], images.Labels[judged[i]], result.Score, result.Share);
            Tell("judging on images it has not seen", JudgingFrom + (1 - JudgingFrom) * Interlocked.Increment(ref done) / judged.Length);
        }, cancel, threads);
        return new()
        {
            Dataset = dataset,
            Recipe = recipe,
            Model = model,
            Good = good,
            Learnt = learnt.Length,
            Held = held.Length,
            Judged = said,
            Shape = (shapes.Min(), shapes.Max()),
            LeastContrast = contrasts.Min(),
            Notes = notes,
            Curve = curve,
        };
    }

    private string GoodLabel()
    {
        var labels = images.Labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (recipe.Good is { } named)
            return labels.Contains(named) ? named : throw RecipeText.Bad($"There is no label '{named}'.", "good", $"Name one of: {TrainingImages.Shown(labels)}.");
        return ImagePack.GoodOf(labels) ?? throw RecipeText.Bad("No label says that it is the good one.", "good", $"Write \"good\" with one of: {TrainingImages.Shown(labels)}.");
    }

    private (int[] Learnt, int[] Held, int[] Judged) Parts(List<int> rows, string good)
    {
        // Dealt by the seed, for neighbours in a folder are often the same part.
        int[] dealt = [.. rows.Where(row => images.Labels[row] == good)];
        if (dealt.Length < InspectionOptions.LeastImages)
            throw new ProblemException("urn:dure:learn:too-few-images", $"There are {dealt.Length} different images labelled '{good}'.", "the dataset's good images", $"Bring {InspectionOptions.LeastImages} at least.");
        new Random(recipe.Seed).Shuffle(dealt);
        var held = Math.Min(dealt.Length / Fifth, MostHeld);
        var learnt = Math.Min(dealt.Length - 2 * (dealt.Length / Fifth), MostLearnt);
        int[] judged = [.. dealt.Skip(learnt + held).Concat(rows.Where(row => images.Labels[row] != good)).Order()];
        return ([.. dealt.Take(learnt).Order()], [.. dealt.Skip(learnt).Take(held)], judged);
    }

    private void Tell(string stage, double share)
    {
        cancel.ThrowIfCancellationRequested();
        progress?.Report(new(stage, share));
    }

    private sealed class Teller(InspectionTraining training) : IProgress<LearningProgress>
    {
        public void Report(LearningProgress value)
        {
            training.curve.Add(value);
            training.progress?.Report(new("learning", LearningFrom + (JudgingFrom - 0.1 - LearningFrom) * value.Step / Math.Max(1, value.Steps), Curve: value));
        }
    }
}
