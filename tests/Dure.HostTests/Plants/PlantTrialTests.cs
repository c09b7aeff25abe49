using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Xunit;

namespace Dure.HostTests.Plants;

/// <summary>The refinery case on a real node: from the fortnight before to a claim that anyone can check, also when the node is killed in between.</summary>
public sealed class PlantTrialTests : IDisposable
{
    private const string Asset = "simulated/crude-unit-7-6";
    private readonly string folder = Directory.CreateTempSubdirectory("dure-trial-").FullName;
    private readonly string other = Directory.CreateTempSubdirectory("dure-trial-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Directory.Delete(folder, recursive: true);
        Directory.Delete(other, recursive: true);
    }

    [Fact]
    public async Task A_trial_saves_a_fifth_within_30_moves_and_limits_and_its_claim_verifies_offline()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        var told = await node.Command(Cancel, "plant", "trial", "crude-unit", "--seed", "7", "--pairs", "6");
        Assert.Contains("SIMULATED", told, StringComparison.Ordinal);
        Assert.Contains("Nothing here tests it", told, StringComparison.Ordinal);

        var claim = (await Get(node, "api/v1/claims"))["claims"]!.AsArray().Single()!;
        Assert.Equal("Confirmed", Text(claim, "verdict"));
        var change = claim["findings"]!.AsArray().Single(finding => Text(finding!, "metric") == "specific-fuel")!["difference"]!;
        Assert.InRange(change["high"]!.GetValue<double>(), -23.2, -20);
        Assert.Contains(Text(claim, "claim"), await node.Command(Cancel, "effect", "list"), StringComparison.Ordinal);
        Assert.Contains("specific-fuel", await node.Command(Cancel, "effect", "show", Text(claim, "claim")), StringComparison.Ordinal);

        foreach (var (language, plainly) in new[] { ("en", "SIMULATED"), ("ko", "모의 실험") })
        {
            var page = await node.Client.GetStringAsync($"effects/{Text(claim, "claim")}?lang={language}", Cancel);
            Assert.Contains(plainly, page, StringComparison.Ordinal);
            Assert.Contains("data-blocks=\"12\"", page, StringComparison.Ordinal);
            Assert.Contains("23.2 %", page, StringComparison.Ordinal);
        }
        var run = (await node.Client.GetFromJsonAsync<JsonArray>("api/v1/runs", Cancel))!.Single()!;
        Assert.Contains($"/effects/{Text(claim, "claim")}", await node.Client.GetStringAsync($"runs/{Text(run, "id")}", Cancel), StringComparison.Ordinal);

        var bundle = Path.Combine(folder, "claim.json");
        await node.Command(Cancel, "effect", "bundle", Text(claim, "claim"), "--out", bundle);
        Assert.Contains("valid", await node.Command(Cancel, "verify", bundle), StringComparison.OrdinalIgnoreCase);
        var verified = Assert.IsType<BundleVerdict.Valid>(ClaimBundle.Verify(await File.ReadAllBytesAsync(bundle, Cancel), trusted: null));
        var kinds = verified.Bundle.Entries.Select(entry => entry.Kind).ToList();
        Assert.True(kinds.IndexOf("effect-planned") > kinds.IndexOf("ingested") && kinds.IndexOf("effect-planned") < kinds.LastIndexOf("ingested"), "the plan stands after the fortnight and before the blocks");
        Assert.Equal(kinds.Count(kind => kind == "decided"), kinds.Count(kind => kind == "acted"));
        Assert.All(verified.Bundle.Entries.Where(entry => entry.Kind == "decided"), entry => Assert.Equal("allowed", (string?)entry.Body["decision"]));
        var damaged = await File.ReadAllTextAsync(bundle, Cancel);
        await File.WriteAllTextAsync(bundle, damaged.Replace("\"verdict\":\"confirmed\"", "\"verdict\":\"refuted\"", StringComparison.Ordinal), Cancel);
        Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(await File.ReadAllBytesAsync(bundle, Cancel), trusted: null));
    }

    [Fact]
    public async Task Killed_in_the_middle_again_and_again_it_comes_to_the_same_claim_with_nothing_twice()
    {
        string whole, wholeSamples;
        await using (var node = await NodeProcess.Start(other, Cancel))
            (whole, wholeSamples) = (Text(await End(node, await Ask(node)), "claim"), await Counts(node));
        var run = "";
        foreach (var share in (double[])[0.2, 0.55, 0.8])
        {
            await using var node = await NodeProcess.Start(folder, Cancel);
            run = run.Length > 0 ? run : await Ask(node);
            while ((await Get(node, $"api/v1/runs/{run}"))["share"]!.GetValue<double>() < share)
                await Task.Delay(20, Cancel);
            await node.Kill();
        }
        await using var last = await NodeProcess.Start(folder, Cancel);
        Assert.Equal(whole, Text(await End(last, run), "claim"));
        Assert.Equal(wholeSamples, await Counts(last));
        Assert.Single((await Get(last, "api/v1/claims"))["claims"]!.AsArray());

        // Asked for once more, it gives the claim that stands.
        Assert.Equal(whole, Text(await End(last, await Ask(last)), "claim"));
        Assert.Single((await Get(last, "api/v1/claims"))["claims"]!.AsArray());
        Assert.Equal(wholeSamples, await Counts(last));
    }

    [Fact]
    public async Task A_trial_can_be_cancelled_and_what_cannot_be_is_refused_with_what_can()
    {
        await using var node = await NodeProcess.Start(folder, Cancel);
        var run = await Ask(node);
        await node.Client.PostAsync($"api/v1/runs/{run}/cancel", null, Cancel);
        while (Text(await Get(node, $"api/v1/runs/{run}"), "state") is "Queued" or "Running")
            await Task.Delay(20, Cancel);
        Assert.Equal("Cancelled", Text(await Get(node, $"api/v1/runs/{run}"), "state"));
        Assert.Empty((await Get(node, "api/v1/claims"))["claims"]!.AsArray());
        foreach (var (field, value, mend) in new (string, JsonNode, string)[] { ("pairs", 5, "6 to 30"), ("plant", "reactor", "crude-unit"), ("seed", -1, "0 or more"), ("seed", "x", "number") })
        {
            var refused = await node.Client.PostAsync("api/v1/plants/trials", JsonContent.Create(new JsonObject { [field] = value }), Cancel);
            Assert.False(refused.IsSuccessStatusCode);
            Assert.Contains(mend, await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }
    }

    /// <summary>Samples, decisions and outcomes of the trial: none may stand twice.</summary>
    private static async Task<string> Counts(NodeProcess node)
    {
        var samples = (await Get(node, "api/v1/overview"))["samples"]!.GetValue<long>();
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (long from = 0; ; )
        {
            var page = (await Get(node, $"api/v1/journal?from={from}&count=500"))["entries"]!.AsArray();
            if (page.Count == 0)
                return $"{samples} {string.Join(' ', kinds)}";
            foreach (var entry in page)
                if (Text(entry!, "kind") is var kind && kind is "decided" or "acted" or "effect-planned" or "claimed" && (kind is not ("decided" or "acted") || Text(entry!, "subject") == Asset))
                    kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            from = page[^1]!["index"]!.GetValue<long>() + 1;
        }
    }

    private static async Task<string> Ask(NodeProcess node)
    {
        var answer = await node.Client.PostAsync("api/v1/plants/trials", JsonContent.Create(new JsonObject { ["seed"] = 7, ["pairs"] = 6 }), Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        return Text((await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel))!, "id");
    }

    private static async Task<JsonNode> End(NodeProcess node, string run)
    {
        while (true)
        {
            var answer = await Get(node, $"api/v1/runs/{run}");
            if (Text(answer, "state") is not ("Queued" or "Running"))
            {
                Assert.True(Text(answer, "state") == "Succeeded", answer.ToJsonString());
                return answer["result"]!;
            }
            await Task.Delay(30, Cancel);
        }
    }

    private static async Task<JsonObject> Get(NodeProcess node, string path) => (await node.Client.GetFromJsonAsync<JsonObject>(path, Cancel))!;

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
