using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Lab;

/// <summary>
/// Campaigns over four stations while the node and the stations are killed (kill -9) and messages are lost and doubled: no experiment runs twice, no result is lost or
/// another's, nothing outside the limits is commanded, and the journal verifies. The test plays the person who returns instruments and starts campaigns again.
/// </summary>
public sealed class LabTortureTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-torture-").FullName;

    private string NodeFolder => Directory.CreateDirectory(Path.Combine(folder, "node")).FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public Task Eighty_experiments_with_six_kills_are_each_made_once() => Torture(campaigns: 4, trials: 20, kills: 6, milliseconds: 60, lifeSeconds: 0.8, seed: 1);

    [Fact]
    [Trait("Speed", "Slow")]
    public Task Ten_thousand_experiments_with_a_thousand_kills_are_each_made_once() => Torture(campaigns: 100, trials: 100, kills: 1000, milliseconds: 60, lifeSeconds: 1.4, seed: 2);

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task The_busiest_station_works_nine_tenths_of_the_time()
    {
        var (makespan, busy) = await Undisturbed(campaigns: 12, trials: 25, milliseconds: 300);
        TestContext.Current.TestOutputHelper?.WriteLine($"300 experiments, 0.3 s on each of 4 stations: {makespan:F1} s, of which the busiest worked {busy:F1} s: {busy / makespan:P1}");
        Assert.True(busy / makespan >= 0.9, $"{busy / makespan:P1}");
    }

    private async Task<(double Makespan, double Busy)> Undisturbed(int campaigns, int trials, int milliseconds)
    {
        using var fleet = new StationFleet(folder, milliseconds);
        await fleet.StartAll(Cancel);
        await using var node = await NodeProcess.Start(NodeFolder, Cancel);
        await Furnish(node, fleet, campaigns, trials, milliseconds);
        while (await Unfinished(node) > 0)
        {
            await Task.Delay(200, Cancel);
            await Help(node);
        }
        var logs = Enumerable.Range(0, StationFleet.Count).Select(station => fleet.Log(station).ToList()).ToList();
        var busy = logs.Max(log => log.Count(line => line.IsBegin) * milliseconds / 1000.0);
        return ((logs.Max(log => log[^1].Ticks) - logs.Min(log => log[0].Ticks)) / (double)TimeSpan.TicksPerSecond, busy);
    }

    private async Task Torture(int campaigns, int trials, int kills, int milliseconds, double lifeSeconds, int seed)
    {
        var random = new Random(seed);
        using var fleet = new StationFleet(folder, milliseconds);
        await fleet.StartAll(Cancel);
        var node = await NodeProcess.Start(NodeFolder, Cancel);
        await Furnish(node, fleet, campaigns, trials, milliseconds);
        var (made, launches, whole) = (0, new List<long>(), Stopwatch.StartNew());
        while (await Unfinished(node) is var left && (left > 0 || made < kills))
        {
            await Help(node);
            if (left == 0)
                break; // all is made before the last kill
            await Task.Delay(TimeSpan.FromSeconds(lifeSeconds * random.NextDouble()), Cancel);
            if (made++ >= kills)
                continue;
            if (random.NextDouble() < 0.85)
            {
                await node.Kill();
                await node.DisposeAsync();
                launches.Add(TimeProvider.System.GetUtcNow().Ticks);
                node = await NodeProcess.Start(NodeFolder, Cancel);
            }
            else
            {
                await fleet.Fell(random.Next(StationFleet.Count), Cancel);
            }
        }
        await Judge(node, fleet, campaigns * trials, Math.Min(made, kills), launches, whole.Elapsed);
        await node.DisposeAsync();
    }

    /// <summary>Four ways through the stations, so that none is always the first.</summary>
    private static async Task Furnish(NodeProcess node, StationFleet fleet, int campaigns, int trials, int milliseconds)
    {
        for (var i = 0; i < StationFleet.Count; i++)
            await Post(node, "instruments", fleet.Card(i));
        for (var c = 0; c < campaigns; c++)
        {
            var steps = new JsonArray();
            for (var place = 0; place < StationFleet.Count; place++)
            {
                var station = (place * (c % 2 == 0 ? 1 : 3) + c) % StationFleet.Count + 1;
                steps.Add(new JsonObject
                {
                    ["step"] = $"s{place + 1}", ["instrument"] = $"station-{station}", ["action"] = "work", ["seconds"] = milliseconds / 1000.0, ["sample"] = "barcode", ["scanned"] = "barcode",
                    ["set"] = new JsonObject { ["amount"] = new JsonObject { ["factor"] = $"x{place + 1}" } },
                    ["measure"] = place == 3 ? new JsonObject { ["response"] = "response" } : new JsonObject(),
                });
            }
            var plan = new JsonObject
            {
                ["version"] = 1, ["name"] = $"torture {c}", ["budget"] = trials, ["seed"] = c, ["parallel"] = 2, ["protocol"] = steps,
                ["factors"] = new JsonArray([.. Enumerable.Range(1, 4).Select(i => new JsonObject { ["name"] = $"x{i}", ["unit"] = "mL", ["low"] = 0, ["high"] = 100 })]),
                ["outcomes"] = new JsonArray(new JsonObject { ["name"] = "response", ["unit"] = "%", ["aim"] = "more" }),
            };
            var id = (string)(await Post(node, "campaigns", new JsonObject { ["plan"] = plan }))["id"]!;
            await Post(node, $"campaigns/{id}/approve", []);
            await Post(node, $"campaigns/{id}/start", []);
        }
    }

    private static async Task<int> Unfinished(NodeProcess node) =>
        (await Get(node, "campaigns"))["campaigns"]!.AsArray().Count(one => (string)one!["stage"]! != "done");

    /// <summary>What a person does after faults: returns the instruments and starts what was paused.</summary>
    private static async Task Help(NodeProcess node)
    {
        foreach (var one in (await Get(node, "instruments"))["instruments"]!.AsArray())
            if (one!["setAside"] is not null)
                await Post(node, $"instruments/{one["name"]}/return", []);
        foreach (var one in (await Get(node, "campaigns"))["campaigns"]!.AsArray())
            if ((string)one!["stage"]! == "paused")
                await Post(node, $"campaigns/{one["id"]}/start", []);
    }

    private static async Task Judge(NodeProcess node, StationFleet fleet, int wanted, int kills, List<long> launches, TimeSpan elapsed)
    {
        var lines = Enumerable.Range(0, StationFleet.Count).SelectMany(fleet.Log).ToList();
        var begun = lines.Where(line => line.IsBegin).ToList();
        Assert.Equal(begun.Count, begun.Select(line => line.Key).Distinct().Count()); // no double run
        Assert.All(begun, line => Assert.InRange(line.Number, 0, 100)); // no command outside the limits
        var results = lines.Where(line => !line.IsBegin).ToDictionary(line => line.Key, line => line.Number);
        var barcodes = begun.ToDictionary(line => line.Key, line => line.Barcode);
        var (measured, kept, unknown) = (0, new HashSet<string>(), 0);
        foreach (var campaign in (await Get(node, "campaigns"))["campaigns"]!.AsArray())
            foreach (var trial in (await Get(node, $"campaigns/{campaign!["id"]}/trials"))["trials"]!.AsArray())
            {
                measured += (string)trial!["stage"]! == "measured" ? 1 : 0;
                unknown += (string)trial["stage"]! == "unknown" ? 1 : 0;
                foreach (var step in trial["steps"]!.AsArray().Where(step => (string)step!["stage"]! == "done"))
                {
                    var key = (string)step!["key"]!;
                    kept.Add(key);
                    Assert.Equal(results[key], (double)step["results"]!["response"]!["value"]!, 9); // the station's own number
                    Assert.Equal((string)trial["sample"]!, barcodes[key]); // of this very sample
                }
                if ((string)trial["stage"]! == "measured")
                    Assert.Equal((double)trial["steps"]!.AsArray()[^1]!["results"]!["response"]!["value"]!, (double)trial["values"]!["response"]!, 9);
            }
        Assert.Equal(wanted, measured);
        Assert.Equal(0, unknown);
        Assert.Empty(results.Keys.Except(kept)); // no result lost
        var verdict = await (await node.Client.PostAsync("api/v1/journal/verify", null, Cancel)).Content.ReadFromJsonAsync<JsonObject>(Cancel);
        Assert.True(verdict!["ok"]!.GetValue<bool>(), verdict.ToJsonString());
        var starts = begun.Select(line => line.Ticks).Order().ToList();
        var recoveries = launches.Select(launch => starts.Find(start => start > launch) is > 0 and var first ? (first - launch) / (double)TimeSpan.TicksPerSecond : (double?)null).OfType<double>().Order().ToList();
        TestContext.Current.TestOutputHelper?.WriteLine($"{measured} experiments, {begun.Count} steps, {kills} kills of which {launches.Count} of the node, {begun.Count - results.Count} steps cut off by a station's fall, {elapsed.TotalSeconds:F0} s; " +
            $"double runs 0, lost results 0, outside the limits 0; from the node's launch to the next command: median {recoveries.ElementAtOrDefault(recoveries.Count / 2):F2} s, 95th percentile {recoveries.ElementAtOrDefault(recoveries.Count * 95 / 100):F2} s, longest {recoveries.LastOrDefault():F2} s; journal: {verdict.ToJsonString()}");
    }

    private static async Task<JsonObject> Get(NodeProcess node, string path) => (await node.Client.GetFromJsonAsync<JsonObject>($"api/v1/lab/{path}", Cancel))!;

    private static async Task<JsonObject> Post(NodeProcess node, string path, JsonObject body)
    {
        var answer = await node.Client.PostAsJsonAsync($"api/v1/lab/{path}", body, Cancel);
        var read = (await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
        return answer.IsSuccessStatusCode ? read : throw new InvalidOperationException($"{path}: {read}");
    }
}
