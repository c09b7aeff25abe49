using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>Series flow between two real nodes under an agreement: all of them, each once, with their rules, until somebody says no.</summary>
public sealed class SeriesTests : IAsyncLifetime
{
    private const long Start = 1_600_000_000_000_000;
    private SharingNode maker = null!; // InitializeAsync sets them
    private SharingNode lab = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Received => $"received/127.0.0.1 {new Uri(maker.Protocol.AbsoluteUri).Port}";

    public async ValueTask InitializeAsync()
    {
        maker = await SharingNode.Start();
        lab = await SharingNode.Start();
        await lab.Join(await maker.Invite("Lab"));
        await maker.Post("signals", new JsonObject
        {
            ["signals"] = new JsonArray(
            new JsonObject { ["id"] = "plant/pump/A", ["unit"] = "bar", ["description"] = "pressure at the outlet" }, new JsonObject { ["id"] = "plant/pump/B", ["unit"] = "Cel" },
            new JsonObject { ["id"] = "plant/secret/C", ["unit"] = "1" })
        });
    }

    public async ValueTask DisposeAsync()
    {
        await maker.DisposeAsync();
        await lab.DisposeAsync();
    }

    [Fact]
    public async Task What_comes_in_arrives_once_late_and_corrected_over_restarts_of_either_side()
    {
        await Feed("plant/pump/A", 0, 10, i => i);
        await Offer("no conditions", from: 2);
        var transfer = await Flow();
        await Feed("plant/pump/A", 10, 100, i => i);
        await Feed("plant/pump/B", 10, 100, i => -i);
        await Feed("plant/secret/C", 10, 100, i => i);
        await Arrives("plant/pump/A", 2, 110);
        await Arrives("plant/pump/B", 10, 110);
        Assert.False(await Knows($"{Received}/plant/secret/C"));

        await lab.Kill();
        await Feed("plant/pump/A", 110, 50, i => i);
        await maker.Kill();
        await maker.StartAgain();
        await Feed("plant/pump/A", 160, 50, i => i);
        await Feed("plant/pump/B", 2, 3, i => -i); // late
        await lab.StartAgain();
        await Arrives("plant/pump/A", 2, 210);
        await SharingNode.Until(() => Samples("plant/pump/B"), samples => samples.Count == 103 && samples.ContainsKey(Start + 2_000_000));
        await Feed("plant/pump/A", 20, 1, _ => 999); // corrected
        await SharingNode.Until(() => Samples("plant/pump/A"), samples => samples[Start + 20_000_000] == 999);

        var now = (await maker.Transfers()).Single();
        Assert.Equal(1, now["uses"]!.GetValue<long>());
        Assert.True(now["bytes"]!.GetValue<long>() > 1000, now.ToJsonString());
        Assert.Equal("Flowing", (string?)(await lab.Transfers()).Single()["fetch"]);
        var origins = (await lab.Get($"exchange/received-signals?signal={Uri.EscapeDataString($"{Received}/plant/pump/A")}"))["signals"]!.AsArray();
        Assert.Equal("plant/pump/A", (string?)Assert.Single(origins)!["original"]);
        Assert.Equal((string?)transfer["agreement"], (string?)origins[0]!["agreement"]);
    }

    [Fact]
    public async Task Earlier_samples_come_where_the_offer_names_an_earlier_time_and_only_from_then_on()
    {
        await Feed("plant/pump/A", 0, 100, i => i);
        await Offer("no conditions", from: 40);
        await Flow();
        await Arrives("plant/pump/A", 40, 100);
        await Feed("plant/pump/A", 30, 1, _ => 5); // changes what is not offered
        await Feed("plant/pump/A", 100, 1, i => i);
        await Arrives("plant/pump/A", 40, 101);
    }

    [Theory]
    [InlineData("until 31 December 2998, may be passed on", true)]
    [InlineData("until 31 December 2998", false)]
    public async Task A_dataset_cut_from_received_series_keeps_their_rules(string terms, bool mayPassOn)
    {
        await Offer(terms);
        await Flow();
        await Feed("plant/pump/A", 0, 600, i => i % 7);
        await Feed("plant/pump/B", 0, 600, i => i % 5);
        await Arrives("plant/pump/A", 0, 600);
        await Arrives("plant/pump/B", 0, 600);
        var run = SharingNode.Text(await lab.Post("datasets", new JsonObject { ["name"] = "theirs", ["assets"] = new JsonArray($"{Received}/plant/pump") }), "id");
        var cut = await SharingNode.Until(() => lab.Get($"runs/{run}"), answer => SharingNode.Text(answer, "state") is not ("Queued" or "Running"));
        Assert.True((string?)cut["state"] == "Succeeded", cut.ToJsonString());
        var (status, answer) = await lab.TryPost("exchange/offerings", new JsonObject { ["dataset"] = SharingNode.Text(cut["result"]!, "version"), ["terms"] = "no conditions" });
        Assert.Equal(mayPassOn ? HttpStatusCode.OK : HttpStatusCode.BadRequest, status);
        Assert.Contains(mayPassOn ? "2999-01-01" : "passing it on", answer.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("terminate")]
    [InlineData("block")]
    public async Task A_stop_ends_the_flow_within_a_second(string how)
    {
        await Offer("no conditions");
        await Flow();
        await Feed("plant/pump/A", 0, 10, i => i);
        await Arrives("plant/pump/A", 0, 10);
        var given = (await maker.Transfers()).Single();
        if (how == "block")
            await maker.Post("exchange/partners/block", new JsonObject { ["did"] = lab.Did, ["reason"] = "enough" });
        else
            await maker.Post($"exchange/transfers/{Uri.EscapeDataString(SharingNode.Text(given, "id"))}/{how}", new JsonObject { ["reason"] = "enough" });
        await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
        await Feed("plant/pump/A", 10, 10, i => i);
        await Task.Delay(TimeSpan.FromSeconds(1), Cancel);
        Assert.Equal(10, (await Samples("plant/pump/A")).Count);
        if (how != "suspend")
            return;
        await maker.Post($"exchange/transfers/{Uri.EscapeDataString(SharingNode.Text(given, "id"))}/resume", []);
        await Arrives("plant/pump/A", 0, 20);
        Assert.Equal(1, (await maker.Transfers()).Single()["uses"]!.GetValue<long>());
    }

    [Fact, Trait("Speed", "Slow")]
    public async Task An_alliance_that_is_away_for_a_while_holds_the_flow_up_and_does_not_end_it()
    {
        await using var alliance = await SharingNode.Start();
        await maker.Join(await alliance.Invite("Maker", []));
        await lab.Join(await alliance.Invite("Lab", []));
        await Offer("members only");
        await Flow();
        await Feed("plant/pump/A", 0, 10, i => i);
        await Arrives("plant/pump/A", 0, 10);
        await alliance.Kill();
        await Task.Delay(TimeSpan.FromSeconds(2), Cancel);
        await Feed("plant/pump/A", 10, 10, i => i);
        await Task.Delay(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(10, (await Samples("plant/pump/A")).Count); // nothing leaves while it cannot be told
        Assert.All([(await maker.Transfers()).Single(), (await lab.Transfers()).Single()], transfer => Assert.Equal("STARTED", (string?)transfer["state"]));
        await alliance.StartAgain();
        await Arrives("plant/pump/A", 0, 20);
        Assert.Equal(1, (await maker.Transfers()).Single()["uses"]!.GetValue<long>());
        await alliance.Post("exchange/members/revoke", new JsonObject { ["did"] = lab.Did, ["reason"] = "left" });
        await SharingNode.Until(async () => (await lab.Transfers()).Single(), transfer => (string?)transfer["fetch"] == "Failed"); // a no is one
    }

    [Fact]
    public async Task A_provider_that_names_many_signals_or_sends_a_sample_at_a_time_fills_nothing()
    {
        await using var rogue = await RogueProvider.Start(lab);
        var asked = 0;
        rogue.ChangeDataset = dataset => dataset["distribution"]![0]!["format"] = "Dure-Series-PULL";
        rogue.Hand = async context =>
        {
            var piece = Interlocked.Increment(ref asked);
            await ForeignParticipant.Write(context, 200, new JsonObject
            {
                ["next"] = $"{piece}",
                ["more"] = true,
                ["signals"] = piece switch
                {
                    1 => new JsonArray([.. Enumerable.Range(0, 20_000).Select(i => Signal($"empty/{i}", []))]),
                    <= 12 => new JsonArray(Signal("one/A", [Start + piece])),
                    _ => new JsonArray([.. Enumerable.Range(0, 10_000).Select(i => Signal($"many/{i}", [Start]))]),
                },
            });
            return true;
        };
        var clock = Stopwatch.StartNew();
        var agreement = await rogue.Begin();
        var ended = await SharingNode.Until(async () => (await lab.Transfers(agreement)).Single(), one => (string?)one["fetch"] == "Failed");
        Assert.True(ended.ToJsonString().Contains("More signals", StringComparison.Ordinal), ended.ToJsonString());
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(2.5), "twelve small pieces came without a breath between them");
        Assert.Single((await lab.Get("signals"))["signals"]!.AsArray(), signal => ((string?)signal!["id"])!.StartsWith("received/", StringComparison.Ordinal));

        static JsonObject Signal(string name, long[] times) => new()
        {
            ["signal"] = name,
            ["unit"] = "1",
            ["description"] = "bait",
            ["times"] = new JsonArray([.. times.Select(time => JsonValue.Create(time))]),
            ["values"] = new JsonArray([.. times.Select(_ => JsonValue.Create(1.0))]),
        };
    }

    [Fact]
    public async Task Of_two_uses_two_transfers_flow_and_a_third_is_refused()
    {
        await Offer("twice");
        var agreement = SharingNode.Text(await Flow(), "agreement");
        for (var use = 2; use <= 3; use++)
        {
            var begun = SharingNode.Text(await lab.Post("exchange/transfers", new JsonObject { ["agreement"] = agreement }), "id");
            var settled = await SharingNode.Until(async () => (await lab.Transfers(agreement)).Single(one => (string?)one["id"] == begun), one => (string?)one["fetch"] == "Flowing" || (string?)one["state"] == "TERMINATED");
            Assert.Equal(use <= 2 ? "STARTED" : "TERMINATED", (string?)settled["state"]);
        }
    }

    [Fact]
    public async Task Nobody_reads_what_came_before_the_agreement_nor_by_another_door()
    {
        await using var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        await Feed("plant/pump/A", 0, 100, i => i);
        var offering = await Offer("no conditions", from: null);
        var (agreement, why) = await partner.Negotiate(maker, offering);
        Assert.True(agreement is not null, why);
        Assert.Null((await partner.Begin(maker, agreement)).Door); // not as a file
        var (door, reason) = await partner.Begin(maker, agreement, format: "Dure-Series-PULL");
        Assert.True(door is not null, reason);
        await Feed("plant/pump/A", 100, 1, i => i); // it came after the agreement, and is of a time before
        await maker.Post("ingest", new JsonObject { ["signals"] = new JsonArray(new JsonObject { ["signal"] = "plant/pump/A", ["times"] = new JsonArray((DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks / 10), ["values"] = new JsonArray(7) }) });
        using var first = await partner.Ask(door);
        var piece = JsonNode.Parse(await first.Content.ReadAsStringAsync(Cancel))!;
        Assert.Equal("[7]", Assert.Single(piece["signals"]!.AsArray())!["values"]!.ToJsonString());
        foreach (var place in new[] { "0", "-1", "1", "-1.99.0.0", "0.99.0.0", "99999999", "nonsense", "1.2.3", new string('9', 200), "9223372036854775807" })
        {
            using var wrong = await partner.Ask(door with { Address = new Uri($"{door.Address}?after={place}") });
            Assert.True(wrong.StatusCode == HttpStatusCode.BadRequest, $"{place}: {wrong.StatusCode}");
        }
        using var file = await partner.Ask(door with { Address = new Uri(door.Address.AbsoluteUri.Replace("/series/", "/data/", StringComparison.Ordinal)) });
        Assert.Equal(HttpStatusCode.Forbidden, file.StatusCode);
        using var stranger = await partner.Ask(door, token: "nonsense");
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
    }

    [Fact, Trait("Speed", "Slow")]
    public async Task A_hundred_thousand_samples_a_second_flow()
    {
        const int signals = 20, rows = 500, batches = 300;
        await Offer("no conditions");
        await Flow();
        await maker.Post("signals", new JsonObject { ["signals"] = new JsonArray([.. Enumerable.Range(0, signals).Select(i => new JsonObject { ["id"] = $"plant/pump/S{i}", ["unit"] = "1" })]) });
        var random = new Random(1);
        var values = string.Join(',', Enumerable.Range(0, rows).Select(_ => FormattableString.Invariant($"{random.NextDouble():F4}")));
        var bodies = Enumerable.Range(0, batches).Select(batch =>
        {
            var times = string.Join(',', Enumerable.Range(0, rows).Select(row => Start + (batch * rows + row) * 1000L));
            return new JsonObject { ["signals"] = new JsonArray([.. Enumerable.Range(0, signals).Select(signal => new JsonObject { ["signal"] = $"plant/pump/S{signal}", ["times"] = JsonNode.Parse($"[{times}]"), ["values"] = JsonNode.Parse($"[{values}]") })]) }.ToJsonString();
        }).ToList();
        var clock = Stopwatch.StartNew();
        foreach (var body in bodies)
            await Write(body);
        var written = clock.Elapsed;
        await SharingNode.Until(async () => (await lab.Transfers()).Single(), one => ((string?)one["word"])?.StartsWith($"{signals * rows * batches} samples", StringComparison.Ordinal) == true, TimeSpan.FromMinutes(3));
        TestContext.Current.TestOutputHelper!.WriteLine($"{signals * rows * batches / clock.Elapsed.TotalSeconds:N0} samples/s arrived ({signals * rows * batches / written.TotalSeconds:N0}/s were written at the same time on the same machine)");
        Assert.True(signals * rows * batches / clock.Elapsed.TotalSeconds > 20_000, "far slower than it should be");
    }

    private Task<JsonObject> Offer(string terms, int? from = 0) => maker.Post("exchange/offerings", new JsonObject
    {
        ["series"] = new JsonArray("plant/pump"),
        ["id"] = "live",
        ["terms"] = terms,
        ["since"] = from is { } first ? DateTimeOffset.UnixEpoch.AddMicroseconds(Start + first * 1_000_000L).ToString("O") : null,
    });

    private async Task<JsonObject> Flow()
    {
        await lab.Ask(maker.Did, "live");
        return (await SharingNode.Until(async () => (await lab.Transfers()).SingleOrDefault(), one => (string?)one?["fetch"] == "Flowing"))!;
    }

    private Task<JsonObject> Feed(string signal, int from, int count, Func<int, double> value) => maker.Post("ingest", new JsonObject
    {
        ["signals"] = new JsonArray(new JsonObject
        {
            ["signal"] = signal,
            ["times"] = new JsonArray([.. Enumerable.Range(from, count).Select(i => JsonValue.Create(Start + i * 1_000_000L))]),
            ["values"] = new JsonArray([.. Enumerable.Range(from, count).Select(i => JsonValue.Create(value(i)))]),
        }),
    });

    private async Task Write(string body)
    {
        using var response = await maker.Process.Client.PostAsync("api/v1/ingest", new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Cancel);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancel));
    }

    private async Task<bool> Knows(string path) => (await lab.Get("signals"))["signals"]!.AsArray().Any(signal => (string?)signal!["id"] == path);

    private async Task Arrives(string signal, int from, int to)
    {
        var samples = await SharingNode.Until(() => Samples(signal), seen => seen.Count >= to - from);
        Assert.Equal(Enumerable.Range(from, to - from).Select(i => Start + i * 1_000_000L), samples.Keys);
    }

    /// <summary>What the lab has of a signal of the maker's.</summary>
    private async Task<SortedDictionary<long, double>> Samples(string signal)
    {
        var path = $"{Received}/{signal}";
        var samples = new SortedDictionary<long, double>();
        if (!await Knows(path))
            return samples;
        foreach (var sample in (await lab.Get($"signals/samples?limit=100000&signal={Uri.EscapeDataString(path)}"))["samples"]!.AsArray())
            samples.Add(sample![0]!.GetValue<long>(), sample[1]!.GetValue<double>());
        return samples;
    }
}
