using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Historian.Http;

namespace Dure.Bench;

/// <summary>Ingest over HTTP, durable, in batches of 5,000 samples, while page and API are asked: the node in a process of its own, both on the same cores.</summary>
internal static class SpineBenchmark
{
    private const int SamplesPerBatch = 5000;
    private const int SignalsPerMachine = 8;
    private const int Connections = 6;
    private const int Runs = 3;
    private const double TargetPerSecond = 300_000;
    private const double TargetPageMilliseconds = 300;
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(50);

    private delegate byte[] BodyMaker(int machine, long firstRow);

    public static async Task<Report> Run(bool isQuick)
    {
        var report = new Report("spine");
        var folder = Directory.CreateTempSubdirectory("dure-bench-").FullName;
        try
        {
            using var node = await BenchNode.Start(folder);
            await Register(node);
            var batches = isQuick ? 300 : 1200;
            await Ingest(node, report, "JSON", "api/v1/ingest", "application/json", JsonBody, batches, firstRow: 0);
            await Ingest(node, report, "line protocol", "api/v1/ingest/lines?precision=us", "text/plain", LineBody, batches, firstRow: 100_000_000);
            ParseAlone(report);
            report.Note($"peak memory of the node {node.PeakMebibytes:N0} MiB; its counts: {(await node.Client.GetFromJsonAsync<JsonObject>("api/v1/overview"))!.ToJsonString()}");
            var verdict = await (await node.Client.PostAsync("api/v1/journal/verify", null)).Content.ReadFromJsonAsync<JsonObject>();
            report.Note($"journal afterwards: {verdict!.ToJsonString()}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return report;
    }

    private static async Task Ingest(BenchNode node, Report report, string name, string path, string type, BodyMaker make, int batches, long firstRow)
    {
        const int RowsPerBatch = SamplesPerBatch / SignalsPerMachine;
        var (rates, page, api) = (new List<double>(), new List<double>(), new List<double>());
        for (var run = 0; run < Runs; run++)
        {
            // Built before the clock starts: the client must cost as little as a gateway that was written well.
            var bodies = Enumerable.Range(0, Connections).Select(machine => Enumerable.Range(0, batches / Connections)
                .Select(batch => make(machine, firstRow + ((long)run * batches + batch) * RowsPerBatch)).ToArray()).ToArray();
            using var done = new CancellationTokenSource();
            var asking = Task.WhenAll(Ask(node, "", page, done.Token), Ask(node, "api/v1/overview", api, done.Token));
            var clock = Stopwatch.StartNew();
            var accepted = await Task.WhenAll(bodies.Select(own => SendAll(node, path, type, own)));
            rates.Add(accepted.Sum() / clock.Elapsed.TotalSeconds);
            await done.CancelAsync();
            await asking;
            if (accepted.Sum() != bodies.Sum(own => (long)own.Length) * RowsPerBatch * SignalsPerMachine)
                throw new InvalidOperationException($"only {accepted.Sum()} samples were accepted");
        }
        report.Goal($"durable ingest, {name}, batches of {SamplesPerBatch:N0}, {Connections} connections, median of {Runs}", Report.Median(rates), "samples/s", TargetPerSecond);
        report.Note($"runs: {string.Join(", ", rates.Select(rate => $"{rate:N0}"))} samples/s");
        report.Goal($"first page while {name} comes in, median", Report.Median(page), "ms", TargetPageMilliseconds, higherIsBetter: false);
        report.Goal($"API while {name} comes in, median", Report.Median(api), "ms", TargetPageMilliseconds, higherIsBetter: false);
        report.Note($"slowest answers: page {page.Max():N0} ms of {page.Count}, API {api.Max():N0} ms of {api.Count}");
    }

    private static async Task<long> SendAll(BenchNode node, string path, string type, byte[][] bodies)
    {
        var accepted = 0L;
        foreach (var body in bodies)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue(type);
            using var response = await node.Client.PostAsync(path, content);
            var receipt = await response.Content.ReadFromJsonAsync<JsonObject>();
            if (response.StatusCode != HttpStatusCode.OK)
                throw new InvalidOperationException(receipt!.ToJsonString());
            accepted += receipt!["accepted"]!.GetValue<long>();
        }
        return accepted;
    }

    private static async Task Ask(BenchNode node, string path, List<double> milliseconds, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            var clock = Stopwatch.StartNew();
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Accept.ParseAdd("text/html");
            using var response = await node.Client.SendAsync(request, CancellationToken.None);
            response.EnsureSuccessStatusCode();
            await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
            milliseconds.Add(clock.Elapsed.TotalMilliseconds);
            await Task.Delay(AskEvery, CancellationToken.None);
        }
    }

    private static void ParseAlone(Report report)
    {
        var (json, lines) = (JsonBody(0, 0), LineBody(0, 0));
        report.Note($"parsing alone, one core: JSON {RateOf(() => JsonBatchParser.Parse(json, "bench")):N0} samples/s, line protocol {RateOf(() => LineProtocolParser.Parse(lines, "bench", LinePrecision.Microseconds, DateTimeOffset.UnixEpoch)):N0} samples/s");
    }

    private static double RateOf(Action parse)
    {
        const int Times = 400;
        for (var i = 0; i < Times / 4; i++)
            parse();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Times; i++)
            parse();
        return Times * (double)SamplesPerBatch / clock.Elapsed.TotalSeconds;
    }

    private static Task Register(BenchNode node) => node.Client.PostAsync("api/v1/signals", JsonContent.Create(new JsonObject
    {
        ["signals"] = new JsonArray([.. Enumerable.Range(0, Connections * SignalsPerMachine)
            .Select(i => new JsonObject { ["id"] = $"bench/machine{i / SignalsPerMachine}/signal{i % SignalsPerMachine}", ["unit"] = "bar" })]),
    }));

    private static byte[] JsonBody(int machine, long firstRow)
    {
        var text = new StringBuilder("{\"source\":\"bench\",\"signals\":[");
        for (var signal = 0; signal < SignalsPerMachine; signal++)
        {
            text.Append(signal > 0 ? "," : "").Append($"{{\"signal\":\"bench/machine{machine}/signal{signal}\",\"unit\":\"bar\",\"samples\":[");
            for (var row = 0; row < SamplesPerBatch / SignalsPerMachine; row++)
                text.Append(row > 0 ? "," : "").Append($"[{TimeOf(firstRow + row)},{ValueOf(machine, signal, firstRow + row)}]");
            text.Append("]}");
        }
        return Encoding.UTF8.GetBytes(text.Append("]}").ToString());
    }

    private static byte[] LineBody(int machine, long firstRow)
    {
        var text = new StringBuilder();
        for (var row = 0; row < SamplesPerBatch / SignalsPerMachine; row++)
        {
            text.Append($"pump,asset=bench/machine{machine} ");
            for (var signal = 0; signal < SignalsPerMachine; signal++)
                text.Append(signal > 0 ? "," : "").Append($"signal{signal}={ValueOf(machine, signal, firstRow + row)}");
            text.Append($" {TimeOf(firstRow + row)}\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static long TimeOf(long row) => 1_500_000_000_000_000 + row * 1_000_000;

    private static double ValueOf(int machine, int signal, long row) => Math.Round(50 + 10 * Math.Sin(0.001 * row + machine + signal), 3);
}
