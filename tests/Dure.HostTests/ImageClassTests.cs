using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Tests.Learn.Vision;
using Xunit;

namespace Dure.HostTests;

/// <summary>From a folder of images to a classifier in use: by commands and by the API.</summary>
public sealed class ImageClassTests : IDisposable
{
    /// <summary>Small enough for a test.</summary>
    internal const string Quick = """{"version": 1, "kind": "image-classes", "name": "kinds", "size": 32, "width": 8, "epochs": 12}""";

    private readonly string folder = Directory.CreateTempSubdirectory("dure-classes-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_folder_of_images_becomes_a_classifier_that_is_shown_images()
    {
        var tiles = Path.Combine(folder, "tiles");
        foreach (var kind in MadeSurface.Kinds)
        {
            Directory.CreateDirectory(Path.Combine(tiles, kind));
            for (var i = 0; i < 20; i++)
                File.WriteAllBytes(Path.Combine(tiles, kind, $"{i:000}.png"), MadeSurface.OfKind(kind, 100 * kind.Length + i).ToPng());
        }
        await using var node = await NodeProcess.Start(folder, Cancel);
        await node.Command(Cancel, "dataset", "import", tiles, "--name", "tiles");
        var recipe = Path.Combine(folder, "recipe.json");
        await File.WriteAllTextAsync(recipe, Quick, Cancel);
        var trained = await node.Command(Cancel, "train", "tiles", "--classify-images", "--recipe", recipe, "--name", "tiles");
        Assert.Contains("tiles@1", trained, StringComparison.Ordinal);
        Assert.Contains("macro-f1", trained, StringComparison.Ordinal);

        var model = (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/predictors/tiles", Cancel))!;
        Assert.Equal(("image-classes", "Candidate"), ((string?)model["learner"], (string?)model["stage"]));
        Assert.Equal(MadeSurface.Kinds, model["labels"]!.AsArray().Select(label => (string?)label!["label"]));
        Assert.Equal(12, model["confusion"]!.AsArray().Sum(said => said!.AsArray().Sum(count => (int)count!)));
        Assert.Contains("which of 3 labels it bears", await node.Command(Cancel, "model", "card", "tiles"), StringComparison.Ordinal);
        Assert.NotEmpty(await node.Client.GetByteArrayAsync("api/v1/predictors/tiles/onnx", Cancel));

        var photo = Path.Combine(folder, "turned.png");
        await File.WriteAllBytesAsync(photo, MadeSurface.OfKind("turned", 901).ToPng(), Cancel);
        var said = await Show(node, await File.ReadAllBytesAsync(photo, Cancel));
        Assert.Equal("turned", (string?)said["label"]);
        Assert.Contains("turned", said["possible"]!.AsArray().Select(label => (string?)label));
        Assert.Equal(1, said["probabilities"]!.AsArray().Sum(one => (double)one!["probability"]!), 2);
        Assert.True((bool)(await Show(node, new Raster(80, 80, 1, new byte[6400]).ToPng()))["blank"]!);
        Assert.Contains("turned.png: turned, probability", await node.Command(Cancel, "model", "inspect", "tiles", photo), StringComparison.Ordinal);
        Assert.Contains("does not say where", (await Assert.ThrowsAsync<InvalidOperationException>(() => node.Command(Cancel, "model", "inspect", "tiles", photo, "--map", photo + ".map"))).Message, StringComparison.Ordinal);
        await node.Command(Cancel, "model", "approve", "tiles", "--why", "beside a person for two weeks");

        // Another of the same images is judged by the same ones, and compared on them.
        await File.WriteAllTextAsync(recipe, Quick.Replace("12", "3", StringComparison.Ordinal), Cancel);
        await node.Command(Cancel, "train", "tiles", "--recipe", recipe, "--name", "tiles");
        Assert.Contains("(12 rows)", await node.Command(Cancel, "model", "compare", "tiles@1", "tiles@2"), StringComparison.Ordinal);

        // What cannot be is told before anything is learnt.
        Assert.Contains("There is no label 'crack'", (await Assert.ThrowsAsync<InvalidOperationException>(() => node.Command(Cancel, "train", "tiles", "--classify-images", "--labels", "plain", "crack"))).Message, StringComparison.Ordinal);
        Assert.Contains("Both an inspection and a classifier", (await Assert.ThrowsAsync<InvalidOperationException>(() => node.Command(Cancel, "train", "tiles", "--classify-images", "--inspect"))).Message, StringComparison.Ordinal);
        using var refused = await node.Client.PostAsJsonAsync("api/v1/predictor-runs", new JsonObject { ["dataset"] = "tiles", ["recipe"] = JsonNode.Parse(Quick.Replace("width", "wide", StringComparison.Ordinal)) }, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Client.GetAsync("models/tiles/drift", Cancel)).StatusCode);
    }

    private static async Task<JsonObject> Show(NodeProcess node, byte[] image)
    {
        using var answer = await node.Client.PostAsync("api/v1/predictors/tiles/inspections?file=photo.png", new ByteArrayContent(image), Cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
    }
}
