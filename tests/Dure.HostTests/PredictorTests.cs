using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests;

/// <summary>From a table to a model in use: trained by a recipe, cut off and resumed, compared, approved, asked.</summary>
public sealed class PredictorTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-predictor-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_table_becomes_a_model_that_is_compared_approved_and_asked()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        await Import(node, 600);

        Assert.Contains("wear@1", await node.Command(Cancel, "train", "parts", "--target", "wear", "--learner", "boosted-trees"), StringComparison.Ordinal);
        await node.Command(Cancel, "train", "parts", "--target", "wear", "--learner", "linear");

        var models = (await Get(node, "api/v1/predictors"))["predictors"]!.AsArray();
        Assert.Equal(["linear", "boosted-trees"], models.Select(model => (string?)model!["learner"]));
        Assert.Contains("wear 1 is better", (string?)(await Get(node, "api/v1/predictors/compare?a=wear@1&b=wear@2"))["words"], StringComparison.Ordinal);
        var board = (await Get(node, "api/v1/predictors/leaderboards"))["leaderboards"]!.AsArray().Single()!;
        Assert.Equal("boosted-trees", (string?)board["predictors"]![0]!["learner"]);

        await Import(node, 400, "same", seed: 4);
        await Import(node, 400, "worn", seed: 5, torque: 1.5);
        Assert.Null((string?)(await Get(node, "api/v1/predictors/wear@1/drift?dataset=same"))["proposal"]);
        Assert.Contains("Train the model again", await node.Command(Cancel, "model", "drift", "wear@1", "worn"), StringComparison.Ordinal);

        Assert.Equal("urn:dure:loop:no-reason", (string?)(await Post(node, "retrainings", """{"model": "wear@1", "dataset": "same"}"""))["type"]);
        await node.Command(Cancel, "model", "drift", "wear@1", "worn", "--propose");
        var proposal = (await Get(node, "api/v1/retrainings"))["retrainings"]!.AsArray().Single()!;
        var number = proposal["entry"]!.ToString();
        Assert.Contains(number, await node.Command(Cancel, "model", "proposals"), StringComparison.Ordinal);
        Assert.Contains("Send approve or refuse", (string?)(await Post(node, $"retrainings/{number}/answer", """{"answer": "yes", "why": "the tool was changed"}"""))["mend"], StringComparison.Ordinal);
        await node.Command(Cancel, "model", "answer", number, "--approve", "--why", "the tool was changed");
        var answered = (await Get(node, "api/v1/retrainings"))["retrainings"]!.AsArray().Single()!;
        var trained = await End(node, (string)answered["run"]!);
        Assert.Equal("Succeeded", (string?)trained["state"]);
        Assert.Equal((string?)proposal["dataset"], (string?)trained["result"]!["dataset"]);
        // The new model rests on the answer, the answer on the proposal, the proposal on the model that drifted.
        async Task<long[]> refs(JsonNode entry) => [.. (await Get(node, $"api/v1/journal?from={entry}&count=1"))["entries"]![0]!["body"]!["refs"]!.AsArray().Select(one => (long)one!["entry"]!)];
        Assert.Contains((long)answered["answer"]!["entry"]!, await refs(trained["result"]!["entry"]!));
        Assert.Equal([(long)answered["entry"]!], await refs(answered["answer"]!["entry"]!));
        Assert.Contains((long)(await Get(node, "api/v1/predictors/wear@1"))["entry"]!, await refs(answered["entry"]!));

        await node.Command(Cancel, "model", "approve", "wear@1", "--why", "checked by hand on twenty parts");
        Assert.Equal("Approved", (string?)(await Get(node, "api/v1/predictors/wear@1"))["stage"]);
        var card = await node.Client.GetStringAsync("api/v1/predictors/wear@1/card.md", Cancel);
        Assert.Contains("| mean (looks at nothing) |", card, StringComparison.Ordinal);
        Assert.StartsWith("# 모델 카드: wear", await node.Client.GetStringAsync("api/v1/predictors/wear@1/card.md?language=ko", Cancel), StringComparison.Ordinal);

        using var asked = await node.Client.PostAsJsonAsync("api/v1/predictors/wear@1/predictions", new JsonObject { ["rows"] = new JsonArray(new JsonObject { ["speed"] = 0.9, ["torque"] = 0.9, ["line"] = "b" }) }, Cancel);
        var said = (await asked.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["predictions"]![0]!;
        Assert.InRange((double)said["value"]!, 5, 10);
        Assert.InRange((double)said["value"]!, (double)said["low"]!, (double)said["high"]!);
        using var wrong = await node.Client.PostAsJsonAsync("api/v1/predictors/wear@1/predictions", new JsonObject { ["rows"] = new JsonArray(new JsonObject { ["sped"] = 0.9 }) }, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("It takes: ", await wrong.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        using var unknown = await node.Client.PostAsJsonAsync("api/v1/training-runs", new JsonObject { ["dataset"] = "parts", ["detectors"] = new JsonArray("mewma", "oracle") }, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode); // as of all that is named and not there
        Assert.Contains("There is no detector 'oracle'", await unknown.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => node.Command(Cancel, "train", "parts", "--target", "waer"));
        Assert.Contains("There is no column 'waer'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prediction_says_why_and_a_column_called_time_is_no_moment()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        var random = new Random(6);
        var text = new StringBuilder("time,torque,line,wear\n");
        for (var row = 0; row < 300; row++)
        {
            var (time, torque, line) = (10 * random.NextDouble(), random.NextDouble(), "abc"[random.Next(3)]);
            text.Append(CultureInfo.InvariantCulture, $"{time:R},{torque:R},{line},{0.3 * time + torque + (line == 'c' ? 2 : 0) + random.NextDouble():R}\n");
        }
        await Import(node, "drills", text.ToString());
        await node.Command(Cancel, "train", "drills", "--target", "wear", "--learner", "linear");

        var said = await Asked(node, "predictions", """{"rows": [{"time": 7.5, "torque": 0.5, "line": "c"}], "explain": true}""");
        Assert.InRange((double)said["predictions"]![0]!["value"]!, 4.5, 6);
        var why = said["explanation"]!;
        Assert.Equal(("exact", "prediction"), ((string?)why["way"], (string?)why["scale"]));
        Assert.Equal((double)said["predictions"]![0]!["value"]!, (double)why["usual"]! + why["parts"]!.AsArray().Sum(part => (double)part!["adds"]!), 1e-6);
        Assert.Equal(["line", "time", "torque"], why["parts"]!.AsArray().Select(part => (string?)part!["feature"]));
        Assert.Equal("c", (string?)why["parts"]![0]!["value"]);
        var apart = await Asked(node, "predictions", """{"rows": [{"time": 7.5, "torque": 0.5, "line": "c"}], "times": ["2026-03-01T08:00:00Z"]}""");
        Assert.Equal((double)said["predictions"]![0]!["value"]!, (double)apart["predictions"]![0]!["value"]!);

        var told = await node.Command(Cancel, "model", "predict", "wear", "--set", "time=7.5", "--set", "torque=0.5", "--set", "line=c", "--explain");
        Assert.Contains("time = 7.5", told, StringComparison.Ordinal);
        Assert.Contains("Usually it says", told, StringComparison.Ordinal);
        var change = await node.Command(Cancel, "model", "change", "wear", "--set", "time=7.5", "--set", "torque=0.5", "--set", "line=c", "--free", "line,time", "--below", "4");
        Assert.Contains(" instead of c: ", change, StringComparison.Ordinal);
        Assert.Contains("predicted so already", await node.Command(Cancel, "model", "change", "wear", "--set", "time=7.5", "--set", "torque=0.5", "--set", "line=c", "--free", "line", "--below", "9"), StringComparison.Ordinal);
        var along = (await Get(node, "api/v1/predictors/wear/dependence"))["features"]!.AsArray();
        Assert.Equal(["a", "b", "c"], along.Single(one => (string?)one!["feature"] == "line")!["points"]!.AsArray().Select(point => (string?)point!["value"]));
        foreach (var (body, mend) in ((string, string)[])[("""{"rows": [{"time": 1}], "free": ["tiem"], "below": 1}""", "time, torque, line"), ("""{"rows": [{"time": 1}], "below": 1}""", "Send a list of their names"), ("""{"rows": [{"time": 1}], "free": ["time"], "below": 1, "above": 2}""", "Turn them round")])
            Assert.Contains(mend, (string?)(await Asked(node, "changes", body))["mend"], StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => node.Command(Cancel, "model", "predict", "wear", "--set", "time"));
        Assert.Contains("Write signal=value.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Machines_that_ran_until_they_failed_tell_how_long_others_will_last()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        var random = new Random(7);
        var text = new StringBuilder("pump,hour,wear\n");
        for (var pump = 0; pump < 12; pump++)
            for (var hour = 0; hour < 50 + pump; hour++)
                text.Append(CultureInfo.InvariantCulture, $"p{pump},{hour},{(double)hour / (50 + pump) + 0.02 * random.NextDouble():R}\n");
        using (var answer = await node.Client.PostAsync("api/v1/datasets/import?file=pumps.csv&name=pumps&title=Pumps&licence=CC0-1.0&group=pump&time=hour", new StringContent(text.ToString()), Cancel))
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        Assert.Contains("remaining-life@1", await node.Command(Cancel, "train", "pumps", "--remaining-life", "--cap", "40", "--cut-off", "p3", "--learner", "window-network", "--window", "8"), StringComparison.Ordinal);
        var model = await Get(node, "api/v1/predictors/remaining-life@1");
        Assert.Equal(("remaining life, up to 40 rows", "window-network"), ((string?)model["target"], (string?)model["learner"]));

        var rows = new JsonArray([.. Enumerable.Range(0, 60).Select(hour => (JsonNode)new JsonObject { ["wear"] = hour / 60.0 })]);
        using var asked = await node.Client.PostAsJsonAsync("api/v1/predictors/remaining-life@1/predictions", new JsonObject { ["rows"] = rows }, Cancel);
        double[] said = [.. (await asked.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["predictions"]!.AsArray().Select(one => (double)one!["value"]!)];
        Assert.All(said, value => Assert.InRange(value, 0, 40));
        Assert.True(said[10] > 30 && said[59] < 10, $"{said[10]} and {said[59]}");
    }

    [Theory]
    [InlineData("""{"kind": "boosted-trees", "rounds": 12000, "learningRate": 0.005, "patience": 0}""")]
    [InlineData("""{"kind": "neural-network", "epochs": 400, "patience": 0}""")]
    public async Task A_training_cut_off_by_a_kill_goes_on_and_gives_the_model_it_would_have_given(string learner)
    {
        var request = new JsonObject
        {
            ["dataset"] = "parts",
            ["recipe"] = JsonNode.Parse($$"""{"version": 1, "name": "wear", "target": "wear", "learner": {{learner}}}"""),
        };
        string run;
        await using (var node = await NodeProcess.Start(folder, Cancel))
        {
            await Import(node, 3000);
            run = await Ask(node, request);
            // What stands in a request is journalled as it came: a node starts all the same.
            await Post(node, "training-runs", """{"dataset": "parts", "name": "x", "because": "x"}""");
            // A checkpoint is there: some rounds are done, and not all.
            while (Directory.GetFiles(node.Folder, "*.checkpoint", SearchOption.AllDirectories) is [])
            {
                Assert.Contains((string?)(await Get(node, $"api/v1/runs/{run}"))["state"], (string?[])["Queued", "Running"]);
                await Task.Delay(20, Cancel);
            }
            await node.Kill();
        }
        await using var again = await NodeProcess.Start(folder, Cancel);
        var resumed = await End(again, run);
        Assert.Equal(("Succeeded", true), ((string?)resumed["state"], (bool)resumed["resumed"]!));
        var anew = await End(again, await Ask(again, request));
        Assert.Equal((string?)anew["result"]!["version"], (string?)resumed["result"]!["version"]);
        Assert.Single((await Get(again, "api/v1/predictors"))["predictors"]!.AsArray());
        Assert.Empty(Directory.GetFiles(Path.Combine(again.Folder, "training")));
    }

    private static async Task Import(NodeProcess node, int rows, string name = "parts", int seed = 3, double torque = 1)
    {
        var random = new Random(seed);
        var text = new StringBuilder("speed,torque,line,wear\n");
        for (var row = 0; row < rows; row++)
        {
            var (speed, force, line) = (random.NextDouble(), torque * random.NextDouble(), "abc"[random.Next(3)]);
            text.Append(CultureInfo.InvariantCulture, $"{speed:R},{force:R},{line},{10 * speed * force + (line == 'c' ? 2 : 0) + 0.1 * random.NextDouble():R}\n");
        }
        await Import(node, name, text.ToString());
    }

    private static async Task Import(NodeProcess node, string name, string text)
    {
        using var answer = await node.Client.PostAsync($"api/v1/datasets/import?file=parts.csv&name={name}&title=Parts&licence=CC0-1.0", new StringContent(text), Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static Task<JsonObject> Asked(NodeProcess node, string what, string request) => Post(node, $"predictors/wear/{what}", request);

    private static async Task<JsonObject> Post(NodeProcess node, string path, string request)
    {
        using var answer = await node.Client.PostAsync($"api/v1/{path}", new StringContent(request, Encoding.UTF8, "application/json"), Cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
    }

    private static async Task<string> Ask(NodeProcess node, JsonObject request)
    {
        using var answer = await node.Client.PostAsJsonAsync("api/v1/predictor-runs", request, Cancel);
        return (string)(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["id"]!;
    }

    private static async Task<JsonObject> End(NodeProcess node, string run)
    {
        while (true)
        {
            var answer = await Get(node, $"api/v1/runs/{run}");
            if ((string?)answer["state"] is not ("Queued" or "Running"))
                return answer;
            await Task.Delay(50, Cancel);
        }
    }

    private static async Task<JsonObject> Get(NodeProcess node, string path) => (await node.Client.GetFromJsonAsync<JsonObject>(path, Cancel))!;
}
