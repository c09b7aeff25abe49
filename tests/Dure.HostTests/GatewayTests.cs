using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests;

/// <summary>A gateway and its node, both killed at random: what the gateway took arrives once, in order per series.</summary>
public sealed class GatewayTests : IDisposable
{
    private const int RowsPerFile = 400;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly string[] Columns = ["Pressure", "Current", "Speed"];
    private readonly string folder = Directory.CreateTempSubdirectory("dure-gateway-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public Task After_6_kills_of_either_every_sample_is_there_once_and_in_order() => Torture(rounds: 6, seed: 3);

    [Fact]
    [Trait("Speed", "Slow")]
    public Task After_40_kills_of_either_every_sample_is_there_once_and_in_order() => Torture(rounds: 40, seed: 4);

    private async Task Torture(int rounds, int seed)
    {
        var cancel = TestContext.Current.CancellationToken;
        var random = new Random(seed);
        var incoming = Directory.CreateDirectory(Path.Combine(folder, "incoming")).FullName;
        var (nodeFolder, gatewayFolder, settings) = (Path.Combine(folder, "node"), Path.Combine(folder, "gateway"), Path.Combine(folder, "gateway.json"));
        Directory.CreateDirectory(nodeFolder);
        await File.WriteAllTextAsync(settings, new JsonObject
        {
            ["gateway"] = "gw1",
            ["maxRequestBytes"] = 20_000,
            ["sources"] = new JsonArray(new JsonObject
            {
                ["name"] = "files",
                ["kind"] = "folder",
                ["settings"] = new JsonObject { ["path"] = incoming, ["asset"] = "plant/pump1", ["period"] = 0.05, ["settle"] = 0 },
            }),
        }.ToJsonString(), cancel);
        // One address over all restarts: a gateway is told once where its node is.
        var address = $"http://127.0.0.1:{FreePort()}";
        var tokenFile = Path.Combine(nodeFolder, "administrator.token");
        var files = 0;
        NodeProcess? node = await NodeProcess.Start(nodeFolder, cancel, "--url", address);
        var gateway = GatewayProcess.Start(settings, new Uri(address), tokenFile, gatewayFolder);
        try
        {
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < 3; i++)
                    await Put(incoming, files++, cancel);
                await Task.Delay(random.Next(100, 1500), cancel); // the moment of the kill is what the test varies
                if (round % 2 == 0)
                {
                    await gateway.DisposeAsync();
                    gateway = GatewayProcess.Start(settings, new Uri(address), tokenFile, gatewayFolder);
                }
                if (round % 2 == 1 || random.Next(3) == 0)
                {
                    await node.DisposeAsync();
                    await Put(incoming, files++, cancel); // while the node is away
                    await Task.Delay(random.Next(0, 800), cancel);
                    node = await NodeProcess.Start(nodeFolder, cancel, "--url", address);
                }
            }
            await UntilArrived(node, gateway, files * RowsPerFile, cancel);
            foreach (var column in Columns)
                await AssertOnceAndInOrder(node, column, files * RowsPerFile, cancel);
            await AssertLedger(node, files * RowsPerFile * Columns.Length, cancel);
        }
        finally
        {
            await gateway.DisposeAsync();
            await node.DisposeAsync();
        }
    }

    /// <summary>A file appears whole under its name, as a careful recorder does it.</summary>
    private static async Task Put(string incoming, int file, CancellationToken cancel)
    {
        var rows = Enumerable.Range(file * RowsPerFile, RowsPerFile).Select(row => $"{TimeOf(row)},{ValueOf(0, row)},{ValueOf(1, row)},{ValueOf(2, row)}");
        var name = Path.Combine(incoming, $"rec{file:D5}.csv");
        await File.WriteAllTextAsync(name + ".part", $"time,{string.Join(',', Columns)}\n{string.Join('\n', rows)}\n", cancel);
        File.Move(name + ".part", name);
    }

    private static async Task UntilArrived(NodeProcess node, GatewayProcess gateway, int rows, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = await Samples(node, Columns[^1], TimeOf(rows - 1), cancel);
            if (seen.Count > 0)
                return;
            Assert.False(gateway.HasEnded, gateway.Output);
            Assert.True(clock.Elapsed < Patience, $"not all arrived: {gateway.Output}");
            await Task.Delay(50, cancel);
        }
    }

    private static async Task AssertOnceAndInOrder(NodeProcess node, string column, int rows, CancellationToken cancel)
    {
        var row = 0;
        while (row < rows)
        {
            var samples = await Samples(node, column, row == 0 ? 0 : TimeOf(row - 1) + 1, cancel);
            Assert.NotEmpty(samples);
            foreach (var sample in samples)
            {
                Assert.Equal(TimeOf(row), sample![0]!.GetValue<long>());
                Assert.Equal(double.Parse(ValueOf(Array.IndexOf(Columns, column), row), CultureInfo.InvariantCulture), sample[1]!.GetValue<double>());
                row++;
            }
        }
        Assert.Equal(rows, row);
    }

    /// <summary>The journal's own account: so many samples were accepted as there are, none came behind a later one, and it verifies.</summary>
    private static async Task AssertLedger(NodeProcess node, int samples, CancellationToken cancel)
    {
        var verdict = await (await node.Client.PostAsync("api/v1/journal/verify", null, cancel)).Content.ReadFromJsonAsync<JsonObject>(cancel);
        Assert.True(verdict!["ok"]!.GetValue<bool>(), verdict.ToJsonString());
        var (accepted, outOfOrder, from) = (0L, 0L, 0L);
        while (await node.Client.GetFromJsonAsync<JsonObject>($"api/v1/journal/?from={from}&count=500", cancel) is { } page && page["entries"] is JsonArray { Count: > 0 } entries)
        {
            foreach (var entry in entries.Where(entry => entry!["kind"]!.GetValue<string>() == "ingested"))
            {
                Assert.StartsWith("gw1 ", entry!["body"]!["source"]!.GetValue<string>(), StringComparison.Ordinal);
                accepted += entry["body"]!["accepted"]!.GetValue<long>();
                outOfOrder += entry["body"]!["outOfOrder"]!.GetValue<long>();
            }
            from = entries[^1]!["index"]!.GetValue<long>() + 1;
        }
        Assert.Equal((samples, 0L), (accepted, outOfOrder));
    }

    private static async Task<JsonArray> Samples(NodeProcess node, string column, long from, CancellationToken cancel)
    {
        using var response = await node.Client.GetAsync($"api/v1/signals/samples?signal={Uri.EscapeDataString($"plant/pump1/{column}")}&from={from}&count=50000", cancel);
        return response.StatusCode == HttpStatusCode.NotFound ? [] : (await response.Content.ReadFromJsonAsync<JsonObject>(cancel))!["samples"]!.AsArray();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static long TimeOf(int row) => 1_750_000_000_000_000 + row * 100_000L;

    private static string ValueOf(int column, int row) => (column * 100 + Math.Round(Math.Sin(row * 0.01), 6)).ToString(CultureInfo.InvariantCulture);
}
