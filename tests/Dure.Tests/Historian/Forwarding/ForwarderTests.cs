using System.Text.Json.Nodes;
using Dure.Historian;
using Dure.Historian.Files;
using Dure.Historian.Forwarding;
using Dure.Historian.Modbus;
using Dure.Historian.Sources;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian.Forwarding;

public sealed class ForwarderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly ISourceKind[] Kinds = [new ModbusKind(), new FolderKind()];
    private readonly string folder = Directory.CreateTempSubdirectory("dure-forward-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_waits_is_sent_in_order_and_named_by_gateway_spool_and_batch()
    {
        await using var node = await TestNode.Start();
        await using var spool = await Spooled(1, 50);
        await RunUntil(spool, node.Address, Settings(), _ => spool.Status.Waiting == 0);
        Assert.Equal(Enumerable.Range(1, 50).Select(i => (long)i), node.Arrived.Select(sample => sample.Time));
        Assert.StartsWith($"gw {spool.Id} 1-", node.Arrived[0].Source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lost_answers_and_failing_nodes_cost_no_sample_and_double_none()
    {
        await using var node = await TestNode.Start();
        node.Before = number => (number % 5) switch
        {
            1 => (500, new JsonObject { ["title"] = "fault" }),
            2 => (400, new JsonObject { ["error"] = "not a node at all" }),
            3 => (401, null),
            _ => null,
        };
        node.LosesAnswer = number => number % 5 == 4;
        await using var spool = await Spooled(1, 10);
        await RunUntil(spool, node.Address, Settings(maxRequestBytes: 1024), _ => spool.Status.Waiting == 0);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), node.Arrived.Select(sample => sample.Time));
        Assert.False(File.Exists(Path.Combine(folder, "refused.jsonl")));
    }

    [Fact]
    public async Task What_the_node_refuses_is_kept_with_the_reasons_and_the_rest_goes_on()
    {
        await using var node = await TestNode.Start();
        node.Before = number => number == 1 ? (422, new JsonObject
        {
            ["type"] = "urn:dure:historian:nothing-taken",
            ["title"] = "None was taken.",
            ["rejections"] = new JsonArray(new JsonObject { ["where"] = "signal a/b", ["what"] = "It is not known." }),
        }) : null;
        await using var spool = await Spooled(1, 3, samplesEach: 100);
        var statuses = await RunUntil(spool, node.Address, Settings(maxRequestBytes: 1024), _ => spool.Status.Waiting == 0);
        Assert.Equal(200, node.Arrived.Count);
        var kept = JsonNode.Parse(Assert.Single(File.ReadAllLines(Path.Combine(folder, "refused.jsonl"))))!;
        Assert.Equal("It is not known.", kept["reasons"]![0]!["what"]!.GetValue<string>());
        Assert.Equal(100, kept["request"]!["signals"]![0]!["times"]!.AsArray().Count);
        Assert.Equal("urn:dure:gateway:refused", statuses[^1].Problem!.Type);
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_sent_in_smaller_ones()
    {
        await using var node = await TestNode.Start();
        node.Before = number => number <= 3 ? (413, new JsonObject { ["title"] = "too large" }) : null;
        await using var spool = await Spooled(1, 8);
        await RunUntil(spool, node.Address, Settings(), _ => spool.Status.Waiting == 0);
        Assert.Equal(8, node.Arrived.Count);
        Assert.True(node.Requests > 4);
    }

    [Fact]
    public async Task Present_batches_overtake_older_ones_where_they_have_a_share_and_all_arrive_once()
    {
        await using var node = await TestNode.Start();
        await using var spool = await Spooled(1, 100, samplesEach: 20);
        var added = false;
        node.Before = number =>
        {
            if (number == 1 && !added)
            {
                added = true;
                for (var i = 101; i <= 110; i++)
                    spool.Append(Block(i, 20), 20, Cancel).GetAwaiter().GetResult();
            }
            return null;
        };
        await RunUntil(spool, node.Address, Settings(maxRequestBytes: 1024) with { LiveShare = 0.5 }, _ => spool.Status.Waiting == 0 && added);
        var order = node.Arrived.Select(sample => sample.Time / 1000).Distinct().ToList();
        Assert.Equal(Enumerable.Range(1, 110).Select(i => (long)i), order.Order());
        Assert.True(order.IndexOf(110) < 60, $"the last present batch came as number {order.IndexOf(110)}");
        Assert.Equal(order.Where(i => i <= 100).Order(), order.Where(i => i <= 100));
        Assert.Equal(order.Where(i => i > 100).Order(), order.Where(i => i > 100));
    }

    [Fact]
    public async Task Without_a_node_the_gateway_says_so_and_keeps_everything()
    {
        Uri gone;
        await using (var node = await TestNode.Start())
            gone = node.Address;
        await using var spool = await Spooled(1, 5);
        var statuses = await RunUntil(spool, gone, Settings(), seen => seen.Count > 0);
        Assert.Equal((SourceState.Retrying, "urn:dure:gateway:no-node"), (statuses[0].State, statuses[0].Problem!.Type));
        Assert.Equal(5, spool.Status.Waiting);
    }

    [Fact]
    public void Every_batch_reads_back_as_it_was_written() => Prop.ForAll<(long, double, int)[], string>((samples, unit) =>
    {
        var block = new SignalBlock("plant/pump1/Pressure", string.IsNullOrEmpty(unit) ? null : unit);
        foreach (var (time, value, quality) in samples.Where(sample => !double.IsInfinity(sample.Item2)))
            block.Add(time, value, double.IsNaN(value) ? Quality.Bad : (Quality)(Math.Abs(quality % 3)));
        var blocks = new SpooledBatch(1, 0, block.Count, BatchJson.Blocks([block, new SignalBlock("a/b", null)]));
        var read = Dure.Historian.Http.JsonBatchParser.Parse(BatchJson.Request("gw \"1\"", [blocks, blocks]), "x");
        Assert.Equal(("gw \"1\"", 4), (read.Source, read.Blocks.Count));
        Assert.Equal(block.TimesMicros.ToArray(), read.Blocks[2].TimesMicros.ToArray());
        Assert.Equal(block.Values.ToArray(), read.Blocks[2].Values.ToArray());
        Assert.Equal(block.Qualities.ToArray(), read.Blocks[2].Qualities.ToArray());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task A_gateway_maps_names_thins_streams_and_forwards_what_a_device_says()
    {
        await using var node = await TestNode.Start();
        await using var device = new Modbus.TestModbusDevice();
        var settings = GatewaySettings.Parse(System.Text.Encoding.UTF8.GetBytes($$"""
            {
              "gateway": "gw",
              "sources": [{
                "name": "pump", "kind": "modbus", "template": "plant/pump1/{name}",
                "settings": { "host": "127.0.0.1", "port": {{device.Port}}, "period": 0.01, "registers": ["Speed holding:0 uint16", "Steady holding:1 uint16", "Other holding:2 uint16"] },
                "items": { "Steady": { "deadband": 0.5 }, "Other": { "signal": "plant/line/Other" } }
              }]
            }
            """), "gateway.json", Kinds);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = new Gateway(settings, new GatewayPlace(node.Address, "token", folder), TimeProvider.System).Run(_ => { }, stop.Token);
        await Until(() => node.Arrived.Count(sample => sample.Signal == "plant/pump1/Speed") >= 20);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Single(node.Arrived, sample => sample.Signal == "plant/pump1/Steady");
        Assert.Equal(node.Arrived.Count(sample => sample.Signal == "plant/pump1/Speed"), node.Arrived.Count(sample => sample.Signal == "plant/line/Other"));
    }

    [Fact]
    public async Task Units_go_to_the_node_as_it_knows_them()
    {
        await using var spool = await Spooled(1, 0);
        var settings = GatewaySettings.Parse("""{"gateway":"gw","sources":[{"name":"a","kind":"scripted","template":"plant/{name}","settings":{"host":"x"},"items":{"T":{"unit":"°C"},"q":{"unit":"l/min"}}}]}"""u8,
            "gateway.json", [new Sources.ScriptedKind((_, _, _) => Task.CompletedTask)]);
        using var desk = new GatewayDesk(settings.Sources[0], spool, (_, _, _) => { });
        desk.Announce([new SourceItem("n", "U/min")]);
        var units = new List<string?>();
        foreach (var (item, unit) in new[] { ("t", "°C"), ("p", "bar(g)"), ("T", "C"), ("q", null), ("n", null), ("odd", "furlong"), ("none", null) })
        {
            await desk.Deliver(Sources.TestSources.Batch(item, unit, (1_000_000, 1)), Cancel);
            units.Add(Dure.Historian.Http.JsonBatchParser.Parse(BatchJson.Request("x", spool.Read(spool.LastSequence, long.MaxValue, 1)), "x").Blocks[0].Unit);
        }
        Assert.Equal(["Cel", "bar", "Cel", "l/min", "/min", "furlong", null], units);
    }

    [Fact]
    public async Task What_the_spool_refused_does_not_count_as_sent()
    {
        await using var spool = Spool.Open(Path.Combine(folder, "spool"), new SpoolOptions(MaxBytes: 600, SegmentBytes: 100), TimeProvider.System);
        var settings = GatewaySettings.Parse("""{"gateway":"gw","sources":[{"name":"a","kind":"scripted","template":"plant/{name}","settings":{"host":"x"},"items":{"p":{"deadband":1}}}]}"""u8,
            "gateway.json", [new Sources.ScriptedKind((_, _, _) => Task.CompletedTask)]);
        using var desk = new GatewayDesk(settings.Sources[0], spool, (_, _, _) => { });
        await desk.Deliver(Sources.TestSources.Batch("p", null, (1, 0)), Cancel);
        while (true)
        {
            try
            {
                await spool.Append(new byte[40], 1, Cancel);
            }
            catch (ProblemException)
            {
                break;
            }
        }
        await Assert.ThrowsAsync<ProblemException>(async () => await desk.Deliver(Sources.TestSources.Batch("p", null, (2, 10)), Cancel));
        var last = spool.LastSequence;
        spool.Acknowledge(1, last);
        await desk.Deliver(Sources.TestSources.Batch("p", null, (3, 10)), Cancel); // differs from the 0 that was sent, not from the 10 that was not
        Assert.Equal(last + 1, spool.LastSequence);
    }

    [Fact]
    public void Of_too_much_that_was_refused_the_oldest_is_dropped_and_counted()
    {
        var refused = new RefusedBatches(folder, TimeProvider.System, maxBytes: 2000);
        for (var i = 1; i <= 100; i++)
            refused.Keep($"batch {i}", null, """{"signals":[]}"""u8.ToArray());
        var lines = File.ReadAllLines(Path.Combine(folder, RefusedBatches.OlderFileName)).Concat(File.ReadAllLines(Path.Combine(folder, RefusedBatches.FileName))).ToArray();
        Assert.Equal(100, lines.Length + refused.Dropped);
        Assert.Contains("\"batch 100\"", lines[^1], StringComparison.Ordinal);
        Assert.InRange(lines.Sum(line => line.Length + 1), 1000, 2000);
    }

    [Fact]
    public async Task A_source_that_breaks_is_told_and_does_not_end_the_others()
    {
        await using var node = await TestNode.Start();
        var kind = new Sources.ScriptedKind(async (source, desk, cancel) =>
        {
            if (source["host"]!.GetValue<string>() == "broken")
                throw new ArgumentOutOfRangeException("made by the test");
            await Task.Delay(50, cancel);
            await desk.Deliver(Sources.TestSources.Batch("plant/pump1/Speed", null, (1_000_000, 1)), cancel);
            await Task.Delay(Timeout.Infinite, cancel);
        });
        var settings = GatewaySettings.Parse("""{"gateway":"gw","sources":[{"name":"a","kind":"scripted","settings":{"host":"broken"}},{"name":"b","kind":"scripted","settings":{"host":"whole"}}]}"""u8, "gateway.json", [kind]);
        var told = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = new Gateway(settings, new GatewayPlace(node.Address, "token", folder), TimeProvider.System).Run(told.Enqueue, stop.Token);
        await Until(() => node.Arrived.Count == 1 && kind.Runs >= 3); // the broken one was started again
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Contains(told, line => line.StartsWith("source a: Retrying", StringComparison.Ordinal) && line.Contains("made by the test", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{", "not settings")]
    [InlineData("""{"gateway":"gw","sources":[]}""", "1 to 200 sources")]
    [InlineData("""{"gateway":"gw","sources":[{"name":"a","kind":"profinet","settings":{}}]}""", "not a kind of source")]
    [InlineData("""{"gateway":"gw","sources":[{"name":"a","kind":"modbus","settings":{},"templ":"x"}]}""", "'templ' is not known")]
    [InlineData("""{"gateway":"gw","sources":[{"name":"a","kind":"modbus","settings":{},"items":{"x":{"deadband":1,"swingingDoor":1}}}]}""", "More than one compression")]
    [InlineData("""{"gateway":"gw","sources":[{"name":"a","kind":"modbus","settings":{},"items":{"x":{"deadbandPercent":1}}}]}""", "engineering range")]
    [InlineData("""{"gateway":"gw","liveShare":2,"sources":[{"name":"a","kind":"modbus","settings":{}}]}""", "2 is not from 0 to 0.9")]
    [InlineData("""{"gateway":7,"sources":[{"name":"a","kind":"modbus","settings":{}}]}""", "not settings")]
    [InlineData("""{"gateway":"gw","sources":[{"name":"a","kind":"modbus","settings":{},"template":"//"}]}""", "empty")]
    [InlineData("""{"gateway":"gw","sources":[{"name":"a","kind":"modbus","settings":{"registers":["x 40001 int16","Temp 40002 int16 ABCD 0.1 0 C"]}}]}""", "'C' may mean 'Cel'")]
    [InlineData("""{"gateway":"gw","sources":[{"name":"a","kind":"modbus","settings":{"registers":["x 40001 int16 ABCD 1 0 furlong"]}}]}""", "'furlong' is not a unit")]
    public void Settings_that_cannot_work_are_named(string json, string named)
    {
        var refused = Assert.Throws<ProblemException>(() => GatewaySettings.Parse(System.Text.Encoding.UTF8.GetBytes(json), "gateway.json", Kinds));
        Assert.Contains(named, refused.Problem.What, StringComparison.Ordinal);
        Assert.Contains("gateway.json", refused.Problem.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("°C", "")]
    [InlineData("C", "°C")]
    [InlineData("furlong", "m")]
    public void A_register_whose_unit_is_said_certainly_works(string written, string said)
    {
        var items = said.Length == 0 ? "" : $$$""","items":{"Temp":{"unit":"{{{said}}}"}}""";
        var settings = GatewaySettings.Parse(System.Text.Encoding.UTF8.GetBytes($$$"""{"gateway":"gw","sources":[{"name":"a","kind":"modbus","settings":{"registers":["Temp holding:1 int16 ABCD 0.1 0 {{{written}}}"]}{{{items}}}}]}"""), "gateway.json", Kinds);
        Assert.Single(settings.Sources);
    }

    private static GatewaySettings Settings(int maxRequestBytes = 1 << 20) =>
        GatewaySettings.Parse("""{"gateway":"gw","sources":[{"name":"a","kind":"modbus","settings":{}}]}"""u8, "gateway.json", Kinds) with { MaxRequestBytes = maxRequestBytes };

    private async Task<Spool> Spooled(int first, int last, int samplesEach = 1)
    {
        var spool = Spool.Open(Path.Combine(folder, "spool"), new SpoolOptions(SegmentBytes: 2000), TimeProvider.System);
        for (var i = first; i <= last; i++)
            await spool.Append(Block(i, samplesEach), samplesEach, Cancel);
        return spool;
    }

    /// <summary>One sample at time i, or several at i thousand and on.</summary>
    private static byte[] Block(int i, int samples)
    {
        var block = new SignalBlock("plant/pump1/Pressure", "bar");
        for (var k = 0; k < samples; k++)
            block.Add(samples == 1 ? i : i * 1000 + k, i);
        return BatchJson.Blocks([block]);
    }

    private async Task<List<ForwarderStatus>> RunUntil(Spool spool, Uri node, GatewaySettings settings, Func<List<ForwarderStatus>, bool> condition)
    {
        var statuses = new List<ForwarderStatus>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using var forwarder = new Forwarder(spool, settings, node, "token", folder, TimeProvider.System, statuses.Add);
        var running = forwarder.Run(stop.Token);
        await Until(() => condition(statuses));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        return statuses;
    }

    private static async Task Until(Func<bool> condition)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, "it did not come to it");
            await Task.Delay(5, Cancel);
        }
    }
}
