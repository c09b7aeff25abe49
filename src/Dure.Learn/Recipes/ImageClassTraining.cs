using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Vision;

namespace Dure.Learn.Recipes;

/// <summary>Everything a training of kinds of images found out, with the model.</summary>
public sealed record TrainedImageClasses
{
    public required DatasetVersion Dataset { get; init; }
    public required ImageClassRecipe Recipe { get; init; }
    public required ImageClassifier Model { get; init; }

    /// <summary>The number of each image's label, by its row; -1: it had no part.</summary>
    public required IReadOnlyList<int> Classes { get; init; }

    public required ImageParts Parts { get; init; }

    /// <summary>Rows that judged, and what was predicted for them.</summary>
    public required IReadOnlyList<int> Rows { get; init; }
    public required JudgedRows Judged { get; init; }

    /// <summary>The labels that were possible of each of them, by their numbers.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Sets { get; init; }

    /// <summary>The figures of the model and of answers that look at nothing.</summary>
    public required Judgement Judgement { get; init; }

    /// <summary>The least and the most width over height of the images that taught.</summary>
    public required (double Least, double Most) Shape { get; init; }

    /// <summary>The least contrast of those.</summary>
    public required double LeastContrast { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }
    public required IReadOnlyList<LearningProgress> Curve { get; init; }
}

/// <summary>
/// Teaches a classifier some of a dataset's images of each label, sets how sure it is by others, and judges it by those that had no part in that. The
/// same recipe and images give the same bytes on any number of threads.
/// </summary>
public sealed class ImageClassTraining
{
    /// <summary>The figure that is to be good: each label counts the same in it.</summary>
    internal const string Metric = "macro-f1";

    /// <summary>Of the images of a label a fifth sets the sets and a fifth judges, of few two at least; of those that teach a fifth says when to stop.</summary>
    private const int Fifth = 5, LeastPart = 2;

    /// <summary>Where a label has fewer images that teach, all of them do: there are none to say when to stop.</summary>
    private const int LeastToStop = 20;

    private const double LearningFrom = 0.05, JudgingFrom = 0.85;

    private static readonly string[] Figures = [Metric, "balanced-accuracy", "accuracy", "log-loss", "brier"];

    private readonly ImageClassRecipe recipe;
    private readonly ImagePack images;
    private readonly TrainingImages known;
    private readonly IProgress<TableProgress>? progress;
    private readonly TrainingCheckpoint? checkpoint;
    private readonly int threads;
    private readonly CancellationToken cancel;
    private readonly List<LearningProgress> curve = [];

    private ImageClassTraining(ImageClassRecipe recipe, ImagePack images, IProgress<TableProgress>? progress, TrainingCheckpoint? checkpoint, int threads, CancellationToken cancel) =>
        (this.recipe, this.images, known, this.progress, this.checkpoint, this.threads, this.cancel) = (recipe, images, new(images, threads, cancel), progress, checkpoint, threads, cancel);

    /// <param name="images">Those of the version.</param>
    /// <param name="checkpoint">Where the training keeps how far it is; null: nowhere.</param>
    /// <param name="threads">At most; 0: one for each core.</param>
    /// <exception cref="ProblemException">There are too few labels or images: says how to mend it.</exception>
    public static TrainedImageClasses Run(ImageClassRecipe recipe, DatasetVersion dataset, ImagePack images, IProgress<TableProgress>? progress, TrainingCheckpoint? checkpoint, int threads, CancellationToken cancel) =>
        new ImageClassTraining(recipe, images, progress, checkpoint, threads, cancel).Run(dataset);

    private TrainedImageClasses Run(DatasetVersion dataset)
    {
        Tell("looking at the images", 0);
        MustHave(recipe.Labels ?? []);
        var (rows, notes) = known.Usable(dataset);
        var labels = Labels(rows, notes);
        var task = LearningTask.Classification(labels);
        int[] classes = [.. images.Labels.Select(label => labels.IndexOf(label))];
        var (parts, judged) = Parts(rows, classes, task.Classes.Count);
        if (parts.Stops.Count == 0)
            notes.Add($"A label has fewer than {LeastToStop} images that teach: none were kept back to say when to stop; it learnt to the end.");
        var looks = new (double Shape, double Contrast)[images.Names.Count];
        var taught = parts.Learnt.ToHashSet();
        var context = new LearningContext { Seed = recipe.Seed, Threads = threads, Cancel = cancel, Checkpoint = checkpoint, Progress = new Teller(this) };
        Tell("learning", LearningFrom);
        var model = ImageClassifier.Train(task, classes, parts, row =>
        {
            var image = known.Read(row);
            if (taught.Contains(row))
                looks[row] = ((double)image.Width / image.Height, Inspection.Contrast(image));
            return image;
        }, recipe.Options, context);

        var truth = Array.ConvertAll(judged, row => (float)classes[row]);
        var predictions = Predictions(model, judged);
        var said = new JudgedRows(task, truth, predictions);
        var baselines = Baselines.Of(said, [.. parts.Learnt.Concat(parts.Stops).Select(row => (float)classes[row])], recipe.Seed);
        return new()
        {
            Dataset = dataset,
            Recipe = recipe,
            Model = model,
            Classes = classes,
            Parts = parts,
            Rows = judged,
            Judged = said,
            Sets = [.. judged.Select((_, i) => model.Sets.Of(task, predictions.AsSpan(i * task.Outputs, task.Outputs)))],
            Judgement = Judging.Of(recipe.Name, said, baselines, [.. Figures.Select(Metrics.Of)], Resampling.Rows(said.Count), recipe.Seed, cancel),
            Shape = (parts.Learnt.Min(row => looks[row].Shape), parts.Learnt.Max(row => looks[row].Shape)),
            LeastContrast = parts.Learnt.Min(row => looks[row].Contrast),
            Notes = notes,
            Curve = curve,
        };
    }

    /// <summary>The labels that are told apart, in ordinal order; one with too few images is left out where the recipe does not ask for it.</summary>
    private List<string> Labels(List<int> rows, List<string> notes)
    {
        var counts = rows.CountBy(row => images.Labels[row], StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        string[] asked = [.. (recipe.Labels ?? images.Labels.Distinct(StringComparer.Ordinal)).Order(StringComparer.Ordinal)];
        var (enough, few) = (asked.Where(isEnough).ToList(), asked.Where(label => !isEnough(label)).ToList());
        if (enough.Count < 2 || (few.Count > 0 && recipe.Labels is not null))
            throw new ProblemException("urn:dure:learn:too-few-images", asked.Length < 2 ? $"All images stand under one label, '{asked[0]}': there is nothing to tell apart." : $"Too few different images have: {TrainingImages.Shown([.. few.Select(label => $"'{label}' {counts.GetValueOrDefault(label)}")])}.",
                "the dataset's labels", asked.Length < 2 ? "Bring images of another label, or learn what is not like these: an inspection." : $"Bring {ImageClassOptions.LeastImages} of each of two labels at least{(recipe.Labels is null ? "" : ", or leave the label out of \"labels\"")}.");
        if (enough.Count > ImageClassOptions.MostLabels)
            throw RecipeText.Bad($"The dataset has {enough.Count} labels.", "labels", $"Name at most {ImageClassOptions.MostLabels} of them.");
        if (few.Count > 0)
            notes.Add($"Left out, for they have fewer than {ImageClassOptions.LeastImages} different images: {TrainingImages.Shown([.. few.Select(label => $"'{label}' ({counts.GetValueOrDefault(label)})")])}. It takes such an image for one of the others.");
        return enough;

        bool isEnough(string label) => counts.GetValueOrDefault(label) >= ImageClassOptions.LeastImages;
    }

    private void MustHave(IReadOnlyList<string> labels)
    {
        var there = images.Labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (labels.FirstOrDefault(label => !there.Contains(label)) is { } missing)
            throw RecipeText.Bad($"There is no label '{missing}'.", "labels", $"Name some of: {TrainingImages.Shown(there)}.");
    }

    /// <summary>Dealt by the seed, label by label, for neighbours in a folder are often the same part.</summary>
    private (ImageParts Parts, int[] Judged) Parts(List<int> rows, int[] classes, int labels)
    {
        var (random, dealt) = (new Random(recipe.Seed), new int[labels][]);
        for (var one = 0; one < labels; one++)
        {
            dealt[one] = [.. rows.Where(row => classes[row] == one)];
            random.Shuffle(dealt[one]);
        }
        static int part(int[] all) => Math.Max(LeastPart, all.Length / Fifth);
        var areStopped = dealt.All(all => all.Length - 2 * part(all) >= LeastToStop);
        int stops(int[] all) => areStopped ? (all.Length - 2 * part(all)) / Fifth : 0;
        int[] some(Func<int[], IEnumerable<int>> of) => [.. dealt.SelectMany(of).Order()];
        return (new(some(all => all.Skip(2 * part(all) + stops(all))), some(all => all.Skip(2 * part(all)).Take(stops(all))), some(all => all.Skip(part(all)).Take(part(all)))), some(all => all.Take(part(all))));
    }

    private double[] Predictions(ImageClassifier model, int[] judged)
    {
        const string stage = "judging on images it has not seen";
        Tell(stage, JudgingFrom);
        var (predictions, done) = (new double[judged.Length * model.Task.Outputs], 0);
        InParallel.For(judged.Length, i =>
        {
            model.Predict(() => known.Read(judged[i]), cancel).CopyTo(predictions, i * model.Task.Outputs);
            Tell(stage, JudgingFrom + (1 - JudgingFrom) * Interlocked.Increment(ref done) / judged.Length);
        }, cancel, threads);
        return predictions;
    }

    private void Tell(string stage, double share)
    {
        cancel.ThrowIfCancellationRequested();
        progress?.Report(new(stage, share));
    }

    private sealed class Teller(ImageClassTraining training) : IProgress<LearningProgress>
    {
        public void Report(LearningProgress value)
        {
            training.curve.Add(value);
            training.progress?.Report(new("learning", LearningFrom + (JudgingFrom - LearningFrom) * value.Step / Math.Max(1, value.Steps), Curve: value));
        }
    }
}
