using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>kill -9 of either side in the middle of sharing: both come to the same end, nothing is lost, nothing is there twice.</summary>
public sealed class FallTests : IAsyncLifetime
{
    private const int Datasets = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private SharingNode maker = null!; // InitializeAsync sets them
    private SharingNode lab = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        maker = await SharingNode.Start();
        lab = await SharingNode.Start();
        await lab.Join(await maker.Invite("Lab"));
    }

    public async ValueTask DisposeAsync()
    {
        await maker.DisposeAsync();
        await lab.DisposeAsync();
    }

    [Fact]
    public Task After_10_kills_both_sides_tell_the_same_story() => Torture(10, 1);

    [Fact]
    [Trait("Speed", "Slow")]
    public Task After_100_kills_both_sides_tell_the_same_story() => Torture(100, 2);

    private async Task Torture(int rounds, int seed)
    {
        var random = new Random(seed);
        var versions = new List<string>();
        for (var i = 0; i < Datasets; i++)
        {
            versions.Add(await maker.CutDataset($"pumps{i}", i));
            await maker.Offer(versions[i], $"pumps{i}", "no conditions");
        }
        for (var round = 0; round < rounds; round++)
        {
            var asking = TryAsk(round);
            // Mostly the question is heard first; a whole exchange then takes some 100 ms: it is hit in the middle, before and after.
            if (random.Next(4) > 0)
                await asking;
            await Task.Delay(random.Next(0, 150), Cancel);
            var victim = random.Next(2) == 0 ? maker : lab;
            await victim.Kill();
            await victim.StartAgain();
            await asking;
            await Settle(round);
        }
        await AssertOneStory(versions, rounds);
    }

    /// <summary>Asks; where the answer was lost with the node, the question may have been heard or not.</summary>
    private async Task TryAsk(int round)
    {
        try
        {
            await lab.TryPost("exchange/requests", new JsonObject { ["partner"] = maker.Did, ["dataset"] = $"pumps{round % Datasets}" });
        }
        catch (Exception lost) when (lost is HttpRequestException or ObjectDisposedException or InvalidOperationException or System.Text.Json.JsonException or TaskCanceledException)
        {
            // the node fell, or the maker could not be asked
        }
    }

    private async Task Settle(int round) => await SharingNode.Until(async () =>
    {
        var open = new List<string>();
        foreach (var (name, node) in new[] { ("maker", maker), ("lab", lab) })
        {
            open.AddRange((await node.Negotiations()).Where(one => (string?)one["state"] is not ("FINALIZED" or "TERMINATED") || one["waitsFor"] is not null).Select(one => $"round {round}, {name}: {one.ToJsonString()}"));
            open.AddRange((await node.Transfers()).Where(one => (string?)one["state"] is not ("COMPLETED" or "TERMINATED") || one["waitsFor"] is not null).Select(one => $"round {round}, {name}: {one.ToJsonString()}"));
        }
        var agreed = (await lab.Negotiations()).Count(one => (string?)one["state"] == "FINALIZED");
        if (agreed != (await lab.Transfers()).Count)
            open.Add($"round {round}: {agreed} agreements, {(await lab.Transfers()).Count} transfers");
        return string.Join('\n', open);
    }, open => open.Length == 0, Patience);

    private async Task AssertOneStory(List<string> versions, int rounds)
    {
        var (made, asked) = (await maker.Negotiations(), await lab.Negotiations());
        Assert.Equal(Lines(asked), Lines(made));
        Assert.All(asked, one => Assert.Equal("FINALIZED", (string?)one["state"]));
        Assert.Equal(asked.Count, asked.Select(one => (string?)one["agreement"]).Distinct().Count());
        Assert.InRange(asked.Count, rounds / 3, rounds);

        var (sent, got) = (await maker.Transfers(), await lab.Transfers());
        Assert.Equal(Lines(got), Lines(sent));
        Assert.Equal(asked.Count, got.Count);
        Assert.All(got, one => Assert.Equal(("COMPLETED", "Landed"), ((string?)one["state"], (string?)one["fetch"])));
        // A node that falls may cost one use more than was had: what was counted and not sent stays counted.
        Assert.All(sent, one => Assert.InRange(one["uses"]!.GetValue<int>(), 1, 2));
        TestContext.Current.TestOutputHelper!.WriteLine($"{asked.Count} exchanges in {rounds} rounds, {sent.Sum(one => one["uses"]!.GetValue<int>())} uses counted");

        var landed = (await lab.Get("datasets"))["datasets"]!.AsArray().Select(one => (string?)one!["version"]).ToList();
        Assert.Equal(landed.Distinct(), landed);
        Assert.All(landed, version => Assert.Contains(version, versions));
        foreach (var version in landed)
            Assert.Equal(await Parquet(maker, version!), await Parquet(lab, version!));
        foreach (var node in new[] { maker, lab })
        {
            var verdict = await node.Post("journal/verify", []);
            Assert.True(verdict["ok"]!.GetValue<bool>(), verdict.ToJsonString());
            var rests = Path.Combine(node.Folder, "incoming");
            Assert.Empty(Directory.Exists(rests) ? Directory.GetFiles(rests) : []);
        }
    }

    private static IEnumerable<string> Lines(IReadOnlyList<JsonObject> processes) => processes.Select(one => $"{one["agreement"]} {one["state"]} {one["dataset"]}").Order(StringComparer.Ordinal);

    private static async Task<byte[]> Parquet(SharingNode node, string version) =>
        System.Security.Cryptography.SHA256.HashData(await node.Process.Client.GetByteArrayAsync($"api/v1/datasets/{Uri.EscapeDataString(version)}/parquet", Cancel));
}
