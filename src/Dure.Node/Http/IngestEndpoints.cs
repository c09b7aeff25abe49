using System.Text.Json.Nodes;
using Dure.Historian;
using Dure.Historian.Files;
using Dure.Historian.Http;
using Dure.Historian.Sources;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Node.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace Dure.Node.Http;

/// <summary>The doors samples come in by: Dure's JSON, InfluxDB's line protocol, CSV. An answer of success means: durable.</summary>
internal static class IngestEndpoints
{
    /// <summary>A file is streamed, so it may be larger than a batch.</summary>
    private const long MaxFileBytes = 16L * 1024 * 1024 * 1024;

    public static void MapIngest(this IEndpointRouteBuilder app)
    {
        var ingest = app.MapGroup("").WithTags("Ingest");
        ingest.MapPost("/api/v1/ingest", Json).Needs(Permission.Ingest).WithSummary("Take a batch of samples as JSON.");
        ingest.MapPost("/api/v1/ingest/lines", Lines).Needs(Permission.Ingest).WithSummary("Take samples as InfluxDB line protocol; the answer is a receipt.");
        ingest.MapPost("/api/v1/ingest/csv", Csv).Needs(Permission.Ingest).WithSummary("Take a CSV file of one machine, streamed.");
        ingest.MapPost("/api/v1/ingest/parquet", Parquet).Needs(Permission.Ingest).WithSummary("Take a Parquet file of one machine (wide, or long with time, signal, value).");
        ingest.MapPost("/api/v2/write", WriteLikeInflux).Needs(Permission.Ingest).WithSummary("InfluxDB 2 write, for clients that speak it.");
        ingest.MapMethods("/ping", ["GET", "HEAD"], (HttpResponse response) => response.Headers["X-Influxdb-Version"] = "1.8-dure").AllowAnonymous().ExcludeFromDescription();
        ingest.MapPost("/query", (Delegate)CreateDatabase).Needs(Permission.Ingest).ExcludeFromDescription();
        ingest.MapPost("/write", WriteLikeInflux).Needs(Permission.Ingest).WithSummary("InfluxDB 1 write, for clients that speak it.");
    }

    private static async Task<IResult> Json(HttpContext context, PlantHistorian historian, bool register = false)
    {
        using var body = await RequestBody.Read(context);
        var batch = JsonBatchParser.Parse(body.Bytes.Span, context.Actor());
        return Answer(await Take(batch, historian, context, register));
    }

    private static async Task<IResult> Lines(HttpContext context, PlantHistorian historian, TimeProvider time, string precision = "ns", bool register = false) =>
        Answer(await TakeLines(context, historian, time, precision, register));

    /// <summary>204 when all was taken; 400 with the refused lines named when some were not (the others are kept), as InfluxDB answers.</summary>
    private static async Task<IResult> WriteLikeInflux(HttpContext context, PlantHistorian historian, TimeProvider time, string precision = "ns", bool register = false)
    {
        // Such clients cannot ask for it: a token that may curate makes unknown signals known as they come.
        var mayRegister = register || context.User.HasClaim(CallerAuthentication.PermissionClaim, Permission.Curate);
        var receipt = await TakeLines(context, historian, time, precision, mayRegister);
        if (receipt.Rejected == 0)
            return Results.NoContent();
        var first = receipt.Rejections[0];
        return Results.Json(new JsonObject
        {
            ["code"] = "invalid",
            ["error"] = $"partial write: {first.Where}: {first.What} {first.Mend} dropped={receipt.Rejected}",
            ["message"] = $"{receipt.Accepted} samples kept, {receipt.Rejected} dropped; first: {first.Where}: {first.What} {first.Mend}",
        }, statusCode: StatusCodes.Status400BadRequest);
    }

    /// <summary>InfluxDB 1 clients create their database before they write, by query string or form; there is only this one.</summary>
    private static async Task<IResult> CreateDatabase(HttpContext context)
    {
        var asked = await Asked(context.Request, context.RequestAborted);
        return asked.StartsWith("CREATE DATABASE", StringComparison.OrdinalIgnoreCase)
            ? Results.Json(new JsonObject { ["results"] = new JsonArray(new JsonObject { ["statement_id"] = 0 }) })
            : throw new ProblemException("urn:dure:http:not-influxql", "InfluxQL is not spoken here.", "POST /query", "Ask in SQL with POST /api/v1/sql, or read /api/v1/signals/resample.");
    }

    private static async Task<string> Asked(HttpRequest request, CancellationToken cancel)
    {
        if (!request.HasFormContentType)
            return request.Query["q"].ToString();
        try
        {
            return (await request.ReadFormAsync(cancel))["q"].ToString();
        }
        catch (InvalidDataException broken)
        {
            throw new ProblemException("urn:dure:http:bad-form", $"The form cannot be read: {broken.Message}", "POST /query", "Send q=CREATE DATABASE … as a form or in the query string.", broken);
        }
    }

    private static Task<IResult> Csv(HttpContext context, PlantHistorian historian, string asset, bool register = false)
    {
        AllowFile(context);
        return TakeFile(context, historian, register, onSignals => CsvSamples.Read(context.Request.Body, AssetId.Parse(asset), context.Actor(), onSignals, context.RequestAborted));
    }

    /// <summary>Parquet is read from its end, so the body lies in a file of its own until it is read.</summary>
    private static async Task<IResult> Parquet(HttpContext context, PlantHistorian historian, NodeOptions options, TimeProvider time, string asset, bool register = false)
    {
        AllowFile(context);
        var machine = AssetId.Parse(asset);
        var folder = Directory.CreateDirectory(Path.Combine(options.DataPath, "incoming")).FullName;
        // A crash in the middle leaves a file behind; no upload takes a day.
        foreach (var left in new DirectoryInfo(folder).EnumerateFiles().Where(left => left.LastWriteTimeUtc < time.GetUtcNow().UtcDateTime.AddDays(-1)))
            left.Delete();
        var file = Path.Combine(folder, $"{Guid.NewGuid():N}.parquet");
        try
        {
            await using (var disk = File.Create(file))
                await context.Request.Body.CopyToAsync(disk, context.RequestAborted);
            return await TakeFile(context, historian, register, onSignals => ParquetSamples.Read(file, machine, context.Actor(), onSignals, context.RequestAborted));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void AllowFile(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxFileBytes;
    }

    private static async Task<IResult> TakeFile(
        HttpContext context, PlantHistorian historian, bool register, Func<Func<IReadOnlyList<(SignalId Id, string? Unit)>, Task>, IAsyncEnumerable<SampleBatch>> read)
    {
        var (actor, cancel) = (context.Actor(), context.RequestAborted);
        var total = new Receipts();
        await foreach (var batch in read(RegisterColumns))
        {
            var receipt = await historian.Append(batch, actor, cancel);
            Door(context).Note(receipt);
            total.Add(receipt);
        }
        return Answer(total.Sum());

        Task RegisterColumns(IReadOnlyList<(SignalId Id, string? Unit)> columns) => register
            ? historian.Register([.. columns.Where(column => !historian.TryFind(column.Id, out _)).Select(column => new SignalDefinition(column.Id, Unit.Parse(column.Unit ?? "1")))], actor, cancel)
            : Task.CompletedTask;
    }

    private static async Task<BatchReceipt> TakeLines(HttpContext context, PlantHistorian historian, TimeProvider time, string precision, bool register)
    {
        var unit = precision switch
        {
            "ns" or "n" => LinePrecision.Nanoseconds,
            "us" or "u" => LinePrecision.Microseconds,
            "ms" => LinePrecision.Milliseconds,
            "s" => LinePrecision.Seconds,
            "m" => LinePrecision.Minutes,
            "h" => LinePrecision.Hours,
            _ => throw new ProblemException("urn:dure:historian:bad-precision", $"'{precision}' is not a precision.", "query 'precision'", "Use ns, us, ms, s, m or h."),
        };
        using var body = await RequestBody.Read(context);
        return await Take(LineProtocolParser.Parse(body.Bytes.Span, context.Actor(), unit, time.GetUtcNow()), historian, context, register);
    }

    private static async Task<BatchReceipt> Take(SampleBatch batch, PlantHistorian historian, HttpContext context, bool register)
    {
        var actor = context.Actor();
        if (register)
            await RegisterUnknown(batch, historian, actor, context.RequestAborted);
        var receipt = await historian.Append(batch, actor, context.RequestAborted);
        Door(context).Note(receipt);
        return receipt;
    }

    /// <summary>The desk that counts what comes in here.</summary>
    private static SourceDesk Door(HttpContext context) => context.RequestServices.GetRequiredService<SourceRunner>().Desk(SourceServices.Http);

    private static Task RegisterUnknown(SampleBatch batch, PlantHistorian historian, string actor, CancellationToken cancel)
    {
        var unknown = new List<SignalDefinition>();
        foreach (var block in batch.Blocks)
        {
            if (!historian.Knows(block.Signal) && SignalId.TryParse(block.Signal, out var id, out _) && Unit.TryParse(block.Unit ?? "1", out var unit, out _))
                unknown.Add(new SignalDefinition(id, unit));
        }
        return unknown.Count == 0 ? Task.CompletedTask : historian.Register(unknown, actor, cancel);
    }

    private static IResult Answer(BatchReceipt receipt) => Results.Json(Describe(receipt),
        statusCode: receipt.Accepted == 0 && receipt.Duplicates == 0 && receipt.Rejected > 0 ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);

    private static JsonObject Describe(BatchReceipt receipt)
    {
        var answer = new JsonObject
        {
            ["batch"] = receipt.Batch?.ToString(),
            ["entry"] = receipt.Entry,
            ["accepted"] = receipt.Accepted,
            ["duplicates"] = receipt.Duplicates,
            ["corrected"] = receipt.Corrected,
            ["outOfOrder"] = receipt.OutOfOrder,
            ["outOfRange"] = receipt.OutOfRange,
            ["rejected"] = receipt.Rejected,
            ["rejections"] = new JsonArray([.. receipt.Rejections.Select(rejection => new JsonObject
            {
                ["where"] = rejection.Where, ["what"] = rejection.What, ["mend"] = rejection.Mend,
            })]),
        };
        if (receipt.Accepted == 0 && receipt.Duplicates == 0 && receipt.Rejected > 0)
        {
            var first = receipt.Rejections[0];
            (answer["type"], answer["title"], answer["where"], answer["mend"]) = ("urn:dure:historian:nothing-taken", $"None of {receipt.Rejected} samples was taken. {first.What}", first.Where, first.Mend);
        }
        return answer;
    }

    /// <summary>The receipts of a file's batches as one; only the first refusals are kept in detail.</summary>
    private sealed class Receipts
    {
        private readonly List<RejectedSample> rejections = [];
        private BatchReceipt sum = new(null, null, 0, 0, 0, 0, 0, 0, []);

        public void Add(BatchReceipt next)
        {
            rejections.AddRange(next.Rejections.Take(SampleBatch.MaxRejectionsTold - rejections.Count));
            sum = new BatchReceipt(next.Batch ?? sum.Batch, next.Entry ?? sum.Entry, sum.Accepted + next.Accepted, sum.Duplicates + next.Duplicates, sum.Corrected + next.Corrected,
                sum.OutOfOrder + next.OutOfOrder, sum.OutOfRange + next.OutOfRange, sum.Rejected + next.Rejected, []);
        }

        public BatchReceipt Sum() => sum with { Rejections = rejections };
    }
}
