using System.IO.Compression;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Recipes;
using Dure.Learn.Registry;
using Dure.Learn.Vision;
using Dure.Tests.Datasets;
using Dure.Tests.Learn.Registry;
using Dure.Tests.Learn.Vision;
using Xunit;

namespace Dure.Tests.Learn.Recipes;

/// <summary>From images in folders to a registered inspection whose card says what is proven and what is not.</summary>
public sealed class InspectionTrainingTests : IAsyncLifetime
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
    public async Task Good_images_teach_and_others_judge_and_the_card_says_what_was_found()
    {
        var version = await Import([.. Good(40), .. Bad(8, "crack"), .. Bad(4, "stain")]);
        var stages = new List<string>();
        var result = Train(version, Recipe(), progress: stages);
        Assert.Equal((24, 8, 20), (result.Learnt, result.Held, result.Judged.Count));
        Assert.All(result.Judged, image => Assert.InRange(image.Share, 1.0 / 9, 1)); // of 8, and itself
        Assert.Contains("learning", stages);

        var registry = PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs);
        var model = await registry.Register(result, "test", Cancel);
        var facts = model.Manifest.Inspection!; // it is one
        Assert.Equal([("good", 8), ("crack", 8), ("stain", 4)], facts.Labels.Select(label => (label.Label, label.Images)));
        Assert.InRange(facts.Labels.Skip(1).Sum(label => label.Alarms), 11, 12);
        Assert.True(model.Manifest.Main is { Metric: "auc", Value: { Value: > 0.9, Low: > 0.5 and < 0.95, High: <= 1 } });
        Assert.Equal(["always alarm", "never alarm", "chance"], model.Manifest.Lines.Skip(1).Select(line => line.Name));
        CardLanguages.SayTheSame(model.Manifest);
        var card = PredictorCard.Markdown(model.Manifest);
        Assert.Contains("8 of 8 found", card, StringComparison.Ordinal);
        Assert.Contains("about 1 in 9 good images will be beyond it. 19 would be enough", card, StringComparison.Ordinal);

        // The fold of the journal gives it again, and what it says is what the training's own model says.
        var again = PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs).TryFind("tiles")!;
        Assert.Equal(model.Version, again.Version);
        var seen = registry.ReadInspection(again).Inspect(MadeSurface.Of(901, (50, 30)));
        Assert.Equal(result.Model.Inspect(MadeSurface.Of(901, (50, 30))).Score, seen.Score);
        Assert.True(seen.Score > 1);
        Assert.InRange(seen.Strangest.X * MadeSurface.Side, 42, 58);
        Assert.True(facts.IsBlank(new Raster(80, 80, 1, new byte[6400])));
        Assert.False(facts.IsBlank(MadeSurface.Of(901)));
        Assert.True(facts.HasOtherShape(new Raster(160, 80, 1, new byte[12800])));
        Assert.Contains("looks at images", Assert.Throws<ProblemException>(() => registry.Read(again)).Problem.What, StringComparison.Ordinal);
        Assert.Contains("no form as ONNX", Assert.Throws<ProblemException>(() => registry.ReadOnnx(again)).Problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("positions")]
    [InlineData("patches")]
    [InlineData("taught")]
    public async Task The_same_recipe_and_images_give_the_same_version_on_one_thread_and_two(string method)
    {
        var version = await Import([.. Good(32), .. Bad(3, "crack")]);
        var registry = PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs);
        var one = await registry.Register(Train(version, Recipe(method, pieces: 64), threads: 1), "test", Cancel);
        Assert.Equal(one.Version, (await registry.Register(Train(version, Recipe(method, pieces: 64), threads: 2), "test", Cancel)).Version);
        Assert.Single(registry.Versions);
        Assert.NotEqual(one.Version, (await registry.Register(Train(version, Recipe(method, pieces: 64, seed: 2)), "test", Cancel)).Version);
    }

    [Fact]
    public async Task Without_a_defective_image_it_is_said_that_nothing_proves_it()
    {
        var version = await Import([.. Good(30).Select(image => (image.Name.Replace("good/", "", StringComparison.Ordinal), image.Bytes))]);
        var registry = PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs);
        var model = await registry.Register(Train(version, Recipe(pieces: 64)), "test", Cancel);
        Assert.False(model.Manifest.Inspection!.IsProven);
        Assert.Equal(["false-alarms"], model.Manifest.Own.Figures.Select(figure => figure.Metric));
        Assert.True(model.Manifest.Main is { Value: { High: > 0.3 } }); // 6 images tell little
        Assert.Contains("nothing proves that it finds defects", PredictorCard.Markdown(model.Manifest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_few_and_a_label_that_is_not_there_are_refused_and_images_too_small_left_out()
    {
        var few = await Import([.. Good(29), .. Bad(3, "crack")]);
        Assert.Contains("29 different images", Refused(() => Train(few, Recipe())).What, StringComparison.Ordinal);
        Assert.Contains("Name one of: crack, good", Refused(() => Train(few, Recipe() with { Good = "fine" })).Mend, StringComparison.Ordinal);
        var unnamed = await Import([.. Good(30).Select(image => (image.Name.Replace("good/", "a/", StringComparison.Ordinal), image.Bytes)), .. Bad(1, "b")], "unnamed");
        Assert.Contains("with one of: a, b", Refused(() => Train(unnamed, Recipe())).Mend, StringComparison.Ordinal);
        var small = await Import([.. Good(60), ("good/tiny.png", new Raster(20, 90, 1, new byte[1800]).ToPng())], "small");
        var result = Train(small, Recipe(pieces: 16));
        Assert.Equal(60, result.Learnt + result.Held + result.Judged.Count);
        Assert.Contains("fewer than 32 points", Assert.Single(result.Notes), StringComparison.Ordinal);
        Assert.Equal(1, node.Find(small, "width", QualityKinds.SmallImages)?.Numbers["images"]);
    }

    [Fact]
    public async Task Copies_are_taken_once_and_what_stands_under_two_labels_not_at_all()
    {
        var good = Good(35).ToArray();
        var version = await Import([.. good, .. Bad(3, "crack"), ("good/copy.png", good[0].Bytes), ("crack/torn.png", good[1].Bytes)]);
        var result = Train(version, Recipe(pieces: 16));
        Assert.Equal(34, result.Learnt + result.Held + result.Judged.Count(image => image.Label == "good"));
        Assert.Equal(3, result.Judged.Count(image => image.Label == "crack"));
        Assert.Equal(2, result.Notes.Count);
    }

    [Fact]
    public async Task A_network_of_the_users_gives_the_features_and_is_found_again_by_its_hash()
    {
        var version = await Import([.. Good(32), .. Bad(4, "crack")]);
        var registry = PredictorRegistry.Open(node.Node.Journal, node.Node.Blobs);
        var recipe = InspectionRecipe.Parse(new JsonObject
        {
            ["version"] = 1, ["kind"] = "inspection", ["name"] = "tiles", ["channels"] = 8,
            ["backbone"] = new JsonObject { ["file"] = node.Node.Blobs.Put(Filters()).ToString(), ["values"] = new JsonArray("edges"), ["size"] = 80, ["means"] = new JsonArray(0.5), ["spreads"] = new JsonArray(0.2) },
        });
        Assert.Equal(recipe.Write().ToJsonString(), InspectionRecipe.Parse(recipe.Write()).Write().ToJsonString());
        using var images = node.Catalog.OpenImages(version);
        var result = InspectionTraining.Run(recipe, version, images, registry.ReadBackbone(recipe.Backbone!), null, null, 0, Cancel); // it names one
        var model = await registry.Register(result, "test", Cancel);
        Assert.Equal(result.Model.Inspect(MadeSurface.Of(7)).Score, registry.ReadInspection(model).Inspect(MadeSurface.Of(7)).Score);
        Assert.Contains("features are those of the network sha256:", PredictorCard.Markdown(model.Manifest), StringComparison.Ordinal);
        Assert.Equal("urn:dure:learn:bad-backbone", Refused(() => registry.ReadBackbone(recipe.Backbone! with { File = ContentHash.Of([1]) })).Type);
    }

    [Theory]
    [InlineData("""{"version":2,"kind":"inspection","name":"a"}""", "version")]
    [InlineData("""{"version":1,"kind":"inspection"}""", "name")]
    [InlineData("""{"version":1,"kind":"inspection","name":"a","sise":100}""", "sise")]
    [InlineData("""{"version":1,"kind":"inspection","name":"a","size":70}""", "Size")]
    [InlineData("""{"version":1,"kind":"inspection","name":"a","size":1024}""", "size")]
    [InlineData("""{"version":1,"kind":"inspection","name":"a","method":"magic"}""", "method")]
    [InlineData("""{"version":1,"kind":"inspection","name":"a","falseAlarms":2}""", "FalseAlarms")]
    [InlineData("""{"version":1,"kind":"inspection","name":"a","backbone":{"file":"x"}}""", "backbone")]
    public void A_recipe_that_makes_no_sense_is_refused_by_its_member(string text, string member)
    {
        var refused = Refused(() => InspectionRecipe.Parse(JsonNode.Parse(text)!.AsObject()));
        Assert.Contains(member, refused.Where + refused.What, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_map_colours_what_is_strange_and_leaves_the_rest()
    {
        var picture = MapPicture.Over(new Raster(8, 4, 1, [.. Enumerable.Repeat((byte)100, 32)]), 2, 1, [0, 2]);
        Assert.Equal([100, 100, 100], picture.Values.Span[..3].ToArray());
        var red = picture.Values.Span[^3..];
        Assert.True(red[0] > 150 && red[1] < 60 && red[2] < 60);
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Good(int count) => Enumerable.Range(0, count).Select(i => ($"good/{i:000}.png", MadeSurface.Of(i).ToPng()));

    private static IEnumerable<(string Name, byte[] Bytes)> Bad(int count, string label) =>
        Enumerable.Range(0, count).Select(i => ($"{label}/{i:000}.png", MadeSurface.Of(500 + 50 * label[0] + i, (20 + 5 * i, 55 - 4 * i)).ToPng()));

    private static InspectionRecipe Recipe(string method = "positions", int pieces = 256, int seed = 1) => InspectionRecipe.Parse(new JsonObject
    {
        ["version"] = 1, ["kind"] = "inspection", ["name"] = "tiles", ["method"] = method, ["size"] = 80, ["pieces"] = pieces, ["epochs"] = pieces < 256 ? 1 : 3, ["memory"] = 100, ["channels"] = 16, ["seed"] = seed,
    });

    private TrainedInspection Train(DatasetVersion version, InspectionRecipe recipe, int threads = 0, List<string>? progress = null)
    {
        using var images = node.Catalog.OpenImages(version);
        return InspectionTraining.Run(recipe, version, images, null, progress is null ? null : new Told(progress), null, threads, Cancel);
    }

    private static Problem Refused(Action act) => Assert.Throws<ProblemException>(act).Problem;

    private static Problem Refused(Func<object> act) => Assert.Throws<ProblemException>(act).Problem;

    private Task<DatasetVersion> Import(IReadOnlyList<(string Name, byte[] Bytes)> files, string name = "tiles")
    {
        var path = Path.Combine(folder, $"{name}.zip");
        using (var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
            foreach (var file in files)
                using (var entry = zip.CreateEntry(file.Name, CompressionLevel.NoCompression).Open())
                    entry.Write(file.Bytes);
        return node.Import(path, TableNode.Spec(name));
    }

    /// <summary>One layer of fixed filters.</summary>
    private static byte[] Filters()
    {
        var (graph, random) = (new GraphBuilder("filters"), new Random(3));
        var x = graph.Input("x", OnnxType.Float, 1, 1, 80, 80);
        float[] weights = [.. Enumerable.Range(0, 8 * 9).Select(_ => random.NextSingle() - 0.5f)];
        var edges = graph.Node("Relu", [graph.Node("Conv", [x, graph.Constant<float>("first", weights, 8, 1, 3, 3)], [OnnxAttribute.Of("pads", (long[])[1, 1, 1, 1]), OnnxAttribute.Of("strides", (long[])[2, 2])])], output: "edges");
        return graph.Output("y", edges, OnnxType.Float, 1, 8, 40, 40).Build().Write();
    }

    private sealed class Told(List<string> stages) : IProgress<TableProgress>
    {
        public void Report(TableProgress value)
        {
            lock (stages)
                stages.Add(value.Stage);
        }
    }
}
