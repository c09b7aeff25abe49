using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests;

/// <summary>Data quality over HTTP from a real node: judged at ingest, judged again from the store, there after kill -9.</summary>
public sealed class SignalQualityTests
{
    private const string Signal = "plant/press1/Pressure";
    private const long Start = 1_750_000_000_000_000;
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Faults_are_told_over_HTTP_and_after_a_kill_as_before()
    {
        var folder = Directory.CreateTempSubdirectory("dure-quality-").FullName;
        try
        {
            JsonObject before;
            await using (var node = await NodeProcess.Start(folder, Cancel))
            {
                await Ingest(node, 0, 2000);
                await Ingest(node, 2060, 4000);
                before = await Get(node, $"api/v1/signals/quality?signal={Signal}");
                await node.Kill();
            }
            var gap = Assert.Single(before["findings"]!.AsArray())!;
            Assert.Equal(("gaps", Start + 1_999_000_000, Start + 2_060_000_000, 60), ((string)gap["kind"]!, (long)gap["from"]!, (long)gap["to"]!, (int)gap["count"]!));
            Assert.All(new[] { "evidence", "cause", "mend" }, words => Assert.NotEqual("", (string)gap[words]!));

            await using var again = await NodeProcess.Start(folder, Cancel);
            await Ingest(again, 4000, 5000);
            var after = await Get(again, $"api/v1/signals/quality?signal={Signal}");
            Assert.DoesNotContain(after["findings"]!.AsArray(), found => (long)found!["from"]! >= Start + 2_060_000_000);
            var stretch = await Get(again, $"api/v1/signals/quality?signal={Signal}&from={Start}&to={Start + 3_000_000_000}");
            Assert.Equal(gap.ToJsonString(), Assert.Single(stretch["findings"]!.AsArray())!.ToJsonString());
            Assert.Equal(Signal, (string)(await Get(again, "api/v1/signals/quality"))["signals"]![0]!["signal"]!);
            Assert.Equal(HttpStatusCode.NotFound, (await again.Client.GetAsync("api/v1/signals/quality?signal=plant/press1/Nothing", Cancel)).StatusCode);
            Assert.Equal(HttpStatusCode.BadRequest, (await again.Client.GetAsync("api/v1/signals/quality?limit=0", Cancel)).StatusCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<JsonObject> Get(NodeProcess node, string path) => (JsonObject)(await node.Client.GetFromJsonAsync<JsonNode>(path, Cancel))!;

    private static async Task Ingest(NodeProcess node, int from, int to)
    {
        var registered = await node.Client.PostAsync("api/v1/signals", JsonContent.Create(new JsonObject { ["signals"] = new JsonArray(new JsonObject { ["id"] = Signal, ["unit"] = "bar" }) }), Cancel);
        Assert.Equal(HttpStatusCode.OK, registered.StatusCode);
        var samples = string.Join(",", Enumerable.Range(from, to - from).Select(i =>
            string.Create(CultureInfo.InvariantCulture, $"[{Start + i * 1_000_000L},{5 + new Random(i).NextDouble():0.####}]")));
        var answer = await node.Client.PostAsync("api/v1/ingest",
            new StringContent($$"""{"signals":[{"signal":"{{Signal}}","samples":[{{samples}}]}]}""", Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
