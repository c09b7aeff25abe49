using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Exchange.Policies;
using Dure.Kernel;

namespace Dure.Bench.Exchange;

/// <summary>
/// Two nodes in processes of their own on this computer, with identities, tokens, policies and journals as in operation: how long an agreement
/// and its data take, how many negotiations a second, how fast a large file flows and in how much memory, and how fast a catalogue's page is.
/// </summary>
internal static class ExchangeBenchmark
{
    private const string Small = "small", Large = "large";
    private const int CatalogueSize = 10_000;
    private const int PublishedAtOnce = 256;

    public static async Task<Report> Run(bool isQuick)
    {
        var report = new Report("exchange");
        var root = Directory.CreateTempSubdirectory("dure-bench-exchange-").FullName;
        try
        {
            var (provider, consumer) = (Path.Combine(root, "provider"), Path.Combine(root, "consumer"));
            var largeBytes = isQuick ? 256L << 20 : 10L << 30;
            await Stock(provider, largeBytes, isQuick ? 1000 : CatalogueSize, report);
            using var maker = await BenchNode.Start(provider, ("DURE_NODE__MQTTPORT", "-1"));
            using var lab = await BenchNode.Start(consumer, ("DURE_NODE__MQTTPORT", "-1"));
            await Task.Delay(TimeSpan.FromSeconds(isQuick ? 2 : 10));
            report.Bounded("memory of an idle node", lab.ResidentKibibytes / 1024, "MiB", 150);
            await Introduce(maker, lab);
            // First, while the highest memory of a process is still that of the pull.
            await Pull(maker, lab, report, largeBytes);
            await Task.Delay(TimeSpan.FromSeconds(isQuick ? 2 : 20));
            await Latency(lab, report, runIn: isQuick ? 200 : 500, rounds: isQuick ? 200 : 1000);
            await Rate(lab, report, isQuick ? 200 : 1500);
            await Catalogue(lab, report);
            foreach (var (name, node) in new[] { ("provider", maker), ("consumer", lab) })
                report.Note($"memory of the {name} after all of it: {node.ResidentKibibytes / 1024:N0} MiB, highest {node.PeakMebibytes:N0} MiB");
            foreach (var (name, node) in new[] { ("provider", maker), ("consumer", lab) })
            {
                var verdict = await (await node.Client.PostAsync("api/v1/journal/verify", null)).Content.ReadFromJsonAsync<JsonObject>();
                report.Note($"journal of the {name} afterwards: {verdict!.ToJsonString()}");
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
        return report;
    }

    /// <summary>Fills a node's folder before it starts: a kilobyte, a large file of random bytes, and a long catalogue.</summary>
    private static async Task Stock(string folder, long largeBytes, int offerings, Report report)
    {
        using var key = NodeKey.LoadOrCreate(Path.Combine(folder, "keys"));
        await using var journal = await Journal.Open(Path.Combine(folder, "journal"), key, TimeProvider.System, CancellationToken.None);
        var blobs = BlobStore.Open(Path.Combine(folder, "blobs"));
        var small = blobs.Put(RandomNumberGenerator.GetBytes(1024));
        await using var random = new RandomStream(largeBytes);
        var large = await blobs.Put(random, CancellationToken.None);
        var book = OfferingBook.Read(journal);
        await book.Publish(Offer(Small, small, 1024), "bench", CancellationToken.None);
        await book.Publish(Offer(Large, large, largeBytes), "bench", CancellationToken.None);
        var clock = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(0, offerings), new ParallelOptions { MaxDegreeOfParallelism = PublishedAtOnce },
            async (i, cancel) => await book.Publish(Offer($"dataset-{i:D6}", small, 1024), "bench", cancel));
        report.Note($"{offerings:N0} offerings published durably, {PublishedAtOnce} at once, in {clock.Elapsed.TotalMilliseconds:N0} ms");
    }

    private static Offering Offer(string id, ContentHash content, long bytes) => new()
    {
        Id = id, OfferId = "", Title = id, Description = "For measurement.", Keywords = ["bench"], Source = content.ToString(), Content = content, Bytes = bytes,
        MediaType = "application/octet-stream", Policy = (new PolicyTerms { Until = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), MaxUses = 1_000_000 }).ToPolicy(),
    };

    private static async Task Introduce(BenchNode maker, BenchNode lab)
    {
        var invitation = await Post(maker, "api/v1/exchange/invitations", new JsonObject { ["for"] = "lab" });
        await Post(lab, "api/v1/exchange/join", new JsonObject { ["code"] = invitation["code"]!.GetValue<string>() });
    }

    /// <summary>Request, agreement, transfer start, pull and landing of 1 KiB, one after the other; the times are those of the consumer's journal.</summary>
    private static async Task Latency(BenchNode lab, Report report, int runIn, int rounds)
    {
        var partner = await Partner(lab);
        var journal = await JournalFollower.Begin(lab);
        for (var i = 0; i < runIn + rounds; i++)
        {
            await Ask(lab, partner, Small, fetch: true);
            await journal.Arrivals(i + 1, TimeSpan.FromSeconds(30), look: TimeSpan.FromMilliseconds(5));
        }
        var times = journal.Times;
        var sorted = times.Skip(runIn).Order().ToArray();
        report.Bounded($"negotiation, transfer start and pull of 1 KiB, durable, p50 of {sorted.Length} after a run-in of {runIn}", sorted[sorted.Length / 2], "ms", 10);
        report.Bounded("the same, p99", sorted[(int)(sorted.Length * 0.99)], "ms", 50);
        report.Note($"p90 {sorted[(int)(sorted.Length * 0.9)]:N1} ms, slowest {sorted[^1]:N0} ms; in the run-in p50 {times.Take(runIn).Order().ElementAt(runIn / 2):N1} ms, the first {times[0]:N0} ms");
    }

    private static async Task Rate(BenchNode lab, Report report, int negotiations)
    {
        var partner = await Partner(lab);
        var rates = new List<double>();
        for (var run = 0; run < 3; run++)
        {
            var clock = Stopwatch.StartNew();
            await Parallel.ForEachAsync(Enumerable.Range(0, negotiations), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (_, _) => await Ask(lab, partner, Small, fetch: false));
            while (await Unsettled(lab) > 0)
                await Task.Delay(10);
            rates.Add(negotiations / clock.Elapsed.TotalSeconds);
        }
        report.Bounded($"durable negotiations, both sides on these cores, 64 at once, median of {rates.Count} runs of {negotiations}", Report.Median(rates), "/s", 300, higherIsBetter: true);
        report.Note($"runs: {string.Join(", ", rates.Select(rate => $"{rate:N0}"))}/s; each asks the catalogue for its offer first");
    }

    private static async Task Catalogue(BenchNode lab, Report report)
    {
        var partner = await Partner(lab);
        var times = new List<double>();
        var count = 0;
        for (var run = 0; run < 3; run++)
        {
            var clock = Stopwatch.StartNew();
            var answer = await lab.Client.GetFromJsonAsync<JsonObject>($"api/v1/exchange/catalogue/{Uri.EscapeDataString(partner)}");
            count = answer!["datasets"]!.AsArray().Count;
            times.Add(clock.Elapsed.TotalMilliseconds / Math.Max(1, count / 100.0));
        }
        report.Bounded($"a page of 100 out of {count:N0} datasets, asked for by a partner's node with a token, read and passed on", Report.Median(times), "ms", 50);
    }

    private static async Task Pull(BenchNode maker, BenchNode lab, Report report, long bytes)
    {
        var partner = await Partner(lab);
        // Once for the code: a transfer is compiled when it first runs.
        var journal = await JournalFollower.Begin(lab);
        await Ask(lab, partner, Small, fetch: true);
        await journal.Arrivals(1, TimeSpan.FromSeconds(30), look: TimeSpan.FromMilliseconds(50));
        var (cpu, before) = (maker.CpuSeconds + lab.CpuSeconds, maker.PeakMebibytes);
        var clock = Stopwatch.StartNew();
        await Ask(lab, partner, Large, fetch: true);
        await journal.Arrivals(2, TimeSpan.FromMinutes(10), look: TimeSpan.FromMilliseconds(20));
        await Landed(lab, TimeSpan.FromMinutes(1));
        report.Bounded($"pull of {bytes / (1 << 20):N0} MiB from node to node: sent, received, hashed, on the disk, landed", bytes / clock.Elapsed.TotalSeconds / (1 << 20), "MiB/s", 400, higherIsBetter: true);
        report.Bounded("memory of the provider, peak", maker.PeakMebibytes, "MiB", 200);
        report.Bounded("memory of the consumer, peak", lab.PeakMebibytes, "MiB", 200);
        report.Note($"the provider's peak before the pull was {before:N0} MiB; processor time of both nodes {(maker.CpuSeconds + lab.CpuSeconds - cpu) / bytes * (1 << 30):N1} s a GiB");
    }

    /// <summary>Waits until what was fetched is in its place and the provider told of it.</summary>
    private static async Task Landed(BenchNode lab, TimeSpan patience)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < patience; await Task.Delay(20))
        {
            var transfers = (await lab.Client.GetFromJsonAsync<JsonObject>("api/v1/exchange/transfers"))!["transfers"]!.AsArray();
            if (transfers.All(transfer => transfer!["state"]!.GetValue<string>() == "COMPLETED"))
                return;
        }
        throw new InvalidOperationException("the data arrived and did not land");
    }

    private static async Task<string> Partner(BenchNode lab) =>
        (await lab.Client.GetFromJsonAsync<JsonObject>("api/v1/exchange/partners"))!["partners"]![0]!["did"]!.GetValue<string>();

    private static Task<JsonObject> Ask(BenchNode lab, string partner, string dataset, bool fetch) =>
        Post(lab, "api/v1/exchange/requests", new JsonObject { ["partner"] = partner, ["dataset"] = dataset, ["fetch"] = fetch });

    private static async Task<JsonObject> Post(BenchNode node, string path, JsonObject body)
    {
        using var response = await node.Client.PostAsJsonAsync(path, body);
        var answer = await response.Content.ReadFromJsonAsync<JsonObject>();
        return response.IsSuccessStatusCode ? answer! : throw new InvalidOperationException(answer!.ToJsonString());
    }

    private static async Task<int> Unsettled(BenchNode node) => (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/exchange/negotiations"))!["negotiations"]!.AsArray()
        .Count(negotiation => negotiation!["state"]!.GetValue<string>() is not ("FINALIZED" or "TERMINATED"));

    /// <summary>Reads a node's journal as it grows, each entry once.</summary>
    private sealed class JournalFollower(BenchNode node, long from)
    {
        private readonly List<double> times = [];
        private long next = from;
        private DateTimeOffset? began;
        private int arrived;

        /// <summary>From each negotiation's first entry to the entry of its data's arrival, in order, ms.</summary>
        public IReadOnlyList<double> Times => times;

        public static async Task<JournalFollower> Begin(BenchNode node) =>
            new(node, (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/journal/?from=0&count=1"))!["total"]!.GetValue<long>());

        /// <summary>Waits until so many data have arrived.</summary>
        public async Task Arrivals(int count, TimeSpan patience, TimeSpan look)
        {
            for (var clock = Stopwatch.StartNew(); arrived < count; await Task.Delay(look))
            {
                if (clock.Elapsed > patience)
                    throw new InvalidOperationException($"the data did not arrive: {await node.Client.GetStringAsync("api/v1/exchange/transfers")} {await node.Client.GetStringAsync("api/v1/exchange/negotiations")}");
                var page = await node.Client.GetFromJsonAsync<JsonObject>($"api/v1/journal/?from={next}&count=500");
                foreach (var entry in page!["entries"]!.AsArray())
                    Take(entry!["kind"]!.GetValue<string>(), entry["time"]!.GetValue<DateTimeOffset>());
            }
        }

        private void Take(string kind, DateTimeOffset at)
        {
            next++;
            arrived += kind == "data-received" ? 1 : 0;
            if (kind == "negotiation-step")
                began ??= at;
            else if (kind == "data-received" && began is { } start)
            {
                times.Add((at - start).TotalMilliseconds);
                began = null;
            }
        }
    }

    /// <summary>So many random bytes, made as they are read.</summary>
    private sealed class RandomStream(long length) : Stream
    {
        private readonly byte[] block = RandomNumberGenerator.GetBytes(1 << 20);
        private long position;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position { get => position; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var at = (int)(position % block.Length);
            var take = (int)Math.Min(Math.Min(count, block.Length - at), length - position);
            block.AsSpan(at, take).CopyTo(buffer.AsSpan(offset));
            position += take;
            return take;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
