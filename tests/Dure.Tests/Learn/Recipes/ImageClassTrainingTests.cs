using System.IO.Compression;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;
using Dure.Tests.Datasets;
using Dure.Tests.Learn.Registry;
using Dure.Tests.Learn.Vision;
using Xunit;

namespace Dure.Tests.Learn.Recipes;

/// <summary>From images in folders to a registered classifier whose card says how far each label can be relied on.</summary>
public sealed class ImageClassTrainingTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-test-").FullName;
    private TableNode node = null!; // InitializeAsync sets it

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => node = await TableNode.Open();

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        await node.DisposeAsync();
    }

    [Fact]
    public async Task Each_label_teaches_and_judges_and_the_card_says_what_was_found()
    {
        var version = await Import([.. Of("plain", 40), .. Of("spot", 12), .. Of("turned", 20)]);
        var stages = new List<string>();
        var result = Train(version, Recipe(), progress: stages);
        Assert.Equal((44, 0, 14, 14), (result.Parts.Learnt.Count, result.Parts.Stops.Count, result.Parts.Held.Count, result.Rows.Count));
        Assert.Equal(72, result.Parts.Learnt.Concat(result.Parts.Held).Concat(result.Rows).Distinct().Count());
        Assert.Contains("learning", stages);

        var registry = PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs);
        var model = await registry.Register(result, "test", Cancel);
        var facts = model.Manifest.ImageClasses!; // it is one
        Assert.Equal([("plain", 24, 8, 8), ("spot", 8, 2, 2), ("turned", 12, 4, 4)], facts.Labels.Select(label => (label.Label, label.Learnt, label.Held, label.Judged)));
        Assert.Equal(14, facts.Confusion.Sum(said => said.Sum()));
        Assert.Equal(("macro-f1", "image-classes"), (model.Manifest.Metric, model.Manifest.Learner));
        Assert.True(model.Manifest.Main is { Value.Value: > 0.6 });
        Assert.Contains(model.Manifest.Lines, line => line is { Name: "always plain", LooksAtNothing: true });
        Assert.True(model.Manifest.Interval is { Level: 0.9, Coverage: > 0.7 });
        CardLanguages.SayTheSame(model.Manifest);
        var card = PredictorCard.Markdown(model.Manifest);
        Assert.Contains("which of 3 labels it bears: plain, spot, turned", card, StringComparison.Ordinal);
        Assert.Contains("'always plain', which looks at nothing", card, StringComparison.Ordinal);
        Assert.Contains("there were too few images to promise it of each", card, StringComparison.Ordinal);

        // The fold of the journal gives it again, and what it says is what the training's own model says.
        var again = PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs).TryFind("kinds")!;
        Assert.Equal(model.Version, again.Version);
        Assert.Equal(result.Model.Tell(MadeSurface.OfKind("turned", 901)).Probabilities, registry.ReadClassifier(again).Tell(MadeSurface.OfKind("turned", 901)).Probabilities);
        Assert.NotEmpty(registry.ReadOnnx(again));
        Assert.True(facts.IsBlank(new Raster(80, 80, 1, new byte[6400])));
        Assert.Contains("looks at images", Refused(() => registry.Read(again)).What, StringComparison.Ordinal);
        Assert.Contains("what is strange it does not know", Refused(() => registry.ReadInspection(again)).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_recipe_and_images_give_the_same_version_on_one_thread_and_two()
    {
        var version = await Import([.. Of("plain", 9), .. Of("turned", 9)]);
        var registry = PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs);
        var one = await registry.Register(Train(version, Recipe(epochs: 2), threads: 1), "test", Cancel);
        Assert.Equal(one.Version, (await registry.Register(Train(version, Recipe(epochs: 2), threads: 2), "test", Cancel)).Version);
        Assert.Single(registry.Versions);
        Assert.NotEqual(one.Version, (await registry.Register(Train(version, Recipe(epochs: 2, seed: 2)), "test", Cancel)).Version);
    }

    [Fact]
    public async Task Labels_that_cannot_be_told_are_said_to_be_no_better_than_an_answer_that_looks_at_nothing()
    {
        var version = await Import([.. Enumerable.Range(0, 60).Select(i => ($"{(i * 7919 % 13 < 6 ? "a" : "b")}/{i:000}.png", MadeSurface.Of(i).ToPng()))]);
        var model = await PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs).Register(Train(version, Recipe(epochs: 3)), "test", Cancel);
        Assert.Contains("cannot be told from an answer that looks at nothing", PredictorCard.Markdown(model.Manifest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_label_alone_a_label_with_one_image_and_one_that_is_not_there_are_told()
    {
        var one = await Import([.. Of("plain", 20)]);
        Assert.Contains("nothing to tell apart", Refused(() => Train(one, Recipe())).What, StringComparison.Ordinal);
        var few = await Import([.. Of("plain", 20), .. Of("spot", 1)], "few");
        Assert.Contains("'spot' 1", Refused(() => Train(few, Recipe())).What, StringComparison.Ordinal);
        var mostly = await Import([.. Of("plain", 10), .. Of("turned", 10), .. Of("spot", 1)], "mostly");
        var result = Train(mostly, Recipe(epochs: 1));
        Assert.Equal(["plain", "turned"], result.Model.Labels);
        Assert.Contains(result.Notes, note => note.Contains("'spot' (1)", StringComparison.Ordinal));
        Assert.Contains("'spot' 1", Refused(() => Train(mostly, Recipe(labels: ["plain", "spot"]))).What, StringComparison.Ordinal);
        Assert.Contains("Name some of: plain, spot, turned", Refused(() => Train(mostly, Recipe(labels: ["plain", "crack"]))).Mend, StringComparison.Ordinal);
        Assert.Equal(["plain", "turned"], Train(mostly, Recipe(epochs: 1, labels: ["turned", "plain"])).Model.Labels);
    }

    [Fact]
    public async Task Copies_are_taken_once_and_images_under_two_labels_or_too_small_not_at_all()
    {
        var (plain, turned) = (Of("plain", 10).ToArray(), Of("turned", 10).ToArray());
        var version = await Import([.. plain, .. turned, ("plain/copy.png", plain[0].Bytes), ("turned/torn.png", plain[1].Bytes), ("plain/tiny.png", new Raster(20, 90, 1, new byte[1800]).ToPng())]);
        var result = Train(version, Recipe(epochs: 1));
        Assert.Equal(19, result.Parts.Learnt.Count + result.Parts.Held.Count + result.Rows.Count);
        Assert.Equal(4, result.Notes.Count); // copies, torn, small, and that none says when to stop
        var equal = await Import([.. Enumerable.Range(0, 20).Select(i => ($"{i % 2}/{i}.png", plain[0].Bytes))], "equal");
        Assert.Contains("Too few different images", Refused(() => Train(equal, Recipe())).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_training_ends_and_with_images_enough_some_say_when_to_stop()
    {
        var version = await Import([.. Of("plain", 36), .. Of("turned", 36)]);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var images = node.Catalog.OpenImages(version);
        var stop = new Told(value =>
        {
            if (value.Curve is not null)
                cut.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => ImageClassTraining.Run(Recipe(), version, images, stop, null, 1, cut.Token));
        var result = Train(version, Recipe(epochs: 1));
        Assert.Equal((36, 8, 14, 14), (result.Parts.Learnt.Count, result.Parts.Stops.Count, result.Parts.Held.Count, result.Rows.Count));
        Assert.NotNull(Assert.Single(result.Curve).ValidationLoss);
    }

    [Theory]
    [InlineData("""{"version":2,"kind":"image-classes","name":"a"}""", "version")]
    [InlineData("""{"version":1,"kind":"inspection","name":"a"}""", "kind")]
    [InlineData("""{"version":1,"kind":"image-classes"}""", "name")]
    [InlineData("""{"version":1,"kind":"image-classes","name":"a","sise":64}""", "sise")]
    [InlineData("""{"version":1,"kind":"image-classes","name":"a","size":65}""", "Size")]
    [InlineData("""{"version":1,"kind":"image-classes","name":"a","colour":"red"}""", "colour")]
    [InlineData("""{"version":1,"kind":"image-classes","name":"a","labels":["x"]}""", "labels")]
    [InlineData("""{"version":1,"kind":"image-classes","name":"a","labels":["x","x"]}""", "labels")]
    [InlineData("""{"version":1,"kind":"image-classes","name":"a","labels":["x",null]}""", "labels")]
    [InlineData("""{"version":1,"kind":"image-classes","name":"a","interval":2}""", "Level")]
    public void A_recipe_that_makes_no_sense_is_refused_by_its_member(string text, string member)
    {
        var refused = Refused(() => ImageClassRecipe.Parse(JsonNode.Parse(text)!.AsObject()));
        Assert.Contains(member, refused.Where + refused.What, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_recipe_reads_back_as_it_was_written()
    {
        var recipe = Recipe(labels: ["a", "b"]);
        Assert.Equal(recipe.Write().ToJsonString(), ImageClassRecipe.Parse(recipe.Write()).Write().ToJsonString());
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Of(string kind, int count) => Enumerable.Range(0, count).Select(i => ($"{kind}/{i:000}.png", MadeSurface.OfKind(kind, 100 * kind.Length + i).ToPng()));

    private static ImageClassRecipe Recipe(int epochs = 12, int seed = 1, string[]? labels = null) => ImageClassRecipe.Parse(new JsonObject
    {
        ["version"] = 1, ["kind"] = "image-classes", ["name"] = "kinds", ["size"] = 32, ["width"] = 8, ["epochs"] = epochs, ["seed"] = seed,
        ["labels"] = labels is null ? null : new JsonArray([.. labels.Select(label => JsonValue.Create(label))]),
    });

    private TrainedImageClasses Train(DatasetVersion version, ImageClassRecipe recipe, int threads = 0, List<string>? progress = null)
    {
        using var images = node.Catalog.OpenImages(version);
        return ImageClassTraining.Run(recipe, version, images, progress is null ? null : new Told(value => progress.Add(value.Stage)), null, threads, Cancel);
    }

    private static Problem Refused(Func<object> act) => Assert.Throws<ProblemException>(act).Problem;

    private Task<DatasetVersion> Import(IReadOnlyList<(string Name, byte[] Bytes)> files, string name = "kinds")
    {
        var path = Path.Combine(folder, $"{name}.zip");
        using (var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
            foreach (var file in files)
                using (var entry = zip.CreateEntry(file.Name, CompressionLevel.NoCompression).Open())
                    entry.Write(file.Bytes);
        return node.Import(path, TableNode.Spec(name));
    }

    private sealed class Told(Action<TableProgress> tell) : IProgress<TableProgress>
    {
        public void Report(TableProgress value)
        {
            lock (tell)
                tell(value);
        }
    }
}
