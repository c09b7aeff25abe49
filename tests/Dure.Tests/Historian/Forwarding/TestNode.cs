using System.IO.Compression;
using System.Text.Json.Nodes;
using Dure.Historian;
using Dure.Historian.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dure.Tests.Historian.Forwarding;

/// <summary>A node's ingest door on a loopback port: the real parser, a plain memory of samples, and answers that tests spoil.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly List<(string Source, string Signal, long Time, double Value)> arrived = [];
    private int requests;

    private TestNode(WebApplication app) => this.app = app;

    public Uri Address => new(app.Urls.First());

    /// <summary>Answers in place of the node; null lets the node answer. Told the number of the request, from 1.</summary>
    public Func<int, (int Status, JsonObject? Body)?> Before { get; set; } = _ => null;

    /// <summary>Whether the samples are taken though the answer gets lost.</summary>
    public Func<int, bool> LosesAnswer { get; set; } = _ => false;

    public int Requests => Volatile.Read(ref requests);

    public IReadOnlyList<(string Source, string Signal, long Time, double Value)> Arrived
    {
        get
        {
            lock (gate)
                return [.. arrived];
        }
    }

    public static async Task<TestNode> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var node = new TestNode(app);
        app.MapPost("/api/v1/ingest", (Delegate)node.Take);
        await app.StartAsync();
        return node;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task<IResult> Take(HttpContext context)
    {
        var number = Interlocked.Increment(ref requests);
        if (Before(number) is { } instead)
            return Results.Json(instead.Body, statusCode: instead.Status);
        await using var unpacked = new GZipStream(context.Request.Body, CompressionMode.Decompress);
        using var body = new MemoryStream();
        await unpacked.CopyToAsync(body, context.RequestAborted);
        var batch = JsonBatchParser.Parse(body.ToArray(), "sender");
        var (accepted, duplicates) = Keep(batch);
        if (LosesAnswer(number))
            context.Abort();
        return Results.Json(new JsonObject { ["accepted"] = accepted, ["duplicates"] = duplicates, ["rejected"] = 0, ["rejections"] = new JsonArray() });
    }

    private (int Accepted, int Duplicates) Keep(SampleBatch batch)
    {
        var (accepted, duplicates) = (0, 0);
        lock (gate)
        {
            var known = arrived.Select(sample => (sample.Signal, sample.Time)).ToHashSet();
            foreach (var block in batch.Blocks)
            {
                for (var i = 0; i < block.Count; i++)
                {
                    if (known.Add((block.Signal, block.TimesMicros[i])))
                        arrived.Add((batch.Source, block.Signal, block.TimesMicros[i], block.Values[i]));
                    else
                        duplicates++;
                }
                accepted += block.Count;
            }
        }
        return (accepted - duplicates, duplicates);
    }
}
