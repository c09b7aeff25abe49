using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests;

/// <summary>Long work that a crash cut off is done again, and only one node holds a folder.</summary>
public sealed class ResumeTests : IDisposable
{
    private const int RunsAsked = 4;
    private readonly string folder = Directory.CreateTempSubdirectory("dure-resume-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Training_runs_cut_off_by_a_kill_are_done_again_and_give_the_same_model()
    {
        var asked = new List<string>();
        await using (var node = await NodeProcess.Start(folder, Cancel))
        {
            var version = await CutDataset(node);
            for (var i = 0; i < RunsAsked; i++)
                asked.Add(Text(await Post(node, "api/v1/training-runs", new JsonObject { ["dataset"] = version }), "id"));
            await node.Kill();
        }
        await using var again = await NodeProcess.Start(folder, Cancel);
        var ended = new List<JsonObject>();
        foreach (var id in asked)
            ended.Add(await End(again, id));
        Assert.All(ended, run => Assert.Equal("Succeeded", Text(run, "state")));
        Assert.Contains(ended, run => run["resumed"]!.GetValue<bool>());
        Assert.Single(ended.Select(run => Text(run["result"]!, "model")).Distinct());
    }

    [Fact]
    public async Task A_second_node_on_the_same_folder_is_refused_and_told_so()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => NodeProcess.Start(folder, Cancel));
        Assert.Contains("where:", refused.Message, StringComparison.Ordinal);
        Assert.False(node.HasEnded);
    }

    private static async Task<string> CutDataset(NodeProcess node)
    {
        var random = new Random(5);
        await Post(node, "api/v1/signals", new JsonObject
        {
            ["signals"] = new JsonArray([.. Machines().SelectMany(machine => new[] { "A", "B" }.Select(name => new JsonObject { ["id"] = $"{machine}/{name}", ["unit"] = "bar" }))]),
        });
        await Post(node, "api/v1/ingest", new JsonObject
        {
            ["signals"] = new JsonArray([.. Machines().SelectMany(machine => new[] { "A", "B" }.Select(name => new JsonObject
            {
                ["signal"] = $"{machine}/{name}",
                ["times"] = new JsonArray([.. Enumerable.Range(0, 900).Select(row => JsonValue.Create(1_600_000_000_000_000 + row * 1_000_000L))]),
                ["values"] = new JsonArray([.. Enumerable.Range(0, 900).Select(_ => JsonValue.Create(random.NextDouble()))]),
            }))]),
        });
        var run = await Post(node, "api/v1/datasets", new JsonObject { ["name"] = "pumps", ["assets"] = new JsonArray([.. Machines().Select(machine => JsonValue.Create(machine))]) });
        return Text((await End(node, Text(run, "id")))["result"]!, "version");
    }

    private static IEnumerable<string> Machines() => ["plant/pump1", "plant/pump2"];

    private static async Task<JsonObject> End(NodeProcess node, string run)
    {
        while (true)
        {
            var answer = (await node.Client.GetFromJsonAsync<JsonObject>($"api/v1/runs/{run}", Cancel))!;
            if (Text(answer, "state") is not ("Queued" or "Running"))
                return answer;
            await Task.Delay(30, Cancel);
        }
    }

    private static async Task<JsonObject> Post(NodeProcess node, string path, JsonObject body)
    {
        var response = await node.Client.PostAsync(path, JsonContent.Create(body), Cancel);
        var answer = (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        Assert.True(response.IsSuccessStatusCode, answer.ToJsonString());
        return answer;
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
