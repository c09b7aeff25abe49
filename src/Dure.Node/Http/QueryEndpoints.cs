using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Historian;
using Dure.Kernel;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>Questions to the historian beyond one chart: what was it at a time, at many times, several signals side by side, everything.</summary>
internal static class QueryEndpoints
{
    private const int MaxTimes = 1_000_000;
    private const int MaxSignals = 200;
    private const int FlushBytes = 64 * 1024;

    internal sealed record AsOfRequest(string[]? Signals, long[]? Times, double? MaxAgeSeconds);

    public static void MapQueries(this IEndpointRouteBuilder app)
    {
        var signals = app.MapGroup("/api/v1/signals").WithTags("Signals");
        signals.MapGet("/at", At).Needs(Permission.Read).WithSummary("The newest sample at or before a time.");
        signals.MapPost("/asof", AsOf).Needs(Permission.Read).WithSummary("What signals were at each of many times (ascending, µs).");
        signals.MapGet("/frame", Frame).Needs(Permission.Read).WithSummary("Several signals aligned to steps of time, streamed as CSV.");
        signals.MapGet("/export", Export).Needs(Permission.Read).WithSummary("All samples of a range, streamed as CSV.");
    }

    private static JsonObject At(PlantHistorian historian, string signal, long time)
    {
        var id = SignalId.Parse(signal);
        var sample = historian.At(id, QueryRange.TimeOf(time)!.Value);
        return new JsonObject
        {
            ["signal"] = id.Path,
            ["time"] = sample is { } found ? Micros.Of(found.Time) : null,
            ["value"] = sample is { } known && double.IsFinite(known.Value) ? known.Value : null,
            ["quality"] = sample?.Quality.ToString().ToLowerInvariant(),
        };
    }

    private static JsonObject AsOf(AsOfRequest request, PlantHistorian historian, CancellationToken cancel)
    {
        if (request.Times is not { Length: > 0 and <= MaxTimes } times || request.Signals is not { Length: > 0 and <= MaxSignals } wanted)
            throw new ProblemException("urn:dure:historian:bad-question", $"{request.Times?.Length ?? 0} times and {request.Signals?.Length ?? 0} signals cannot be answered.", "fields 'times', 'signals'", $"Give 1 to {MaxTimes:N0} times and 1 to {MaxSignals} signals.");
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] < times[i - 1])
                throw new ProblemException("urn:dure:historian:bad-question", $"The time {times[i]} comes after {times[i - 1]}.", $"times[{i}]", "Give the times in ascending order, as microseconds since 1970.");
        }
        if (request.MaxAgeSeconds is < 0 or > 1e9)
            throw new ProblemException("urn:dure:historian:bad-question", $"An age of {request.MaxAgeSeconds} s is not possible.", "field 'maxAgeSeconds'", "Give 0 to 1000000000, or leave it out.");
        TimeSpan? age = request.MaxAgeSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var columns = new JsonObject();
        foreach (var path in wanted.Distinct(StringComparer.Ordinal))
        {
            var column = historian.AsOf(SignalId.Parse(path), times, age, cancel);
            columns[path] = new JsonObject
            {
                ["times"] = new JsonArray([.. column.TimesMicros.Select(time => time < 0 ? null : JsonValue.Create(time))]),
                ["values"] = new JsonArray([.. column.Values.Select(value => double.IsFinite(value) ? JsonValue.Create(value) : null)]),
                ["qualities"] = new JsonArray([.. column.Qualities.Select(quality => JsonValue.Create((int)quality))]),
            };
        }
        return new JsonObject { ["signals"] = columns };
    }

    /// <summary>One row per step: its start, then one column per signal. Empty where a signal has no good sample in the step.</summary>
    private static async Task Frame(HttpContext context, PlantHistorian historian, string signals, long from, long to, double stepSeconds, string aggregate = "mean")
    {
        var ids = signals.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(SignalId.Parse).ToArray();
        if (ids.Length is 0 or > MaxSignals)
            throw new ProblemException("urn:dure:historian:bad-question", $"{ids.Length} signals cannot be aligned.", "query 'signals'", $"Name 1 to {MaxSignals}, separated by commas.");
        var (read, aggregates) = AggregateOf(aggregate);
        var range = QueryRange.Of(from, to);
        if (!(stepSeconds >= 1e-6) || range.Length.TotalSeconds / stepSeconds > 1e8)
            throw new ProblemException("urn:dure:historian:bad-question", $"Steps of {stepSeconds} s do not divide this range.", "query 'stepSeconds'", "Give a step of a microsecond or more that makes at most 100 million rows.");
        foreach (var id in ids)
            historian.Find(id);
        var columns = ids.Select(id => historian.Resample(id, range, TimeSpan.FromSeconds(stepSeconds), context.RequestAborted, aggregates).GetEnumerator()).ToArray();
        try
        {
            var writer = Begin(context, "time," + string.Join(',', ids.Select(id => $"{id.Path} [{historian.Find(id).Definition.Unit.Code}]")));
            while (columns.Count(column => column.MoveNext()) == columns.Length)
            {
                Write(writer, Micros.Of(columns[0].Current.Start));
                foreach (var column in columns)
                {
                    Comma(writer);
                    if (read(column.Current) is var value && double.IsFinite(value))
                        Write(writer, value);
                }
                await EndRow(writer, context.RequestAborted);
            }
            await writer.FlushAsync(context.RequestAborted);
        }
        finally
        {
            foreach (var column in columns)
                column.Dispose();
        }
    }

    private static async Task Export(HttpContext context, PlantHistorian historian, string signal, long? from = null, long? to = null)
    {
        var info = historian.Find(SignalId.Parse(signal));
        var range = QueryRange.Of(from, to);
        var writer = Begin(context, $"time,{info.Id.Name} [{info.Definition.Unit.Code}],quality");
        await foreach (var block in historian.Read(info.Id, range, context.RequestAborted))
        {
            for (var i = 0; i < block.Count; i++)
            {
                Write(writer, block.TimesMicros.Span[i]);
                Comma(writer);
                if (block.Values.Span[i] is var value && double.IsFinite(value))
                    Write(writer, value);
                writer.Write(block.Qualities.Span[i] switch { Quality.Good => ",good"u8, Quality.Uncertain => ",uncertain"u8, _ => ",bad"u8 });
                await EndRow(writer, context.RequestAborted);
            }
        }
        await writer.FlushAsync(context.RequestAborted);
    }

    private static (Func<Bucket, double> Read, Aggregates Aggregates) AggregateOf(string name) => name switch
    {
        "mean" => (bucket => bucket.Mean, Aggregates.Basic),
        "min" => (bucket => bucket.Min, Aggregates.Basic),
        "max" => (bucket => bucket.Max, Aggregates.Basic),
        "count" => (bucket => bucket.Count, Aggregates.Basic),
        "first" => (bucket => bucket.First, Aggregates.Ends),
        "last" => (bucket => bucket.Last, Aggregates.Ends),
        "timeWeightedMean" => (bucket => bucket.TimeWeightedMean, Aggregates.TimeWeighted),
        "goodShare" => (bucket => bucket.GoodShare, Aggregates.TimeWeighted),
        _ => throw new ProblemException("urn:dure:historian:bad-question", $"'{name}' is not an aggregate.", "query 'aggregate'", "Use mean, min, max, count, first, last, timeWeightedMean or goodShare."),
    };

    private static PipeWriter Begin(HttpContext context, string header)
    {
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"series.csv\"";
        context.Response.BodyWriter.Write(Encoding.UTF8.GetBytes(header + "\n"));
        return context.Response.BodyWriter;
    }

    private static void Write(PipeWriter writer, long number)
    {
        Utf8Formatter.TryFormat(number, writer.GetSpan(24), out var length);
        writer.Advance(length);
    }

    private static void Write(PipeWriter writer, double number)
    {
        number.TryFormat(writer.GetSpan(32), out var length, default, CultureInfo.InvariantCulture);
        writer.Advance(length);
    }

    private static void Comma(PipeWriter writer) => writer.Write(","u8);

    /// <summary>The response is flushed now and then, so that a slow reader holds the walk back and memory does not grow.</summary>
    private static async ValueTask EndRow(PipeWriter writer, CancellationToken cancel)
    {
        writer.Write("\n"u8);
        if (writer.UnflushedBytes >= FlushBytes)
            await writer.FlushAsync(cancel);
    }
}
