using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Mqtt;
using Dure.Mqtt.Client;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.HostTests;

/// <summary>kill -9 in the middle of ingest: what was acknowledged is there once, nothing is there twice, the journal verifies.</summary>
public sealed class KillTests : IDisposable
{
    private const int Signals = 4;
    private const int RowsPerBatch = 250;
    private const int Senders = 4;
    private const int MostSamplesPerAnswer = 100_000;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private readonly string folder = Directory.CreateTempSubdirectory("dure-kill-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public Task After_10_kills_every_acknowledged_sample_is_there_once() => Torture(rounds: 10, seed: 1);

    [Fact]
    [Trait("Speed", "Slow")]
    public Task After_200_kills_every_acknowledged_sample_is_there_once() => Torture(rounds: 200, seed: 2);

    private async Task Torture(int rounds, int seed)
    {
        var cancel = TestContext.Current.CancellationToken;
        var random = new Random(seed);
        var acknowledged = new ConcurrentDictionary<(int Sender, long Batch), bool>();
        var next = new long[Senders];
        for (var round = 0; round < rounds; round++)
        {
            await using var node = await NodeProcess.Start(folder, cancel);
            if (round == 0)
                await Register(node, cancel);
            var senders = Enumerable.Range(0, Senders).Select(sender => Send(node, sender, next, acknowledged, cancel)).ToArray();
            // The node falls at a random moment after the round's first acknowledged batch, however slow the machine is today.
            var before = acknowledged.Count;
            for (var clock = Stopwatch.StartNew(); acknowledged.Count == before && clock.Elapsed < LongestWait;)
                await Task.Delay(5, cancel);
            await Task.Delay(random.Next(0, 500), cancel);
            await node.Kill();
            await Task.WhenAll(senders);
        }
        Assert.All(next, batches => Assert.True(batches > 0, "a sender never had an acknowledgement"));
        Assert.True(acknowledged.Count >= rounds, $"only {acknowledged.Count} batches were acknowledged in {rounds} rounds");

        await using var last = await NodeProcess.Start(folder, cancel);
        var verdict = await (await last.Client.PostAsync("api/v1/journal/verify", null, cancel)).Content.ReadFromJsonAsync<JsonObject>(cancel);
        Assert.True(verdict!["ok"]!.GetValue<bool>(), verdict.ToJsonString());
        // What was under way when the node fell is sent again, as a gateway would: it must not be there twice either.
        for (var sender = 0; sender < Senders; sender++)
            await Post(last, sender, next[sender], cancel);
        for (var sender = 0; sender < Senders; sender++)
        {
            for (var signal = 0; signal < Signals; signal++)
                await AssertComplete(last, sender, signal, next[sender], cancel);
        }
    }

    /// <summary>Sends batches one after the other until the node falls; a batch without an answer is sent again in the next round.</summary>
    private static async Task Send(NodeProcess node, int sender, long[] next, ConcurrentDictionary<(int, long), bool> acknowledged, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await Post(node, sender, next[sender], cancel);
                acknowledged[(sender, next[sender])] = true;
                next[sender]++;
            }
        }
        catch (HttpRequestException)
        {
            // The node was killed under this request.
        }
    }

    private static async Task Post(NodeProcess node, int sender, long batch, CancellationToken cancel)
    {
        // By JSON, by line protocol, by JSON, by MQTT: what is promised holds at every door.
        if (sender == 3)
        {
            await Publish(node, sender, batch, cancel);
            return;
        }
        using var response = sender % 2 == 0
            ? await node.Client.PostAsync("api/v1/ingest", JsonContent.Create(Batch(sender, batch)), cancel)
            : await node.Client.PostAsync("api/v1/ingest/lines?precision=us", new StringContent(Lines(sender, batch)), cancel);
        var receipt = await response.Content.ReadFromJsonAsync<JsonObject>(cancel);
        Assert.True(response.IsSuccessStatusCode, receipt!.ToJsonString());
        Assert.Equal(Signals * RowsPerBatch, receipt["accepted"]!.GetValue<int>() + receipt["duplicates"]!.GetValue<int>());
    }

    /// <summary>A message of each signal with QoS 1; returns when all are acknowledged.</summary>
    private static async Task Publish(NodeProcess node, int sender, long batch, CancellationToken cancel)
    {
        try
        {
            var address = new Uri(JsonNode.Parse(await File.ReadAllTextAsync(System.IO.Path.Combine(node.Folder, "node.json"), cancel))!["mqtt"]!.GetValue<string>());
            var options = new MqttClientOptions { Host = address.Host, Port = address.Port, ClientId = $"sender{sender}", CleanStart = true, UserName = "sender", Password = node.Token };
            await using var client = await MqttClient.Connect(options, TimeProvider.System, (_, _) => default, cancel);
            for (var signal = 0; signal < Signals; signal++)
            {
                var readings = Rows(batch).Select(row => string.Create(CultureInfo.InvariantCulture, $"{{\"value\":{ValueOf(sender, signal, row)},\"timestamp\":{TimeOf(row)}}}"));
                await client.Publish(Path(sender, signal), Encoding.UTF8.GetBytes($"[{string.Join(',', readings)}]"), QualityOfService.AtLeastOnce, retain: false, cancel);
            }
        }
        catch (Exception gone) when (gone is ProblemException or IOException or SocketException or MqttProtocolException or OperationCanceledException)
        {
            throw new HttpRequestException("The node was killed under this message.", gone);
        }
    }

    private static async Task AssertComplete(NodeProcess node, int sender, int signal, long lastBatch, CancellationToken cancel)
    {
        var expected = (lastBatch + 1) * RowsPerBatch;
        var (row, from) = (0L, 0L);
        while (row < expected)
        {
            var answer = await node.Client.GetFromJsonAsync<JsonObject>($"api/v1/signals/samples?signal={Uri.EscapeDataString(Path(sender, signal))}&from={from}&limit={MostSamplesPerAnswer}", cancel);
            var samples = answer!["samples"]!.AsArray();
            Assert.NotEmpty(samples);
            foreach (var sample in samples)
            {
                Assert.Equal(TimeOf(row), sample![0]!.GetValue<long>());
                Assert.Equal(ValueOf(sender, signal, row), sample[1]!.GetValue<double>());
                row++;
            }
            from = TimeOf(row - 1) + 1;
        }
        Assert.Equal(expected, row);
    }

    private static Task Register(NodeProcess node, CancellationToken cancel) => node.Client.PostAsync("api/v1/signals", JsonContent.Create(new JsonObject
    {
        ["signals"] = new JsonArray([.. Enumerable.Range(0, Senders * Signals).Select(i => new JsonObject { ["id"] = Path(i / Signals, i % Signals), ["unit"] = "bar" })]),
    }), cancel);

    private static JsonObject Batch(int sender, long batch) => new()
    {
        ["source"] = $"sender {sender}",
        ["signals"] = new JsonArray([.. Enumerable.Range(0, Signals).Select(signal => new JsonObject
        {
            ["signal"] = Path(sender, signal),
            ["times"] = new JsonArray([.. Rows(batch).Select(row => JsonValue.Create(TimeOf(row)))]),
            ["values"] = new JsonArray([.. Rows(batch).Select(row => JsonValue.Create(ValueOf(sender, signal, row)))]),
        })]),
    };

    private static string Lines(int sender, long batch) => string.Join('\n', Rows(batch).Select(row =>
        $"m,asset=plant/machine{sender} {string.Join(',', Enumerable.Range(0, Signals).Select(signal => string.Create(CultureInfo.InvariantCulture, $"signal{signal}={ValueOf(sender, signal, row)}")))} {TimeOf(row)}"));

    private static IEnumerable<long> Rows(long batch) => Enumerable.Range(0, RowsPerBatch).Select(row => batch * RowsPerBatch + row);

    private static string Path(int sender, int signal) => $"plant/machine{sender}/signal{signal}";

    private static long TimeOf(long row) => 1_750_000_000_000_000 + row * 1_000_000;

    private static double ValueOf(int sender, int signal, long row) => sender * 1000 + signal * 100 + Math.Round(Math.Sin(row * 0.01), 6);
}
