using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Tests.Learn.Vision;
using Xunit;

namespace Dure.HostTests;

/// <summary>From a folder of images to an inspection in use: by commands and by the API.</summary>
public sealed class InspectionTests : IDisposable
{
    /// <summary>Small enough for a test; what it says of itself is checked, not how good it is.</summary>
    private const string Quick = """{"version": 1, "kind": "inspection", "name": "tiles", "size": 80, "pieces": 256, "epochs": 3, "channels": 16}""";

    private readonly string folder = Directory.CreateTempSubdirectory("dure-inspection-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_folder_of_images_becomes_an_inspection_that_is_shown_images()
    {
        var tiles = Path.Combine(folder, "tiles");
        Fill(Path.Combine(tiles, "good"), 40, null);
        Fill(Path.Combine(tiles, "crack"), 6, (30, 40));
        await using var node = await NodeProcess.Start(folder, Cancel);

        Assert.Contains("46 images", await node.Command(Cancel, "dataset", "import", tiles, "--dry-run"), StringComparison.Ordinal);
        Assert.Empty((await Get(node, "api/v1/datasets"))["datasets"]!.AsArray());
        Assert.Contains("46 images", await node.Command(Cancel, "dataset", "import", tiles, "--name", "tiles"), StringComparison.Ordinal);
        var dataset = await Get(node, "api/v1/datasets/tiles");
        Assert.Equal(("images", 46), ((string?)dataset["kind"], (int)dataset["rows"]!));
        using var asked = await node.Client.PostAsJsonAsync("api/v1/sql", new JsonObject { ["sql"] = "SELECT count(*) FROM dataset_tiles WHERE label = 'crack'" }, Cancel);
        Assert.Equal(6, (int)(await asked.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["rows"]![0]![0]!);
        Assert.Equal(File.ReadAllBytes(Path.Combine(tiles, "crack", "000.png")), await node.Client.GetByteArrayAsync("api/v1/datasets/tiles/images/0", Cancel));
        await node.Command(Cancel, "dataset", "export", "tiles", Path.Combine(folder, "tiles.zip"));
        Assert.Contains((string)dataset["version"]!, await node.Command(Cancel, "dataset", "import", Path.Combine(folder, "tiles.zip"), "--name", "tiles"), StringComparison.Ordinal);

        var recipe = Path.Combine(folder, "recipe.json");
        await File.WriteAllTextAsync(recipe, Quick, Cancel);
        Assert.Contains("tiles@1", await node.Command(Cancel, "train", "tiles", "--inspect", "--recipe", recipe, "--name", "tiles"), StringComparison.Ordinal);
        var model = await Get(node, "api/v1/predictors/tiles");
        Assert.Equal(("inspection", "Candidate", true), ((string?)model["learner"], (string?)model["stage"], (bool)model["proven"]!));
        Assert.Equal(["good", "crack"], model["labels"]!.AsArray().Select(label => (string?)label!["label"]));
        Assert.Contains("inspection", await node.Command(Cancel, "model", "list"), StringComparison.Ordinal);
        Assert.Contains("crack: 6 of 6 found", await node.Command(Cancel, "model", "card", "tiles"), StringComparison.Ordinal);

        var strange = Path.Combine(folder, "strange.png");
        await File.WriteAllBytesAsync(strange, MadeSurface.Of(901, (50, 30)).ToPng(), Cancel);
        var said = await Inspect(node, await File.ReadAllBytesAsync(strange, Cancel));
        Assert.Equal("defect", (string?)said["verdict"]);
        Assert.InRange((double)said["strangest"]!["x"]! * MadeSurface.Side, 42, 58);
        Assert.Equal((int)said["map"]!["width"]! * (int)said["map"]!["height"]!, said["map"]!["values"]!.AsArray().Count);
        Assert.Equal(1.0 / 9, (double)said["share"]!, 3); // none of the eight that set the limit is as strange
        var map = Path.Combine(folder, "map.png");
        Assert.Contains("NOT like the good ones", await node.Command(Cancel, "model", "inspect", "tiles", strange, "--map", map), StringComparison.Ordinal);
        Assert.Equal((MadeSurface.Side, MadeSurface.Side, 3), Raster.Read(await File.ReadAllBytesAsync(map, Cancel)) is var drawn ? (drawn.Width, drawn.Height, drawn.Channels) : default);
        Assert.True((bool)(await Inspect(node, new Raster(80, 80, 1, new byte[6400]).ToPng()))["blank"]!); // a covered lens is no good part

        await node.Command(Cancel, "model", "approve", "tiles", "--why", "beside a person for two weeks");
        Assert.Equal("Approved", (string?)(await Get(node, "api/v1/predictors/tiles"))["stage"]);
    }

    [Fact]
    public async Task What_is_no_image_or_no_model_of_images_is_told_by_name()
    {
        var tiles = Path.Combine(folder, "tiles");
        Fill(tiles, 32, null);
        File.WriteAllText(Path.Combine(tiles, "notes.png"), "no image");
        await using var node = await NodeProcess.Start(folder, Cancel);
        Assert.Contains("notes.png: It is neither PNG nor JPEG", (await Assert.ThrowsAsync<InvalidOperationException>(() => node.Command(Cancel, "dataset", "import", tiles, "--name", "tiles"))).Message, StringComparison.Ordinal);
        await node.Command(Cancel, "dataset", "import", tiles, "--name", "tiles", "--leave-out-broken");
        Assert.Contains("The rows of this dataset are images", await Refused(node, "api/v1/predictor-runs", JsonContent.Create(new JsonObject { ["dataset"] = "tiles", ["recipe"] = JsonNode.Parse("""{"version":1,"name":"x","target":"label"}""") })), StringComparison.Ordinal);

        var recipe = Path.Combine(folder, "recipe.json");
        await File.WriteAllTextAsync(recipe, Quick.Replace("256", "64", StringComparison.Ordinal), Cancel);
        Assert.Contains("nothing proves that it finds defects", await node.Command(Cancel, "train", "tiles", "--recipe", recipe), StringComparison.Ordinal);
        Assert.Contains("image 'a.jpg'", await Refused(node, "api/v1/predictors/tiles/inspections?file=a.jpg", new StringContent("no image")), StringComparison.Ordinal);
        Assert.Contains("32 points across", await Refused(node, "api/v1/predictors/tiles/inspections", new ByteArrayContent(new Raster(9, 9, 1, new byte[81]).ToPng())), StringComparison.Ordinal);
        Assert.Contains("looks at images", await Refused(node, "api/v1/predictors/tiles/predictions", JsonContent.Create(new JsonObject { ["rows"] = new JsonArray(new JsonObject()) })), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await node.Client.GetAsync("api/v1/predictors/tiles/onnx", Cancel)).StatusCode);
    }

    private static void Fill(string folder, int count, (int X, int Y)? spot)
    {
        Directory.CreateDirectory(folder);
        for (var i = 0; i < count; i++)
            File.WriteAllBytes(Path.Combine(folder, $"{i:000}.png"), MadeSurface.Of(i + (spot is null ? 0 : 500), spot).ToPng());
    }

    private static async Task<JsonObject> Inspect(NodeProcess node, byte[] image)
    {
        using var answer = await node.Client.PostAsync("api/v1/predictors/tiles/inspections?file=strange.png", new ByteArrayContent(image), Cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
    }

    private static async Task<string> Refused(NodeProcess node, string path, HttpContent body)
    {
        using var answer = await node.Client.PostAsync(path, body, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        return (string)(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["detail"]!;
    }

    private static async Task<JsonObject> Get(NodeProcess node, string path) => (await node.Client.GetFromJsonAsync<JsonObject>(path, Cancel))!;
}
