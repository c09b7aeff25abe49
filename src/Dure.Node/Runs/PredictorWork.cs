using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Evidence;
using Dure.Exchange.Handover;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;
using Dure.Learn.Search;
using Dure.Node.Acting;
using Dure.Node.Hosting;
using Dure.Node.Http;

namespace Dure.Node.Runs;

/// <summary>Trains what a recipe declares on a dataset version and registers it. A run that was cut off goes on from its checkpoint.</summary>
internal sealed class PredictorWork(DatasetCatalog datasets, PredictorRegistry predictors, Obligations obligations, NodeOptions options, TimeProvider time)
{
    public const string Kind = "predictor-training";
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);
    private static readonly TimeSpan CheckpointEvery = TimeSpan.FromSeconds(2);

    public async Task<JsonObject> Run(JsonObject request, RunContext context)
    {
        var dataset = datasets.Find(Requests.Text(request, "dataset"));
        await obligations.ToDerive(dataset.Name, dataset.Entry, context.Cancel);
        var folder = Directory.CreateDirectory(Path.Combine(options.DataPath, "training")).FullName;
        var checkpoint = new TrainingCheckpoint(Path.Combine(folder, context.RunId + ".checkpoint"), CheckpointEvery, time);
        Sweep(folder);
        var text = Recipe(request);
        var model = InspectionRecipe.IsKindOf(text) ? await Inspection(InspectionRecipe.Parse(text), dataset, context, checkpoint)
            : ImageClassRecipe.IsKindOf(text) ? await ImageClasses(ImageClassRecipe.Parse(text), dataset, context, checkpoint)
            : await Predictor(RecipeText.Parse(text), dataset, CauseOf(request), context, checkpoint);
        checkpoint.Clear();
        return PredictorJson.Describe(model);
    }

    private async Task<PredictorVersion> Predictor(TableRecipe recipe, DatasetVersion dataset, EntryRef? because, RunContext context, TrainingCheckpoint checkpoint)
    {
        var table = await datasets.LoadTable(dataset, context.Cancel);
        return await predictors.Register(await Trained(() => TableTraining.Run(recipe, table, time, new Teller(context), checkpoint, 0, context.Cancel), context, checkpoint), context.Actor, context.Cancel, because);
    }

    private async Task<PredictorVersion> Inspection(InspectionRecipe recipe, DatasetVersion dataset, RunContext context, TrainingCheckpoint checkpoint)
    {
        using var images = datasets.OpenImages(dataset);
        var backbone = recipe.Backbone is { } named ? predictors.ReadBackbone(named) : null;
        return await predictors.Register(await Trained(() => InspectionTraining.Run(recipe, dataset, images, backbone, new Teller(context), checkpoint, 0, context.Cancel), context, checkpoint), context.Actor, context.Cancel);
    }

    private async Task<PredictorVersion> ImageClasses(ImageClassRecipe recipe, DatasetVersion dataset, RunContext context, TrainingCheckpoint checkpoint)
    {
        using var images = datasets.OpenImages(dataset);
        return await predictors.Register(await Trained(() => ImageClassTraining.Run(recipe, dataset, images, new Teller(context), checkpoint, 0, context.Cancel), context, checkpoint), context.Actor, context.Cancel);
    }

    private static async Task<TResult> Trained<TResult>(Func<TResult> train, RunContext context, TrainingCheckpoint checkpoint)
    {
        try
        {
            return await Task.Run(train, context.Cancel);
        }
        catch (ProblemException)
        {
            checkpoint.Clear(); // it will not be gone on with
            throw;
        }
    }

    /// <summary>The answer to a proposal that started the training; null: someone asked for it directly.</summary>
    private static EntryRef? CauseOf(JsonObject request) =>
        request[RetrainingHost.Because] is JsonObject cause ? new EntryRef(cause["entry"]!.GetValue<long>(), ContentHash.Parse(cause["hash"]!.GetValue<string>())) : null;

    /// <summary>Removes what trainings left that were cancelled long ago.</summary>
    private void Sweep(string folder)
    {
        foreach (var file in Directory.GetFiles(folder))
            if (time.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(file) > KeptFor)
                File.Delete(file);
    }

    /// <summary>Looks, before a run is queued, whether its recipe is one, and one for such rows.</summary>
    /// <exception cref="ProblemException">It is not; names the member.</exception>
    public static void Check(JsonObject request, DatasetVersion dataset)
    {
        var text = Recipe(request);
        if ((InspectionRecipe.IsKindOf(text) || ImageClassRecipe.IsKindOf(text)) != dataset.HasImages)
            throw dataset.HasImages
                ? Requests.Bad("recipe", "The rows of this dataset are images; such a recipe is for columns.", "Write \"kind\": \"inspection\" or \"kind\": \"image-classes\", or train it with: dure train DATASET --inspect, or --classify-images.")
                : Requests.Bad("recipe", "The rows of this dataset are no images.", "Import a folder or zip file with images, and train that version.");
        if (InspectionRecipe.IsKindOf(text))
            InspectionRecipe.Parse(text);
        else if (ImageClassRecipe.IsKindOf(text))
            ImageClassRecipe.Parse(text);
        else
            RecipeText.Parse(text);
    }

    private static JsonObject Recipe(JsonObject request) => request["recipe"] as JsonObject ?? throw Requests.Bad("recipe", "There is no recipe.", "Send it as an object.");

    /// <summary>Tells how far it is, and keeps the points of the curve and the candidates for those who look on.</summary>
    private sealed class Teller(RunContext context) : IProgress<TableProgress>
    {
        private const int MostPoints = 300;
        private readonly Lock gate = new();
        private readonly List<LearningProgress> curve = [];
        private readonly List<Tried> tried = [];
        private int every = 1, seen;

        public void Report(TableProgress value)
        {
            lock (gate)
            {
                if (value.Curve is { } point && seen++ % every == 0)
                    curve.Add(point);
                if (value.Tried is { } candidate)
                    tried.Add(candidate);
                if (curve.Count > MostPoints)
                {
                    // Half as dense from here on: a long training keeps no more than a page can show.
                    every *= 2;
                    for (var i = curve.Count - 1; i > 0; i -= 2)
                        curve.RemoveAt(i);
                }
                context.Show(Detail);
            }
            context.Report(value.Share, value.Tried is { } one ? $"{value.Stage}: {one.Number} candidates tried" : value.Stage);
        }

        private JsonObject Detail() => Locked(() => new JsonObject
        {
            ["curve"] = new JsonArray([.. curve.Select(point => new JsonObject { ["step"] = point.Step, ["steps"] = point.Steps, ["training"] = Known(point.TrainingLoss), ["validation"] = Known(point.ValidationLoss) })]),
            ["tried"] = new JsonArray([.. tried.Select(one => new JsonObject { ["number"] = one.Number, ["kind"] = one.Candidate.Learner.Kind, ["folds"] = one.Folds, ["loss"] = Known(one.Loss), ["refusal"] = one.Refusal })]),
        });

        private JsonObject Locked(Func<JsonObject> make)
        {
            lock (gate)
                return make();
        }

        private static double? Known(double? loss) => loss is { } value && double.IsFinite(value) ? value : null;
    }
}
